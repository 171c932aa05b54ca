/** Keys of the database: who may make which, from when on they count, and what a request costs. */
import { DEFAULT_POLICY } from '@desist/domain';
import { createMemoryKeys } from '@desist/memory';
import { StoreError } from '@desist/pipeline';
import type { KeyStore, NewAuditEntry, StateReader } from '@desist/pipeline';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, ApiKey, ApiOptions, Role } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const HOUR = 3_600_000;
const HOST = 'desist.example:8425';
const SAME = { host: HOST, origin: `http://${HOST}` };

const opened: Api[] = [];
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close();
});

interface Made {
  readonly api: Api;
  readonly keys: KeyStore;
  readonly asked: string[];
  readonly clock: { now: number };
  readonly logged: unknown[];
}

/** `store`: that of another process; otherwise a new one. */
function make(
  { store = createMemoryKeys(), ...more }: Partial<ApiOptions> & { readonly store?: KeyStore } = {},
  configured: readonly ApiKey[] = [],
): Made {
  const clock = { now: NOW };
  const asked: string[] = [];
  const logged: unknown[] = [];
  const log = (fields: object, message: string): void => void logged.push({ ...fields, message });
  const watched = new Proxy(store, {
    get: (target, name) => {
      const own = target[name as keyof KeyStore] as (...args: never[]) => unknown;
      return (...args: never[]) => (asked.push(String(name)), own(...args));
    },
  });
  const api = createApi({
    reader: {
      list: async () => ({ items: [], cursor: null }),
      status: async () => ({ partitions: [], recipients: {}, suppressions: [] }),
      positions: async () => new Map(),
    } as unknown as StateReader,
    append: async (records) => records.map((_, offset) => ({ partition: 0, offset })),
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => clock.now },
    logger: { debug: log, info: log, warn: log, error: log },
    version: '0.1.0',
    allowRemote: true,
    keys: configured,
    keyStore: watched,
    keysEvery: 5,
    ...more,
  });
  opened.push(api);
  return { api, keys: store, asked, clock, logged };
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> & { readonly key: string; readonly id: string };
}

async function send(
  api: Api,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  more: { key?: string; payload?: object; headers?: object } = {},
): Promise<Answer> {
  const headers = { ...(more.key === undefined ? {} : { authorization: `Bearer ${more.key}` }), ...more.headers };
  const answer = await api.inject({ method, url, headers, ...(more.payload === undefined ? {} : { payload: more.payload }) });
  return { status: answer.statusCode, body: answer.json() };
}

const makeKey = (api: Api, payload: object, key?: string) =>
  send(api, 'POST', '/v1/keys', { payload, ...(key === undefined ? {} : { key }) });
const ADMINISTRATOR = { name: 'desk', roles: ['operator'], tenants: null };
const statusOf = async (api: Api, key: string | undefined, url = '/v1/suppressions') =>
  (await send(api, 'GET', url, key === undefined ? {} : { key })).status;

function configuredKey(name: string, roles: readonly Role[], tenants: readonly string[] | '*'): { key: string; config: ApiKey } {
  const { key, line } = newKey(name, roles, tenants);
  return { key, config: parseKeys(line).keys[0]! };
}

describe('the first key', () => {
  test('until there is one everybody may do everything; from then on every call needs a key, and the probes do not', async () => {
    const { api } = make();
    expect(await statusOf(api, undefined)).toBe(200);
    const { status, body } = await makeKey(api, ADMINISTRATOR);
    expect([status, body]).toMatchObject([201, { name: 'desk', roles: ['operator'], tenants: null, createdBy: null, lastUsedAt: null }]);
    expect([await statusOf(api, undefined), await statusOf(api, 'desist_zork'), await statusOf(api, body.key)]).toEqual([401, 401, 200]);
    for (const url of ['/healthz', '/readyz', '/metrics', '/openapi.json']) expect((await api.inject({ url })).statusCode, url).toBe(200);
  });

  test.each([
    [{ ...ADMINISTRATOR, roles: ['reader'] }],
    [{ ...ADMINISTRATOR, tenants: ['acme'] }],
    [{ ...ADMINISTRATOR, expiresAt: '2027-01-01T00:00:00Z' }],
  ])('would lock everybody out: %j', async (payload) => {
    const { api } = make();
    expect((await makeKey(api, payload)).status).toBe(409);
    expect(await statusOf(api, undefined)).toBe(200);
  });

  test('the last one that may make others cannot be ended, and a service without keys stays closed', async () => {
    const { api, keys } = make();
    const { body } = await makeKey(api, ADMINISTRATOR);
    expect((await send(api, 'DELETE', `/v1/keys/${body.id}`, { key: body.key })).status).toBe(409);
    await keys.endKey(body.id, NOW, false, {} as NewAuditEntry);
    await expect.poll(() => statusOf(api, body.key)).toBe(401);
    expect(await statusOf(api, undefined)).toBe(401);
  });

  test('with a configured administrator it can', async () => {
    const desk = configuredKey('desk', ['operator'], '*');
    const { api } = make({}, [desk.config]);
    const { body } = await makeKey(api, { ...ADMINISTRATOR, name: 'other' }, desk.key);
    expect((await send(api, 'DELETE', `/v1/keys/${body.id}`, { key: body.key })).status).toBe(200);
    expect([await statusOf(api, body.key), await statusOf(api, desk.key)]).toEqual([401, 200]);
  });
});

