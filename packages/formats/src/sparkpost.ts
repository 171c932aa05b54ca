/** SparkPost (Bird): events wrapped as `{"msys": {"<class>": {…}}}`, and unwrapped events of the Events API. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { asArray, elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { countOf, fieldsOf, idOf, isObject, listOf, numberOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const sparkpost = elementFormat({
  name: 'sparkpost',
  looksLike: ({ first }) => isObject(first['msys']) || isFlat(first) || isFlat(fieldsOf(listOf(first['results'])[0])),
  elements: (document) =>
    asArray(document).flatMap((one) => {
      const results = fieldsOf(one)['results'];
      return Array.isArray(results) ? (results as unknown[]) : [one];
    }),
  read: (element, context, raw) => {
    if (!('msys' in element)) return isFlat(element) ? read(element, context, raw) : problem('invalid', 'msys: missing', raw());
    if (!isObject(element['msys'])) return problem('invalid', 'msys: must be an object', raw());
    const events = Object.values(element['msys']);
    if (events.length === 0) return ignored('ping');
    // Mail from outside. Nothing says whether its sender is who it claims to be.
    if ('relay_message' in element['msys']) return ignored('relay_message');
    return events.map((event) => (isObject(event) ? read(event, context, raw) : problem('invalid', 'msys: must contain objects', raw())));
  },
});

function isFlat(event: Fields): boolean {
  return typeof event['type'] === 'string' && 'event_id' in event && ('rcpt_to' in event || 'customer_id' in event);
}

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['injection', 'accepted'],
  ['delivery', 'delivered'],
  ['delay', 'deferred'],
  ['bounce', 'bounced'],
  ['out_of_band', 'bounced'],
  ['spam_complaint', 'complained'],
  ['policy_rejection', 'rejected'],
  ['generation_failure', 'rejected'],
  ['generation_rejection', 'rejected'],
  ['list_unsubscribe', 'unsubscribed'],
  ['link_unsubscribe', 'unsubscribed'],
  ['click', 'engaged'],
  ['amp_click', 'engaged'],
]);

const OTHERS: ReadonlySet<string> = new Set([
  ...['open', 'initial_open', 'amp_open', 'amp_initial_open', 'sms_status', 'success', 'error'],
  ...['ab_test_completed', 'ab_test_cancelled'],
]);

function read(event: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const name = textOf(event['type']);
  if (name === undefined) return problem('invalid', 'type: missing', raw());
  const type = TYPES.get(name);
  if (type === undefined) return name.startsWith('relay_') ? ignored(name) : ignoredWord(name, OTHERS);
  // Fetched before anybody looked at it.
  if (type === 'engaged' && fieldsOf(event['user_agent_parsed'])['is_prefetched'] === true) return ignored(`${name}: prefetched`);
  const text = textOf(event['raw_reason']) ?? textOf(event['reason']);
  const bounce = type === 'bounced' ? bounceOf(event, text) : {};
  if (bounce === 'ignored') return ignored(`${name}: class ${String(numberOf(event['bounce_class']))}`);
  const messageId = idOf(event['message_id']) ?? idOf(event['transmission_id']);
  return eventOf(
    'sparkpost',
    {
      type,
      recipient: event['rcpt_to'] ?? event['raw_rcpt_to'],
      time: ['timestamp', event['timestamp']],
      id: idOf(event['event_id']),
      identity: [messageId, name, text],
      messageId,
      attempt: countOf(event['num_retries']),
      code: event['error_code'],
      text,
      pool: event['ip_pool'],
      metadata: event['rcpt_meta'],
      ...bounce,
    },
    context,
    raw,
  );
}

const HARD: ReadonlySet<number | undefined> = new Set([10, 30]);
const UNDETERMINED: ReadonlySet<number | undefined> = new Set([1, undefined]);
/** Bounce classes that are not failures: auto-reply, subscription request, challenge. */
const NO_FAILURE: ReadonlySet<number | undefined> = new Set([60, 80, 100]);
/** Bounce classes for failures by policy or by SparkPost's own suppression list. */
const ADMINISTRATIVE: ReadonlySet<number | undefined> = new Set([25, 26]);
const UNSUBSCRIBE = 90;

function bounceOf(event: Fields, text: string | undefined): Partial<Draft> | 'ignored' {
  const bounceClass = numberOf(event['bounce_class']);
  if (NO_FAILURE.has(bounceClass)) return 'ignored';
  if (bounceClass === UNSUBSCRIBE) return { type: 'unsubscribed' };
  if (ADMINISTRATIVE.has(bounceClass)) return { type: 'rejected' };
  // SparkPost's message when its retry time is exceeded. The earlier deferrals carry the actual reason.
  if (/\[internal\] exceeded max time/i.test(text ?? '')) return { type: 'expired' };
  return { permanent: UNDETERMINED.has(bounceClass) ? undefined : HARD.has(bounceClass) };
}
