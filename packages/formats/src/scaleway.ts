/** Scaleway Transactional Email: one event, as text in the message of a topic (like SNS), or on its own. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { countOf, idOf, isObject, parseJson, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const scaleway = elementFormat({
  name: 'scaleway',
  looksLike: ({ first }) => isScalewayTopic(first) || ('domain_id' in first && /^(?:email|blocklist)_\w/.test(textOf(first['type']) ?? '')),
  read,
});

/** Amazon's topics have the same envelope. */
export function isScalewayTopic({ TopicArn }: Fields): boolean {
  return typeof TopicArn === 'string' && TopicArn.startsWith('arn:scw:');
}

type Meaning = Partial<Draft> & { readonly type: DeliveryEventType };

const TYPES: ReadonlyMap<string, Meaning> = new Map([
  ['email_queued', { type: 'accepted' }],
  ['email_delivered', { type: 'delivered' }],
  ['email_deferred', { type: 'deferred' }],
  ['email_dropped', { type: 'bounced', permanent: true }],
  ['email_mailbox_not_found', { type: 'bounced', permanent: true }],
  // By Scaleway, the destination or the recipient: it does not say by whom.
  ['email_spam', { type: 'bounced', permanent: false, certain: false }],
  ['email_blocklisted', { type: 'rejected' }],
]);
const OTHERS: ReadonlySet<string> = new Set(['blocklist_created', 'unknown_type']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const kind = textOf(element['Type']);
  if (kind !== undefined && kind !== 'Notification') return ignored(`topic: ${kind}`);
  const event = kind === undefined ? element : parseJson(textOf(element['Message']) ?? '');
  if (!isObject(event)) return problem('invalid', 'Message: must be a JSON object as text', raw());
  const type = textOf(event['type']);
  if (type === undefined) return problem('invalid', 'type: missing', raw());
  const meaning = TYPES.get(type);
  if (meaning === undefined) return ignoredWord(type, OTHERS);
  const messageId = idOf(event['email_id']);
  const text = textOf(event['email_response_message']);
  return eventOf(
    'scaleway',
    {
      recipient: event['email_to'],
      time: ['created_at', event['created_at']],
      id: idOf(event['id']),
      identity: [messageId, type, text],
      messageId,
      attempt: countOf(event['email_try_count']),
      code: event['email_response_code'],
      text,
      ...meaning,
    },
    context,
    raw,
  );
}
