/** Keys, roles, tenants and limits; and that nothing of one tenant is ever told to a key of another, whatever the route. */
import { DEFAULT_POLICY } from '@desist/domain';
import { createMemoryIncidents } from '@desist/memory';
import { createdIncident, StoreError } from '@desist/pipeline';
import type { Checked, IncidentStore, ListFilter, StateReader } from '@desist/pipeline';
import { Compile } from 'typebox/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, ApiKey, ApiOptions, Role } from './index.ts';
import { sharedSchemas } from './schemas.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const held = { scope: '*', reason: 'hard_bounce', since: NOW, expiresAt: null } as const;
const row = { ...held, category: null, rule: null, reply: null, firstFailureAt: null, lastFailureAt: null, failures: 1, policy: 'p' };

/** A store of every tenant: whatever it is asked, the answer names the tenant that it was asked for. */
function storeOf(asked: Set<string>): StateReader {
  const saw = (tenant: string): string => {
    asked.add(tenant);
    return tenant;
  };
  const all = ['acme', 'other', 'default'];
  const itemsOf = ({ tenants = all }: Pick<ListFilter, 'tenants'>) =>
    tenants.map((tenant) => ({ ...row, tenant: saw(tenant), address: `of-${tenant}@example.com`, updatedAt: NOW }));
  return {
    recipient: async (tenant) => (saw(tenant), null),
    list: async (filter) => ({ items: itemsOf(filter), cursor: null }),
    async *snapshot(filter) {
      yield itemsOf(filter);
    },
    check: async (tenant, addresses) => ({
      checked: addresses.map((address): Checked => ({
        address,
        state: 'healthy',
        suppressions: [],
        allowed: [],
        forgotten: saw(tenant) === '',
      })),
      clocks: [],
    }),
    history: async (tenant) => (saw(tenant), { items: [], cursor: null }),
    status: async () => (all.forEach(saw), { partitions: [], recipients: {}, suppressions: [] }),
    positions: async () => new Map(),
  };
}

/** One incident of each owner; what is decided about one counts as asking for its tenant. */
function incidentsOf(asked: Set<string>): IncidentStore {
  const store = createMemoryIncidents();
  const decision = { by: null, note: null, at: NOW };
  const terms = { provider: 'gmail', domain: null, code: null, text: null, from: NOW, until: null };
  for (const tenant of OWNERS) void store.insert(createdIncident(`of-${tenant ?? 'all'}`, { ...terms, tenant }, decision));
  return {
    ...store,
    insert: (row) => (asked.add(row.terms.tenant ?? 'all'), store.insert(row)),
    update: (row, revision) => (asked.add(row.terms.tenant ?? 'all'), store.update(row, revision)),
    evidence: (of, page) => (asked.add(of.tenant ?? 'all'), store.evidence(of, page)),
  };
}

interface Made {
  readonly api: Api;
  readonly asked: Set<string>;
  readonly logged: unknown[];
}

