import { addFact, asAddress, asTenant, DEFAULT_POLICY, encodeRecipient, newRecipient } from '@desist/domain';
import type { Fact } from '@desist/domain';
import { InvalidCursorError, LogError, NO_COUNTS, StoreError } from '@desist/pipeline';
import type { Checked, ListedSuppression, ListFilter, OutcomeStore, RecipientRecord, StateReader } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createApi } from './index.ts';
import type { Api, ApiOptions } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const EVENT = { version: 1, type: 'deferred', recipient: 'Alice@Example.com', occurredAt: '2026-03-01T10:00:00Z' };
const PROBLEM = 'application/problem+json';

const row = {
  scope: '*',
  reason: 'hard_bounce',
  since: NOW,
  expiresAt: null,
  category: 'user_unknown',
  rule: 'r',
  reply: '550 5.1.1',
  firstFailureAt: NOW,
  lastFailureAt: NOW,
  failures: 1,
  policy: 'sha256:x',
  ...{ createdBy: null, note: null, source: null, provider: null, subdomains: false, probationUntil: null },
} as const;

const listed: ListedSuppression = { ...row, tenant: asTenant('default'), address: asAddress('bad@example.com'), updatedAt: NOW };

function checkedOf(address: string): Checked {
  const suppressed = address.startsWith('bad');
  return {
    address: asAddress(address),
    state: suppressed ? 'suppressed' : 'healthy',
    suppressions: suppressed ? [row] : [],
    allowed: [],
    probationUntil: null,
    erased: false,
  };
}

interface Seen {
  readonly appended: { key: string; value: string }[];
  readonly asked: string[];
  readonly filters: ListFilter[];
  readonly logged: unknown[];
  calls: number;
}

function make(more: Partial<ApiOptions> = {}, reads: Partial<StateReader> = {}): { api: Api; seen: Seen } {
  const seen: Seen = { appended: [], asked: [], filters: [], logged: [], calls: 0 };
  const log = (fields: object, message: string): void => void seen.logged.push({ ...fields, message });
  const reader: StateReader = {
    async recipient(tenant, address) {
      seen.asked.push(`${tenant} ${address}`);
      return null;
    },
    async list(filter) {
      seen.filters.push(filter);
      return { items: [listed], cursor: 'next' };
    },
    recipients: async () => ({ items: [], cursor: null }),
    check: async (_tenant, addresses) => ({ checked: addresses.map(checkedOf), clocks: [{ partition: 0, clock: NOW }] }),
    async *snapshot(filter) {
      seen.filters.push({ ...filter, limit: 0 });
      yield [listed];
    },
    positions: async () => new Map(),
    history: async () => ({ items: [], cursor: null }),
    status: async () => ({ partitions: [], recipients: {}, suppressions: [] }),
    ...reads,
  };
  const api = createApi({
    reader,
    async append(records) {
      seen.calls += 1;
      seen.appended.push(...records);
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text; version=1.0.0', body: '# EOF\n' }),
    time: { now: () => NOW },
    logger: { debug: log, info: log, warn: log, error: log },
    version: '0.1.0',
    ...more,
  });
  return { api, seen };
}

const post = async (api: Api, url: string, body: unknown, headers: Record<string, string> = {}) =>
  api.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });
const get = async (api: Api, url: string) => api.inject({ method: 'GET', url });
const unavailable = async (): Promise<never> => {
  throw new LogError('unavailable', 'the broker knows alice@example.com');
};

