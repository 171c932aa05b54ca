/** Mandrill (Mailchimp Transactional): an array, alone or in the form field `mandrill_events`. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import { formFields } from './form.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { answerOf, headerFields } from './inbound.ts';
import { fieldsOf, idOf, isObject, jsonPieces, listOf, textOf, TOO_MANY } from './json.ts';
import type { Fields } from './json.ts';

export const mandrill = elementFormat({
  name: 'mandrill',
  looksLike: ({ first, text }) =>
    (typeof first['event'] === 'string' && isObject(first['msg'])) ||
    (SYNC.has(first['type']) && 'action' in first) ||
    /^\s*(?:[^=\s]{1,200}=[^&]{0,1000}&)?mandrill_events=/.test(text) ||
    /^--[^\r\n]{1,200}\r?\n[^\r\n]{0,200}name="mandrill_events"/i.test(text),
  otherwise: (text, { elementLimit }) => {
    const events = textOf(formFields(text)?.['mandrill_events']);
    if (events === undefined) return undefined;
    const pieces = jsonPieces(events, elementLimit);
    // A piece that is not JSON is passed on unchanged, to be reported as a problem.
    return pieces === TOO_MANY ? TOO_MANY : pieces.flatMap((piece) => (piece.ok ? listOf(piece.value) : [piece.text]));
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
  ['click', 'engaged'],
]);

const OTHERS: ReadonlySet<string> = new Set(['open']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event']);
  if (event === undefined) {
    const kind = textOf(element['type']);
    return kind === undefined ? problem('invalid', 'event: missing', raw()) : ignored(kind);
  }
  if (event === 'inbound') return readInbound(element, context, raw);
  const type = TYPES.get(event);
  if (type === undefined) return ignoredWord(event, OTHERS);
  const message = fieldsOf(element['msg']);
  const messageId = idOf(element['_id']) ?? idOf(message['_id']);
  const text = textOfMessage(event, message);
  return eventOf(
    'mandrill',
    {
      type,
      recipient: message['email'],
      // `msg.ts` is the sending time, not the event time.
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

/** `msg.email` is the sender's own address that the mail went to. */
function readInbound(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const message = fieldsOf(element['msg']);
  const answer = answerOf({
    from: message['from_email'],
    fields: headerFields(message['headers']),
    checks: { signed: fieldsOf(message['dkim'])['valid'] === true },
  });
  if ('ignored' in answer) return ignored(answer.ignored);
  return eventOf('mandrill', { ...answer, time: ['ts', element['ts']], identity: [answer.messageId, 'inbound'] }, context, raw);
}

function textOfMessage(event: string, message: Fields): string | undefined {
  const diagnostic = textOf(message['diag']);
  switch (event) {
    case 'deferral':
      return diagnostic ?? textOf(fieldsOf(listOf(message['smtp_events']).at(-1))['diag']);
    case 'soft_bounce':
    case 'hard_bounce':
      return diagnostic ?? textOf(message['bounce_description']);
    case 'reject':
      return diagnostic ?? textOf(fieldsOf(message['reject'])['reason']) ?? textOf(message['reject']);
    default:
      return diagnostic;
  }
}
