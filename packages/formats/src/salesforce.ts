/**
 * Salesforce Marketing Cloud, Event Notification Service: an array of events.
 * https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/transactional_email_events.html
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const salesforce = elementFormat({
  name: 'salesforce',
  looksLike: ({ first }) => typeof first['eventCategoryType'] === 'string' && ('info' in first || 'composite' in first),
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  // To the service that sends: there is no word for a delivery.
  ['TransactionalSendEvents.EmailSent', 'accepted'],
  ['TransactionalSendEvents.EmailNotSent', 'rejected'],
  ['TransactionalSendEvents.EmailBounced', 'bounced'],
  ['EngagementEvents.EmailUnsubscribe', 'unsubscribed'],
]);
const OTHERS: ReadonlySet<string> = new Set([
  ...['TransactionalSendEvents.EmailQueued', 'EngagementEvents.EmailOpen', 'EngagementEvents.EmailClick'],
]);
/** SMS, messengers and automations. */
const CHANNELS = /^(?:(?:TransactionalSendEvents|EngagementEvents)\.(?:Sms|Ott|Push)|SendEvents\.Automation)/;
const PERMANENT: ReadonlyMap<unknown, boolean> = new Map([
  ['HARD', true],
  ['SOFT', false],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const name = textOf(element['eventCategoryType']);
  if (name === undefined) return problem('invalid', 'eventCategoryType: missing', raw());
  const type = TYPES.get(name);
  if (type === undefined) return CHANNELS.test(name) ? ignored(name) : ignoredWord(name, OTHERS);
  const info = fieldsOf(element['info']);
  const { jobId, batchId, listId, subscriberId } = fieldsOf(element['composite']);
  const text = textOf(info['bounceMessage']) ?? textOf(info['reason']) ?? textOf(info['statusMessage']);
  return eventOf(
    'salesforce',
    {
      type,
      recipient: info['to'],
      time: ['timestampUTC', element['timestampUTC']],
      identity: [info['messageKey'], jobId, batchId, listId, subscriberId, name, text],
      messageId: idOf(info['messageKey']),
      enhanced: type === 'bounced' ? info['smtpReason'] : undefined,
      text,
      permanent: PERMANENT.get(textOf(info['bounceCode'])?.toUpperCase()),
    },
    context,
    raw,
  );
}