describe('POST /v1/events', () => {
  test('accepts one object, normalises key and address, and derives an id', async () => {
    const { api, seen } = make();
    const answer = await post(api, '/v1/events', EVENT);
    expect([answer.statusCode, answer.json()]).toEqual([202, { accepted: 1, rejected: 0, errors: [] }]);
    expect(seen.appended[0]!.key).toBe('default/alice@example.com');
    const value = JSON.parse(seen.appended[0]!.value) as { id: string; recipient: string };
    expect(value.recipient).toBe('alice@example.com');
    expect(value.id).not.toBe('');
  });

  test('of an array with bad items, appends the good ones together and names the bad ones', async () => {
    const { api, seen } = make();
    const answer = await post(api, '/v1/events', [
      EVENT,
      7,
      { ...EVENT, version: 2 },
      { ...EVENT, type: 'release' },
      { ...EVENT, recipient: 'jösé@exämple.de' },
    ]);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({
      accepted: 2,
      rejected: 3,
      errors: [
        { index: 1, reason: 'unreadable' },
        { index: 2, reason: 'unsupported_version' },
        { index: 3, reason: 'invalid', detail: expect.stringContaining('/v1/commands') as string },
      ],
    });
    expect(seen.calls).toBe(1);
    expect(seen.appended[1]!.key).toBe('default/jösé@xn--exmple-cua.de');
  });

  test.each(['application/x-ndjson', 'application/ndjson'])('%s with bad and blank lines', async (type) => {
    const { api, seen } = make();
    const body = `${JSON.stringify(EVENT)}\r\n\n{"broken\n${JSON.stringify({ ...EVENT, attempt: 2 })}\n`;
    const answer = await post(api, '/v1/events', body, { 'content-type': type });
    expect(answer.json()).toEqual({ accepted: 2, rejected: 1, errors: [{ index: 1, reason: 'unreadable', detail: 'not JSON' }] });
    expect(seen.appended).toHaveLength(2);
  });

  test.each(['click', 'reply', 'login', 'confirmed'])('takes proof of life: %s', async (kind) => {
    const { api, seen } = make();
    const answer = await post(api, '/v1/events', [
      { ...EVENT, type: 'engaged', kind },
      { ...EVENT, type: 'engaged', kind: 'opened' },
      { ...EVENT, type: 'engaged' },
      { ...EVENT, type: 'engaged', kind, recipient: '@example.com' },
    ]);
    expect(answer.json()).toMatchObject({
      accepted: 1,
      rejected: 3,
      errors: [
        { index: 1, reason: 'invalid', detail: expect.stringContaining('kind: must be one of click, reply, login, confirmed') as string },
        { index: 2, reason: 'invalid', detail: expect.stringContaining('kind') as string },
        { index: 3, reason: 'invalid', detail: expect.stringContaining('recipient') as string },
      ],
    });
    expect(JSON.parse(seen.appended[0]!.value)).toMatchObject({ type: 'engaged', kind });
  });

  test('400 with the errors, and nothing appended, if all items are bad', async () => {
    const { api, seen } = make();
    const answer = await post(api, '/v1/events', [{ ...EVENT, type: 'x' }]);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, PROBLEM]);
    expect(answer.json()).toMatchObject({ status: 400, title: 'Bad Request', errors: [{ index: 0, reason: 'invalid' }] });
    expect(seen.calls).toBe(0);
  });

  test('503 with Retry-After and what to do, if the log is unavailable', async () => {
    const { api, seen } = make({ append: unavailable });
    const answer = await post(api, '/v1/events', EVENT);
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(answer.json()).toMatchObject({ detail: expect.stringContaining('Repeat the whole request') as string });
    expect(JSON.stringify(seen.logged) + answer.body).not.toContain('alice');
  });

  test('accepts 10,000 items and refuses one more', async () => {
    const { api, seen } = make();
    const items = Array.from({ length: 10_000 }, (_, attempt) => ({ ...EVENT, attempt }));
    expect((await post(api, '/v1/events', items)).json()).toMatchObject({ accepted: 10_000 });
    const more = await post(api, '/v1/events', [...items, EVENT]);
    expect([more.statusCode, more.json<{ detail: string }>().detail]).toEqual([400, expect.stringContaining('10000')]);
    expect(seen.calls).toBe(1);
  });

  test('accepts a body of exactly the limit; one byte more is 413', async () => {
    const body = JSON.stringify(EVENT);
    const { api } = make({ bodyLimit: body.length });
    expect((await post(api, '/v1/events', body)).statusCode).toBe(202);
    const more = await post(api, '/v1/events', `${body} `);
    expect([more.statusCode, more.headers['content-type']]).toEqual([413, PROBLEM]);
    expect(more.json()).toMatchObject({ detail: expect.stringContaining(String(body.length)) as string });
  });

  test.each([
    ['{"a":', 'application/json', 400],
    ['', 'application/json', 400],
    ['[]', 'application/json', 400],
    ['{"__proto__":{}}', 'application/json', 400],
    ['x', 'text/plain', 415],
  ])('%j as %s is %i', async (body, type, status) => {
    const answer = await post(make().api, '/v1/events', body, { 'content-type': type });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, PROBLEM]);
  });

  test('refuses bytes that are not UTF-8 instead of replacing them', async () => {
    const payload = Buffer.concat([Buffer.from('{"recipient":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const answer = await make().api.inject({ method: 'POST', url: '/v1/events', headers: { 'content-type': 'application/json' }, payload });
    expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([400, 'The body is not UTF-8.']);
  });
});

describe('POST /v1/check', () => {
  test('answers in the order of the request; invalid addresses do not fail it', async () => {
    const answer = await post(make().api, '/v1/check', { recipients: ['Ok@Example.com', 'nobody', 'BAD@example.com', 5] });
    const invalid = { allowed: false, reasons: ['invalid_address'], state: null, expiresAt: null };
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        results: [
          { recipient: 'Ok@Example.com', allowed: true, reasons: [], state: 'healthy', expiresAt: null },
          { recipient: 'nobody', ...invalid },
          { recipient: 'BAD@example.com', allowed: false, reasons: ['hard_bounce'], state: 'suppressed', expiresAt: null },
          { recipient: 5, ...invalid },
        ],
        asOf: [{ partition: 0, clock: '2026-03-01T12:00:00.000Z' }],
      },
    ]);
  });

  test('lists everything that blocks each address, for all streams, if requested', async () => {
    const recipients = ['ok@example.com', 'bad@example.com', 'nobody'];
    const { results } = (await post(make().api, '/v1/check', { recipients, suppressions: true })).json<{ results: object[] }>();
    const held = { scope: '*', reason: 'hard_bounce', since: '2026-03-01T12:00:00.000Z', expiresAt: null };
    expect(results.map((one) => (one as { suppressions?: unknown }).suppressions)).toEqual([[], [held], undefined]);
    expect((await post(make().api, '/v1/check', { recipients, suppressions: 'yes' })).statusCode).toBe(400);
  });

  test('names the entry of a domain in the reason, and takes domains, too', async () => {
    const above = {
      scope: '*',
      reason: 'operator',
      since: NOW,
      expiresAt: null,
      entry: asAddress('@example.com'),
      subdomains: true,
    } as const;
    const check: StateReader['check'] = async (_tenant, addresses) => ({
      checked: addresses.map((address) => ({ ...checkedOf(address), suppressions: [...checkedOf(address).suppressions, above] })),
      clocks: [],
    });
    const body = { recipients: ['bad@mail.example.com', 'ok@example.com', '@Mail.Example.com', '@'], suppressions: true };
    const { results } = (await post(make({}, { check }).api, '/v1/check', body)).json<{
      results: { reasons: string[]; suppressions: object[] }[];
    }>();
    expect(results.map(({ reasons }) => reasons)).toEqual([
      ['hard_bounce', 'operator @example.com'],
      ['operator @example.com'],
      ['operator @example.com'],
      ['invalid_address'],
    ]);
    expect(results[1]?.suppressions).toEqual([
      { scope: '*', reason: 'operator', since: '2026-03-01T12:00:00.000Z', expiresAt: null, entry: '@example.com', subdomains: true },
    ]);
  });

  test('answers 10,000 addresses, one suppressed and one invalid, and refuses 10,001', async () => {
    const { api } = make();
    const recipients = Array.from({ length: 10_000 }, (_, i) => (i === 7 ? 'bad@example.com' : i === 8 ? '' : `r${i}@example.com`));
    const { results } = (await post(api, '/v1/check', { recipients })).json<{ results: { allowed: boolean }[] }>();
    expect(results).toHaveLength(10_000);
    expect(results.flatMap(({ allowed }, i) => (allowed ? [] : i))).toEqual([7, 8]);
    expect((await post(api, '/v1/check', { recipients: [...recipients, 'a@b.c'] })).statusCode).toBe(400);
  });

  test.each([[{}], [[]], [{ recipients: 'a@b.c' }], [{ recipients: [], stream: 'no way' }], [{ recipients: [], tenant: 1 }]])(
    '%j is 400',
    async (body) => {
      expect((await post(make().api, '/v1/check', body)).statusCode).toBe(400);
    },
  );

  test('503 if the database is unavailable', async () => {
    const check = async (): Promise<never> => {
      throw new StoreError('unavailable', 'gone');
    };
    const answer = await post(make({}, { check }).api, '/v1/check', { recipients: ['a@b.c'] });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
  });
});

