/**
 * Customer.io: one event of a reporting webhook per request.
 * https://docs.customer.io/integrations/api/webhooks
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const customerio = elementFormat({
  name: 'customerio',
  looksLike: ({ first }) => typeof first['object_type'] === 'string' && typeof first['metric'] === 'string' && 'event_id' in first,
  read,
});

const EMAIL: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['sent', 'accepted'],
  ['delivered', 'delivered'],
  ['bounced', 'bounced'],
  ['spammed', 'complained'],
  ['unsubscribed', 'unsubscribed'],
  // Not handed over: to somebody who is suppressed, beyond a limit, or refused by the service that sends.
  ['dropped', 'rejected'],
  ['undeliverable', 'rejected'],
  ['failed', 'rejected'],
]);
const CUSTOMER: ReadonlyMap<string, DeliveryEventType> = new Map([['unsubscribed', 'unsubscribed']]);
const OTHERS: ReadonlySet<string> = new Set([
  ...['email drafted', 'email attempted', 'email opened', 'email clicked', 'email converted'],
  ...['customer subscribed', 'customer cio_subscription_preferences_changed'],
]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const object = textOf(element['object_type']);
  const metric = textOf(element['metric']);
  if (object === undefined || metric === undefined) return problem('invalid', 'object_type, metric: missing', raw());
  // Push, SMS, Slack and other channels.
  if (object !== 'email' && object !== 'customer') return ignored(object);
  const type = (object === 'email' ? EMAIL : CUSTOMER).get(metric);
  if (type === undefined) return ignoredWord(`${object} ${metric}`, OTHERS);
  const data = fieldsOf(element['data']);
  const messageId = idOf(data['delivery_id']);
  const text = textOf(data['failure_message']) ?? textOf(data['reason']);
  return eventOf(
    'customerio',
    {
      type,
      recipient: data['recipient'] ?? data['email_address'] ?? fieldsOf(data['identifiers'])['email'],
      time: ['timestamp', element['timestamp']],
      id: idOf(element['event_id']),
      identity: [messageId, metric, text],
      messageId,
      text,
    },
    context,
    raw,
  );
}
