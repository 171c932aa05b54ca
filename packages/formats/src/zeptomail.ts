/**
 * ZeptoMail: events in the array `event_message`, as JSON or in a form field.
 * https://www.zoho.com/zeptomail/help/webhooks.html
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import { formFields } from './form.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, isObject, jsonPieces, listOf, textOf, TOO_MANY } from './json.ts';
import type { Fields } from './json.ts';

export const zeptomail = elementFormat({
  name: 'zeptomail',
  looksLike: ({ first, text }) => isRequest(first) || (!/^\s*[{[]/.test(text) && /%22event_name%22/i.test(text)),
  otherwise: (text, { elementLimit }) => {
    const [value] = Object.values(formFields(text) ?? {});
    if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return undefined;
    const pieces = jsonPieces(value, elementLimit);
    return pieces === TOO_MANY ? TOO_MANY : pieces.map((piece) => (piece.ok ? piece.value : piece.text));
  },
  read,
});

function isRequest(fields: Fields): boolean {
  return 'event_name' in fields && 'event_message' in fields;
}

/** Keyed by the lower-case name without separators. */
const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['delivered', 'delivered'],
  ['softbounce', 'bounced'],
  ['hardbounce', 'bounced'],
  ['feedbackloop', 'complained'],
  ['fblcomplaint', 'complained'],
]);
const OTHERS: ReadonlySet<string> = new Set(['emailopen', 'emaillinkclick']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  const name = textOf(listOf(element['event_name'])[0]);
  if (name === undefined) return problem('invalid', 'event_name: missing', raw());
  const word = name.toLowerCase().replaceAll(/[\s_-]/g, '');
  const type = TYPES.get(word);
  if (type === undefined) return ignoredWord(word, OTHERS);
  const messages = listOf(element['event_message']);
  if (messages.length === 0) return problem('invalid', 'event_message: missing', raw());
  return messages.flatMap((message) => eventsOf(fieldsOf(message), { type, word }, context, raw));
}

interface Named {
  readonly type: DeliveryEventType;
  readonly word: string;
}

function eventsOf(message: Fields, { type, word }: Named, context: NormaliseContext, raw: () => string): readonly Normalised[] {
  const info = fieldsOf(message['email_info']);
  const details = listOf(message['event_data']).flatMap((one) => listOf(fieldsOf(one)['details']).map(fieldsOf));
  const messageId = idOf(info['email_reference']) ?? idOf(message['request_id']);
  const one = (recipient: unknown, detail: Fields, isOnly: boolean): Normalised => {
    const text = textOf(detail['diagnostic_message']) ?? textOf(detail['reason']);
    return eventOf(
      'zeptomail',
      {
        type,
        recipient,
        // A complaint has no time of its own.
        time: ['event_data.details.time', detail['time'] ?? info['processed_time']],
        identity: [messageId, message['request_id'], word, text],
        messageId,
        text: type === 'bounced' ? text : undefined,
        permanent: word === 'hardbounce',
        certain: isOnly ? undefined : false,
      },
      context,
      raw,
    );
  };
  const named = details.filter((detail) => textOf(detail['bounced_recipient']) !== undefined);
  if (named.length > 0) return named.map((detail) => one(detail['bounced_recipient'], detail, true));
  // Without a name, all recipients of the message are candidates, and one detail is enough: never each with each.
  const candidates = [...listOf(info['to']), ...listOf(info['cc']), ...listOf(info['bcc'])].map(addressOf);
  return (candidates.length === 0 ? [undefined] : candidates).map((recipient) => one(recipient, details[0] ?? {}, candidates.length < 2));
}

function addressOf(one: unknown): unknown {
  const { email_address: address } = fieldsOf(one);
  return isObject(address) ? address['address'] : (address ?? fieldsOf(one)['address'] ?? one);
}