describe('GET /v1/suppressions', () => {
  test('passes normalised filters to the reader and formats times', async () => {
    const { api, seen } = make();
    const query =
      'tenant=acme&scope=*&reason=hard_bounce&domain=Ex%C3%A4mple.de&address=A%2Bb@Example.com&since=2026-03-01T12:00:00Z&cursor=c&limit=1000';
    const answer = await get(api, `/v1/suppressions?${query}`);
    expect(seen.filters).toEqual([
      {
        tenants: ['acme'],
        scope: '*',
        reason: 'hard_bounce',
        domain: 'xn--exmple-cua.de',
        address: 'a+b@example.com',
        since: NOW,
        cursor: 'c',
        limit: 1000,
      },
    ]);
    const at = '2026-03-01T12:00:00.000Z';
    expect(answer.json()).toEqual({
      items: [{ ...row, tenant: 'default', address: 'bad@example.com', since: at, firstFailureAt: at, lastFailureAt: at, updatedAt: at }],
      cursor: 'next',
    });
  });

  test('without filters, returns the first 100 of all', async () => {
    const { api, seen } = make();
    await get(api, '/v1/suppressions');
    expect(seen.filters).toEqual([{ limit: 100 }]);
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'since=yesterday',
    'reason=none',
    'scope=a b',
    'domain=',
    'address=x',
    'tenant=%20',
    'resaon=x',
    'limit=1&limit=2',
  ])('%s is 400', async (query) => {
    const answer = await get(make().api, `/v1/suppressions?${query}`);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, PROBLEM]);
  });

  test('400 for a cursor that no list returned', async () => {
    const list = async (): Promise<never> => {
      throw new InvalidCursorError('no');
    };
    expect((await get(make({}, { list }).api, '/v1/suppressions?cursor=x')).statusCode).toBe(400);
  });
});

