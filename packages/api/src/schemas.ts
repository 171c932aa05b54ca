/**
 * What every route takes and answers, as JSON Schema: the OpenAPI document is made of these, and a test holds every answer against
 * them. Bodies are read by our own code, which says of a mistake what is wanted; the schemas of events and commands are those of the
 * topics.
 */
import { schemaOf } from '@desist/contracts';
import type { SchemaName } from '@desist/contracts';

type Schema = Readonly<Record<string, unknown>>;

const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = [], description?: string): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  ...(description === undefined ? {} : { description }),
});
const array = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });
const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', format: 'date-time' };
const orNull = ({ type, ...rest }: Schema): Schema => ({ type: [type as string, 'null'], ...rest });
const oneOf = (values: readonly (string | null)[], more: Schema = {}): Schema => ({
  type: values.includes(null) ? ['string', 'null'] : 'string',
  enum: values,
  ...more,
});
const ref = (name: string): Schema => ({ $ref: `${name}#` });

const NAME: Schema = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' };
const TENANT: Schema = { ...NAME, description: "Default: the key's only tenant, otherwise `default`" };
const SCOPE: Schema = { type: 'string', pattern: '^(\\*|[A-Za-z0-9][A-Za-z0-9._-]{0,63})$', description: '`*` (all streams) or a stream' };
const STATES = ['healthy', 'deferred', 'persistent', 'soft_bounced', 'suppressed'] as const;
const STATE = oneOf(STATES);
const REASON = oneOf(['persistent_deferral', 'hard_bounce', 'complaint', 'unsubscribe', 'operator']);
const CURSOR: Schema = { type: 'string', minLength: 1, description: 'Of the page before, with the same filters' };
const LIMIT: Schema = { type: 'integer', minimum: 1, maximum: 1000, default: 100 };
const NEXT: Schema = orNull({ type: 'string', description: 'Where the next page begins; null after the last' });

const PROBLEM = object(
  {
    type: { type: 'string', format: 'uri' },
    title: text,
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: text,
    errors: array({ type: 'object' }, { description: 'One per bad item or mistake' }),
  },
  ['errors'],
  'RFC 9457',
);
const SUPPRESSION = object({
  scope: SCOPE,
  reason: REASON,
  category: orNull(text),
  since: time,
  expiresAt: orNull(time),
  firstFailureAt: orNull(time),
  lastFailureAt: orNull(time),
  failures: count,
  reply: orNull(text),
  rule: orNull(text),
  policy: text,
});
const ALLOWANCE = object({ scope: SCOPE, expiresAt: orNull(time) });

/** Schemas with a name of their own in the document. */
export function sharedSchemas(): readonly Schema[] {
  const named = (name: string, schema: Schema): Schema => ({ ...schema, $id: name });
  const ofTopic = (name: SchemaName): Schema => {
    const { $schema: _, ...schema } = schemaOf(name) as Record<string, unknown>;
    return schema;
  };
  return [
    named('Problem', PROBLEM),
    named('Suppression', SUPPRESSION),
    named('DeliveryEvent', ofTopic('delivery-event')),
    named('Command', ofTopic('command')),
  ];
}

const json = (schema: Schema, description: string): Schema => ({ description, content: { 'application/json': { schema } } });
const problem = (description: string): Schema => ({ description, content: { 'application/problem+json': { schema: ref('Problem') } } });
const PROBLEMS: Readonly<Record<string, Schema>> = {
  400: problem('What was sent can not be used; `detail` says what is wanted'),
  401: problem('A key is needed, or this one is not known'),
  403: problem('The key has not the role or the tenant'),
  413: problem('The body is larger than the limit'),
  415: problem('The content type is not one that this path reads'),
  421: problem('Without keys only names of this machine are answered'),
  429: problem('Too many requests of this caller; `Retry-After` says when to go on'),
  503: problem('Database or log are away; `Retry-After` says when to try again'),
};
const responses = (own: Readonly<Record<string, Schema>>, problems: readonly number[] = []): Schema => ({
  ...own,
  ...Object.fromEntries([400, 401, 403, 421, 429, 503, ...problems].map((status) => [status, PROBLEMS[status]])),
});

