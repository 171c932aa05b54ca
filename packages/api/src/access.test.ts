/** Keys, roles, tenants and limits. No route reveals anything of one tenant to a key of another. */
import { asAddress, asTenant, DEFAULT_POLICY, ENGAGEMENT_KINDS } from '@desist/domain';
import {
  createMemoryImports,
  createMemoryIncidents,
  createMemoryKeys,
  createMemorySubscribers,
  createMemoryTrail,
  createMemoryWhatIfs,
} from '@desist/memory';
import { createdIncident, StoreError } from '@desist/pipeline';
import type {
  AuditTrail,
  ChangeFeed,
  Checked,
  FedChange,
  ImportStore,
  IncidentStore,
  KeyStore,
  NewAuditEntry,
  ListFilter,
  UnhealthyRecipient,
  StateReader,
  StoredDeadLetter,
  TrafficReader,
  WhatIfStore,
  CommandOutcome,
  CommandRef,
  OutcomeStore,
} from '@desist/pipeline';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, ApiKey, ApiOptions, Role } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const held = { scope: '*', reason: 'hard_bounce', since: NOW, expiresAt: null } as const;
const details = { createdBy: null, note: null, source: null, provider: null, subdomains: false, probationUntil: null };
const row = {
  ...held,
  category: null,
  rule: null,
  reply: null,
  firstFailureAt: null,
  lastFailureAt: null,
  failures: 1,
  policy: 'p',
  ...details,
};

/** A store of all tenants. Every answer names the requested tenant. */
function storeOf(asked: Set<string>): StateReader {
  const saw = (tenant: string): string => {
    asked.add(tenant);
    return tenant;
  };
  const all = ['acme', 'other', 'default'];
  const itemsOf = ({ tenants = all }: Pick<ListFilter, 'tenants'>) =>
    tenants.map((tenant) => ({ ...row, tenant: asTenant(saw(tenant)), address: asAddress(`of-${tenant}@example.com`), updatedAt: NOW }));
  return {
    recipient: async (tenant) => (saw(tenant), null),
    list: async (filter) => ({ items: itemsOf(filter), cursor: null }),
    recipients: async ({ tenants = all }) => ({ items: tenants.map((tenant) => unhealthy(saw(tenant))), cursor: null }),
    async *snapshot(filter) {
      yield itemsOf(filter);
    },
    check: async (tenant, addresses) => ({
      checked: addresses.map((address): Checked => ({
        address,
        state: 'healthy',
        suppressions: [],
        allowed: [],
        probationUntil: null,
        erased: saw(tenant) === '',
      })),
      clocks: [],
    }),
    history: async (tenant) => (saw(tenant), { items: [], cursor: null }),
    status: async () => (all.forEach(saw), { partitions: [], recipients: {}, suppressions: [] }),
    positions: async () => new Map(),
  };
}

function unhealthy(tenant: string): UnhealthyRecipient {
  return {
    ...{
      tenant: asTenant(tenant),
      address: asAddress(`of-${tenant}@example.com`),
      state: 'deferred',
      version: 1,
      streakStartedAt: null,
      lastFailureAt: null,
      failures: 0,
    },
    ...{
      messages: 0,
      category: null,
      provider: null,
      suppressAt: null,
      probationUntil: null,
      advice: null,
      updatedAt: NOW,
      suppressions: [],
    },
  };
}

/** A change of each tenant, and of an incident of all; a reader asks for what it is given. */
function feedOf(asked: Set<string>): ChangeFeed {
  const of = (tenant: string, sequence: number): FedChange => {
    if (tenant === '*') return { kind: 'incident', partition: 0, sequence, tenant, recordedAt: NOW, change: '{"incident":"of-all"}' };
    const who = { tenant: asTenant(tenant), address: asAddress(`of-${tenant}@example.com`) };
    const change = { kind: 'recipient', partition: 0, incarnation: 0, sequence, ...who, version: 1 } as const;
    return {
      ...change,
      type: 'suppressed',
      effectiveAt: NOW,
      recordedAt: NOW,
      detail: '{"evidence":null,"suppression":null,"allowance":null,"corrects":null}',
    };
  };
  return {
    oldest: async () => [0],
    last: async () => [0],
    ends: async () => [5],
    async read({ tenants = ['acme', 'beta', 'default', 'other', '*'] }) {
      for (const tenant of tenants) asked.add(tenant);
      return { changes: tenants.map(of), position: [5], more: false };
    },
  };
}

