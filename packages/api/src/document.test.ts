/** The OpenAPI document: valid, complete, with examples that match their schemas, and consistent with the answers of the routes. */
import {
  addFact,
  DEFAULT_POLICY,
  encodeRecipient,
  factOf,
  classifyFailure,
  newRecipient,
  asAddress,
  asTenant,
  createHistory,
  createMeasure,
} from '@desist/domain';
import { encodeIncidentChange, encodeSenderChange, whatIfSummary } from '@desist/contracts';
import {
  createMemoryImports,
  createMemoryIncidents,
  createMemoryKeys,
  createMemorySenderIncidents,
  createMemorySubscribers,
  createMemoryTrail,
  createMemoryWhatIfs,
} from '@desist/memory';
import { createdIncident, FeedGapError, LogError } from '@desist/pipeline';
import type {
  AuditTrail,
  ChangeFeed,
  Checked,
  ImportStore,
  IncidentStore,
  KeyStore,
  ListedSuppression,
  RecipientRecord,
  SenderIncidentRow,
  StateReader,
  TrafficReader,
  StoredDeadLetter,
  Audit,
  ByHand,
  OutcomeStore,
  NotedTry,
  WhatIfStore,
} from '@desist/pipeline';
import { noCounts } from '@desist/formats/list';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { InjectOptions } from 'fastify';
import { Compile } from 'typebox/schema';
import { describe, expect, test } from 'vitest';
import { createApi, createLinkTokens, newKey, parseKeys } from './index.ts';
import type { Api, ApiOptions, PolicyReload, WebhookReceiver } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const DAY = 86_400_000;

