/** Mailjet: one event, or an array when grouped. `sent` means that the destination accepted the mail. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, parseJson, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const mailjet = elementFormat({
  name: 'mailjet',
  looksLike: ({ first }) => typeof first['event'] === 'string' && 'time' in first && ('MessageID' in first || 'mj_campaign_id' in first),
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['sent', 'delivered'],
  ['bounce', 'bounced'],
  ['blocked', 'rejected'],
  ['spam', 'complained'],
  ['unsub', 'unsubscribed'],
  ['click', 'engaged'],
]);

const OTHERS: ReadonlySet<string> = new Set(['open']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event']);
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const type = TYPES.get(event);
  if (type === undefined) return ignoredWord(event, OTHERS);
  const { hard_bounce: hard, comment, error } = element;
  const messageId = wholeId(element['MessageID']) ?? idOf(element['mj_message_id']) ?? idOf(element['Message_GUID']);
  // `comment` is the SMTP reply. `error` is Mailjet's own description.
  const text = textOf(element['smtp_reply']) ?? textOf(comment) ?? textOf(error);
  const payload = textOf(element['Payload']);
  return eventOf(
    'mailjet',
    {
      type,
      recipient: element['email'],
      time: ['time', element['time']],
      identity: [messageId, event, text],
      messageId,
      text,
      permanent: flagOf(hard),
      metadata: payload === undefined ? undefined : fieldsOf(parseJson(payload)),
    },
    context,
    raw,
  );
}

/** Version 1 of its events writes `"1"` and `"0"`. */
function flagOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = idOf(value);
  return text === '1' || text === 'true' ? true : text === '0' || text === 'false' ? false : undefined;
}

/** Mailjet writes 0 for a missing id. */
function wholeId(value: unknown): string | undefined {
  const id = idOf(value);
  return id === '0' ? undefined : id;
}