/** Dead letters of each tenant; and one whose key is of one tenant and whose content is of another, both ways. */
function lettersOf(asked: Set<string>): ApiOptions['deadLetters'] & object {
  const tenants = ['acme', 'beta', 'default', 'other'];
  const texts: (readonly [string, string])[] = tenants.map((tenant) => [
    tenant,
    `{"tenant":"${tenant}","recipient":"of-${tenant}@example.com"}`,
  ]);
  for (const tenant of tenants)
    for (const other of tenants) if (tenant !== other) texts.push([tenant, `{"tenant":"${other}","x":"of-${other}@"}`]);
  texts.push(['acme', 'of-other@ is not JSON'], ['', '"of-all"']);
  const headers = { reason: 'invalid', detail: '', topic: 'delivery-events', partition: '0', offset: '0' };
  const letters = texts.map(([tenant, value], offset): StoredDeadLetter => {
    return {
      partition: 0,
      offset,
      recordTime: NOW,
      key: Buffer.from(`${tenant}/of-${tenant}@example.com`),
      value: Buffer.from(value),
      headers,
    };
  });
  return {
    deadLetterBounds: async () => new Map([[0, { low: 0, high: letters.length }]]),
    async *readDeadLetters([range]) {
      yield* letters.slice(range!.from, range!.to);
    },
    async resend({ key, value }) {
      asked.add(
        Buffer.from(key as Uint8Array)
          .toString()
          .split('/')[0]!,
      );
      asked.add((JSON.parse(Buffer.from(value as Uint8Array).toString()) as { tenant: string }).tenant);
      return { partition: 0, offset: 0 };
    },
  };
}
const LETTERS = Array.from({ length: 18 }, (_, offset) => `0-${offset}`);

/** One incident per owner. A decision about one counts as a request for its tenant. */
function incidentsOf(asked: Set<string>): IncidentStore {
  const store = createMemoryIncidents();
  const decision = { by: null, note: null, at: NOW };
  const terms = { provider: 'gmail', domain: null, code: null, text: null, from: NOW, until: null };
  for (const tenant of OWNERS)
    void store.insert(createdIncident(`of-${tenant ?? 'all'}`, { ...terms, tenant: tenant === null ? null : asTenant(tenant) }, decision));
  return {
    ...store,
    counts: async (by) => (by.forEach(({ tenant }) => asked.add(tenant ?? 'all')), []),
    insert: (row, entry) => (asked.add(row.terms.tenant ?? 'all'), store.insert(row, entry)),
    update: (row, revision, entry) => (asked.add(row.terms.tenant ?? 'all'), store.update(row, revision, entry)),
    evidence: (of, page) => (asked.add(of.tenant ?? 'all'), store.evidence(of, page)),
  };
}

/** One subscriber per owner. What is done to one counts as a request for its tenant. */
function subscribersOf(asked: Set<string>): ApiOptions['subscribers'] & object {
  const store = createMemorySubscribers({ now: () => NOW, ends: () => [] });
  const tenants = new Map<string, string>();
  for (const [index, tenant] of OWNERS.entries()) {
    const id = WEBHOOKS[index]!;
    const values = {
      url: 'https://example.com',
      types: null,
      batch: null,
      description: `of-${tenant ?? 'all'}`,
      createdBy: null,
      secret: 'whsec_x',
    };
    void store.add({ ...values, id, tenant: tenant ?? '*' }, [0]);
    void store.note(id, { ...TRY, partition: 0 });
    tenants.set(id, tenant ?? 'all');
  }
  const saw = (id: string): string => (asked.add(tenants.get(id) ?? 'all'), id);
  const noted = async (id: string) => ({ ...TRY, id: 'h-2', at: NOW, incarnation: 0, partition: 0, messageId: saw(id) });
  return {
    store: {
      ...store,
      add: async (subscriber, after) => (asked.add(subscriber.tenant), store.add(subscriber, after)),
      list: async ({ tenants: of = ['all'] }, page) => (of.forEach((one) => asked.add(one)), store.list({ tenants: of }, page)),
      remove: async (id) => (saw(id), true),
      change: async (id, values) => store.change(saw(id), values),
      pause: async (id) => store.pause(saw(id)),
      resume: async (id, ...more) => store.resume(saw(id), ...more),
      rotate: async (id, ...more) => store.rotate(saw(id), ...more),
      tries: async (id, limit) => store.tries(saw(id), limit),
      tryOf: async (id, tryId) => store.tryOf(saw(id), tryId),
    },
    manage: {
      byHand: { test: async ({ id }) => noted(id), resend: async ({ id }) => noted(id) },
      newId: () => `wh_${'f'.repeat(24)}`,
      newSecret: () => 'whsec_new',
      wrongUrl: () => undefined,
    },
  };
}
const TRY = {
  kind: 'delivery',
  messageId: 'm',
  after: 0,
  upTo: 1,
  changes: 1,
  attempt: 1,
  duration: 1,
  status: 200,
  problem: null,
} as const;
/** A key of the database of each tenant and one of all. To see, change or make one counts as a request for its tenants. */
function keysOf(asked: Set<string>): KeyStore {
  const store = createMemoryKeys();
  const saw = (tenants: readonly string[] | null): void => (tenants ?? ['all']).forEach((tenant) => asked.add(tenant));
  for (const [n, tenant] of OWNERS.entries()) {
    const of = { name: `of-${tenant ?? 'all'}`, roles: ['reader'], tenants: tenant === null ? null : [tenant] } as const;
    void store.makeKey({ ...of, id: keyId(n), createdAt: NOW, createdBy: `of-${tenant ?? 'all'}@`, expiresAt: null, hash: `${n}` }, ENTRY);
  }
  return {
    ...store,
    makeKey: (key, entry) => (saw(key.tenants), store.makeKey(key, entry)),
    async rotateKey(id, rotation, entry) {
      saw((await store.key(id))?.tenants ?? []);
      return store.rotateKey(id, rotation, entry);
    },
    async endKey(id, at, keepsOne, entry) {
      saw((await store.key(id))?.tenants ?? []);
      return store.endKey(id, at, keepsOne, entry);
    },
  };
}
const ENTRY: NewAuditEntry = {
  ...{ at: NOW, action: 'release', tenant: null, keyId: null, keyName: null, keyOfTenant: false, by: null, from: null },
  ...{ address: null, target: null, outcome: 'done', note: null, detail: {} },
};