interface Media {
  readonly schema: JsonSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
type JsonSchema = Readonly<Record<string, unknown>>;
interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly (Media & { readonly name: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Media>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

// --------------------------------------------------------------------------------------- a service with data for every operation

const row = {
  scope: '*',
  reason: 'persistent_deferral',
  since: NOW,
  expiresAt: NOW + 30 * DAY,
  category: 'mailbox_full',
  rule: 'enhanced-4.2.2',
  reply: '452 4.2.2 full',
  firstFailureAt: NOW - 3 * DAY,
  lastFailureAt: NOW,
  failures: 4,
  policy: 'sha256:x',
  ...{ createdBy: null, note: null, source: null, provider: null, subdomains: false, probationUntil: null },
} as const;

/** Deferred for days until it was suppressed; then an operator allowed one stream. */
function record(): RecipientRecord {
  const recipient = newRecipient();
  const context = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'sha256:x' };
  for (let at = NOW - 4 * DAY; at <= NOW; at += DAY / 4) {
    const who = { tenant: asTenant('default'), recipient: asAddress('a@b.c') };
    const event = { ...who, id: `e${at}`, stream: 'default', type: 'deferred' as const, occurredAt: at };
    const fact = factOf({ ...event, messageId: 'm', smtp: { code: 452, text: '452 4.2.2 mailbox full' } }, (failed) =>
      classifyFailure(failed, () => 'gmail'),
    );
    if (fact !== undefined && fact !== null) addFact(recipient, fact, at, context);
  }
  const allow = { kind: 'allow', at: NOW, id: 'c', scope: 'marketing', expiresAt: null, force: false, by: 'eve' } as const;
  addFact(recipient, allow, NOW, context);
  return {
    tenant: asTenant('default'),
    address: asAddress('a@b.c'),
    partition: 0,
    version: recipient.version,
    state: 'suppressed',
    policy: 'sha256:x',
    streakStartedAt: NOW - 4 * DAY,
    lastFailureAt: NOW,
    failures: 17,
    messages: 1,
    category: 'mailbox_full',
    provider: 'gmail',
    suppressAt: null,
    probationUntil: null,
    advice: 'wait',
    updatedAt: NOW,
    evidence: encodeRecipient(recipient),
    suppressions: [row],
    allowed: [{ scope: 'marketing', expiresAt: null }],
  };
}

const change = {
  from: 'healthy',
  to: 'suppressed',
  suppression: { scope: '*', reason: 'hard_bounce', since: NOW, expiresAt: null },
  allowance: null,
  cause: 'event',
  evidence: null,
  corrects: null,
  policy: 'p',
};
const listed: ListedSuppression = { ...row, tenant: asTenant('default'), address: asAddress('a@b.c'), updatedAt: NOW };
const partition = {
  epoch: 1,
  owner: null,
  nextOffset: 5,
  nextSequence: 1,
  clock: NOW,
  attempts: 0,
  stopped: null,
  outbox: 0,
  deadLetters: 0,
  parked: 0,
};
const reader: StateReader = {
  recipient: async (_tenant, address) => (address === 'a@b.c' ? record() : null),
  list: async () => ({ items: [listed], cursor: 'next' }),
  async recipients() {
    const { partition: _, policy: __, evidence: ___, allowed: ____, ...unhealthy } = record();
    return {
      items: [
        { ...unhealthy, suppressAt: NOW },
        { ...unhealthy, streakStartedAt: null, suppressions: [] },
      ],
      cursor: 'next',
    };
  },
  check: async (_tenant, addresses) => ({
    checked: addresses.map((address): Checked => ({
      address,
      state: 'suppressed',
      suppressions: [row],
      allowed: [],
      probationUntil: null,
      erased: true,
    })),
    clocks: [{ partition: 0, clock: NOW }],
  }),
  async *snapshot() {
    yield [listed];
  },
  positions: async () => new Map([[0, 1]]),
  history: async () => ({
    items: [{ version: 1, type: 'suppressed', effectiveAt: NOW, recordedAt: NOW, detail: JSON.stringify(change) }],
    cursor: 'next',
  }),
  status: async () => ({
    partitions: [{ partition: 0, ...partition, updatedAt: NOW }],
    recipients: { suppressed: 1 },
    suppressions: [{ scope: '*', reason: 'operator', count: 1 }],
  }),
};

const traffic: TrafficReader = {
  series: async () => [
    { group: 'gmail', rest: false, slot: 0, type: 'delivered', upperBound: 0, events: 3 },
    { group: 'gmail', rest: false, slot: 0, type: 'deferred', upperBound: 0, events: 1 },
    { group: null, rest: true, slot: 1, type: 'delivery', upperBound: 60, events: 1 },
  ],
  reasons: async () => [{ name: 'gmail', category: 'rate_limited', events: 3 }],
  counters: async () => ({
    atRisk: 1,
    allowances: 2,
    events: { delivered: 5 },
    changes: { suppressed: 1, released: 1 },
    regret: { mail_taken: 1 },
  }),
};

const webhooks: WebhookReceiver = {
  has: (_format, source) => source === 'main',
  misdirected: () => undefined,
  answerTo: (_format: string, status: number) => status,
  isOpen: () => false,
  admit: async () => undefined,
  receive: async () => ({ kind: 'stored', events: 1, ignored: 2, deadLetters: 3 }),
  overloaded: () => undefined,
};

const recipientChange = {
  kind: 'recipient',
  incarnation: 0,
  partition: 3,
  sequence: 1,
  tenant: asTenant('default'),
  address: asAddress('a@b.c'),
  version: 1,
} as const;
const incidentChange = encodeIncidentChange({
  notice: {
    ...{ id: 'i', revision: 1, excludes: true, action: 'opened', at: NOW, announcedBy: 0, summary: null, by: null, note: null },
    terms: { tenant: null, provider: 'gmail', domain: null, code: null, text: null, from: NOW, until: null },
  },
  ...{ recordedAt: NOW, policy: 'sha256:x', sequence: { partition: 3, number: 2 } },
});
function senderIncident(id: string): SenderIncidentRow {
  const replies = [{ category: 'rate_limited', code: '421 4.7.28', count: 60, reply: '421 slow' }];
  const place = { tenant: asTenant('default'), provider: 'gmail', pool: 'p' };
  const of = { id, revision: 1, action: 'opened', place, from: NOW, until: null, at: NOW, announcedBy: 0 } as const;
  return { ...of, summary: { tries: 100, refused: 60, usualShare: 0.01, replies }, open: true, announcedRevision: 1, createdAt: NOW };
}
const senderChange = encodeSenderChange({
  notice: senderIncident('s'),
  ...{ recordedAt: NOW, policy: 'sha256:x', sequence: { partition: 3, number: 3 } },
});
const changes: ChangeFeed = {
  oldest: async () => [0, 0, 0, 0],
  last: async () => [0, 0, 0, 1],
  ends: async () => [0, 0, 0, 2],
  async read(_filter, after) {
    if ((after[0] ?? 0) > 0) throw new FeedGapError('deleted');
    const first = { ...recipientChange, type: 'suppressed', effectiveAt: NOW, recordedAt: NOW, detail: JSON.stringify(change) };
    const second = { kind: 'incident', partition: 3, sequence: 2, tenant: '*', recordedAt: NOW, change: incidentChange.value } as const;
    const third = { ...second, sequence: 3, tenant: 'default', change: senderChange.value };
    return { changes: [first, second, third], position: [0, 0, 0, 3], more: false };
  },
};

const letter = { partition: 0, recordTime: NOW, key: Buffer.from('default/a@b.c'), value: Buffer.from('{}') };
const origin = { reason: 'invalid', detail: 'version: missing', topic: 'delivery-events', partition: '3', offset: '7' };
const letters: readonly StoredDeadLetter[] = [
  { ...letter, offset: 0, headers: origin },
  { ...letter, offset: 1, key: null, value: Buffer.from([0xff]), headers: { reason: 'no_recipient', detail: '', source: 'postfix' } },
];
const deadLetters: ApiOptions['deadLetters'] & object = {
  deadLetterBounds: async () => new Map([[0, { low: 0, high: 2 }]]),
  async *readDeadLetters([range]) {
    yield* letters.slice(range?.from, range?.to);
  },
  resend: async () => ({ partition: 3, offset: 9 }),
};
const audit: Audit = {
  ...{ partition: 0, request: 1, reason: 'requested', state: 'done', requestedAt: NOW, finishedAt: NOW, problem: 'one was refused' },
  ...{ records: 3, read: 3, compared: 2, mended: 1 },
};
const audits: NonNullable<ApiOptions['audits']> = {
  requestAudit: async () => undefined,
  stopAudit: async () => true,
  audits: async () => [audit, { ...audit, partition: 1, finishedAt: null, state: 'running', problem: null }],
  listedAtLeast: async () => 2,
};
const outcomes: OutcomeStore = {
  expectCommands: async () => undefined,
  commandOutcomes: async (refs) => refs.map((ref) => ({ ...ref, outcome: 'applied', reason: null, detail: null, changes: 1 })),
  recordFaults: async () => [{ partition: 0, kind: 'wrong_key', count: 1, lastOffset: 4, lastAt: NOW }],
};
const refusing: OutcomeStore = {
  ...outcomes,
  commandOutcomes: async (refs) => refs.map((ref) => ({ ...ref, outcome: 'dead_letter', reason: 'wrong_key', detail: 'd', changes: 0 })),
};

const tried: Omit<NotedTry, 'id' | 'at'> = {
  ...{ kind: 'delivery', messageId: 'msg_1', partition: 3, incarnation: 0, after: 811, upTo: 812, changes: 1, attempt: 2, duration: 40 },
  ...{ status: 503, problem: 'it answered 503' },
};
const byHand: ByHand = {
  test: async () => ({ ...tried, id: 'h-2', at: NOW, kind: 'test', partition: null, after: 0, upTo: 0, changes: 0 }),
  resend: async (_, { upTo }) => (upTo === 1 ? null : { ...tried, id: 'h-3', at: NOW, kind: 'resend', status: null }),
};
const WEBHOOK = `wh_${'0'.repeat(24)}`;
const ENDED = `wh_${'1'.repeat(24)}`;

function subscribersWith(): ApiOptions['subscribers'] & object {
  let ids = 2;
  const store = createMemorySubscribers({ now: () => NOW, ends: () => [5] });
  const values = {
    tenant: 'acme',
    url: 'https://example.com/',
    types: ['suppressed'],
    batch: 5,
    description: 'CRM',
    createdBy: 'eve',
    secret: 's',
  };
  void store.add({ ...values, id: WEBHOOK }, [0]);
  void store.add({ ...values, id: ENDED, tenant: '*' }, [0]);
  void store.note(WEBHOOK, tried);
  void store.note(WEBHOOK, { ...tried, kind: 'test', partition: null });
  void store.note(WEBHOOK, { ...tried, after: 0, upTo: 1 });
  const claim = { owner: 'me', wanted: [{ partition: 0, upTo: 5 }], except: [], limit: 9, limitOfSubscriber: 9, lease: 1, idle: 1 };
  void store.claim(claim).then(([first, second]) => {
    void store.fail(first!, { failed: tried, then: { retryIn: 10_000 } });
    void store.fail(second!, { failed: { ...tried, status: 410 }, then: { state: 'ended', reason: 'gone' } });
  });
  const newId = (): string => `wh_${String((ids += 1)).padStart(24, '0')}`;
  const wrongUrl = (url: string): string | undefined => (url.includes('10.0.0.1') ? 'must not be 10.0.0.1' : undefined);
  return { store, manage: { byHand, newId, newSecret: () => 'whsec_AAAA', wrongUrl } };
}
const KEY_ID = `key_${'0'.repeat(20)}`;
/** Shows one key, and accepts none: everybody may do everything. */
function keyStore(): KeyStore {
  const keys = createMemoryKeys();
  const key = {
    id: KEY_ID,
    name: 'k',
    roles: ['reader'],
    tenants: ['acme'],
    createdAt: NOW,
    createdBy: 'eve',
    expiresAt: NOW + DAY,
  } as const;
  return {
    ...keys,
    keyRevision: async () => 0,
    usableKeys: async () => ({ revision: 0, keys: [] }),
    keys: async () => ({ items: [{ ...key, ...NEVER }], cursor: 'next' }),
    key: async () => ({ ...key, ...NEVER }),
    rotateKey: async () => ({ ...key, ...NEVER }),
    endKey: async () => ({ ...key, ...NEVER, endedAt: NOW }),
  };
}
const IMPORT_ID = `im_${'0'.repeat(24)}`;
/** One import, which stands behind two rows whatever is done to it. */
function importStore(): ImportStore {
  const wanted = { id: IMPORT_ID, name: 'l.csv', resumeKey: null, tenant: null, stream: 's', importAs: 'bounce', by: 'eve', keyName: 'k' };
  const problems = [{ row: 1, line: null, problem: 'not JSON' }];
  const job = { ...wanted, state: 'running', rows: 2, counts: { ...noCounts() }, problems, startedAt: NOW, updatedAt: NOW } as const;
  return {
    ...createMemoryImports(),
    start: async (given) => (given.name === 'new.csv' ? { ...job, id: given.id } : job),
    import: async (id) => (id === IMPORT_ID ? job : null),
    imports: async () => [job],
    advance: async () => job,
    stop: async () => ({ ...job, state: 'stopped' }),
  };
}
const WHATIF_ID = `wi_${'0'.repeat(24)}`;
/** One what-if, which is done whatever is asked. */
function whatIfStore(): WhatIfStore {
  const measure = createMeasure(2);
  const counts = { events: 2, duplicates: 0, leftOut: 0, recipients: 1, suppressionsLeftOut: 0, from: NOW, to: NOW };
  const history = createHistory(2);
  const ref = { tenant: asTenant('acme'), address: asAddress('a@b.c') };
  history.suppressed(1, ref, { reason: 'persistent_deferral', scope: '*', since: NOW, category: 'mailbox_full' }, 1);
  for (const one of history.finish(NOW + 40 * DAY)) measure.add(one);
  const summary = whatIfSummary({ ...measure.result(), counts }, { versions: ['sha256:a', 'sha256:b'], groups: 20 });
  const job = {
    ...{ id: WHATIF_ID, resumeKey: 'r', tenant: null, policy: 'version: 1', since: NOW, by: 'eve', keyName: 'k', startedAt: NOW },
    ...({ state: 'done', done: 2, total: 2, result: JSON.stringify(summary), problem: null, updatedAt: NOW } as const),
  } as const;
  return {
    ...createMemoryWhatIfs(),
    start: async (given) => (given.by === 'new' ? { ...job, id: given.id } : given.by === 'many' ? null : job),
    job: async (id) => (id === WHATIF_ID ? job : null),
    jobs: async () => [job],
    stop: async (_id, at) => (at === NOW ? { ...job, state: 'stopped' } : null),
  };
}
const tokens = createLinkTokens(['s'.repeat(32)]);
const link = { tenant: asTenant('acme'), stream: 'news', address: asAddress('a@b.c') };
const LINK = `/u/${tokens.seal({ ...link, expiresAt: NOW + DAY })}`;
const EXPIRED = `/u/${tokens.seal({ ...link, expiresAt: NOW - DAY })}`;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const CLICK = { method: 'POST', payload: 'List-Unsubscribe=One-Click', headers: FORM } as const;

const trail: AuditTrail = {
  ...createMemoryTrail(),
  page: async () => ({
    items: [
      {
        ...{ id: 1, at: NOW, action: 'release', tenant: 'acme', keyId: 'k', keyName: 'k', keyOfTenant: true, by: 'eve', from: '::1' },
        ...{ address: 'a@b.c', target: 't', outcome: 'applied', note: 'n', detail: { scope: '*' }, erased: false },
      },
    ],
    cursor: 'next',
  }),
};

const NEVER = { rotatedAt: null, endedAt: null, lastUsedAt: NOW } as const;

const IN_FORCE = { revision: 8, version: 'sha256:x', shadowVersion: null, since: NOW, by: 'anna' };
const reloadsTo = (outcome: PolicyReload): Pick<ApiOptions, 'policyInForce'> => ({
  policyInForce: { current: () => IN_FORCE, reload: async () => outcome },
});

function make(more: Partial<ApiOptions> = {}): Api {
  const memory = createMemoryIncidents();
  const codes = [{ code: '421 4.7.28', count: 2 }];
  const incidents: IncidentStore = {
    ...memory,
    counts: async (by) =>
      by.map((one) => ({ by: one, counts: [{ at: NOW, failing: 2, delivered: 3, codes, samples: ['421 4.7.28 slow'] }] })),
  };
  const terms = { tenant: null, provider: 'gmail', domain: null, code: null, text: null, from: NOW, until: null };
  void incidents.insert(createdIncident('known', terms, { by: null, note: null, at: NOW }));
  const senderIncidents = createMemorySenderIncidents();
  void senderIncidents.insert(senderIncident('sender-1'));
  const quiet = (): void => undefined;
  return createApi({
    reader,
    incidents,
    senderIncidents,
    traffic,
    changes,
    deadLetters,
    audits,
    outcomes,
    keyStore: keyStore(),
    trail,
    imports: importStore(),
    whatIfs: { store: whatIfStore() },
    unsubscribe: { tokens, publicUrl: 'https://mail.example.com' },
    webhooks,
    subscribers: subscribersWith(),
    append: async (records) => records.map((_, offset) => ({ partition: 0, offset })),
    unmatched: (most) => [{ text: 'zork', count: 2 }].slice(0, most),
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ...reloadsTo({ kind: 'in_force', changed: true, policy: IN_FORCE }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => NOW },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
    ...more,
  });
}

async function documentOf(api: Api): Promise<Document> {
  return (await api.inject({ url: '/openapi.json' })).json<Document>();
}

const document = await documentOf(make());
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

// -------------------------------------------------------------------------------------------------------- schemas without references

/** The schema with its references resolved. `closed`: additional properties are not allowed. */
function resolved(schema: JsonSchema, closed: boolean): JsonSchema {
  const { $id: _, ...rest } = schema;
  const { $ref, properties, ...others } = rest as { $ref?: string; properties?: Readonly<Record<string, JsonSchema>> };
  if ($ref !== undefined) return resolved(document.components.schemas[$ref.replace('#/components/schemas/', '')]!, closed);
  const inner = Object.fromEntries(
    Object.entries(others).map(([key, value]) => {
      if (key === 'items') return [key, resolved(value as JsonSchema, closed)];
      if (key === 'anyOf') return [key, (value as JsonSchema[]).map((one) => resolved(one, closed))];
      return [key, value];
    }),
  );
  if (properties === undefined) return inner;
  const members = Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, resolved(member, closed)]));
  return { ...inner, properties: members, ...(closed ? { additionalProperties: false } : {}) };
}