describe('a key', () => {
  test('made, rotated and ended at one process counts at the others, without a restart', async () => {
    const { api, keys } = make();
    const admin = (await makeKey(api, ADMINISTRATOR)).body;
    const others = [make({ store: keys }).api, make({ store: keys }).api];
    const { body } = await makeKey(api, { name: 'support', roles: ['reader'], tenants: ['acme'] }, admin.key);
    for (const other of others) {
      await expect.poll(() => statusOf(other, body.key)).toBe(200);
      expect(await statusOf(other, body.key, '/v1/suppressions?tenant=beta')).toBe(403);
    }
    const rotated = (await send(api, 'POST', `/v1/keys/${body.id}/rotate`, { key: admin.key })).body;
    expect(rotated['earlierUntil']).toBe('2026-03-02T12:00:00.000Z');
    for (const other of others) await expect.poll(() => statusOf(other, rotated.key)).toBe(200);
    for (const one of [api, ...others]) expect(await statusOf(one, body.key)).toBe(200);
    await send(api, 'DELETE', `/v1/keys/${body.id}`, { key: admin.key });
    for (const secret of [body.key, rotated.key]) {
      expect(await statusOf(api, secret)).toBe(401);
      for (const other of others) await expect.poll(() => statusOf(other, secret)).toBe(401);
    }
  });

  test('ends by itself at its expiry, and its earlier secret after the overlap', async () => {
    const { api, clock } = make();
    const admin = (await makeKey(api, ADMINISTRATOR)).body;
    const expiring = (await makeKey(api, { ...ADMINISTRATOR, name: 'guest', expiresAt: '2026-03-01T14:00:00Z' }, admin.key)).body;
    const rotated = (await send(api, 'POST', `/v1/keys/${expiring.id}/rotate`, { key: admin.key, payload: { overlap: '1h' } })).body;
    expect([await statusOf(api, expiring.key), await statusOf(api, rotated.key)]).toEqual([200, 200]);
    clock.now += HOUR;
    expect([await statusOf(api, expiring.key), await statusOf(api, rotated.key)]).toEqual([401, 200]);
    clock.now += HOUR;
    expect(await statusOf(api, rotated.key)).toBe(401);
    expect((await makeKey(api, { ...ADMINISTRATOR, name: 'late', expiresAt: '2026-03-01T13:00:00Z' }, admin.key)).status).toBe(400);
  });

  test('rotated with the overlap 0s ends at once', async () => {
    const { api } = make();
    const admin = (await makeKey(api, ADMINISTRATOR)).body;
    const rotated = (await send(api, 'POST', `/v1/keys/${admin.id}/rotate`, { key: admin.key, payload: { overlap: '0s' } })).body;
    expect([await statusOf(api, admin.key), await statusOf(api, rotated.key)]).toEqual([401, 200]);
    for (const overlap of ['91d', 'soon', '-1h', '']) {
      const answer = await send(api, 'POST', `/v1/keys/${admin.id}/rotate`, { key: rotated.key, payload: { overlap } });
      expect(answer.status, overlap).toBe(400);
    }
  });

  test('is never shown again, nor logged', async () => {
    const { api, logged } = make();
    const { body } = await makeKey(api, ADMINISTRATOR);
    const list = await send(api, 'GET', '/v1/keys', { key: body.key });
    for (const text of [JSON.stringify(list.body), JSON.stringify(logged)]) {
      expect(text).not.toContain(body.key.slice(7));
      expect(text).not.toMatch(/[0-9a-f]{64}/);
    }
  });

  test('cannot be made in a process that only reads', async () => {
    const { keys } = make();
    const { api } = make({ store: keys, append: undefined as never });
    expect((await makeKey(api, ADMINISTRATOR)).status).toBe(503);
  });

  test('the same name twice is refused, and other tenants may use it', async () => {
    const { api } = make();
    const admin = (await makeKey(api, ADMINISTRATOR)).body;
    expect((await makeKey(api, ADMINISTRATOR, admin.key)).status).toBe(409);
    const of = (tenants: readonly string[]) => makeKey(api, { name: 'desk', roles: ['reader'], tenants }, admin.key);
    expect([(await of(['b', 'a'])).status, (await of(['a'])).status, (await of(['a', 'b', 'a'])).status]).toEqual([201, 201, 409]);
  });
});

