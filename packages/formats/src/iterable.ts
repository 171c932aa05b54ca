/**
 * Iterable: one event of a system webhook per request.
 * https://support.iterable.com/hc/en-us/articles/208013936-System-Webhooks
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, isObject, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const iterable = elementFormat({
  name: 'iterable',
  looksLike: ({ first }) => typeof first['eventName'] === 'string' && isObject(first['dataFields']),
  read,
});

/** Keyed by the lower-case name. There is no word for a delivery. */
const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['emailsend', 'accepted'],
  ['emailbounce', 'bounced'],
  ['emailcomplaint', 'complained'],
  ['emailunsubscribe', 'unsubscribed'],
  // Iterable's own decision, such as a duplicate.
  ['emailsendskip', 'rejected'],
]);
/** A click on the hosted page is no unsubscription yet. */
const OTHERS: ReadonlySet<string> = new Set(['emailOpen', 'emailClick', 'emailSubscribe', 'hostedUnsubscribeClick', 'journeyExit']);
const CHANNELS = /^(?:sms|push|inApp|inbox|webPush|whatsApp|embedded)/;
const PERMANENT: ReadonlyMap<unknown, boolean> = new Map([
  ['HardBounce', true],
  ['SoftBounce', false],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const name = textOf(element['eventName']);
  if (name === undefined) return problem('invalid', 'eventName: missing', raw());
  const type = TYPES.get(name.toLowerCase());
  if (type === undefined) return CHANNELS.test(name) ? ignored(name) : ignoredWord(name, OTHERS);
  const data = fieldsOf(element['dataFields']);
  const messageId = idOf(data['messageId']);
  const text = textOf(data['bounceMessage']) ?? textOf(data['reason']);
  return eventOf(
    'iterable',
    {
      type,
      recipient: textOf(element['email']) ?? data['email'],
      time: ['dataFields.createdAt', data['createdAt']],
      identity: [messageId, name, data['status'], text],
      messageId,
      enhanced: data['status'],
      text,
      permanent: PERMANENT.get(data['recipientState']),
    },
    context,
    raw,
  );
}