function problemsOf(schema: JsonSchema, value: unknown, closed = false): readonly unknown[] {
  const [, problems] = Compile(resolved(schema, closed) as never).Errors(value) as readonly [boolean, readonly unknown[]];
  return problems;
}

/** Every schema inside this one. */
function* within(schema: unknown): Generator<JsonSchema> {
  if (typeof schema !== 'object' || schema === null) return;
  if (!Array.isArray(schema)) yield schema as JsonSchema;
  for (const [key, value] of Object.entries(schema)) if (key !== 'examples' && key !== 'enum' && key !== 'const') yield* within(value);
}

interface Example {
  readonly where: string;
  readonly schema: JsonSchema;
  readonly value: unknown;
}

function examplesOf(where: string, { schema, example, examples = {} }: Media): readonly Example[] {
  const named = Object.values(examples).map(({ value }) => value);
  const own = [...(example === undefined ? [] : [example]), ...named].map((value) => ({ where, schema, value }));
  return [...own, ...examplesWithin(where, schema)];
}

function examplesWithin(where: string, schema: unknown): readonly Example[] {
  return [...within(schema)].flatMap((one) => {
    const values = [...((one['examples'] as unknown[] | undefined) ?? []), ...('default' in one ? [one['default']] : [])];
    return values.map((value) => ({ where, schema: one, value }));
  });
}

