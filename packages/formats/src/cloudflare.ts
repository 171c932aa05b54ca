/**
 * Cloudflare Email Sending: the events that an event subscription publishes to a queue, as a consumer hands them on.
 * https://developers.cloudflare.com/email-service/platform/event-subscriptions/
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, problem, unknownWord } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

const PREFIX = 'cf.email.sending.message.';

export const cloudflare = elementFormat({
  name: 'cloudflare',
  looksLike: ({ first }) => textOf(first['type'])?.startsWith('cf.email.') === true,
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['delivered', 'delivered'],
  ['deferred', 'deferred'],
  ['bounced', 'bounced'],
  ['complained', 'complained'],
  // By Cloudflare's policy or its suppression list, and errors of its own: no reply was given.
  ['rejected', 'rejected'],
  ['failed', 'rejected'],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const name = textOf(element['type']);
  if (name === undefined) return problem('invalid', 'type: missing', raw());
  const word = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
  const type = TYPES.get(word ?? '');
  if (type === undefined) return unknownWord(name);
  const payload = fieldsOf(element['payload']);
  const delivery = fieldsOf(payload['delivery']);
  const bounce = fieldsOf(payload['bounce']);
  const rejection = fieldsOf(payload['rejection']);
  if (fieldsOf(payload['complaint'])['type'] === 'not-spam') return ignored('complaint: not-spam');
  const messageId = idOf(payload['messageId']);
  const text =
    textOf(delivery['smtpResponse']) ??
    textOf(bounce['reason']) ??
    textOf(rejection['detail']) ??
    textOf(rejection['reason']) ??
    textOf(fieldsOf(payload['failure'])['reason']);
  return eventOf(
    'cloudflare',
    {
      // A bounce is soft if the tries are exhausted.
      type: type === 'bounced' && bounce['type'] === 'soft' ? 'expired' : type,
      recipient: payload['recipient'],
      time: ['metadata.eventTimestamp', fieldsOf(element['metadata'])['eventTimestamp']],
      id: idOf(payload['eventId']),
      identity: [messageId, word, text],
      messageId,
      code: delivery['smtpStatusCode'],
      enhanced: delivery['smtpEnhancedStatusCode'],
      text,
      permanent: bounce['type'] === 'hard' ? true : undefined,
    },
    context,
    raw,
  );
}