function make(keys: readonly ApiKey[], more: Partial<ApiOptions> = {}): Made {
  const asked = new Set<string>();
  const logged: unknown[] = [];
  const log = (fields: object, message: string): void => void logged.push({ ...fields, message });
  const api = createApi({
    reader: storeOf(asked),
    incidents: incidentsOf(asked),
    async append(records) {
      for (const { key } of records) asked.add(key.slice(0, key.indexOf('/')));
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
    policies: { version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() },
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
];
/** One of each tenant, and one of all of them. */
const OWNERS = ['acme', 'beta', 'default', 'other', null];
const INCIDENTS = OWNERS.map((tenant) => `of-${tenant ?? 'all'}`);
const TERMS = { provider: 'gmail', from: '2026-03-01T10:00:00Z' };
const command = (tenant: string | undefined) => ({ type: 'release', recipient: 'a@b.c', ...(tenant === undefined ? {} : { tenant }) });
const event = (tenant: string | undefined) => ({ ...command(tenant), version: 1, type: 'delivered', occurredAt: '2026-03-01T10:00:00Z' });

/** Every route, asked for a tenant (or for none). */
function requests(tenant: string | undefined) {
  const query = tenant === undefined ? '' : `?tenant=${tenant}`;
  return [
    ...PATHS.map((path) => ({ method: 'GET' as const, url: path === '/v1/status' ? path : path + query })),
    { method: 'POST' as const, url: '/v1/check', payload: { tenant, recipients: ['a@b.c'] } },
    { method: 'POST' as const, url: '/v1/recipients/a@b.c/why', payload: { tenant, policy: 'version: 1\n' } },
    { method: 'POST' as const, url: '/v1/commands', payload: command(tenant) },
    { method: 'POST' as const, url: '/v1/commands', payload: [command('acme'), command(tenant)] },
    { method: 'POST' as const, url: '/v1/incidents', payload: { ...TERMS, tenant } },
    ...INCIDENTS.flatMap((id) => [
      { method: 'GET' as const, url: `/v1/incidents/${id}` },
      { method: 'GET' as const, url: `/v1/incidents/${id}/preview` },
      { method: 'POST' as const, url: `/v1/incidents/${id}/void`, payload: {} },
      { method: 'POST' as const, url: `/v1/incidents/${id}/restore`, payload: {} },
    ]),
    { method: 'POST' as const, url: '/v1/events', payload: event(tenant) },
    { method: 'POST' as const, url: '/v1/events', payload: [event(tenant), event('acme')] },
  ];
}

describe('keys', () => {
  test('a new key is admitted by its line, and nothing of the key stands in it', () => {
    const { key, line } = newKey('support', ['reader', 'operator'], ['acme', 'beta']);
    expect(parseKeys(`# keys\n\n${line}\n`)).toMatchObject({
      problems: [],
      keys: [{ name: 'support', roles: ['reader', 'operator'], tenants: ['acme', 'beta'] }],
    });
    expect(line).not.toContain(key.slice(7));
  });

  test('every mistake at once, with its line, and never the key', () => {
    const { problems } = parseKeys(
      `a reader\nb writer * sha256:${'0'.repeat(64)}\nc reader a/b sha256:${'0'.repeat(64)}\nd reader * desist_secret`,
    );
    expect(problems.map((problem) => problem.slice(0, 7))).toEqual(['line 1:', 'line 2:', 'line 3:', 'line 4:']);
    expect(problems.join()).not.toContain('secret');
  });

  test('without a key 401, with an unknown one 401, without the role 403; probes and documents need none', async () => {
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

  test('an ingester sends events and asks nothing', async () => {
    const { key, config } = keyFor('i', ['ingester'], '*');
    const { api } = make([config]);
    const headers = { 'x-api-key': key };
    expect((await api.inject({ method: 'POST', url: '/v1/events', headers, payload: event(undefined) })).statusCode).toBe(202);
    expect((await api.inject({ url: '/v1/suppressions', headers })).statusCode).toBe(403);
  });

  test('with keys other names than those of this machine are answered', async () => {
    const { api } = make([keyFor('r', ['reader'], '*').config]);
    expect((await api.inject({ url: '/healthz', headers: { host: 'desist.example' } })).statusCode).toBe(200);
  });
});

describe('tenants', () => {
  test('no route tells or does anything of another tenant, whoever asks for whichever', async () => {
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

  test('a key of one tenant needs not name it; its name stands by the command', async () => {
    const { key, config } = keyFor('desk', ['operator'], ['acme']);
    const seen: string[] = [];
    const { api, logged } = make([config], { append: async (records) => (seen.push(...records.map(({ value }) => value)), []) });
    await api.inject({ method: 'POST', url: '/v1/commands', headers: { 'x-api-key': key }, payload: { ...command(undefined), by: 'Eve' } });
    expect(JSON.parse(seen[0]!)).toMatchObject({ tenant: 'acme', by: 'Eve (key desk)' });
    expect(logged).toEqual([{ caller: 'desk', commands: { release: 1 }, tenants: ['acme'], message: 'commands accepted' }]);
  });
});

describe('limits and headers', () => {
  test('more requests in a second than allowed are 429, by caller', async () => {
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

  test('a stream that says nothing gets a 503', async () => {
    expect((await ask({ stream: 'other' })).statusCode).toBe(503);
    expect((await ask({ whenAway: 'maybe' })).statusCode).toBe(400);
  });
});

describe('check and ingest', () => {
  test('case, IDN and Unicode forms of one address are one recipient to both', async () => {
    const asked: string[] = [];
    const keys: string[] = [];
    const { api } = make([], {
      reader: {
        ...storeOf(new Set()),
        check: async (_tenant, addresses) => {
          asked.push(...addresses);
          return {
            checked: addresses.map((address) => ({ address, state: 'healthy', suppressions: [], allowed: [], forgotten: false })),
            clocks: [],
          };
        },
      },
      append: async (records) => (keys.push(...records.map(({ key }) => key)), []),
    });
    const letters = fc.constantFrom('a', 'B', 'É', 'e\u0301', 'ß', 'İ', 'ﬀ', '+', '.', '😀', ' ', '"', '例', '\u212a');
    const local = fc.string({ unit: letters, minLength: 0, maxLength: 8 });
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
  test('200 when the engine is past the records, 202 when it is not yet', async () => {
    const ask = async (position: number, prefer: string) => {
      const { api } = make([], { reader: { ...storeOf(new Set()), positions: async () => new Map([[0, position]]) } });
      return api.inject({ method: 'POST', url: '/v1/commands', headers: { prefer }, payload: command(undefined) });
    };
    const folded = await ask(1, 'wait=5');
    expect([folded.statusCode, folded.json(), folded.headers['preference-applied']]).toEqual([
      200,
      { accepted: 1, ids: [expect.any(String)], folded: true },
      'wait=5',
    ]);
    const pending = await ask(0, 'respond-async, wait=0');
    expect([pending.statusCode, pending.json()]).toEqual([202, expect.objectContaining({ folded: false })]);
    expect((await ask(0, 'respond-async')).json()).not.toHaveProperty('folded');
  });
});

describe('the document', () => {
  interface Document {
    readonly openapi: string;
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { readonly responses: Record<string, { content?: Record<string, { schema: object }> }> }>>>
    >;
  }

  test('OpenAPI 3.1 of every route, and nothing of other methods', async () => {
    const { paths, openapi } = (await make([]).api.inject({ url: '/openapi.json' })).json<Document>();
    expect(openapi).toBe('3.1.0');
    expect(
      Object.entries(paths)
        .map(([path, methods]) => `${path} ${Object.keys(methods).sort().join(' ')}`)
        .sort(),
    ).toEqual([
      '/healthz get',
      '/metrics get',
      '/readyz get',
      '/v1/check post',
      '/v1/commands post',
      '/v1/events post',
      '/v1/incidents get post',
      '/v1/incidents/{id} get',
      '/v1/incidents/{id}/preview get',
      '/v1/incidents/{id}/restore post',
      '/v1/incidents/{id}/void post',
      '/v1/recipients/{address} get',
      '/v1/recipients/{address}/history get',
      '/v1/recipients/{address}/why get post',
      '/v1/status get',
      '/v1/suppressions get',
      '/v1/suppressions/export get',
    ]);
  });

  test('the pages need nothing from outside', async () => {
    const { api } = make([]);
    const page = await api.inject({ url: '/docs/' });
    expect(page.statusCode).toBe(200);
    for (const [, source = ''] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(source).not.toMatch(/^(https?:)?\/\//);
      if (!source.startsWith('data:'))
        expect((await api.inject({ url: new URL(source, 'http://x/docs/').pathname })).statusCode, source).toBe(200);
    }
  });

  test('every answer is what its schema says', async () => {
    const { api } = make([]);
    const { paths } = (await api.inject({ url: '/openapi.json' })).json<Document>();
    const shared = Object.fromEntries(sharedSchemas().map((schema) => [String(schema['$id']), schema]));
    let compared = 0;
    for (const request of [
      ...requests('acme'),
      { method: 'GET' as const, url: '/healthz' },
      { method: 'GET' as const, url: '/v1/suppressions?limit=x' },
    ]) {
      const answer = await api.inject(request);
      const path = request.url
        .replace(/\?.*/, '')
        .replace('a@b.c', '{address}')
        .replace(/of-[a-z]+/, '{id}');
      const said = paths[path]?.[request.method.toLowerCase()]?.responses[answer.statusCode]?.content ?? {};
      const type = String(answer.headers['content-type']).replace(/;.*/, '');
      expect(Object.keys(said), `${request.method} ${path} ${answer.statusCode}`).toContain(type);
      if (!type.includes('json') || type.includes('ndjson')) continue;
      const schema = JSON.parse(JSON.stringify(said[type]!.schema), (_, value: unknown) => {
        const named = (value as { $ref?: string } | null)?.$ref?.replace('#/components/schemas/', '');
        return named === undefined ? value : shared[named];
      }) as object;
      const [, problems] = Compile(schema as never).Errors(answer.json() as never) as readonly [boolean, readonly unknown[]];
      expect(problems, `${request.method} ${request.url}`).toEqual([]);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(10);
  });
});
