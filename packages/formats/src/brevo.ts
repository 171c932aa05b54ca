/** Brevo (Sendinblue): one event, or an array when batched. The spelling of names has changed over the years. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, problem, unknownWord } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, parseJson, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const brevo = elementFormat({
  name: 'brevo',
  looksLike: ({ first }) =>
    typeof first['event'] === 'string' && ('ts_epoch' in first || 'ts_event' in first || ('message-id' in first && 'email' in first)),
  read,
});

/** Keyed by the lower-case name without separators. */
const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['request', 'accepted'],
  ['requests', 'accepted'],
  ['sent', 'accepted'],
  ['delivered', 'delivered'],
  ['deferred', 'deferred'],
  ['softbounce', 'bounced'],
  ['hardbounce', 'bounced'],
  ['invalidemail', 'bounced'],
  ['invalid', 'bounced'],
  ['blocked', 'rejected'],
  ['error', 'rejected'],
  ['spam', 'complained'],
  ['complaint', 'complained'],
  ['unsubscribe', 'unsubscribed'],
  ['unsubscribed', 'unsubscribed'],
  ['click', 'engaged'],
  ['clicked', 'engaged'],
]);

const OTHERS: ReadonlySet<string> = new Set([
  ...['opened', 'uniqueopened', 'firstopening', 'proxyopen', 'uniqueproxyopen', 'loadedbyproxy'],
  ...['listaddition', 'contactupdated', 'contactdeleted', 'inboundemailprocessed', 'reply'],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event']);
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const name = event.toLowerCase().replaceAll(/[_\s-]/g, '');
  const type = TYPES.get(name);
  if (type === undefined) return OTHERS.has(name) ? ignored(event) : unknownWord(event);
  const messageId = idOf(element['message-id']) ?? idOf(element['message_id']);
  const text = textOf(element['reason']);
  const custom = textOf(element['X-Mailin-custom']);
  return eventOf(
    'brevo',
    {
      type,
      recipient: element['email'],
      time: timeOf(element),
      identity: [messageId, name, text],
      messageId,
      text,
      permanent: name !== 'softbounce',
      metadata: custom === undefined ? undefined : fieldsOf(parseJson(custom)),
    },
    context,
    raw,
  );
}

/** Only `ts_epoch` is always UTC. In some accounts the other fields are shifted by the account's zone; they are the fallback. */
function timeOf(element: Fields): readonly [string, unknown] {
  const field = ['ts_epoch', 'ts_event', 'ts', 'date'].find((name) => element[name] !== undefined && element[name] !== null) ?? 'ts_epoch';
  return [field, element[field]];
}