describe('GET /v1/suppressions/export', () => {
  test('CSV: foreign text never becomes a formula, line breaks are kept, quotes are doubled', async () => {
    const { api } = make(
      {},
      {
        async *snapshot() {
          yield [
            { ...listed, address: asAddress('=cmd@example.com'), reply: '+1 "x", y' },
            { ...listed, address: asAddress('-a@example.com'), reply: 'one\ntwo' },
          ];
        },
      },
    );
    const { body } = await get(api, '/v1/suppressions/export?format=csv');
    expect(body).toMatch(/^tenant,address,/);
    expect(body).toContain("\r\ndefault,'=cmd@example.com,*,hard_bounce,");
    expect(body).toContain(`,"'+1 ""x"", y",`);
    expect(body).toContain("\r\ndefault,'-a@example.com,*,hard_bounce,");
    expect(body).toContain(',"one\ntwo",');
  });
});

describe('GET /v1/recipients', () => {
  const verdict = { category: 'user_unknown', attribution: 'recipient', permanence: 'permanent', rule: 'enhanced-5.1.1' };
  const bounce = {
    kind: 'failure',
    type: 'bounced',
    at: NOW,
    id: '1',
    stream: 'default',
    message: 'm1',
    causeUnknown: false,
    merged: 0,
    classified: { verdict, reply: '550 5.1.1', provider: 'p' },
  } as unknown as Fact;
  const folded = newRecipient();
  const policies = { base: DEFAULT_POLICY, streams: new Map() };
  addFact(folded, bounce, NOW, { policies, policyVersion: 'sha256:x' });
  const record = {
    tenant: asTenant('default'),
    address: asAddress('bad@example.com'),
    partition: 0,
    version: 1,
    state: 'suppressed',
    policy: 'sha256:x',
    streakStartedAt: null,
    lastFailureAt: null,
    failures: 0,
    messages: 0,
    category: null,
    provider: null,
    suppressAt: null,
    probationUntil: null,
    advice: null,
    updatedAt: NOW,
    evidence: encodeRecipient(folded),
    suppressions: [row],
    allowed: [],
  } satisfies RecipientRecord;

  test.each([
    ['a%2Fb%25c%2Bd@example.com', 'a/b%c+d@example.com'],
    ['a+b@example.com', 'a+b@example.com'],
    ['a%2525@example.com', 'a%25@example.com'],
    ['J%C3%96S%C3%89%40Ex%C3%A4mple.de', 'jösé@xn--exmple-cua.de'],
    [`${'%61'.repeat(64)}@${'%61'.repeat(60)}.example.com`, `${'a'.repeat(64)}@${'a'.repeat(60)}.example.com`],
  ])('decodes the path once: %s', async (path, address) => {
    for (const suffix of ['', '/why']) {
      const { api, seen } = make();
      const answer = await get(api, `/v1/recipients/${path}${suffix}?tenant=acme`);
      expect([answer.statusCode, seen.asked]).toEqual([200, [`acme ${address}`]]);
      expect(answer.json()).toMatchObject({ address, tenant: 'acme', state: 'healthy', suppressions: [] });
    }
  });

  test('explains an erased recipient that a hash still blocks like POST /v1/check', async () => {
    const blocks = [{ scope: '*', reason: 'complaint', since: NOW, expiresAt: null }] as const;
    const { api } = make(
      {},
      {
        check: async (_tenant, addresses) => ({
          checked: addresses.map((address) => ({
            address,
            state: 'healthy',
            suppressions: blocks,
            allowed: [],
            probationUntil: null,
            erased: true,
          })),
          clocks: [],
        }),
      },
    );
    const erased = [{ scope: '*', reason: 'complaint', since: '2026-03-01T12:00:00.000Z', expiresAt: null }];
    for (const suffix of ['', '/why'])
      expect((await get(api, `/v1/recipients/gone@example.com${suffix}`)).json()).toMatchObject({
        state: 'healthy',
        suppressions: [],
        erased,
      });
    const { api: other } = make({}, { recipient: async () => record });
    expect((await get(other, '/v1/recipients/bad@example.com')).json()).toMatchObject({ erased: [] });
  });

  test('returns state and explanation, with the deciding fact', async () => {
    const { api } = make({}, { recipient: async () => record });
    expect((await get(api, '/v1/recipients/bad@example.com')).json()).toMatchObject({
      state: 'suppressed',
      streak: null,
      suppressions: [{ reason: 'hard_bounce', since: '2026-03-01T12:00:00.000Z' }],
    });
    const why = (await get(api, '/v1/recipients/bad@example.com/why')).json<Record<string, unknown>>();
    expect(why).toMatchObject({
      state: 'suppressed',
      facts: [
        {
          type: 'bounced',
          role: 'hard_bounce',
          counts: true,
          category: 'user_unknown',
          rule: 'enhanced-5.1.1',
          messageId: 'm1',
          at: '2026-03-01T12:00:00.000Z',
        },
      ],
      transitions: [{ type: 'suppressed', suppression: { reason: 'hard_bounce', since: '2026-03-01T12:00:00.000Z' } }],
      refold: { state: 'suppressed', agrees: true, policy: 'sha256:x' },
    });
    expect(why['whatWouldChangeIt']).toEqual([expect.stringContaining('hard_bounce')]);
  });

  test('pages of the history have the shape of published changes', async () => {
    const detail = JSON.stringify({
      from: 'healthy',
      to: 'suppressed',
      suppression: { scope: '*', reason: 'hard_bounce', since: NOW, expiresAt: null },
      allowance: null,
      cause: 'event',
      evidence: null,
      corrects: null,
      policy: 'p',
    });
    const { api } = make(
      {},
      {
        history: async (_t, _a, { cursor, limit }) => ({
          items: [{ version: 1, type: 'suppressed', effectiveAt: NOW, recordedAt: NOW, detail }],
          cursor: `${cursor} ${limit}`,
        }),
      },
    );
    const answer = await get(api, '/v1/recipients/bad@example.com/history?cursor=c&limit=5');
    expect(answer.json()).toMatchObject({
      items: [
        {
          type: 'suppressed',
          recipient: 'bad@example.com',
          recipientVersion: 1,
          state: { from: 'healthy', to: 'suppressed' },
          suppression: { since: '2026-03-01T12:00:00.000Z' },
        },
      ],
      cursor: 'c 5',
    });
    expect(answer.body).not.toContain('sequence');
  });

  test.each(['/v1/recipients/nobody', '/v1/recipients/%zz', '/v1/recipients/a@b.c?tennant=x'])('%s is 400', async (url) => {
    const answer = await get(make().api, url);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, PROBLEM]);
  });
});

