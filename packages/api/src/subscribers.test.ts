/** `/v1/webhooks` of HTTP subscribers: what is shown once, what is refused, and that providers' webhooks keep their routes. */
import { DEFAULT_POLICY } from '@desist/domain';
import { createMemorySubscribers, createMemoryTrail } from '@desist/memory';
import { createByHand } from '@desist/pipeline';
import type { PartitionFeed, StateReader, SubscriberStore, WebhookRequest } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { encodePosition } from './changes/cursor.ts';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, ApiKey, ApiOptions, WebhookReceiver } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD2aQTV+3Jd5k=';

interface Made {
  readonly api: Api;
  readonly store: SubscriberStore;
  readonly sent: WebhookRequest[];
  readonly logged: unknown[];
}

function make(more: Partial<ApiOptions> = {}): Made {
  const [sent, logged]: [WebhookRequest[], unknown[]] = [[], []];
  const log = (fields: object, message: string): void => void logged.push({ ...fields, message });
  const store = createMemorySubscribers({ now: () => NOW, ends: () => [40, 50] });
  const time = { now: () => NOW };
  const feed = {
    ends: async () => [40, 50],
    oldest: async () => [7, 9],
    readPartition: async () => ({ changes: [], place: 0, more: false }),
  } as unknown as PartitionFeed;
  const sender = {
    send: async (request: WebhookRequest) => (sent.push(request), { status: 200, problem: null, duration: 3 }),
  };
  let ids = 0;
  const api = createApi({
    reader: {} as StateReader,
    changes: feed,
    subscribers: {
      store,
      manage: {
        byHand: createByHand({ store, feed, sender, encode: () => '{}', time }),
        newId: () => `wh_${String((ids += 1)).padStart(24, '0')}`,
        newSecret: () => SECRET,
        wrongUrl: () => undefined,
      },
    },
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    logger: { debug: log, info: log, warn: log, error: log },
    version: '0.1.0',
    time,
    ...more,
  });
  return { api, store, sent, logged };
}

const add = async (api: Api, payload: object = {}, headers = {}) =>
  api.inject({ method: 'POST', url: '/v1/webhooks', headers, payload: { url: 'https://example.com/hook?token=secret', ...payload } });
const placesOf = async (store: SubscriberStore, id: string): Promise<readonly number[]> => {
  const wanted = [0, 1].map((partition) => ({ subscriber: id, partition, upTo: Number.MAX_SAFE_INTEGER }));
  const claimed = await store.claim({ owner: 'x', wanted, except: [], limit: 9, limitOfSubscriber: 9, lease: 0, idle: 0 });
  return claimed.toSorted((a, b) => a.partition - b.partition).map(({ place }) => place);
};

