/**
 * SMTP2GO: one event per request, as JSON or as a form.
 * https://developers.smtp2go.com/docs/webhooks-overview
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import { formFields } from './form.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { idOf, listOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const smtp2go = elementFormat({
  name: 'smtp2go',
  looksLike: ({ first, text }) => isEvent(first) || (!/^\s*[{[]/.test(text) && isEvent(formFields(text) ?? {})),
  otherwise: (text) => {
    const form = formFields(text);
    return form === undefined ? undefined : [form];
  },
  read,
});

function isEvent(fields: Fields): boolean {
  return typeof fields['event'] === 'string' && 'email_id' in fields && ('rcpt' in fields || 'sendtime' in fields);
}

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['processed', 'accepted'],
  ['delivered', 'delivered'],
  // Final, soft ones too: a message that is still tried stays "processed".
  ['bounce', 'bounced'],
  ['spam', 'complained'],
  ['unsubscribe', 'unsubscribed'],
  // To an address on SMTP2GO's own list: nothing was tried.
  ['reject', 'rejected'],
]);
const OTHERS: ReadonlySet<string> = new Set(['open', 'click', 'resubscribe']);
const PERMANENT: ReadonlyMap<unknown, boolean> = new Map([
  ['hard', true],
  ['soft', false],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  const event = textOf(element['event'])?.toLowerCase();
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  if (event.startsWith('sms')) return ignored(event);
  const type = TYPES.get(event);
  if (type === undefined) return ignoredWord(event, OTHERS);
  const messageId = idOf(element['email_id']);
  const text = textOf(element['message']);
  return recipientsOf(element).map((recipient) =>
    eventOf(
      'smtp2go',
      {
        type,
        recipient,
        time: ['time', element['time']],
        identity: [messageId, event, text],
        messageId,
        text,
        // `mx.example.com [192.0.2.1]`
        remoteHost: textOf(element['host'])?.split(' ', 1)[0],
        permanent: PERMANENT.get(element['bounce']),
      },
      context,
      raw,
    ),
  );
}

/** The recipient; before there is one, those of the message, as a list or as text. */
function recipientsOf({ rcpt, recipients }: Fields): readonly unknown[] {
  if (textOf(rcpt) !== undefined) return [rcpt];
  const given = listOf(recipients).flatMap((one) => (typeof one === 'string' ? one.split(/[,;]/) : [one]));
  return given.length === 0 ? [undefined] : given;
}