describe('POST /v1/commands', () => {
  test('takes domains for suppress, release and amend; an amend tells never from as it is', async () => {
    const { api, seen } = make();
    const body = [
      { type: 'suppress', recipient: '@Example.com', subdomains: true, source: 'crm', note: 'x' },
      { type: 'amend', recipient: '@example.com', expiresAt: null },
      { type: 'amend', recipient: 'a@example.com', note: '', reason: 'complaint', expiresAt: '2027-01-01T00:00:00Z', force: true },
      { type: 'release', recipient: '@example.com', subdomains: null },
    ];
    expect((await post(api, '/v1/commands', body)).statusCode).toBe(202);
    expect(seen.appended.map(({ key }) => key)).toEqual([
      'default/@example.com',
      'default/@example.com',
      'default/a@example.com',
      'default/@example.com',
    ]);
    expect(seen.appended.map(({ value }) => JSON.parse(value) as object)).toMatchObject([
      { type: 'suppress', subdomains: true, source: 'crm' },
      { type: 'amend', expiresAt: null },
      { type: 'amend', note: '', reason: 'complaint', force: true },
      { type: 'release' },
    ]);
    for (const wrong of [
      { type: 'allow', recipient: '@example.com' },
      { type: 'forget', recipient: '@example.com' },
      { type: 'amend', recipient: '@example.com' },
      { type: 'suppress', recipient: 'a@example.com', subdomains: true },
    ])
      expect((await post(api, '/v1/commands', wrong)).statusCode).toBe(400);
  });

  const release = { type: 'release', recipient: 'Bad@Example.com' };
  const ids = async (body: unknown, key: string) =>
    (await post(make().api, '/v1/commands', body, { 'idempotency-key': key })).json<{ ids: string[] }>().ids;

  test('sets version and time, and answers once the command is durable', async () => {
    const { api, seen } = make();
    const answer = await post(api, '/v1/commands', { ...release, by: 'ops' });
    const value = JSON.parse(seen.appended[0]!.value) as { id: string };
    expect(value).toMatchObject({
      version: 1,
      type: 'release',
      recipient: 'bad@example.com',
      occurredAt: '2026-03-01T12:00:00.000Z',
      scope: '*',
      by: 'ops',
    });
    expect([answer.statusCode, answer.json()]).toEqual([202, { accepted: 1, ids: [value.id] }]);
  });

  test('a repeat with the same idempotency key has the same ids at any time; other keys have other ids', async () => {
    const body = [release, { ...release, type: 'allow', id: 'mine' }, release];
    const first = await ids(body, 'k1');
    const later = make({ time: { now: () => NOW + 5_000 } });
    const repeat = await post(later.api, '/v1/commands', body, { 'idempotency-key': 'k1' });
    expect(repeat.json<{ ids: string[] }>().ids).toEqual(first);
    expect(first[1]).toBe('mine');
    expect(new Set([...first, ...(await ids(body, 'k2'))]).size).toBe(5);
  });

  test.each([
    [{ ...release, type: 'delivered' }, '/v1/events'],
    [[release, { type: 'release' }], 'Nothing of the request was done'],
  ])('%j is 400 and appends nothing', async (body, detail) => {
    const { api, seen } = make();
    const answer = await post(api, '/v1/commands', body);
    expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([400, expect.stringContaining(detail)]);
    expect(seen.calls).toBe(0);
  });

  test('refuses an invalid idempotency key and NDJSON, and answers 503 if the log is unavailable', async () => {
    expect((await post(make().api, '/v1/commands', release, { 'idempotency-key': 'x'.repeat(256) })).statusCode).toBe(400);
    expect((await post(make().api, '/v1/commands', release, { 'content-type': 'application/x-ndjson' })).statusCode).toBe(415);
    expect((await post(make({ append: unavailable }).api, '/v1/commands', release)).statusCode).toBe(503);
  });
});