describe('a new subscriber', () => {
  test('its secret is told once, and never again nor to the log; nor is its URL told to the log', async () => {
    const { api, logged } = make();
    const added = await add(api);
    expect(added.json()).toMatchObject({ secret: SECRET, state: 'active', tenant: null, types: null, batch: null });
    const { id } = added.json<{ id: string }>();
    for (const url of ['/v1/webhooks', `/v1/webhooks/${id}`, `/v1/webhooks/${id}/deliveries`])
      expect((await api.inject({ url })).body).not.toContain('whsec_');
    await api.inject({ method: 'POST', url: `/v1/webhooks/${id}/test` });
    expect(JSON.stringify(logged)).not.toMatch(/whsec_|token=secret/);
  });

  test.each([
    [{}, [40, 50]],
    [{ from: 'now' }, [40, 50]],
    [{ from: 'oldest' }, [7, 9]],
    [{ after: encodePosition([11, 12]) }, [11, 12]],
  ])('%j begins at %j', async (payload, places) => {
    const { api, store } = make();
    const { id } = (await add(api, payload)).json<{ id: string }>();
    expect(await placesOf(store, id)).toEqual(places);
  });

  test('a key of one tenant makes those of its tenant without naming it; one of all makes those of every tenant', async () => {
    const keyOf = (tenants: readonly string[] | '*'): { key: string; config: ApiKey } => {
      const { key, line } = newKey(tenants === '*' ? 'all' : 'one', ['operator'], tenants);
      return { key, config: parseKeys(line).keys[0]! };
    };
    const [one, all] = [keyOf(['acme']), keyOf('*')];
    const { api } = make({ keys: [one.config, all.config] });
    expect((await add(api, {}, { 'x-api-key': one.key })).json()).toMatchObject({ tenant: 'acme', createdBy: 'key one' });
    expect((await add(api, { tenant: 'other' }, { 'x-api-key': one.key })).statusCode).toBe(403);
    expect((await add(api, {}, { 'x-api-key': all.key })).json()).toMatchObject({ tenant: null });
    expect((await add(api, { tenant: 'other' }, { 'x-api-key': all.key })).json()).toMatchObject({ tenant: 'other' });
    const seen = await api.inject({ url: '/v1/webhooks', headers: { 'x-api-key': one.key } });
    expect(seen.json<{ items: { tenant: string }[] }>().items.map(({ tenant }) => tenant)).toEqual(['acme']);
  });

  test('a tenant that has as many as it may have gets a 409', async () => {
    const { api } = make();
    for (let n = 0; n < 50; n += 1) expect((await add(api, { tenant: 'acme' })).statusCode).toBe(201);
    expect((await add(api, { tenant: 'acme' })).statusCode).toBe(409);
    expect((await add(api, { tenant: 'beta' })).statusCode).toBe(201);
  });
});

test('who did what to one is in the audit trail, without its URL and its secret', async () => {
  const trail = createMemoryTrail();
  const { api } = make({ trail });
  const { id } = (await add(api, { tenant: 'acme', types: ['released'] })).json<{ id: string }>();
  for (const [method, path, payload] of [
    ['PATCH', '', { description: 'CRM', url: 'https://example.com/other?token=secret' }],
    ['PATCH', '', { state: 'paused' }],
    ['PATCH', '', { state: 'active' }],
    ['POST', '/secrets', {}],
    ['DELETE', '', undefined],
  ] as const)
    await api.inject({ method, url: `/v1/webhooks/${id}${path}`, ...(payload === undefined ? {} : { payload }) });
  const { items } = await trail.page({}, { limit: 100 });
  expect(items.map(({ action, tenant, target, outcome }) => [action, tenant, target, outcome]).reverse()).toEqual(
    ['added', 'changed', 'paused', 'resumed', 'secret_rotated', 'removed'].map((what) => [`webhook_${what}`, 'acme', id, 'done']),
  );
  expect(JSON.stringify(items)).not.toMatch(/whsec_|token=secret/);
});

