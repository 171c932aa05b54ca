/** What-ifs over HTTP: who may ask what, and what becomes of it. Running them is another's. */
import { DEFAULT_POLICY } from '@desist/domain';
import { createMemoryTrail, createMemoryWhatIfs } from '@desist/memory';
import { MOST_WHATIFS } from '@desist/pipeline';
import type { StateReader } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, Role } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const POLICY = 'version: 1\ndeferral:\n  suppress_after: 96h\n';

function keyFor(name: string, roles: readonly Role[], tenants: readonly string[] | '*') {
  const { key, line } = newKey(name, roles, tenants);
  return { key, config: parseKeys(line).keys[0]! };
}
const desk = keyFor('desk', ['operator'], '*');
const acme = keyFor('acme', ['operator'], ['acme']);
const beta = keyFor('beta', ['operator'], ['beta']);
const readerKey = keyFor('page', ['reader'], '*');

const ENTRY = {
  ...({ at: NOW, action: 'whatif_finished', tenant: null, outcome: 'done', keyId: null, keyName: null, keyOfTenant: false } as const),
  ...{ by: null, from: null, address: null, target: null, note: null, detail: {} },
};

interface Made {
  readonly api: Api;
  readonly store: ReturnType<typeof createMemoryWhatIfs>;
  readonly acts: () => Promise<readonly (readonly [string, string | null, string | null])[]>;
  readonly woken: () => number;
}

function make({ reads = false } = {}): Made {
  const quiet = (): void => undefined;
  const trail = createMemoryTrail();
  const store = createMemoryWhatIfs(trail);
  let woken = 0;
  const api = createApi({
    reader: {} as unknown as StateReader,
    whatIfs: { store, wake: () => (woken += 1) },
    ...(reads ? {} : { append: async () => [] }),
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => NOW },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
    keys: [desk, acme, beta, readerKey].map(({ config }) => config),
    trail,
    trialTimeout: 60_000,
  });
  const acts: Made['acts'] = async () =>
    (await trail.page({}, { limit: 100 })).items.map(({ action, tenant, keyName }) => [action, tenant, keyName] as const).toReversed();
  return { api, store, acts, woken: () => woken };
}

interface Answer {
  readonly id: string;
  readonly state: string;
  readonly tenant: string | null;
  readonly items: readonly { readonly id: string }[];
  readonly detail?: string;
}

async function ask(api: Api, url: string, { key } = desk, payload?: object): Promise<readonly [number, Answer]> {
  const request = { url, headers: { authorization: `Bearer ${key}` } };
  const answer = await api.inject(
    payload === undefined ? { ...request, method: url.endsWith('/stop') ? 'POST' : 'GET' } : { ...request, method: 'POST', payload },
  );
  return [answer.statusCode, answer.json<Answer>()];
}