describe('probes, status and errors', () => {
  test('answers live, ready and metrics', async () => {
    const { api } = make({ ready: () => ({ ok: false, problems: ['no database'] }) });
    expect((await get(api, '/healthz')).json()).toEqual({ status: 'ok', version: '0.1.0' });
    const ready = await get(api, '/readyz');
    expect([ready.statusCode, ready.json()]).toEqual([503, expect.objectContaining({ problems: ['no database'] })]);
    expect((await get(make().api, '/readyz')).statusCode).toBe(200);
    const metrics = await get(api, '/metrics');
    expect([metrics.body, metrics.headers['content-type']]).toEqual(['# EOF\n', expect.stringContaining('openmetrics-text')]);
  });

  test('status has the lag of the partitions that this process owns', async () => {
    const stored = {
      partition: 0,
      epoch: 1,
      owner: 'me',
      nextOffset: 5,
      nextSequence: 1,
      clock: NOW,
      attempts: 0,
      stopped: null,
      outbox: 0,
      deadLetters: 0,
      parked: 0,
      updatedAt: NOW,
    };
    const counts = NO_COUNTS;
    const outcomes: OutcomeStore = {
      expectCommands: async () => undefined,
      commandOutcomes: async () => [],
      recordFaults: async () => [{ partition: 1, kind: 'other_partitioner', count: 3, lastOffset: 8, lastAt: NOW }],
    };
    const { api } = make(
      {
        outcomes,
        engineStatus: () => [
          {
            partition: 0,
            epoch: 1,
            position: 7,
            committed: 5,
            highWatermark: 9,
            clock: NOW,
            policy: 'sha256:x',
            tracked: 3,
            outdated: 2,
            stopped: 'why',
            counts,
          },
        ],
      },
      {
        status: async () => ({
          partitions: [stored, { ...stored, partition: 1 }],
          recipients: { suppressed: 2 },
          suppressions: [{ scope: '*', reason: 'operator', count: 2 }],
        }),
      },
    );
    expect((await get(api, '/v1/status')).json()).toMatchObject({
      version: '0.1.0',
      partitions: [
        { partition: 0, lag: 4, outdated: 2, policy: 'sha256:x', stopped: 'why', clock: '2026-03-01T12:00:00.000Z' },
        { partition: 1, lag: null, outdated: null, policy: null, stopped: null },
      ],
      recipients: { suppressed: 2 },
      suppressions: [{ count: 2 }],
      faults: [{ partition: 1, kind: 'other_partitioner', count: 3, lastOffset: 8, lastAt: '2026-03-01T12:00:00.000Z' }],
    });
  });

  test('answers 404 and 405', async () => {
    const { api } = make();
    const nothing = await get(api, '/v2');
    expect([nothing.statusCode, nothing.headers['content-type']]).toEqual([404, PROBLEM]);
    for (const [method, url, allow] of [
      ['GET', '/v1/events', 'POST'],
      ['DELETE', '/v1/recipients/a@b.c', 'GET, HEAD'],
      ['POST', '/healthz', 'GET, HEAD'],
    ] as const) {
      const answer = await api.inject({ method, url });
      expect([answer.statusCode, answer.headers['allow'], answer.headers['content-type']]).toEqual([405, allow, PROBLEM]);
    }
  });

  test('an unexpected error is 500 without internals; the log line has its place and no address', async () => {
    const recipient = async (): Promise<never> => {
      throw new TypeError('secret of alice@example.com');
    };
    const { api, seen } = make({}, { recipient });
    const answer = await get(api, '/v1/recipients/alice@example.com');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([500, PROBLEM]);
    const { instance } = answer.json<{ instance: string }>();
    expect(seen.logged).toEqual([expect.objectContaining({ instance, error: 'TypeError', route: '/v1/recipients/:address' })]);
    expect(answer.body + JSON.stringify(seen.logged)).not.toMatch(/alice|secret/);
  });
});

