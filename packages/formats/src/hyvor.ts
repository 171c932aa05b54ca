/**
 * Hyvor Relay: one event per request, of one recipient.
 * https://relay.hyvor.com/docs/webhooks
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { countOf, fieldsOf, idOf, isObject, listOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const hyvor = elementFormat({
  name: 'hyvor',
  looksLike: ({ first }) => /^(?:send|domain|suppression)\.[a-z]/.test(textOf(first['event']) ?? '') && isObject(first['payload']),
  read,
});

type Meaning = Partial<Draft> & { readonly type: DeliveryEventType };

const TYPES: ReadonlyMap<string, Meaning> = new Map([
  ['send.recipient.accepted', { type: 'delivered' }],
  ['send.recipient.deferred', { type: 'deferred' }],
  ['send.recipient.bounced', { type: 'bounced', permanent: true }],
  ['send.recipient.complained', { type: 'complained' }],
  ['send.recipient.suppressed', { type: 'rejected' }],
  // Given up, for the network's or a server's sake.
  ['send.recipient.failed', { type: 'expired' }],
]);
const OTHERS: ReadonlySet<string> = new Set([
  ...['domain.created', 'domain.status.changed', 'domain.deleted', 'suppression.created', 'suppression.deleted'],
]);
/** Feedback types of RFC 5965 that are no complaint. */
const NO_COMPLAINT: ReadonlySet<unknown> = new Set(['not-spam', 'auth-failure']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event']);
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const meaning = TYPES.get(event);
  if (meaning === undefined) return ignoredWord(event, OTHERS);
  const payload = fieldsOf(element['payload']);
  const send = fieldsOf(payload['send']);
  const recipient = fieldsOf(payload['recipient']);
  const attempt = fieldsOf(payload['attempt']);
  const bounce = fieldsOf(payload['bounce']);
  const feedback = fieldsOf(payload['complaint'])['feedback_type'];
  if (NO_COMPLAINT.has(feedback)) return ignored(`complaint: ${String(feedback)}`);
  const reply = fieldsOf(listOf(attempt['recipients']).find((one) => fieldsOf(one)['recipient_id'] === recipient['id']));
  const messageId = idOf(send['uuid']);
  const text = textOf(bounce['text']) ?? textOf(reply['smtp_message']) ?? textOf(attempt['error']);
  return eventOf(
    'hyvor',
    {
      recipient: recipient['address'],
      // A report that came later has no time of its own.
      time: ['payload.attempt.created_at', attempt['created_at'] ?? send['created_at']],
      identity: [messageId, event, attempt['id'], text],
      messageId,
      attempt: countOf(attempt['try_count']),
      code: bounce['status'] ?? reply['smtp_code'],
      enhanced: bounce['status'] ?? reply['smtp_enhanced_code'],
      text,
      remoteHost: textOf(attempt['responded_mx_host']),
      ...meaning,
      ...(feedback === 'opt-out' ? { type: 'unsubscribed' as const } : {}),
    },
    context,
    raw,
  );
}