describe('the OpenAPI document', () => {
  test('is OpenAPI 3.1, with and without API keys', async () => {
    const { key: _, line } = newKey('r', ['reader'], '*');
    for (const one of [document, await documentOf(make({ keys: parseKeys(line).keys }))]) {
      expect(one.openapi).toBe('3.1.0');
      expect(await new Validator().validate({ ...one })).toMatchObject({ valid: true });
    }
  });

  test('has every operation once, with an operationId that client generators can use as a method name', () => {
    expect(operations.map(({ method, path, operation }) => `${operation.operationId ?? '-'}: ${method} ${path}`).sort()).toEqual([
      'addWebhook: post /v1/webhooks',
      'changeWebhook: patch /v1/webhooks/{id}',
      'checkPolicy: post /v1/policy/check',
      'checkRecipients: post /v1/check',
      'classifyReplies: post /v1/classify',
      'createImport: post /v1/imports',
      'createIncident: post /v1/incidents',
      'createKey: post /v1/keys',
      'createSession: post /v1/session',
      'createUnsubscribeLinks: post /v1/unsubscribe-links',
      'createWhatIf: post /v1/whatif',
      'deleteSession: delete /v1/session',
      'endKey: delete /v1/keys/{id}',
      'explainRecipient: get /v1/recipients/{address}/why',
      'explainRecipientUnderPolicy: post /v1/recipients/{address}/why',
      'exportSuppressions: get /v1/suppressions/export',
      'getCode: get /v1/codes/{code}',
      'getDeadLetter: get /v1/dead-letters/{id}',
      'getImport: get /v1/imports/{id}',
      'getIncident: get /v1/incidents/{id}',
      'getLiveness: get /healthz',
      'getMetrics: get /metrics',
      'getPolicy: get /v1/policy',
      'getProvider: get /v1/providers/{provider}',
      'getReadiness: get /readyz',
      'getRecipient: get /v1/recipients/{address}',
      'getRepublish: get /v1/republish',
      'getSeries: get /v1/series',
      'getSession: get /v1/session',
      'getStatus: get /v1/status',
      'getSummary: get /v1/summary',
      'getTop: get /v1/top',
      'getUnsubscribePage: get /u/{token}',
      'getWebhook: get /v1/webhooks/{id}',
      'getWhatIf: get /v1/whatif/{id}',
      'listAudit: get /v1/audit',
      'listChanges: get /v1/changes',
      'listDeadLetters: get /v1/dead-letters',
      'listImports: get /v1/imports',
      'listIncidents: get /v1/incidents',
      'listKeys: get /v1/keys',
      'listProviders: get /v1/providers',
      'listRecipientChanges: get /v1/recipients/{address}/history',
      'listRecipients: get /v1/recipients',
      'listSuppressions: get /v1/suppressions',
      'listUnmatchedReplies: get /v1/unmatched-replies',
      'listWebhookDeliveries: get /v1/webhooks/{id}/deliveries',
      'listWebhooks: get /v1/webhooks',
      'listWhatIfs: get /v1/whatif',
      'previewIncident: get /v1/incidents/{id}/preview',
      'receiveWebhook: post /v1/webhooks/{format}/{source}',
      'reloadPolicy: post /v1/policy/reload',
      'removeWebhook: delete /v1/webhooks/{id}',
      'republish: post /v1/republish',
      'resendDeadLetter: post /v1/dead-letters/{id}/resend',
      'resendWebhookDelivery: post /v1/webhooks/{id}/deliveries/{delivery}/resend',
      'restoreIncident: post /v1/incidents/{id}/restore',
      'rotateKey: post /v1/keys/{id}/rotate',
      'rotateWebhookSecret: post /v1/webhooks/{id}/secrets',
      'sendCommands: post /v1/commands',
      'sendEvents: post /v1/events',
      'sendImportRows: post /v1/imports/{id}/rows',
      'stopImport: post /v1/imports/{id}/stop',
      'stopRepublish: delete /v1/republish',
      'stopWhatIf: post /v1/whatif/{id}/stop',
      'testWebhook: post /v1/webhooks/{id}/test',
      'unsubscribe: post /u/{token}',
      'voidIncident: post /v1/incidents/{id}/void',
    ]);
    for (const { operation } of operations) expect(operation.operationId).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
  });

  test.each(operations)('$operation.operationId has a summary, a tag that is explained, and its errors', ({ operation }) => {
    const tags = document.tags.map(({ name }) => name);
    expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(operation.description).toMatch(/^[A-Z\u0060].*\.$/s);
    expect(tags).toEqual(expect.arrayContaining([...(operation.tags ?? ['none'])]));
    expect(operation.responses['421']?.content).toHaveProperty('application/problem+json');
    for (const { description } of Object.values(operation.responses)) expect(description).not.toBe('Default Response');
  });

  test('has an example of every JSON body that is sent or answered, and each matches its schema', () => {
    const examples: Example[] = [];
    for (const [name, schema] of Object.entries(document.components.schemas)) examples.push(...examplesWithin(name, schema));
    for (const { operation } of operations) {
      const where = operation.operationId ?? '';
      for (const parameter of operation.parameters ?? []) examples.push(...examplesOf(`${where} ${parameter.name}`, parameter));
      const bodies = [operation.requestBody?.content ?? {}, ...Object.values(operation.responses).map(({ content = {} }) => content)];
      for (const media of bodies.flatMap((content) =>
        Object.entries(content).flatMap(([type, one]) => (type === 'application/json' ? one : [])),
      )) {
        const own = examplesOf(where, media);
        const shown = own.length > 0 || [...within(resolved(media.schema, false))].some((schema) => 'examples' in schema);
        expect(shown, `an example in ${where}`).toBe(true);
        examples.push(...own);
      }
    }
    for (const { where, schema, value } of examples) expect([where, problemsOf(schema, value)]).toEqual([where, []]);
    expect(examples.length).toBeGreaterThan(60);
  });
});