export interface RouteDoc {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly [part: string]: unknown;
}

const PATH = object({ address: { type: 'string', format: 'idn-email', description: 'Percent-encoded: `/` is %2F, `%` is %25' } });
const ONE = (tenant: Readonly<Record<string, Schema>> = {}): Schema => ({
  params: PATH,
  querystring: object({ tenant: TENANT, ...tenant }, ['tenant', ...Object.keys(tenant)]),
});

export const CHECK_DOC: RouteDoc = {
  summary: 'May I send?',
  description: 'One answer per recipient, in order. One suppressed or unreadable address never fails the call.',
  tags: ['ask'],
  body: object(
    {
      tenant: TENANT,
      stream: NAME,
      recipients: array({}, { maxItems: 10_000, description: 'Email addresses, as they are written' }),
      whenAway: oneOf(['open', 'closed', 'error'], {
        description: 'What to answer while the database is away. Default: as configured for the stream',
      }),
    },
    ['tenant', 'stream', 'whenAway'],
  ),
  response: responses(
    {
      200: json(
        object(
          {
            results: array(
              object(
                {
                  recipient: { description: 'As it was sent' },
                  allowed: flag,
                  reasons: array(text, { description: 'A reason of the list, `invalid_address`, or `unavailable` (degraded, closed)' }),
                  state: oneOf([...STATES, null]),
                  expiresAt: orNull({ ...time, description: 'When what blocks ends by itself' }),
                  forgotten: { const: true, description: 'All that is known of this recipient is the keyed hash of an erasure' },
                },
                ['forgotten'],
              ),
            ),
            asOf: array(object({ partition: count, clock: orNull(time) }), {
              description: 'Everything up to these clocks is in the answers',
            }),
            degraded: { const: true, description: 'The database was away: the answers are what the stream is configured to get then' },
          },
          ['degraded'],
        ),
        'One result per recipient, in order',
      ),
    },
    [413, 415],
  ),
};

const FILTERS: Readonly<Record<string, Schema>> = {
  tenant: { ...NAME, description: 'Default: every tenant that the key may see' },
  scope: SCOPE,
  reason: REASON,
  domain: { type: 'string', description: 'The part after the @' },
  address: { type: 'string', description: 'Exactly this one' },
  prefix: { type: 'string', minLength: 1, maxLength: 320, description: 'What the address begins with' },
  since: { ...time, description: 'Suppressed at or after' },
};
const LISTED = {
  type: 'object',
  properties: { tenant: NAME, address: text, ...(SUPPRESSION['properties'] as object), updatedAt: time },
  required: ['tenant', 'address', ...(SUPPRESSION['required'] as string[]), 'updatedAt'],
};

export const LIST_DOC: RouteDoc = {
  summary: 'The suppression list, page by page',
  description: 'In a stable order: what is on the list from the first page to the last is seen exactly once, whatever changes meanwhile.',
  tags: ['ask'],
  querystring: object({ ...FILTERS, cursor: CURSOR, limit: LIMIT }, [...Object.keys(FILTERS), 'cursor', 'limit']),
  response: responses({ 200: json(object({ items: array(LISTED), cursor: NEXT }), 'One page') }),
};

export const EXPORT_DOC: RouteDoc = {
  summary: 'All of the list, as it is at one moment',
  tags: ['ask'],
  querystring: object({ ...FILTERS, format: oneOf(['ndjson', 'csv'], { default: 'ndjson' }) }, [...Object.keys(FILTERS), 'format']),
  response: responses({
    200: {
      description: 'One line per suppression; a body that ends early is not complete',
      content: { 'application/x-ndjson': { schema: text }, 'text/csv': { schema: text } },
    },
  }),
};

const STATE_FIELDS = {
  tenant: NAME,
  address: text,
  state: STATE,
  policy: orNull({ type: 'string', description: 'Version of the policy that decided' }),
  streak: {
    ...orNull(
      object({
        startedAt: time,
        lastFailureAt: orNull(time),
        failures: count,
        messages: count,
        category: orNull(text),
        provider: orNull(text),
      }),
    ),
  },
  suppressAt: orNull({ ...time, description: 'The deadline that will suppress if nothing changes' }),
  advice: orNull({ type: 'string', description: 'What to do about the streak, by its age' }),
  suppressions: array(ref('Suppression')),
  allowed: array(ALLOWANCE),
  version: count,
  updatedAt: orNull(time),
};