test('lists page by page', async () => {
  const { api } = make();
  for (let n = 0; n < 5; n += 1) await add(api);
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const url: string = `/v1/webhooks?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page = (await api.inject({ url })).json<{ items: { id: string }[]; cursor: string | null }>();
    seen.push(...page.items.map(({ id }) => id));
    ({ cursor } = page);
  }
  expect(new Set(seen).size).toBe(5);
});

test('a test is sent at once, in the form of a change, and noted', async () => {
  const { api, sent } = make();
  for (const [payload, form] of [
    [{ tenant: 'acme' }, (body: unknown) => body],
    [{ tenant: 'acme', batch: 5 }, (body: unknown) => [body]],
  ] as const) {
    const { id } = (await add(api, payload)).json<{ id: string }>();
    const answer = (await api.inject({ method: 'POST', url: `/v1/webhooks/${id}/test` })).json<{ webhookId: string }>();
    expect(answer).toMatchObject({ kind: 'test', status: 200, problem: null, changes: 0, partition: null });
    const { id: messageId, body, secrets } = sent.at(-1)!;
    expect([messageId, secrets]).toEqual([answer.webhookId, [SECRET]]);
    const change = { version: 1, id: messageId, type: 'test', tenant: 'acme', recordedAt: '2026-03-01T12:00:00.000Z' };
    expect(JSON.parse(body)).toEqual(form(change));
    const { items } = (await api.inject({ url: `/v1/webhooks/${id}/deliveries` })).json<{ items: object[] }>();
    expect(items).toEqual([answer]);
  }
});

test('changes that are lost stop it until somebody says that it may skip them', async () => {
  const { api, store } = make();
  const { id } = (await add(api, { after: encodePosition([3, 50]) })).json<{ id: string }>();
  const change = async (payload: object) => api.inject({ method: 'PATCH', url: `/v1/webhooks/${id}`, payload });
  expect((await change({ state: 'paused' })).json()).toMatchObject({ state: 'paused', reason: 'operator' });
  const refused = await change({ state: 'active' });
  expect([refused.statusCode, refused.json<{ detail: string }>().detail]).toEqual([409, expect.stringContaining('read the list again')]);
  expect((await change({ state: 'active', skipLost: true })).json()).toMatchObject({ state: 'active', reason: null });
  expect(await placesOf(store, id)).toEqual([7, 50]);
});

test('what is refused stands in the audit trail as refused', async () => {
  const trail = createMemoryTrail();
  const { api } = make({ trail });
  const { id } = (await add(api, { after: encodePosition([3, 50]) })).json<{ id: string }>();
  const change = async (payload: object) => api.inject({ method: 'PATCH', url: `/v1/webhooks/${id}`, payload });
  await change({ state: 'paused' });
  expect((await change({ state: 'active' })).statusCode).toBe(409);
  for (let n = 0; n < 49; n += 1) await add(api);
  expect((await add(api)).statusCode).toBe(409);
  const outcomes = trail.entries().map(({ action, outcome }) => `${action} ${outcome}`);
  expect(outcomes.slice(0, 3)).toEqual(['webhook_added done', 'webhook_paused done', 'webhook_resumed refused']);
  expect(outcomes.at(-1)).toBe('webhook_added refused');
});

test('a process that only reads shows them and changes nothing', async () => {
  const { store } = make();
  const { api } = make({ subscribers: { store } });
  const values = {
    tenant: 'acme',
    url: 'https://example.com',
    types: null,
    batch: null,
    description: null,
    createdBy: null,
    secret: SECRET,
  };
  const id = `wh_${'0'.repeat(24)}`;
  await store.add({ ...values, id }, []);
  expect((await api.inject({ url: '/v1/webhooks' })).json<{ items: object[] }>().items).toHaveLength(1);
  const refused = await add(api);
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5']);
  for (const [method, path] of [
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/test'],
    ['POST', '/secrets'],
    ['POST', '/deliveries/0-1/resend'],
  ] as const)
    expect(
      (await api.inject({ method, url: `/v1/webhooks/${id}${path}`, payload: method === 'DELETE' ? undefined : {} } as object)).statusCode,
    ).toBe(503);
});

test("providers' webhooks keep their paths, whatever their sources are named", async () => {
  const received: string[] = [];
  const webhooks: WebhookReceiver = {
    has: () => true,
    misdirected: () => undefined,
    answerTo: (_format: string, status: number) => status,
    isOpen: () => true,
    admit: async () => undefined,
    overloaded: () => undefined,
    receive: async (source) => (received.push(source), { kind: 'acknowledged', what: 'a probe' }),
  };
  const { api } = make({ webhooks });
  for (const source of ['test', 'secrets', 'deliveries', 'main'])
    expect((await api.inject({ method: 'POST', url: `/v1/webhooks/ses/${source}`, payload: '{}' })).statusCode).toBe(200);
  expect(received).toEqual(['test', 'secrets', 'deliveries', 'main']);
  expect((await api.inject({ url: '/v1/webhooks/zork' })).statusCode).toBe(404);
});
