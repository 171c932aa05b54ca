/** Mandrill (Mailchimp Transactional): an array, alone or in the form field `mandrill_events`. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import { formFields } from './form.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, isObject, jsonPieces, listOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const mandrill = elementFormat({
  name: 'mandrill',
  looksLike: ({ first, text }) =>
    (typeof first['event'] === 'string' && isObject(first['msg'])) ||
    (SYNC.has(first['type']) && 'action' in first) ||
    /^\s*(?:[^=\s]{1,200}=[^&]{0,1000}&)?mandrill_events=/.test(text) ||
    /^--[^\r\n]{1,200}\r?\n[^\r\n]{0,200}name="mandrill_events"/i.test(text),
  otherwise: (text) => {
    const events = textOf(formFields(text)?.['mandrill_events']);
    if (events === undefined) return undefined;
    // What is no JSON goes on as it is, to be told as a problem.
    return jsonPieces(events).flatMap((piece) => (piece.ok ? listOf(piece.value) : [piece.text]));
  },
  read,
});

const SYNC: ReadonlySet<unknown> = new Set(['blacklist', 'whitelist', 'allowlist', 'denylist']);

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['send', 'accepted'],
  ['deferral', 'deferred'],
  ['delivered', 'delivered'],
  ['soft_bounce', 'bounced'],
  ['hard_bounce', 'bounced'],
  ['spam', 'complained'],
  ['unsub', 'unsubscribed'],
  ['reject', 'rejected'],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event']);
  if (event === undefined) {
    const kind = textOf(element['type']);
    return kind === undefined ? problem('invalid', 'event: missing', raw()) : ignored(kind);
  }
  const type = TYPES.get(event);
  if (type === undefined) return ignored(event);
  const message = fieldsOf(element['msg']);
  const messageId = idOf(element['_id']) ?? idOf(message['_id']);
  const text = textOfMessage(event, message);
  return eventOf(
    'mandrill',
    {
      type,
      recipient: message['email'],
      // `msg.ts` is the time of sending.
      time: ['ts', element['ts']],
      identity: [messageId, event, text],
      messageId,
      text,
      permanent: event === 'hard_bounce',
      metadata: message['metadata'],
    },
    context,
    raw,
  );
}

function textOfMessage(event: string, message: Fields): string | undefined {
  const said = textOf(message['diag']);
  switch (event) {
    case 'deferral':
      return said ?? textOf(fieldsOf(listOf(message['smtp_events']).at(-1))['diag']);
    case 'soft_bounce':
    case 'hard_bounce':
      return said ?? textOf(message['bounce_description']);
    case 'reject':
      return said ?? textOf(fieldsOf(message['reject'])['reason']) ?? textOf(message['reject']);
    default:
      return said;
  }
}