export const RECIPIENT_DOC: RouteDoc = {
  summary: 'State of one recipient',
  description: 'Nobody is unknown: who never failed is healthy.',
  tags: ['ask'],
  ...ONE(),
  response: responses({ 200: json(object(STATE_FIELDS), 'The state') }),
};

const FACT = object(
  {
    at: time,
    type: text,
    role: oneOf(['counted', 'waiting', 'held_back', 'hard_bounce', 'not_counted', 'while_suppressed', 'decided', 'no_effect']),
    counts: { type: 'boolean', description: 'The state rests on it now' },
    why: orNull({ type: 'string', description: 'Why it does not count' }),
    voidedBy: oneOf(['delivered', 'release', 'expiry', 'lapse', null]),
    category: orNull(text),
    attribution: orNull(text),
    permanence: orNull(text),
    rule: orNull(text),
    reply: orNull(text),
    messageId: text,
    stream: orNull(text),
    scope: SCOPE,
    expiresAt: orNull(time),
    force: flag,
    by: orNull(text),
    note: orNull(text),
    merged: { type: 'integer', minimum: 1, description: 'So many more between the one before and this one are kept as a number only' },
    incident: { ...text, description: 'The incident that holds it back' },
  },
  ['messageId', 'scope', 'expiresAt', 'force', 'by', 'note', 'merged', 'incident'],
);
const WHY_FIELDS = {
  ...STATE_FIELDS,
  facts: array(FACT, { description: 'What is kept of each event, in order of time' }),
  transitions: array({ type: 'object' }),
  whatWouldChangeIt: array(text),
  refold: orNull(object({ note: text, state: STATE, agrees: flag, policy: text })),
};

export const WHY_DOC: RouteDoc = {
  summary: 'Why is the recipient in this state?',
  description: 'Every fact that is kept, whether it counts and why not; what would release or suppress it.',
  tags: ['ask'],
  ...ONE(),
  response: responses({ 200: json(object(WHY_FIELDS), 'The explanation') }),
};

const TERMS = object({ scope: SCOPE, reason: REASON, since: time, expiresAt: orNull(time) });
export const WHAT_IF_DOC: RouteDoc = {
  summary: 'What would another policy say of this recipient?',
  description: 'The explanation, and `underPolicy`: the same facts under the policy file that is sent. Nothing is changed.',
  tags: ['ask'],
  params: PATH,
  body: object({ tenant: TENANT, policy: { type: 'string', description: 'The text of a policy file' } }, ['tenant']),
  response: responses(
    {
      200: json(
        object({
          ...WHY_FIELDS,
          underPolicy: object({ policy: text, state: STATE, suppressions: array(TERMS), suppressAt: orNull(time), alters: array(text) }),
        }),
        'The explanation under both policies',
      ),
    },
    [413, 415],
  ),
};

export const HISTORY_DOC: RouteDoc = {
  summary: 'Every published change of one recipient, oldest first',
  tags: ['ask'],
  ...ONE({ cursor: CURSOR, limit: LIMIT }),
  response: responses({
    200: json(
      object({ items: array({ type: 'object', description: 'A change, as on `suppression-events`, without `sequence`' }), cursor: NEXT }),
      'One page',
    ),
  }),
};

const ITEM_ERRORS = array(object({ index: count, reason: text, detail: text }), { description: '`index` counts items from 0' });

export const EVENTS_DOC: RouteDoc = {
  summary: 'Delivery events into the log',
  description: 'One object, an array, or NDJSON. 202 when the good ones are durable; after a 503 repeat the whole request.',
  tags: ['write'],
  body: {
    content: {
      'application/json': { schema: { anyOf: [ref('DeliveryEvent'), array(ref('DeliveryEvent'), { minItems: 1, maxItems: 10_000 })] } },
      'application/x-ndjson': { schema: text },
      'application/ndjson': { schema: text },
    },
  },
  response: responses({ 202: json(object({ accepted: count, rejected: count, errors: ITEM_ERRORS }), 'Durable in the log') }, [413, 415]),
};