// Each trial of a policy starts a thread.
describe('what-ifs over HTTP', { timeout: 240_000 }, () => {
  test('are jobs: asked for, seen, stopped, asked for again; the process that runs them is woken', async () => {
    const { api, store, acts, woken } = make();
    const [created, job] = await ask(api, '/v1/whatif', desk, { policy: POLICY, since: '2026-01-01T00:00:00Z', by: 'Eve' });
    expect([created, job]).toMatchObject([
      201,
      { state: 'waiting', tenant: null, since: '2026-01-01T00:00:00.000Z', result: null, records: 0 },
    ]);
    const [again, same] = await ask(api, '/v1/whatif', desk, { policy: POLICY, since: '2026-01-01T00:00:00Z' });
    expect([again, same.id]).toEqual([200, job.id]);
    await store.claim('engine', NOW);
    await store.progress(job.id, 'engine', NOW, { done: 5, total: 10 });
    expect(await ask(api, `/v1/whatif/${job.id}`)).toMatchObject([200, { state: 'running', records: 5, total: 10 }]);
    expect(await ask(api, `/v1/whatif/${job.id}/stop`)).toMatchObject([200, { state: 'stopped' }]);
    expect(await ask(api, `/v1/whatif/${job.id}/stop`)).toMatchObject([409, { detail: 'This what-if is stopped.' }]);
    expect(await ask(api, '/v1/whatif', desk, { policy: POLICY, since: '2026-01-01T00:00:00Z' })).toMatchObject([
      200,
      { id: job.id, state: 'waiting' },
    ]);
    expect(woken()).toBe(3);
    expect(await acts()).toEqual([
      ['whatif_started', null, 'desk'],
      ['whatif_stopped', null, 'desk'],
      ['whatif_resumed', null, 'desk'],
    ]);
  });

  test('show what they came to, or why they failed', async () => {
    const { api, store } = make();
    const [, done] = await ask(api, '/v1/whatif', desk, { policy: POLICY });
    await store.claim('engine', NOW);
    await store.end({ id: done.id, owner: 'engine' }, NOW, { result: '{"text":["nothing"]}' }, ENTRY);
    expect(await ask(api, `/v1/whatif/${done.id}`)).toMatchObject([200, { state: 'done', result: { text: ['nothing'] } }]);
    const [, failed] = await ask(api, '/v1/whatif', desk, { policy: POLICY });
    expect(failed.id).not.toBe(done.id);
    await store.claim('engine', NOW);
    await store.end({ id: failed.id, owner: 'engine' }, NOW, { problem: 'needs more memory' }, ENTRY);
    expect(await ask(api, `/v1/whatif/${failed.id}`)).toMatchObject([200, { state: 'failed', problem: 'needs more memory', result: null }]);
  });

  test('of a tenant belong to it: its key compares on its own events only, and sees no other', async () => {
    const { api } = make();
    const [, ofAcme] = await ask(api, '/v1/whatif', acme, { policy: POLICY });
    expect(ofAcme.tenant).toBe('acme');
    const [, ofAll] = await ask(api, '/v1/whatif', desk, { policy: POLICY });
    expect(ofAll.id).not.toBe(ofAcme.id);
    expect((await ask(api, '/v1/whatif', acme, { policy: POLICY, tenant: 'beta' }))[0]).toBe(403);
    for (const { id } of [ofAcme, ofAll]) {
      expect((await ask(api, `/v1/whatif/${id}`, beta))[0]).toBe(404);
      expect((await ask(api, `/v1/whatif/${id}/stop`, beta))[0]).toBe(404);
    }
    expect((await ask(api, `/v1/whatif/${ofAll.id}`, acme))[0]).toBe(404);
    expect((await ask(api, '/v1/whatif', acme))[1].items.map(({ id }) => id)).toEqual([ofAcme.id]);
    expect((await ask(api, '/v1/whatif', beta))[1].items).toEqual([]);
    expect((await ask(api, '/v1/whatif', readerKey, { policy: POLICY }))[0]).toBe(403);
  });

  test('refuse a policy with mistakes, one that is too large, too many at once, and a service that only reads', async () => {
    const { api, store } = make();
    expect(await ask(api, '/v1/whatif', desk, { policy: 'version: 2\n' })).toMatchObject([
      400,
      { detail: 'policy: the file has mistakes.' },
    ]);
    expect((await ask(api, '/v1/whatif', desk, { policy: 'x'.repeat(64 * 1024 + 1) }))[0]).toBe(400);
    for (let i = 0; i < MOST_WHATIFS; i += 1) {
      const own = { id: `wi_${i}`, resumeKey: String(i), tenant: null, policy: POLICY, since: null, by: null, keyName: null };
      await store.start({ ...own, startedAt: NOW }, () => ({ ...ENTRY, action: 'whatif_started' }));
    }
    expect(await ask(api, '/v1/whatif', desk, { policy: POLICY })).toMatchObject([
      429,
      { detail: expect.stringContaining('Too many') as string },
    ]);
    const reading = make({ reads: true });
    expect((await ask(reading.api, '/v1/whatif', desk, { policy: POLICY }))[0]).toBe(503);
  });
});
