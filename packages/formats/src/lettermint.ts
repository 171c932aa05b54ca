/**
 * Lettermint: one event per request.
 * https://docs.lettermint.co/platform/webhooks/events
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, isObject, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const lettermint = elementFormat({
  name: 'lettermint',
  looksLike: ({ first }) => /^(?:message|suppression|webhook)\.\w/.test(textOf(first['event']) ?? '') && isObject(first['data']),
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  // Handed over; the outcome is not known yet.
  ['message.sent', 'accepted'],
  ['message.delivered', 'delivered'],
  ['message.soft_bounced', 'bounced'],
  ['message.hard_bounced', 'bounced'],
  ['message.spam_complaint', 'complained'],
  ['message.unsubscribed', 'unsubscribed'],
  // Within Lettermint: nothing was tried.
  ['message.failed', 'rejected'],
  ['message.suppressed', 'rejected'],
]);
const OTHERS: ReadonlySet<string> = new Set([
  // They name no recipient, or several.
  ...['message.created', 'message.policy_rejected'],
  ...['message.scheduled', 'message.rescheduled', 'message.canceled', 'message.released', 'message.auto_replied'],
  ...['message.opened', 'message.clicked', 'message.inbound', 'suppression.added', 'suppression.removed', 'webhook.test'],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event']);
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const type = TYPES.get(event);
  if (type === undefined) return ignoredWord(event, OTHERS);
  const data = fieldsOf(element['data']);
  const response = fieldsOf(data['response']);
  const messageId = idOf(data['message_id']);
  const text = textOf(response['content']) ?? textOf(data['reason']);
  return eventOf(
    'lettermint',
    {
      type,
      recipient: data['recipient'],
      // Both names are in the documentation.
      time: ['timestamp', element['timestamp'] ?? element['created_at']],
      id: idOf(element['id']),
      identity: [messageId, event, text],
      messageId,
      code: response['status_code'],
      enhanced: response['enhanced_status_code'],
      text,
      permanent: event === 'message.hard_bounced',
      metadata: data['metadata'],
    },
    context,
    raw,
  );
}