/** An entry of each tenant and one of all. To write one, or to read those of a tenant, counts as a request for it. */
function trailOf(asked: Set<string>): AuditTrail {
  const trail = createMemoryTrail();
  void trail.note(
    OWNERS.map((tenant) => {
      const of = `of-${tenant ?? 'all'}@`;
      return { ...ENTRY, tenant, by: of, address: `${of}example.com`, target: `${of}x`, note: of, keyId: of, from: of };
    }),
  );
  return {
    ...trail,
    note: (entries) => (entries.forEach(({ tenant }) => asked.add(tenant ?? 'all')), trail.note(entries)),
    page: (filter, options) => ((filter.tenants ?? ['all']).forEach((tenant) => asked.add(tenant)), trail.page(filter, options)),
  };
}

/** An import of each tenant, and one whose rows say it. To see, run or stop one counts as a request for its tenant. */
function importsOf(asked: Set<string>): ImportStore {
  const store = createMemoryImports();
  for (const [n, tenant] of OWNERS.entries()) {
    const of = `of-${tenant ?? 'all'}@`;
    const wanted = {
      id: importId(n),
      tenant,
      name: of,
      stream: null,
      importAs: null,
      by: of,
      keyName: of,
      resumeKey: `${n}`,
      startedAt: NOW,
    };
    void store.start(wanted, {}, () => null);
  }
  const saw = async (id: string): Promise<void> => void asked.add((await store.import(id))?.tenant ?? 'all');
  return {
    ...store,
    start: (wanted, ...more) => (asked.add(wanted.tenant ?? 'all'), store.start(wanted, ...more)),
    imports: (filter) => ((filter.tenants ?? ['all']).forEach((tenant) => asked.add(tenant)), store.imports(filter)),
    advance: async (id, ...more) => (await saw(id), store.advance(id, ...more)),
    stop: async (id, ...more) => (await saw(id), store.stop(id, ...more)),
  };
}
const importId = (n: number): string => `im_${String(n).padStart(24, '0')}`;

/** What was counted of the tenants that are asked for. */
function trafficOf(asked: Set<string>): TrafficReader {
  const of = (tenants: readonly string[] = ['all']): string[] => tenants.map((tenant) => (asked.add(tenant), `of-${tenant}@`));
  return {
    series: async ({ tenants, types, by }) =>
      of(tenants).map((group) => ({
        group: by === null ? null : group,
        rest: false,
        slot: 0,
        type: types[0] ?? '',
        upperBound: 0,
        events: 100,
      })),
    reasons: async ({ tenants, names }) => of(tenants).flatMap((category) => names.map((name) => ({ name, category, events: 1 }))),
    counters: async () => (asked.add('all'), { atRisk: 0, allowances: 0, events: {}, changes: {}, regret: {} }),
  };
}

const keyId = (n: number): string => `key_${String(n).padStart(20, '0')}`;

interface Made {
  readonly api: Api;
  readonly asked: Set<string>;
  readonly logged: unknown[];
}

const whatIfId = (n: number): string => `wi_${String(n).padStart(24, '0')}`;

/** A what-if of each tenant, as with the imports. */
function whatIfsOf(asked: Set<string>): WhatIfStore {
  const store = createMemoryWhatIfs();
  for (const [n, tenant] of OWNERS.entries()) {
    const of = `of-${tenant ?? 'all'}@`;
    const entry: NewAuditEntry = {
      ...{ at: NOW, action: 'whatif_started', tenant, outcome: 'done', keyId: null, keyName: null, keyOfTenant: false },
      ...{ by: null, from: null, address: null, target: null, note: null, detail: {} },
    };
    const wanted = { id: whatIfId(n), resumeKey: `${n}`, tenant, policy: of, since: null, by: of, keyName: of, startedAt: NOW };
    void store.start(wanted, () => entry);
  }
  return {
    ...store,
    start: (wanted, entry) => (asked.add(wanted.tenant ?? 'all'), store.start(wanted, entry)),
    jobs: (filter) => ((filter.tenants ?? ['all']).forEach((tenant) => asked.add(tenant)), store.jobs(filter)),
    stop: async (id, ...more) => (asked.add((await store.job(id))?.tenant ?? 'all'), store.stop(id, ...more)),
  };
}

