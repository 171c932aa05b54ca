/**
 * SendGrid Event Webhook: an array of events of many messages. The sender's custom arguments are on the same level as SendGrid's own
 * members.
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { countOf, fieldsOf, idOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const sendgrid = elementFormat({
  name: 'sendgrid',
  looksLike: ({ first }) =>
    'sg_event_id' in first ||
    'sg_message_id' in first ||
    (typeof first['event'] === 'string' && typeof first['email'] === 'string' && 'timestamp' in first && !('message-id' in first)),
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['processed', 'accepted'],
  ['deferred', 'deferred'],
  ['delivered', 'delivered'],
  ['bounce', 'bounced'],
  ['dropped', 'rejected'],
  ['spamreport', 'complained'],
  ['unsubscribe', 'unsubscribed'],
  ['group_unsubscribe', 'unsubscribed'],
  ['click', 'engaged'],
]);

const OTHERS: ReadonlySet<string> = new Set(['open', 'group_resubscribe', 'account_status_change']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event']);
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const type = TYPES.get(event);
  if (type === undefined) return ignoredWord(event, OTHERS);
  // Apple's privacy protection, for example, marks what it fetches by itself.
  if (type === 'engaged' && element['sg_machine_open'] === true) return ignored(`${event} by a machine`);
  const { sg_message_id: messageId, reason, response } = element;
  return eventOf(
    'sendgrid',
    {
      type,
      recipient: element['email'],
      time: ['timestamp', element['timestamp']],
      // `sg_event_id` changes when SendGrid repeats an event, so the id comes from the content. The reason distinguishes two bounces within
      // the same second.
      identity: [messageId, event, reason, response, countOf(element['attempt'])],
      messageId: idOf(messageId),
      attempt: countOf(element['attempt']),
      enhanced: element['status'],
      text: textOf(reason) ?? textOf(response),
      pool: fieldsOf(element['pool'])['name'],
      metadata: element,
      ...(event === 'bounce' ? bounce(element) : {}),
    },
    context,
    raw,
  );
}

/** SendGrid attributes `blocked` to the sender or to a temporary condition, so it must not suppress, whatever its text contains. */
function bounce({ type, status }: Fields): Partial<Draft> {
  if (type === 'blocked') return { permanent: false, certain: false };
  if (type === 'expired') return { type: 'expired' };
  if (type === 'bounce') return { permanent: true };
  const digit = textOf(status)?.[0];
  return { permanent: digit === '5' ? true : digit === '4' ? false : undefined };
}
