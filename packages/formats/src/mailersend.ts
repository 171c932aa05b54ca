/** MailerSend: one activity per request, in the form of the first version (`data.email`) or of the second (`data.recipient`). */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, isObject, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const mailersend = elementFormat({
  name: 'mailersend',
  looksLike: ({ first }) => /^(?:activity|webhook)\.\w/.test(textOf(first['type']) ?? '') && isObject(first['data']),
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  // Handed over; the outcome is not known yet.
  ['sent', 'accepted'],
  ['delivered', 'delivered'],
  ['deferred', 'deferred'],
  ['soft_bounced', 'bounced'],
  ['hard_bounced', 'bounced'],
  ['unsubscribed', 'unsubscribed'],
  ['spam_complaint', 'complained'],
  ['spam_complaints', 'complained'],
  ['suppressed', 'rejected'],
  ['clicked', 'engaged'],
  ['clicked_unique', 'engaged'],
]);
const OTHERS: ReadonlySet<string> = new Set(['opened', 'opened_unique', 'survey_opened', 'survey_submitted']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const name = textOf(element['type']);
  if (name === undefined) return problem('invalid', 'type: missing', raw());
  // A test of the URL, and events about identities, lists and maintenance.
  if (!name.startsWith('activity.')) return ignored(name);
  const word = name.slice('activity.'.length);
  const type = TYPES.get(word);
  if (type === undefined) return ignoredWord(word, OTHERS);
  const data = fieldsOf(element['data']);
  const email = fieldsOf(data['email']);
  const morph = fieldsOf(data['morph']);
  const meta = fieldsOf(data['meta']);
  const messageId = idOf(data['message_id']) ?? idOf(fieldsOf(email['message'])['id']);
  const text = textOf(meta['bounce_reason']) ?? textOf(meta['suppression_reason']) ?? textOf(morph['reason']);
  const created = data['created_at'] ?? element['created_at'];
  return eventOf(
    'mailersend',
    {
      type,
      recipient: data['recipient'] ?? fieldsOf(email['recipient'])['email'],
      time: ['created_at', created],
      id: idOf(data['id']),
      identity: [messageId, word, text],
      messageId,
      code: meta['bounce_code'],
      enhanced: meta['bounce_code'],
      // The reason of an unsubscription or complaint is a choice in a form, not a reply.
      text: type === 'unsubscribed' || type === 'complained' ? undefined : text,
      permanent: word === 'hard_bounced',
    },
    context,
    raw,
  );
}