function make(keys: readonly ApiKey[], more: Partial<ApiOptions> = {}): Made {
  const asked = new Set<string>();
  const logged: unknown[] = [];
  const log = (fields: object, message: string): void => void logged.push({ ...fields, message });
  const api = createApi({
    reader: storeOf(asked),
    incidents: incidentsOf(asked),
    changes: feedOf(asked),
    subscribers: subscribersOf(asked),
    deadLetters: lettersOf(asked),
    trail: trailOf(asked),
    imports: importsOf(asked),
    whatIfs: { store: whatIfsOf(asked) },
    traffic: trafficOf(asked),
    audits: {
      requestAudit: async () => void asked.add('all'),
      stopAudit: async () => (asked.add('all'), true),
      audits: async () => (asked.add('all'), []),
      listedAtLeast: async () => (asked.add('all'), 0),
    },
    unsubscribe: {
      publicUrl: 'https://x.example',
      tokens: { seal: ({ tenant }) => (asked.add(tenant), 'token'), open: () => ({ kind: 'forged' }) },
    },
    ...(keys.length > 0 ? { keyStore: keysOf(asked) } : {}),
    async append(records) {
      for (const { key } of records) asked.add(key.slice(0, key.indexOf('/')));
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
    recall: async (events) => events.map(({ tenant }) => (asked.add(tenant), `of-${tenant}@example.com`)),
    unmatched: () => [{ text: 'of-all', count: 1 }],
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => NOW },
    logger: { debug: log, info: log, warn: log, error: log },
    version: '0.1.0',
    keys,
    ...more,
  });
  return { api, asked, logged };
}

function keyFor(name: string, roles: readonly Role[], tenants: readonly string[] | '*'): { key: string; config: ApiKey } {
  const { key, line } = newKey(name, roles, tenants);
  return { key, config: parseKeys(line).keys[0]! };
}

const PATHS = [
  '/v1/status',
  '/v1/suppressions',
  '/v1/suppressions/export',
  '/v1/recipients/a@b.c',
  '/v1/recipients/a@b.c/why',
  '/v1/recipients/a@b.c/history',
  '/v1/incidents',
  '/v1/recipients',
  '/v1/changes',
  '/v1/providers',
  '/v1/providers/gmail',
  '/v1/dead-letters',
  '/v1/unmatched-replies',
  '/v1/webhooks',
  '/v1/keys',
  '/v1/audit',
  '/v1/imports',
  '/v1/whatif',
  '/v1/series?measure=outcomes&by=tenant',
  '/v1/summary',
  '/v1/top',
  '/v1/republish',
];
const ALL_TENANTS = ['/v1/status', '/v1/unmatched-replies', '/v1/keys', '/v1/summary', '/v1/republish'];
/** One per tenant, and one for all tenants. */
const OWNERS = ['acme', 'beta', 'default', 'other', null];
const INCIDENTS = OWNERS.map((tenant) => `of-${tenant ?? 'all'}`);
const WEBHOOKS = OWNERS.map((_, index) => `wh_${String(index).padStart(24, '0')}`);
const TERMS = { provider: 'gmail', from: '2026-03-01T10:00:00Z' };
const command = (tenant: string | undefined) => ({ type: 'release', recipient: 'a@b.c', ...(tenant === undefined ? {} : { tenant }) });
const event = (tenant: string | undefined) => ({ ...command(tenant), version: 1, type: 'delivered', occurredAt: '2026-03-01T10:00:00Z' });