export const WEBHOOK_DOC: RouteDoc = {
  summary: "A provider's webhook",
  description:
    'The body is what the provider sends, byte for byte: its signature or password is checked as the sources file says. 2xx when the log has the events.',
  tags: ['write'],
  params: object({ format: text, source: { type: 'string', description: 'A name of the sources file' } }),
  response: responses({ 200: json(object({ accepted: count, ignored: count, deadLetters: count }), 'Durable in the log') }, [413]),
};

const ACCEPTED = { accepted: count, ids: array(text), folded: { type: 'boolean', description: 'Only when waiting was asked for' } };
export const COMMANDS_DOC: RouteDoc = {
  summary: 'suppress, release, allow, disallow, forget',
  description:
    'One or an array, all or none, through the log. `Prefer: wait=10` answers when they are folded (200), or after that many seconds that they are pending (202).',
  tags: ['write'],
  headers: object(
    {
      'idempotency-key': { type: 'string', pattern: '^[!-~]{1,255}$', description: 'A repeat with the same key is applied once' },
      prefer: { type: 'string', description: '`wait=SECONDS`, at most 30' },
    },
    ['idempotency-key', 'prefer'],
  ),
  body: {
    content: {
      'application/json': { schema: { anyOf: [ref('Command'), array(ref('Command'), { minItems: 1, maxItems: 10_000 })] } },
    },
  },
  response: responses(
    {
      200: json(object(ACCEPTED), 'Durable in the log, and folded'),
      202: json(object(ACCEPTED, ['folded']), 'Durable in the log, not folded yet'),
    },
    [413, 415],
  ),
};

const INCIDENT_ID = object({ id: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } });
const INCIDENT_TERMS = {
  tenant: orNull({ ...NAME, description: 'Null: of every tenant' }),
  provider: orNull({ type: 'string', description: 'Who operates the mailbox, as verdicts name it' }),
  domain: orNull({ type: 'string', description: "Of the recipient's address" }),
  code: orNull({ type: 'string', description: 'Reply code, enhanced code, or both: `550 5.1.1`' }),
  text: orNull({ type: 'string', description: 'Part of the reply, whatever its case' }),
  from: time,
  until: orNull({ ...time, description: 'Exclusive; null: it goes on' }),
};
const CODES = array(object({ code: text, count }));
const INCIDENT_FIELDS = {
  id: text,
  origin: oneOf(['detected', 'operator']),
  state: oneOf(['open', 'held_back', 'not_held_back']),
  revision: count,
  action: oneOf(['opened', 'closed', 'voided', 'restored']),
  holds: { ...flag, description: 'The failures inside are held back' },
  ...INCIDENT_TERMS,
  counts: orNull(object({ failing: count, delivered: count, usualShare: orNull({ type: 'number' }) })),
  codes: CODES,
  samples: array(text, { description: 'Replies, without addresses' }),
  by: orNull(text),
  note: orNull(text),
  decidedAt: time,
  createdAt: time,
};
const DECISION = { by: { ...orNull(text), description: 'Who' }, note: { ...orNull(text), description: 'Why' } };
const NO_INCIDENT = { 404: problem('There is no incident with this id, or not for this key') };

export const INCIDENTS_DOC: RouteDoc = {
  summary: 'Incidents, newest first',
  description: 'What concerns every tenant, like all that are noticed by themselves, is shown to keys of every tenant.',
  tags: ['ask'],
  querystring: object({ tenant: TENANT, cursor: CURSOR, limit: LIMIT }, ['tenant', 'cursor', 'limit']),
  response: responses({ 200: json(object({ items: array(object(INCIDENT_FIELDS)), cursor: NEXT }), 'One page') }),
};

