/**
 * Resend: one event per request, with its id in the header `svix-id`. The event lists all recipients of the message and does not say
 * which one it concerns.
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, isObject, listOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const resend = elementFormat({
  name: 'resend',
  looksLike: ({ first }) => /^(?:email|contact|domain)\./.test(textOf(first['type']) ?? '') && isObject(first['data']),
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['email.sent', 'accepted'],
  ['email.delivered', 'delivered'],
  ['email.delivery_delayed', 'deferred'],
  // The spelling on an older page of the documentation.
  ['email.delivered_delayed', 'deferred'],
  ['email.bounced', 'bounced'],
  ['email.complained', 'complained'],
  ['email.failed', 'rejected'],
  ['email.suppressed', 'rejected'],
  ['email.clicked', 'engaged'],
]);

/** A message of Resend has 50 at most (https://resend.com/docs/api-reference/emails/send-email). */
const MOST_RECIPIENTS = 1_000;

const OTHERS: ReadonlySet<string> = new Set([
  ...['email.opened', 'email.scheduled', 'email.received', 'contact.created', 'contact.deleted'],
  ...['domain.created', 'domain.updated', 'domain.deleted'],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  const name = textOf(element['type']);
  if (name === undefined) return problem('invalid', 'type: missing', raw());
  if (name === 'contact.updated') return contact(element, context, raw);
  const type = TYPES.get(name);
  if (type === undefined) return ignoredWord(name, OTHERS);
  const data = fieldsOf(element['data']);
  const messageId = idOf(data['email_id']);
  const recipients = listOf(data['to']);
  if (recipients.length > MOST_RECIPIENTS) return problem('too_large', `data.to: more than ${MOST_RECIPIENTS} recipients`, raw());
  const meaning = type === 'bounced' ? bounceOf(fieldsOf(data['bounce'])) : { text: reasonOf(data) };
  const named = recipients.length === 0 ? [undefined] : recipients;
  return named.map((recipient) =>
    eventOf(
      'resend',
      {
        type,
        recipient,
        // `data.created_at` is the message's time, not the event's.
        time: ['created_at', element['created_at']],
        id: context.headers?.['svix-id'] ?? context.headers?.['webhook-id'],
        identity: [messageId, name],
        messageId,
        metadata: tagsOf(data['tags']),
        certain: recipients.length > 1 && type !== 'accepted' ? false : undefined,
        ...meaning,
      },
      context,
      raw,
    ),
  );
}

/** A contact of an audience has unsubscribed or subscribed again, or another of its fields has changed. */
function contact(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const data = fieldsOf(element['data']);
  if (data['unsubscribed'] !== true) return ignored('contact.updated');
  return eventOf(
    'resend',
    {
      type: 'unsubscribed',
      recipient: data['email'],
      time: ['created_at', element['created_at']],
      id: context.headers?.['svix-id'] ?? context.headers?.['webhook-id'],
      identity: [data['id'], 'contact.updated'],
    },
    context,
    raw,
  );
}

/** Bounce subtypes for the provider's own suppression lists: Suppressed, OnAccountSuppressionList and the lists of tenants. */
const OWN_LIST = /^Suppressed$|SuppressionList$/;
const OWN_WORDS = /suppression list|has suppressed sending/i;
const PERMANENT: ReadonlyMap<unknown, boolean> = new Map([
  ['Permanent', true],
  ['Transient', false],
]);

function bounceOf(bounce: Fields): Partial<Draft> {
  const message = textOf(bounce['message']);
  const reply = listOf(bounce['diagnosticCode']).flatMap((line) => textOf(line) ?? []);
  const text = [...reply, ...(message === undefined ? [] : [message])].join('\n');
  const own = OWN_LIST.test(textOf(bounce['subType']) ?? '') || OWN_WORDS.test(message ?? '');
  return { text, ...(own ? { type: 'rejected' } : { permanent: PERMANENT.get(bounce['type']) }) };
}

function reasonOf(data: Fields): string | undefined {
  const failed = fieldsOf(data['failed']);
  return textOf(failed['reason']) ?? textOf(failed['message']) ?? textOf(fieldsOf(data['suppressed'])['message']);
}

/** Reads tags: an object, or an array of names and values. */
function tagsOf(tags: unknown): Fields {
  if (!Array.isArray(tags)) return fieldsOf(tags);
  return Object.fromEntries(
    tags.map((tag: unknown) => {
      const { name, value } = fieldsOf(tag);
      return [typeof name === 'string' ? name : '', value];
    }),
  );
}