/** Every route, with a tenant (or with none). */
function requests(tenant: string | undefined) {
  const query = tenant === undefined ? '' : `?tenant=${tenant}`;
  return [
    ...PATHS.map((path) => ({
      method: 'GET' as const,
      url: ALL_TENANTS.includes(path) ? path : path.includes('?') ? path + query.replace('?', '&') : path + query,
    })),
    { method: 'POST' as const, url: '/v1/check', payload: { tenant, recipients: ['a@b.c'] } },
    { method: 'POST' as const, url: '/v1/recipients/a@b.c/why', payload: { tenant, policy: 'version: 1\n' } },
    { method: 'POST' as const, url: '/v1/unsubscribe-links', payload: { tenant, recipients: ['a@b.c'] } },
    { method: 'POST' as const, url: '/v1/commands', payload: command(tenant) },
    { method: 'POST' as const, url: '/v1/commands', payload: [command('acme'), command(tenant)] },
    { method: 'POST' as const, url: '/v1/incidents', payload: { ...TERMS, tenant } },
    ...INCIDENTS.flatMap((id) => [
      { method: 'GET' as const, url: `/v1/incidents/${id}` },
      { method: 'GET' as const, url: `/v1/incidents/${id}/preview` },
      { method: 'POST' as const, url: `/v1/incidents/${id}/void`, payload: {} },
      { method: 'POST' as const, url: `/v1/incidents/${id}/restore`, payload: {} },
    ]),
    { method: 'POST' as const, url: '/v1/imports', payload: { name: 'list.csv', fingerprint: 'f', tenant } },
    ...OWNERS.flatMap((_, n) => [
      { method: 'GET' as const, url: `/v1/imports/${importId(n)}` },
      {
        method: 'POST' as const,
        url: `/v1/imports/${importId(n)}/rows`,
        payload: { from: 0, rows: [{ line: 1, address: 'a@b.c', tenant }] },
      },
      { method: 'POST' as const, url: `/v1/imports/${importId(n)}/stop` },
    ]),
    ...OWNERS.flatMap((_, n) => [
      { method: 'GET' as const, url: `/v1/whatif/${whatIfId(n)}` },
      { method: 'POST' as const, url: `/v1/whatif/${whatIfId(n)}/stop` },
    ]),
    { method: 'POST' as const, url: '/v1/policy/reload', payload: {} },
    { method: 'POST' as const, url: '/v1/republish', payload: {} },
    { method: 'DELETE' as const, url: '/v1/republish' },
    { method: 'POST' as const, url: '/v1/webhooks', payload: { url: 'https://example.com', tenant } },
    ...WEBHOOKS.flatMap((id) => [
      { method: 'GET' as const, url: `/v1/webhooks/${id}` },
      { method: 'GET' as const, url: `/v1/webhooks/${id}/deliveries` },
      { method: 'PATCH' as const, url: `/v1/webhooks/${id}`, payload: { state: 'paused', description: 'mine' } },
      { method: 'PATCH' as const, url: `/v1/webhooks/${id}`, payload: { state: 'active', skipLost: true } },
      { method: 'POST' as const, url: `/v1/webhooks/${id}/test` },
      { method: 'POST' as const, url: `/v1/webhooks/${id}/secrets`, payload: {} },
      { method: 'POST' as const, url: `/v1/webhooks/${id}/deliveries/h-1/resend` },
      { method: 'DELETE' as const, url: `/v1/webhooks/${id}` },
    ]),
    ...LETTERS.flatMap((id) => [
      { method: 'GET' as const, url: `/v1/dead-letters/${id}` },
      { method: 'POST' as const, url: `/v1/dead-letters/${id}/resend` },
    ]),
    {
      method: 'POST' as const,
      url: '/v1/keys',
      payload: { name: 'n', roles: ['reader'], tenants: tenant === undefined ? null : [tenant] },
    },
    { method: 'POST' as const, url: '/v1/keys', payload: { name: 'n', roles: ['operator'], tenants: ['acme', tenant ?? 'other'] } },
    ...OWNERS.flatMap((_, n) => [
      { method: 'POST' as const, url: `/v1/keys/${keyId(n)}/rotate` },
      { method: 'DELETE' as const, url: `/v1/keys/${keyId(n)}` },
    ]),
    { method: 'POST' as const, url: '/v1/events', payload: event(tenant) },
    { method: 'POST' as const, url: '/v1/events', payload: [event(tenant), event('acme')] },
    { method: 'POST' as const, url: '/v1/events', payload: { ...event(tenant), recipient: undefined, messageId: 'm' } },
  ];
}

/** Routes that need a key and know nothing of any tenant's; and one whose policy is tried in a thread first: `whatif.test.ts` has its tenants. */
const OF_NOBODY = ['POST /v1/classify', 'GET /v1/codes/{code}', 'GET /v1/policy', 'POST /v1/policy/check', 'POST /v1/whatif'];

/** Every operation of the document that needs a key, as `GET /v1/keys/{id}`. */
async function keyedOperations(): Promise<readonly string[]> {
  const rest = [
    'keys',
    'rate',
    'allowRemote',
    'bodyLimit',
    'consoleFolder',
    'exportLimits',
    'trialTimeout',
    'webhooksInFlight',
    'keysEvery',
    'signIn',
  ];
  const { logger } = { logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined } };
  // Every optional part is there, so that the document has every route.
  const options = new Proxy({} as ApiOptions, {
    get: (_, name) => (name === 'logger' ? logger : name === 'version' ? '0' : rest.includes(String(name)) ? undefined : () => undefined),
  });
  const api = createApi(options);
  const { paths } = (await api.inject({ url: '/openapi.json' })).json<{
    paths: Record<string, Record<string, { security?: unknown[] }>>;
  }>();
  await api.close();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security }]) => (security?.length === 0 ? [] : [`${method.toUpperCase()} ${path}`])),
  );
}

function isOperation(operation: string, { method, url }: { readonly method: string; readonly url: string }): boolean {
  const [verb = '', path = ''] = operation.split(' ');
  const pattern = path.replaceAll(/[.*+?^$|()[\]\\]/g, '\\$&').replaceAll(/\{[^}]+\}/g, '[^/]+');
  return verb === method && new RegExp(`^${pattern}$`).test(url.replace(/\?.*/, ''));
}