export const CREATE_INCIDENT_DOC: RouteDoc = {
  summary: 'Name a window whose failures are not the recipients’',
  description: 'Provider or domain, and a window; changes nothing until it is voided. The same terms are the same incident.',
  tags: ['write'],
  body: {
    content: {
      'application/json': {
        schema: object({ ...INCIDENT_TERMS, ...DECISION }, ['tenant', 'provider', 'domain', 'code', 'text', 'until', 'by', 'note']),
      },
    },
  },
  response: responses(
    {
      200: json(object(INCIDENT_FIELDS), 'It is there already'),
      201: json(object(INCIDENT_FIELDS), 'It is there, and holds nothing back yet'),
    },
    [413, 415],
  ),
};

const PROGRESS = object({
  told: { ...flag, description: 'The log has the latest decision' },
  partitions: count,
  done: { ...count, description: 'Partitions that have carried it out' },
  looked: { ...count, description: 'Recipients looked at' },
  changed: { ...count, description: 'Recipients changed' },
});

export const INCIDENT_DOC: RouteDoc = {
  summary: 'One incident, and how far the latest decision is carried out',
  tags: ['ask'],
  params: INCIDENT_ID,
  response: { ...(responses({ 200: json(object({ ...INCIDENT_FIELDS, progress: PROGRESS }), 'The incident') }) as object), ...NO_INCIDENT },
};

export const PREVIEW_DOC: RouteDoc = {
  summary: 'What is inside, and what voiding or restoring would do',
  description: 'One page of recipients at a time: the sums of all pages are the answer.',
  tags: ['ask'],
  params: INCIDENT_ID,
  querystring: object({ cursor: CURSOR }, ['cursor']),
  response: {
    ...(responses({
      200: json(
        object({
          recipients: { ...count, description: 'With failures inside' },
          failures: count,
          heldBack: { ...count, description: 'Of the failures: held back already' },
          suppressed: { ...count, description: 'Of the recipients: suppressed now' },
          released: { ...count, description: '... of whom a suppression would end if it were voided' },
          suppressedAgain: { ...count, description: '... or begin if it were restored' },
          codes: CODES,
          samples: array(text),
          addresses: array(text, { description: 'Some of them' }),
          cursor: NEXT,
        }),
        'One page',
      ),
    }) as object),
    ...NO_INCIDENT,
  },
};

const decideDoc = (summary: string): RouteDoc => ({
  summary,
  tags: ['write'],
  params: INCIDENT_ID,
  body: { content: { 'application/json': { schema: object(DECISION, ['by', 'note']) } } },
  response: {
    ...(responses(
      {
        200: json(object(INCIDENT_FIELDS), 'It is so already'),
        202: json(object(INCIDENT_FIELDS), 'Decided; every partition is told, and `progress` says how far they are'),
      },
      [413, 415],
    ) as object),
    ...NO_INCIDENT,
    409: problem('Somebody else decided about it at this moment'),
  },
});

export const DECIDE_INCIDENT_DOC = {
  void: decideDoc('Hold back what is inside: suppressions that rest on it end'),
  restore: decideDoc('Let what is inside count again'),
};

export const STATUS_DOC: RouteDoc = {
  summary: 'Partitions, lag, counts',
  description: 'Counts whole tables. For keys of every tenant.',
  tags: ['operation'],
  response: responses({
    200: json(
      object({
        version: text,
        partitions: array({ type: 'object' }),
        recipients: { type: 'object' },
        suppressions: array({ type: 'object' }),
      }),
      'The status',
    ),
  }),
};

export const HEALTH_DOC: RouteDoc = {
  summary: 'The process lives',
  tags: ['operation'],
  security: [],
  response: { 200: json(object({ status: { const: 'ok' }, version: text }), 'It does'), 421: PROBLEMS[421] },
};
export const READY_DOC: RouteDoc = {
  summary: 'It can do its work',
  tags: ['operation'],
  security: [],
  response: { 200: json(object({ status: { const: 'ready' }, problems: array(text) }), 'It can'), 421: PROBLEMS[421], 503: PROBLEMS[503] },
};
export const METRICS_DOC: RouteDoc = {
  summary: 'OpenMetrics',
  tags: ['operation'],
  security: [],
  response: {
    200: { description: 'No addresses, no tenants', content: { 'application/openmetrics-text': { schema: text } } },
    421: PROBLEMS[421],
  },
};
