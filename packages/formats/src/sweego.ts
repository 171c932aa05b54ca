/**
 * Sweego: one event per request.
 * https://learn.sweego.io/docs/webhooks/webhook_signature, and the payloads of Symfony's bridge (Mailer/Bridge/Sweego/Tests/Webhook/Fixtures).
 */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const sweego = elementFormat({
  name: 'sweego',
  looksLike: ({ first }) => typeof first['event_type'] === 'string' && 'swg_uid' in first,
  read,
});

/** Hyphens and underscores are both in use. */
const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['email_sent', 'accepted'],
  ['delivered', 'delivered'],
  ['soft_bounce', 'bounced'],
  ['hard_bounce', 'bounced'],
  ['complaint', 'complained'],
  ['list_unsub', 'unsubscribed'],
]);
const OTHERS: ReadonlySet<string> = new Set(['email_opened', 'email_clicked']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event_type'])?.replaceAll('-', '_');
  if (event === undefined) return problem('invalid', 'event_type: missing', raw());
  const channel = textOf(element['channel']) ?? 'email';
  if (channel !== 'email') return ignored(channel);
  const type = TYPES.get(event);
  if (type === undefined) return ignoredWord(event, OTHERS);
  const messageId = idOf(element['swg_uid']);
  return eventOf(
    'sweego',
    {
      type,
      recipient: element['recipient'],
      time: ['timestamp', element['timestamp']],
      id: idOf(element['event_id']),
      identity: [messageId, event, fieldsOf(element['headers'])['x-transaction-id']],
      messageId,
      code: element['response_code'],
      permanent: event === 'hard_bounce',
    },
    context,
    raw,
  );
}