test('every operation of the document that needs a key is among the requests of these tests', async () => {
  const operations = await keyedOperations();
  expect(operations.length).toBeGreaterThan(50);
  const tried = requests('acme');
  expect(operations.filter((one) => !OF_NOBODY.includes(one) && !tried.some((request) => isOperation(one, request)))).toEqual([]);
  // And each of them is one: none was mistyped.
  expect(tried.filter((request) => !operations.some((one) => isOperation(one, request)))).toEqual([]);
});

describe('API keys', () => {
  test('a new key is accepted by its line in the file, which does not contain the key', () => {
    const { key, line } = newKey('support', ['reader', 'operator'], ['acme', 'beta']);
    expect(parseKeys(`# keys\n\n${line}\n`)).toMatchObject({
      problems: [],
      keys: [{ name: 'support', roles: ['reader', 'operator'], tenants: ['acme', 'beta'] }],
    });
    expect(line).not.toContain(key.slice(7));
  });

  test('reports all mistakes at once with their lines, and never the key', () => {
    const { problems } = parseKeys(
      `a reader\nb writer * sha256:${'0'.repeat(64)}\nc reader a/b sha256:${'0'.repeat(64)}\nd reader * desist_secret`,
    );
    expect(problems.map((problem) => problem.slice(0, 7))).toEqual(['line 1:', 'line 2:', 'line 3:', 'line 4:']);
    expect(problems.join()).not.toContain('secret');
  });

  test('401 without a key or with an unknown one, 403 without the role; probes and documents need no key', async () => {
    const { key, config } = keyFor('r', ['reader'], '*');
    const { api } = make([config]);
    const ask = async (url: string, headers = {}) => (await api.inject({ url, headers })).statusCode;
    for (const path of PATHS) expect(await ask(path), path).toBe(401);
    expect(await ask('/v1/status', { authorization: 'Bearer nonsense' })).toBe(401);
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }]) expect(await ask('/v1/status', headers)).toBe(200);
    for (const url of ['/v1/commands', '/v1/events']) {
      const answer = await api.inject({ method: 'POST', url, headers: { authorization: `Bearer ${key}` }, payload: event(undefined) });
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([403, 'application/problem+json']);
    }
    for (const open of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs/']) expect(await ask(open), open).toBe(200);
  });

  test('an ingester may send events and read nothing', async () => {
    const { key, config } = keyFor('i', ['ingester'], '*');
    const { api } = make([config]);
    const headers = { 'x-api-key': key };
    expect((await api.inject({ method: 'POST', url: '/v1/events', headers, payload: event(undefined) })).statusCode).toBe(202);
    expect((await api.inject({ url: '/v1/suppressions', headers })).statusCode).toBe(403);
  });

  test('an ingester may send proof of life, which lifts no more than a delivery, and no release', async () => {
    const { key, config } = keyFor('i', ['ingester'], '*');
    const { api } = make([config]);
    const send = async (url: string, payload: object): Promise<number> =>
      (await api.inject({ method: 'POST', url, headers: { 'x-api-key': key }, payload })).statusCode;
    for (const kind of ENGAGEMENT_KINDS) expect(await send('/v1/events', { ...event(undefined), type: 'engaged', kind })).toBe(202);
    expect(await send('/v1/commands', { ...event(undefined), type: 'release' })).toBe(403);
  });

  test('only operators may try another policy', async () => {
    const reader = keyFor('r', ['reader'], '*');
    const operator = keyFor('o', ['operator'], '*');
    const { api } = make([reader.config, operator.config]);
    const ask = async (key: string) =>
      (
        await api.inject({
          method: 'POST',
          url: '/v1/recipients/a@b.c/why',
          headers: { 'x-api-key': key },
          payload: { policy: 'version: 1\n' },
        })
      ).statusCode;
    expect([await ask(reader.key), await ask(operator.key)]).toEqual([403, 200]);
  });

  test("a key of one tenant completes reports of that tenant only, and learns nothing about others' messages", async () => {
    const { key, config } = keyFor('mta', ['ingester'], ['acme']);
    const { api, asked } = make([config]);
    const { recipient: _, ...report } = { ...event(undefined), type: 'complained', messageId: 'm' };
    const send = async (payload: object) => api.inject({ method: 'POST', url: '/v1/events', headers: { 'x-api-key': key }, payload });
    expect((await send(report)).statusCode).toBe(202);
    expect(asked).toEqual(new Set(['acme']));
    const answers = await Promise.all(['victim', 'nobody'].map((tenant) => send({ ...report, tenant })));
    expect(asked).toEqual(new Set(['acme']));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  });

  test("with keys, requests to other host names than this machine's are answered", async () => {
    const { api } = make([keyFor('r', ['reader'], '*').config]);
    expect((await api.inject({ url: '/healthz', headers: { host: 'desist.example' } })).statusCode).toBe(200);
  });
});