describe('requests to host names of other machines', () => {
  const ask = (api: Api, host: string): Promise<{ statusCode: number }> => api.inject({ url: '/healthz', headers: { host } });

  test.each(['localhost:8425', '127.0.0.1:8425', '[::1]:8425'])('answers %s', async (host) => {
    expect((await ask(make().api, host)).statusCode).toBe(200);
  });

  test.each(['evil.example', '10.0.0.1:8425', 'localhost.evil.example'])('refuses %s unless remote access is allowed', async (host) => {
    expect((await ask(make().api, host)).statusCode).toBe(421);
    expect((await ask(make({ allowRemote: true }).api, host)).statusCode).toBe(200);
  });
});

describe('listen', () => {
  test.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', ''])('%j is refused', async (host) => {
    await expect(make().api.listen({ host, port: 0 })).rejects.toThrow('loopback');
  });

  test('answers on loopback until it is closed', async () => {
    const { api } = make();
    const { address } = await api.listen({ host: '127.0.0.1', port: 0 });
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    const long = await fetch(`${address}/healthz`, { headers: { x: 'x'.repeat(20_000) } });
    expect([long.status, long.headers.get('content-type')]).toEqual([431, PROBLEM]);
    await api.close();
    await expect(fetch(`${address}/healthz`)).rejects.toThrow();
  });
});
