/** Postal: one event per request, with the message inside. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, isObject, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const postal = elementFormat({
  name: 'postal',
  looksLike: ({ first }) => /^(?:Message|SendLimit|DomainDNS)[A-Z]/.test(textOf(first['event']) ?? '') && isObject(first['payload']),
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['MessageSent', 'delivered'],
  ['MessageDelayed', 'deferred'],
  ['MessageDeliveryFailed', 'bounced'],
  ['MessageBounced', 'bounced'],
  ['MessageLinkClicked', 'engaged'],
]);
/** A held message may still be released. */
const OTHERS: ReadonlySet<string> = new Set([
  ...['MessageHeld', 'MessageLoaded', 'SendLimitApproaching', 'SendLimitExceeded', 'DomainDNSError'],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event']);
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const type = TYPES.get(event);
  if (type === undefined) return ignoredWord(event, OTHERS);
  const payload = fieldsOf(element['payload']);
  const bounced = event === 'MessageBounced';
  const message = fieldsOf(payload[bounced ? 'original_message' : 'message']);
  if (message['direction'] === 'incoming') return ignored(`${event}: incoming`);
  const rest: Partial<Draft> = bounced
    ? {}
    : {
        // `details` is Postal's own sentence, which names the host; `output` is the reply.
        text: textOf(payload['output']) ?? textOf(payload['details']),
        permanent: payload['status'] === 'HardFail' ? true : payload['status'] === 'SoftFail' ? false : undefined,
      };
  const at = bounced ? fieldsOf(payload['bounce'])['timestamp'] : payload['timestamp'];
  const messageId = idOf(message['message_id']) ?? idOf(message['token']);
  return eventOf(
    'postal',
    {
      type,
      recipient: message['to'],
      // The first `timestamp` is when the request was queued.
      time: ['payload.timestamp', at ?? element['timestamp']],
      id: idOf(element['uuid']),
      identity: [messageId, event, rest.text],
      messageId,
      ...rest,
    },
    context,
    raw,
  );
}