// ---------------------------------------------------------------------------------------------------------- actual answers

const release = { type: 'release', recipient: 'a@b.c' };
const event = { version: 1, type: 'delivered', recipient: 'a@b.c', occurredAt: '2026-03-01T10:00:00Z' };
const terms = { provider: 'yahoo', from: '2026-03-01T10:00:00Z' };
const away = async (): Promise<never> => {
  throw new LogError('unavailable', 'gone');
};

const readOnly = { store: subscribersWith().store };
const support = newKey('support', ['reader'], '*');
const A_LIST = { name: 'list.csv', fingerprint: 'f'.repeat(22) };
const REPLIES = ['550 5.1.1 no such user', '451 4.7.1 try again in 5 minutes', { reply: '', code: 421, remoteHost: 'mx.google.com' }];

/** One request per operation and status. */
const REQUESTS: readonly (readonly [operationId: string, status: number, request: InjectOptions, options?: Partial<ApiOptions>])[] = [
  ['checkRecipients', 200, { method: 'POST', url: '/v1/check', payload: { recipients: ['a@b.c', 'x', 5] } }],
  ['checkRecipients', 400, { method: 'POST', url: '/v1/check', payload: { recipients: 'a@b.c', stream: '?' } }],
  ['listSuppressions', 200, { url: '/v1/suppressions?address=A@B.c' }],
  ['listSuppressions', 400, { url: '/v1/suppressions?limit=0&resaon=x' }],
  ['exportSuppressions', 200, { url: '/v1/suppressions/export' }],
  ['exportSuppressions', 200, { url: '/v1/suppressions/export?format=csv' }],
  ['exportSuppressions', 429, { url: '/v1/suppressions/export' }, { exportLimits: { concurrent: 0 } }],
  ['getRecipient', 200, { url: '/v1/recipients/a@b.c' }],
  ['getRecipient', 200, { url: '/v1/recipients/new@b.c' }],
  ['getRecipient', 400, { url: '/v1/recipients/nobody' }],
  ['explainRecipient', 200, { url: '/v1/recipients/a@b.c/why' }],
  ['explainRecipientUnderPolicy', 200, { method: 'POST', url: '/v1/recipients/a@b.c/why', payload: { policy: 'version: 1\n' } }],
  ['explainRecipientUnderPolicy', 400, { method: 'POST', url: '/v1/recipients/a@b.c/why', payload: { policy: 'version: 2\nx: 1\n' } }],
  ['getPolicy', 200, { url: '/v1/policy' }],
  ['checkPolicy', 200, { method: 'POST', url: '/v1/policy/check', payload: { policy: 'version: 1\n' } }],
  ['reloadPolicy', 200, { method: 'POST', url: '/v1/policy/reload', payload: { by: 'anna' } }],
  ['reloadPolicy', 409, { method: 'POST', url: '/v1/policy/reload' }, reloadsTo({ kind: 'no_file' })],
  [
    'reloadPolicy',
    422,
    { method: 'POST', url: '/v1/policy/reload' },
    reloadsTo({ kind: 'mistakes', mistakes: [{ detail: 'x', line: 2, column: 1 }] }),
  ],
  ['reloadPolicy', 503, { method: 'POST', url: '/v1/policy/reload' }, { policyInForce: { current: () => null } }],
  ['checkPolicy', 400, { method: 'POST', url: '/v1/policy/check', payload: { policy: 'version: 2\nx: 1\n' } }],
  ['listRecipientChanges', 200, { url: '/v1/recipients/a@b.c/history' }],
  ['sendEvents', 202, { method: 'POST', url: '/v1/events', payload: [event, { ...event, type: 'x', attempt: -1 }, 7] }],
  ['sendEvents', 400, { method: 'POST', url: '/v1/events', payload: {} }],
  ['sendEvents', 415, { method: 'POST', url: '/v1/events', payload: 'x', headers: { 'content-type': 'text/plain' } }],
  ['sendEvents', 503, { method: 'POST', url: '/v1/events', payload: event }, { append: away }],
  ['sendCommands', 202, { method: 'POST', url: '/v1/commands', payload: release }],
  ['sendCommands', 200, { method: 'POST', url: '/v1/commands', payload: release, headers: { prefer: 'wait=5' } }],
  ['sendCommands', 200, { method: 'POST', url: '/v1/commands', payload: release, headers: { prefer: 'wait=5' } }, { outcomes: refusing }],
  ['sendCommands', 400, { method: 'POST', url: '/v1/commands', payload: [release, {}], headers: { 'idempotency-key': 'k' } }],
  ['listIncidents', 200, { url: '/v1/incidents' }],
  ['listIncidents', 200, { url: '/v1/incidents?kind=sender&state=open' }],
  ['listIncidents', 400, { url: '/v1/incidents?kind=zork&state=over' }],
  ['getIncident', 200, { url: '/v1/incidents/sender-1' }],
  ['voidIncident', 409, { method: 'POST', url: '/v1/incidents/sender-1/void' }],
  ['previewIncident', 409, { url: '/v1/incidents/sender-1/preview' }],
  ['createIncident', 201, { method: 'POST', url: '/v1/incidents', payload: terms }],
  ['createIncident', 200, { method: 'POST', url: '/v1/incidents', payload: terms }],
  ['createIncident', 400, { method: 'POST', url: '/v1/incidents', payload: {} }],
  ['getSeries', 200, { url: '/v1/series?measure=outcomes&by=provider' }],
  ['getSeries', 200, { url: '/v1/series?measure=time_to_delivery&from=2026-03-01T10:00:00Z' }],
  ['getSeries', 400, { url: '/v1/series?measure=remorse' }],
  ['getSeries', 400, { url: '/v1/series?measure=suppressions&by=pool&pool=a&from=2020-03-01T10:00:00Z&step=15m' }],
  ['getSummary', 200, { url: '/v1/summary' }],
  ['getTop', 200, { url: '/v1/top' }],
  ['getTop', 200, { url: '/v1/top?by=pool&limit=2' }],
  ['getTop', 400, { url: '/v1/top?by=zork' }],
  ['getIncident', 200, { url: '/v1/incidents/known' }],
  ['getIncident', 404, { url: '/v1/incidents/unknown' }],
  ['previewIncident', 200, { url: '/v1/incidents/known/preview' }],
  ['voidIncident', 202, { method: 'POST', url: '/v1/incidents/known/void', payload: { by: 'eve' } }],
  ['voidIncident', 200, { method: 'POST', url: '/v1/incidents/known/void' }],
  ['restoreIncident', 202, { method: 'POST', url: '/v1/incidents/known/restore' }],
  ['restoreIncident', 200, { method: 'POST', url: '/v1/incidents/known/restore' }],
  [
    'listRecipients',
    200,
    { url: '/v1/recipients?state=persistent&provider=gmail&category=mailbox_full&domain=b.c&suppressedBefore=2026-03-02T00:00:00Z' },
  ],
  ['listRecipients', 400, { url: '/v1/recipients?state=healthy&category=zork&suppressedBefore=24h' }],
  ['listChanges', 200, { url: '/v1/changes?types=suppressed&limit=2' }],
  ['listChanges', 400, { url: '/v1/changes?types=zork&last=-1' }],
  ['listChanges', 410, { url: `/v1/changes?after=${Buffer.from('[1]').toString('base64url')}` }],
  ['listChanges', 429, { url: '/v1/changes', headers: { accept: 'text/event-stream' } }, { streamLimits: { concurrent: 0 } }],
  ['listChanges', 200, { url: '/v1/changes', headers: { accept: 'text/event-stream' } }, { streamLimits: { longest: 0 } }],
  ['classifyReplies', 200, { method: 'POST', url: '/v1/classify', payload: { replies: REPLIES, explain: true } }],
  ['classifyReplies', 400, { method: 'POST', url: '/v1/classify', payload: { replies: [] } }],
  ['classifyReplies', 413, { method: 'POST', url: '/v1/classify', payload: { replies: ['x'.repeat(300_000)] } }],
  ['getCode', 200, { url: '/v1/codes/421%204.7.28?provider=gmail' }],
  ['getCode', 200, { url: '/v1/codes/599-5.9.9' }],
  ['getCode', 400, { url: '/v1/codes/250' }],
  ['listProviders', 200, { url: '/v1/providers' }],
  ['getProvider', 200, { url: '/v1/providers/Gmail' }],
  ['getProvider', 200, { url: '/v1/providers/small.example' }],
  ['listDeadLetters', 200, { url: '/v1/dead-letters?reason=invalid&limit=2' }],
  ['listDeadLetters', 400, { url: '/v1/dead-letters?cursor=x' }],
  ['getDeadLetter', 200, { url: '/v1/dead-letters/0-0' }],
  ['getDeadLetter', 200, { url: '/v1/dead-letters/0-1' }],
  ['getDeadLetter', 404, { url: '/v1/dead-letters/zork' }],
  ['resendDeadLetter', 202, { method: 'POST', url: '/v1/dead-letters/0-0/resend' }],
  ['resendDeadLetter', 404, { method: 'POST', url: '/v1/dead-letters/0-9/resend' }],
  ['resendDeadLetter', 409, { method: 'POST', url: '/v1/dead-letters/0-1/resend' }],
  ['republish', 202, { method: 'POST', url: '/v1/republish', payload: {} }],
  ['republish', 400, { method: 'POST', url: '/v1/republish', payload: { partition: 7 } }],
  ['getRepublish', 200, { url: '/v1/republish' }],
  ['stopRepublish', 200, { method: 'DELETE', url: '/v1/republish?partition=0' }],
  ['getStatus', 200, { url: '/v1/status' }],
  ['listUnmatchedReplies', 200, { url: '/v1/unmatched-replies?limit=5' }],
  ['listWebhooks', 200, { url: '/v1/webhooks' }],
  ['listWebhooks', 400, { url: '/v1/webhooks?state=paused' }],
  ['addWebhook', 201, { method: 'POST', url: '/v1/webhooks', payload: { url: 'https://example.com/a', types: ['released'], batch: 9 } }],
  ['addWebhook', 201, { method: 'POST', url: '/v1/webhooks', payload: { tenant: 'acme', url: 'https://example.com/b', from: 'oldest' } }],
  ['addWebhook', 400, { method: 'POST', url: '/v1/webhooks', payload: { url: 'http://10.0.0.1/' } }],
  ['addWebhook', 400, { method: 'POST', url: '/v1/webhooks', payload: { url: 'https://example.com', types: ['zork'], batch: 0, x: 1 } }],
  ['addWebhook', 400, { method: 'POST', url: '/v1/webhooks', payload: { url: 'https://example.com', after: 'zork' } }],
  ['addWebhook', 503, { method: 'POST', url: '/v1/webhooks', payload: { url: 'https://example.com' } }, { subscribers: readOnly }],
  ['getWebhook', 200, { url: `/v1/webhooks/${WEBHOOK}` }],
  ['getWebhook', 404, { url: `/v1/webhooks/wh_${'9'.repeat(24)}` }],
  ['changeWebhook', 200, { method: 'PATCH', url: `/v1/webhooks/${WEBHOOK}`, payload: { description: null, url: 'https://example.com/c' } }],
  ['changeWebhook', 200, { method: 'PATCH', url: `/v1/webhooks/${WEBHOOK}`, payload: { state: 'paused' } }],
  ['changeWebhook', 200, { method: 'PATCH', url: `/v1/webhooks/${WEBHOOK}`, payload: { state: 'active' } }],
  ['changeWebhook', 400, { method: 'PATCH', url: `/v1/webhooks/${WEBHOOK}`, payload: { types: ['released'] } }],
  ['changeWebhook', 409, { method: 'PATCH', url: `/v1/webhooks/${ENDED}`, payload: { state: 'active' } }],
  ['rotateWebhookSecret', 201, { method: 'POST', url: `/v1/webhooks/${WEBHOOK}/secrets`, payload: { overlap: '1h' } }],
  ['rotateWebhookSecret', 400, { method: 'POST', url: `/v1/webhooks/${WEBHOOK}/secrets`, payload: { overlap: 'a while' } }],
  ['testWebhook', 200, { method: 'POST', url: `/v1/webhooks/${WEBHOOK}/test` }],
  ['listWebhookDeliveries', 200, { url: `/v1/webhooks/${WEBHOOK}/deliveries?limit=5` }],
  ['resendWebhookDelivery', 200, { method: 'POST', url: `/v1/webhooks/${WEBHOOK}/deliveries/h-1/resend` }],
  ['resendWebhookDelivery', 404, { method: 'POST', url: `/v1/webhooks/${WEBHOOK}/deliveries/h-9/resend` }],
  ['resendWebhookDelivery', 409, { method: 'POST', url: `/v1/webhooks/${WEBHOOK}/deliveries/h-2/resend` }],
  ['resendWebhookDelivery', 410, { method: 'POST', url: `/v1/webhooks/${WEBHOOK}/deliveries/h-3/resend` }],
  ['removeWebhook', 200, { method: 'DELETE', url: `/v1/webhooks/${WEBHOOK}` }],
  ['removeWebhook', 404, { method: 'DELETE', url: `/v1/webhooks/${WEBHOOK}` }],
  ['receiveWebhook', 200, { method: 'POST', url: '/v1/webhooks/ses/main', payload: '{}' }],
  ['receiveWebhook', 404, { method: 'POST', url: '/v1/webhooks/ses/other', payload: '{}' }],
  [
    'createUnsubscribeLinks',
    200,
    { method: 'POST', url: '/v1/unsubscribe-links', payload: { stream: 'news', recipients: ['a@b.c', 'x'] } },
  ],
  ['createUnsubscribeLinks', 400, { method: 'POST', url: '/v1/unsubscribe-links', payload: {} }],
  ['getUnsubscribePage', 200, { url: LINK }],
  ['getUnsubscribePage', 404, { url: '/u/x' }],
  ['getUnsubscribePage', 410, { url: EXPIRED }],
  ['unsubscribe', 200, { ...CLICK, url: LINK }],
  ['unsubscribe', 200, { ...CLICK, url: LINK, headers: { ...FORM, accept: 'text/html' } }],
  ['unsubscribe', 400, { ...CLICK, url: LINK, payload: '' }],
  ['unsubscribe', 404, { ...CLICK, url: '/u/x' }],
  ['unsubscribe', 410, { ...CLICK, url: EXPIRED, headers: { ...FORM, accept: 'text/html' } }],
  ['unsubscribe', 503, { ...CLICK, url: LINK }, { append: away }],
  ['listAudit', 200, { url: '/v1/audit?tenant=acme&who=eve&action=release&recipient=a@b.c&since=2026-03-01T10:00:00Z' }],
  ['listAudit', 400, { url: '/v1/audit?action=RELEASE&recipient=x' }],
  ['listKeys', 200, { url: '/v1/keys?limit=1' }],
  ['listKeys', 400, { url: '/v1/keys?limit=0' }],
  ['createKey', 201, { method: 'POST', url: '/v1/keys', payload: { name: 'desk', roles: ['operator'], tenants: null } }],
  ['createKey', 400, { method: 'POST', url: '/v1/keys', payload: { name: 'no name', roles: [] } }],
  ['createKey', 409, { method: 'POST', url: '/v1/keys', payload: { name: 'desk', roles: ['reader'], tenants: null } }],
  ['rotateKey', 200, { method: 'POST', url: `/v1/keys/${KEY_ID}/rotate`, payload: { overlap: '1h' } }],
  ['rotateKey', 404, { method: 'POST', url: '/v1/keys/zork/rotate' }],
  ['endKey', 200, { method: 'DELETE', url: `/v1/keys/${KEY_ID}` }],
  ['endKey', 404, { method: 'DELETE', url: '/v1/keys/zork' }],
  ['createImport', 201, { method: 'POST', url: '/v1/imports', payload: { ...A_LIST, name: 'new.csv' } }],
  ['createImport', 200, { method: 'POST', url: '/v1/imports', payload: A_LIST }],
  ['createImport', 400, { method: 'POST', url: '/v1/imports', payload: {} }],
  ['sendImportRows', 200, { method: 'POST', url: `/v1/imports/${IMPORT_ID}/rows`, payload: { from: 2, rows: [{ problem: 'not JSON' }] } }],
  ['sendImportRows', 409, { method: 'POST', url: `/v1/imports/${IMPORT_ID}/rows`, payload: { from: 0, rows: [] } }],
  ['sendImportRows', 404, { method: 'POST', url: `/v1/imports/im_${'f'.repeat(24)}/rows`, payload: { from: 0, rows: [] } }],
  ['stopImport', 200, { method: 'POST', url: `/v1/imports/${IMPORT_ID}/stop` }],
  ['getImport', 200, { url: `/v1/imports/${IMPORT_ID}` }],
  ['getImport', 404, { url: `/v1/imports/im_${'f'.repeat(24)}` }],
  ['listImports', 200, { url: '/v1/imports' }],
  ['createWhatIf', 201, { method: 'POST', url: '/v1/whatif', payload: { policy: 'version: 1', by: 'new' } }],
  ['createWhatIf', 200, { method: 'POST', url: '/v1/whatif', payload: { policy: 'version: 1', by: 'eve' } }],
  ['createWhatIf', 400, { method: 'POST', url: '/v1/whatif', payload: { policy: 'version: 2' } }],
  ['createWhatIf', 429, { method: 'POST', url: '/v1/whatif', payload: { policy: 'version: 1', by: 'many' } }],
  ['getWhatIf', 200, { url: `/v1/whatif/${WHATIF_ID}` }],
  ['getWhatIf', 404, { url: `/v1/whatif/wi_${'f'.repeat(24)}` }],
  ['listWhatIfs', 200, { url: '/v1/whatif' }],
  ['stopWhatIf', 200, { method: 'POST', url: `/v1/whatif/${WHATIF_ID}/stop` }],
  ['stopWhatIf', 404, { method: 'POST', url: `/v1/whatif/wi_${'f'.repeat(24)}/stop` }],
  ['getSession', 200, { url: '/v1/session' }],
  ['createSession', 200, { method: 'POST', url: '/v1/session', payload: { key: support.key } }, { keys: parseKeys(support.line).keys }],
  ['createSession', 400, { method: 'POST', url: '/v1/session', payload: { key: support.key } }],
  ['createSession', 401, { method: 'POST', url: '/v1/session', payload: { key: 'x' } }, { keys: parseKeys(support.line).keys }],
  ['deleteSession', 200, { method: 'DELETE', url: '/v1/session' }],
  ['getLiveness', 200, { url: '/healthz' }],
  ['getLiveness', 421, { url: '/healthz', headers: { host: 'evil.example' } }],
  ['getReadiness', 200, { url: '/readyz' }],
  ['getReadiness', 503, { url: '/readyz' }, { ready: () => ({ ok: false, problems: ['no database'] }) }],
  ['getMetrics', 200, { url: '/metrics' }],
];