describe('tenants', () => {
  test('no route reveals or changes anything of another tenant, whichever tenant is requested', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Role>('reader', 'ingester', 'operator'),
        fc.subarray(['acme', 'beta', 'default'], { minLength: 1 }),
        fc.constantFrom(undefined, 'acme', 'beta', 'default', 'other', 'ACME', 'acme%00'),
        async (role, tenants, wanted) => {
          const { key, config } = keyFor('k', [role], tenants);
          const { api, asked } = make([config]);
          for (const request of requests(wanted)) {
            asked.clear();
            const answer = await api.inject({ ...request, headers: { authorization: `Bearer ${key}` } });
            for (const tenant of asked) expect(tenants, `${request.method} ${request.url} for ${String(wanted)}`).toContain(tenant);
            for (const tenant of ['acme', 'beta', 'default', 'other'].filter((one) => !tenants.includes(one)))
              expect(answer.body).not.toMatch(new RegExp(`of-(?:${tenant}|all)(?:@|")`));
            expect(answer.statusCode).toBeLessThan(500);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a key of one tenant need not name the tenant; commands carry the key's name", async () => {
    const { key, config } = keyFor('desk', ['operator'], ['acme']);
    const seen: string[] = [];
    const { api, logged } = make([config], { append: async (records) => (seen.push(...records.map(({ value }) => value)), []) });
    await api.inject({ method: 'POST', url: '/v1/commands', headers: { 'x-api-key': key }, payload: { ...command(undefined), by: 'Eve' } });
    expect(JSON.parse(seen[0]!)).toMatchObject({ tenant: 'acme', by: 'Eve (key desk)' });
    expect(logged).toEqual([{ caller: 'desk', commands: { release: 1 }, tenants: ['acme'], message: 'commands accepted' }]);
  });
});

describe('limits and headers', () => {
  test('more requests per second than allowed are answered with 429, per caller', async () => {
    const one = keyFor('one', ['reader'], '*');
    const two = keyFor('two', ['reader'], '*');
    const { api } = make([one.config, two.config], { rate: 3 });
    const ask = async (key: string) => api.inject({ url: '/v1/suppressions', headers: { 'x-api-key': key } });
    const answers = [];
    for (let i = 0; i < 5; i += 1) answers.push(await ask(one.key));
    const refused = answers.at(-1)!;
    expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBeGreaterThanOrEqual(3);
    expect([refused.statusCode, refused.headers['retry-after'], refused.headers['content-type']]).toEqual([
      429,
      '1',
      'application/problem+json',
    ]);
    expect((await ask(two.key)).statusCode).toBe(200);
  });

  test.each(['/healthz', '/v1/suppressions', '/nothing', '/openapi.json'])('%s is neither cached nor sniffed nor framed', async (url) => {
    const { headers } = await make([]).api.inject({ url });
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'cache-control': 'no-store' });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('check without the database', () => {
  const away: Partial<StateReader> = {
    check: async () => {
      throw new StoreError('unavailable', 'gone');
    },
  };
  const whenAway = (stream: string) => (stream === 'transactional' ? 'open' : stream === 'marketing' ? 'closed' : 'error');
  const ask = async (payload: object) => {
    const { api } = make([], { whenAway, reader: { ...storeOf(new Set()), ...away } });
    return api.inject({ method: 'POST', url: '/v1/check', payload: { recipients: ['a@b.c', 'no address'], ...payload } });
  };

  test.each([
    [{ stream: 'transactional' }, true, []],
    [{ stream: 'marketing' }, false, ['unavailable']],
    [{ stream: 'x', whenAway: 'open' }, true, []],
    [{ stream: 'transactional', whenAway: 'closed' }, false, ['unavailable']],
  ])('%j', async (payload, allowed, reasons) => {
    const answer = await ask(payload);
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        results: [
          { recipient: 'a@b.c', allowed, reasons, state: null, expiresAt: null },
          { recipient: 'no address', allowed: false, reasons: ['invalid_address'], state: null, expiresAt: null },
        ],
        asOf: [],
        degraded: true,
      },
    ]);
  });

  test('an event stream without data is answered with 503', async () => {
    expect((await ask({ stream: 'other' })).statusCode).toBe(503);
    expect((await ask({ whenAway: 'maybe' })).statusCode).toBe(400);
  });
});