describe('an operator of some tenants', () => {
  async function installation() {
    const { api } = make();
    const admin = (await makeKey(api, ADMINISTRATOR)).body;
    const made = async (name: string, roles: readonly string[], tenants: readonly string[] | null) =>
      (await makeKey(api, { name, roles, tenants }, admin.key)).body;
    const acme = await made('acme', ['operator'], ['acme']);
    const both = await made('both', ['reader'], ['acme', 'beta']);
    const beta = await made('beta', ['reader'], ['beta']);
    return { api, admin, acme, both, beta };
  }

  test('makes keys of these tenants with any role, and none of others or of all', async () => {
    const { api, acme } = await installation();
    const ask = async (tenants: unknown, roles = ['reader']) =>
      (await makeKey(api, { name: `n${Math.random()}`.replace('.', ''), roles, tenants }, acme.key)).status;
    expect([await ask(['acme']), await ask(['acme'], ['operator', 'ingester'])]).toEqual([201, 201]);
    expect([
      await ask(['beta']),
      await ask(['acme', 'beta']),
      await ask(null),
      await ask([]),
      await ask('*'),
      await ask(['*']),
      await ask(undefined),
    ]).toEqual([403, 403, 403, 400, 400, 400, 400]);
  });

  test('sees, rotates and ends keys of no other tenant, and learns nothing of them', async () => {
    const { api, admin, acme, both, beta } = await installation();
    const list = (await send(api, 'GET', '/v1/keys', { key: acme.key })).body['items'] as { readonly id: string }[];
    expect(list.map(({ id }) => id)).toEqual([acme.id]);
    const answers = new Set<string>();
    for (const id of [admin.id, both.id, beta.id, `key_${'0'.repeat(20)}`, 'zork', '%00']) {
      const rotated = await send(api, 'POST', `/v1/keys/${id}/rotate`, { key: acme.key });
      const ended = await send(api, 'DELETE', `/v1/keys/${id}`, { key: acme.key });
      expect([rotated.status, ended.status], id).toEqual([404, 404]);
      answers.add(JSON.stringify([rotated.body, ended.body]));
    }
    expect(answers.size).toBe(1);
    for (const { key } of [admin, both, beta]) expect(await statusOf(api, key)).toBe(200);
  });

  test('whatever it asks for, the key that it gets has no tenant that it has not', async () => {
    const { api, acme } = await installation();
    const names = fc.constantFrom('acme', 'beta', 'default', '*', 'ACME', ' acme', 'acme,beta');
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constant(null), fc.array(fc.oneof(names, fc.constant(null)), { maxLength: 4 }), names),
        fc.subarray(['reader', 'ingester', 'operator']),
        fc.nat(),
        async (tenants, roles, n) => {
          const { status, body } = await makeKey(api, { name: `p${n}`, roles, tenants }, acme.key);
          if (status === 201) expect(body['tenants']).toEqual(['acme']);
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each(['reader', 'ingester'])('a %s does none of it', async (role) => {
    const { api, admin } = await installation();
    const { body } = await makeKey(api, { name: role, roles: [role], tenants: null }, admin.key);
    expect(await statusOf(api, body.key, '/v1/keys')).toBe(403);
    expect((await makeKey(api, { name: 'x', roles: [role], tenants: ['acme'] }, body.key)).status).toBe(403);
    expect((await send(api, 'POST', `/v1/keys/${body.id}/rotate`, { key: body.key })).status).toBe(403);
    expect((await send(api, 'DELETE', `/v1/keys/${body.id}`, { key: body.key })).status).toBe(403);
  });

  test('configured keys are shown to those who have their tenants, and cannot be changed', async () => {
    const desk = configuredKey('desk', ['operator'], '*');
    const mine = configuredKey('mine', ['operator'], ['acme']);
    const { api } = make({}, [desk.config, mine.config]);
    const configured = async (key: string) => (await send(api, 'GET', '/v1/keys', { key })).body['configured'];
    expect(await configured(desk.key)).toEqual([
      { name: 'desk', roles: ['operator'], tenants: null },
      { name: 'mine', roles: ['operator'], tenants: ['acme'] },
    ]);
    expect(await configured(mine.key)).toEqual([{ name: 'mine', roles: ['operator'], tenants: ['acme'] }]);
    expect((await send(api, 'DELETE', '/v1/keys/configured:mine', { key: desk.key })).status).toBe(404);
  });
});

describe('the database', () => {
  test('is not asked for a request, whatever key it brings', async () => {
    const { api, asked } = make({ keysEvery: 1_000_000 });
    const { body } = await makeKey(api, ADMINISTRATOR);
    asked.length = 0;
    for (let n = 0; n < 50; n += 1) {
      expect(await statusOf(api, body.key)).toBe(200);
      expect(await statusOf(api, `desist_unknown_${n}`)).toBe(401);
    }
    expect(asked).toEqual([]);
  });

  test('is asked for a number while nothing changes, and when keys were used once an hour', async () => {
    const { api, asked, clock, keys } = make();
    const { body } = await makeKey(api, ADMINISTRATOR);
    await statusOf(api, body.key);
    await expect.poll(async () => (await keys.key(body.id))?.lastUsedAt).toBe(NOW);
    clock.now += HOUR - 1;
    await statusOf(api, body.key);
    asked.length = 0;
    await expect.poll(() => asked.length).toBeGreaterThan(3);
    expect(new Set(asked)).toEqual(new Set(['keyRevision']));
    clock.now += 1;
    await statusOf(api, body.key);
    await expect.poll(async () => (await keys.key(body.id))?.lastUsedAt).toBe(NOW + HOUR);
  });

  test('away at the start: nobody gets in before it has said whether there are keys, except with a configured one', async () => {
    const desk = configuredKey('desk', ['operator'], '*');
    const away = { is: true };
    const store = createMemoryKeys();
    const failing = (): Promise<never> => Promise.reject(new StoreError('unavailable', 'away'));
    const flaky: KeyStore = {
      ...store,
      usableKeys: async () => (away.is ? failing() : store.usableKeys()),
      keyRevision: async () => (away.is ? failing() : store.keyRevision()),
    };
    const { api: without, logged } = make({ store: flaky });
    const configured = make({ store: flaky }, [desk.config]).api;
    expect([await statusOf(without, undefined), await statusOf(without, 'x'), (await send(without, 'GET', '/v1/session')).status]).toEqual([
      503, 503, 503,
    ]);
    expect((await without.inject({ url: '/healthz' })).statusCode).toBe(200);
    expect([await statusOf(configured, desk.key), await statusOf(configured, 'x'), await statusOf(configured, undefined)]).toEqual([
      200, 503, 503,
    ]);
    away.is = false;
    expect(await statusOf(without, undefined)).toBe(200);
    const { body } = await makeKey(without, ADMINISTRATOR);
    // Away later: what was known stays.
    away.is = true;
    await expect.poll(() => JSON.stringify(logged)).toContain('could not be read');
    expect(await statusOf(without, body.key)).toBe(200);
  });
});

describe('a session of the console', () => {
  const signIn = async (api: Api, key: string) => {
    const answer = await api.inject({ method: 'POST', url: '/v1/session', headers: SAME, payload: { key } });
    const [cookie] = answer.cookies as readonly { readonly name: string; readonly value: string }[];
    return { status: answer.statusCode, cookie: `${cookie?.name ?? ''}=${cookie?.value ?? ''}` };
  };

  test('opens with a key of the database at every process, and ends with it; those of other keys stay', async () => {
    const { api, keys } = make();
    const admin = (await makeKey(api, ADMINISTRATOR)).body;
    const other = make({ store: keys }).api;
    const { body } = await makeKey(api, { name: 'support', roles: ['reader'], tenants: ['acme'] }, admin.key);
    const [mine, theirs] = [await signIn(api, body.key), await signIn(api, admin.key)];
    expect([mine.status, theirs.status]).toEqual([200, 200]);
    const ask = async (at: Api, cookie: string) => (await at.inject({ url: '/v1/suppressions', headers: { ...SAME, cookie } })).statusCode;
    await expect.poll(() => ask(other, mine.cookie)).toBe(200);
    await send(api, 'DELETE', `/v1/keys/${body.id}`, { key: admin.key });
    expect(await ask(api, mine.cookie)).toBe(401);
    await expect.poll(() => ask(other, mine.cookie)).toBe(401);
    expect([await ask(api, theirs.cookie), await ask(other, theirs.cookie)]).toEqual([200, 200]);
  });

  test('of an earlier secret lasts as long as that secret', async () => {
    const { api, clock } = make();
    const admin = (await makeKey(api, ADMINISTRATOR)).body;
    const { cookie } = await signIn(api, admin.key);
    await send(api, 'POST', `/v1/keys/${admin.id}/rotate`, { key: admin.key, payload: { overlap: '1h' } });
    const ask = async () => (await api.inject({ url: '/v1/suppressions', headers: { ...SAME, cookie } })).statusCode;
    expect(await ask()).toBe(200);
    clock.now += HOUR;
    expect(await ask()).toBe(401);
  });
});