describe('every answer', () => {
  const api = make();

  for (const [operationId, status, request, options] of REQUESTS) {
    test(`${operationId} ${status}: matches its schema and has no other fields`, async () => {
      const answer = await (options === undefined ? api : make(options)).inject(request);
      expect(answer.statusCode, answer.body).toBe(status);
      const responses = operations.find(({ operation }) => operation.operationId === operationId)!.operation.responses;
      const content = responses[String(status)]?.content ?? {};
      const type = String(answer.headers['content-type']).replace(/;.*/, '');
      expect(Object.keys(content)).toContain(type);
      if (/^application\/(problem\+)?json$/.test(type)) expect(problemsOf(content[type]!.schema, answer.json(), true)).toEqual([]);
    });
  }

  test('the requests above cover every operation and every status of success', () => {
    const wanted = operations.flatMap(({ operation }) =>
      Object.keys(operation.responses).flatMap((status) => (status < '300' ? `${operation.operationId ?? ''} ${status}` : [])),
    );
    expect(new Set(REQUESTS.filter(([, status]) => status < 300).map(([id, status]) => `${id} ${status}`))).toEqual(new Set(wanted));
  });
});

describe('the documentation pages', () => {
  test('load nothing from other hosts, and do not require HTTPS', async () => {
    const api = make({ allowRemote: true });
    const page = await api.inject({ url: '/docs/', headers: { host: 'desist.example' } });
    expect(page.statusCode).toBe(200);
    // A browser would request the scripts over HTTPS and show a blank page where only HTTP is served.
    expect(page.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    for (const [, source = ''] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(source).not.toMatch(/^(https?:)?\/\//);
      if (!source.startsWith('data:')) {
        expect((await api.inject({ url: new URL(source, 'http://x/docs/').pathname })).statusCode, source).toBe(200);
      }
    }
  });
});