describe('check and ingest', () => {
  test('normalise case, IDN and Unicode forms of an address to the same recipient', async () => {
    const asked: string[] = [];
    const keys: string[] = [];
    const { api } = make([], {
      reader: {
        ...storeOf(new Set()),
        check: async (_tenant, addresses) => {
          asked.push(...addresses);
          return {
            checked: addresses.map((address) => ({
              address,
              state: 'healthy',
              suppressions: [],
              allowed: [],
              probationUntil: null,
              erased: false,
            })),
            clocks: [],
          };
        },
      },
      append: async (records) => (keys.push(...records.map(({ key }) => key)), []),
    });
    const letters = fc.constantFrom('a', 'B', 'É', 'e\u0301', 'ß', 'İ', 'ﬀ', '+', '.', '😀', ' ', '"', '例', '\u212a');
    // Without a local part it is a domain, which a check takes and an event does not.
    const local = fc.string({ unit: letters, minLength: 1, maxLength: 8 });
    const domain = fc.oneof(
      fc.constantFrom('Example.COM', 'exämple.de', 'EXA\u0308MPLE.de', 'xn--exmple-cua.de', '例え.jp', 'ex。ample.com', 'a..b'),
      fc.domain(),
    );
    const spelt = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => text.toUpperCase(),
      (text) => text.normalize('NFD'),
      (text) => text.normalize('NFC').toLowerCase(),
    );
    await fc.assert(
      fc.asyncProperty(local, domain, spelt, async (name, host, spell) => {
        asked.length = 0;
        keys.length = 0;
        const recipient = spell(`${name}@${host}`);
        const { results } = (await api.inject({ method: 'POST', url: '/v1/check', payload: { recipients: [recipient] } })).json<{
          results: { reasons: string[] }[];
        }>();
        const sent = await api.inject({ method: 'POST', url: '/v1/events', payload: { ...event(undefined), recipient } });
        expect(keys).toEqual(asked.map((address) => `default/${address}`));
        expect([results[0]!.reasons, sent.statusCode]).toEqual(asked.length === 0 ? [['invalid_address'], 400] : [[], 202]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('Prefer: wait', () => {
  type Fate = Pick<CommandOutcome, 'outcome' | 'reason' | 'detail'>;
  const APPLIED: Fate = { outcome: 'applied', reason: null, detail: null };

  /** Commands have these fates, in their order; of more there is no outcome yet. */
  async function ask(fates: readonly Fate[], prefer: string, commands: readonly object[] = [command(undefined)]) {
    const expected: CommandRef[] = [];
    const outcomes: OutcomeStore = {
      expectCommands: async (refs) => void expected.push(...refs),
      commandOutcomes: async (refs) =>
        refs.flatMap(({ tenant, id }) => {
          const fate = fates[expected.findIndex((one) => one.id === id)];
          return fate === undefined ? [] : [{ tenant, id, changes: 0, ...fate }];
        }),
      recordFaults: async () => [],
    };
    // An offset that was passed proves nothing.
    const { api } = make([], { outcomes, reader: { ...storeOf(new Set()), positions: async () => new Map([[0, 9]]) } });
    return api.inject({ method: 'POST', url: '/v1/commands', headers: { prefer }, payload: commands });
  }

  test('200 when the engine has applied the commands, 202 when it has not yet', async () => {
    const folded = await ask([APPLIED], 'wait=5');
    expect([folded.statusCode, folded.json(), folded.headers['preference-applied']]).toEqual([
      200,
      { accepted: 1, ids: [expect.any(String)], folded: true },
      'wait=5',
    ]);
    const pending = await ask([], 'respond-async, wait=0');
    expect([pending.statusCode, pending.json()]).toEqual([202, expect.objectContaining({ folded: false })]);
    expect((await ask([], 'respond-async')).json()).not.toHaveProperty('folded');
  });

  test('a command that became a dead letter is not done, and why is said', async () => {
    const refused: Fate = { outcome: 'dead_letter', reason: 'wrong_key', detail: 'of another partition' };
    const two = [command(undefined), { ...command(undefined), recipient: 'other@example.com' }];
    const answer = await ask([APPLIED, refused], 'wait=5', two);
    const { ids } = answer.json<{ ids: string[] }>();
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { accepted: 2, ids, folded: false, refused: [{ id: ids[1], reason: 'wrong_key', detail: 'of another partition' }] },
    ]);
    expect((await ask([APPLIED], 'wait=0', two)).statusCode).toBe(202);
  });

  test('commands are accepted when nobody can tell what becomes of them', async () => {
    const away = async (): Promise<never> => Promise.reject(new StoreError('unavailable', 'away'));
    const { api } = make([], { outcomes: { expectCommands: away, commandOutcomes: away, recordFaults: away } });
    const answer = await api.inject({ method: 'POST', url: '/v1/commands', headers: { prefer: 'wait=5' }, payload: command(undefined) });
    expect([answer.statusCode, answer.json()]).toMatchObject([202, { folded: false }]);
  });
});

test('ids of commands belong to the key: nobody else can make them in advance with the same Idempotency-Key', async () => {
  const [one, other] = [keyFor('one', ['operator'], '*'), keyFor('other', ['operator'], '*')];
  const { api } = make([one.config, other.config]);
  const idsOf = async (key: string): Promise<readonly string[]> => {
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'ticket-4711' };
    const answer = await api.inject({ method: 'POST', url: '/v1/commands', headers, payload: command('acme') });
    expect(answer.statusCode).toBe(202);
    return answer.json<{ ids: string[] }>().ids;
  };
  const ids = await idsOf(one.key);
  expect(await idsOf(one.key)).toEqual(ids);
  expect(await idsOf(other.key)).not.toEqual(ids);
});
