/** What operators do is written down before it is done or with it, and who may read that. */
import { DEFAULT_POLICY } from '@desist/domain';
import { createMemoryIncidents, createMemoryKeys, createMemoryTrail } from '@desist/memory';
import type { MemoryTrail } from '@desist/memory';
import { LogError, StoreError } from '@desist/pipeline';
import type { AuditEntry, CommandRef, StateReader } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, ApiKey, ApiOptions, Role } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');

function keyFor(name: string, roles: readonly Role[], tenants: readonly string[] | '*'): { key: string; config: ApiKey } {
  const { key, line } = newKey(name, roles, tenants);
  return { key, config: parseKeys(line).keys[0]! };
}
const desk = keyFor('desk', ['operator'], '*');
const acme = keyFor('acme', ['operator'], ['acme']);
const both = keyFor('both', ['operator'], ['acme', 'beta']);
const reader = keyFor('reader', ['reader'], '*');

interface Made {
  readonly api: Api;
  readonly trail: MemoryTrail;
  readonly appended: string[];
}

function make(more: Partial<ApiOptions> = {}, trail = createMemoryTrail()): Made {
  const quiet = (): void => undefined;
  const appended: string[] = [];
  const letter = { partition: 0, offset: 3, recordTime: NOW, key: Buffer.from('acme/a@b.c'), value: Buffer.from('{"tenant":"acme"}') };
  const api = createApi({
    reader: { positions: async () => new Map([[0, 1]]) } as unknown as StateReader,
    incidents: createMemoryIncidents(trail),
    keyStore: createMemoryKeys(trail),
    audits: { requestAudit: async () => undefined, stopAudit: async () => true, audits: async () => [], listedAtLeast: async () => 0 },
    deadLetters: {
      deadLetterBounds: async () => new Map([[0, { low: 0, high: 9 }]]),
      async *readDeadLetters() {
        yield { ...letter, headers: { reason: 'invalid', topic: 'delivery-events', partition: '0', offset: '0' } };
      },
      resend: async () => ({ partition: 0, offset: 9 }),
    },
    append: async (records) => (
      appended.push(...records.map(({ value }) => value)),
      records.map((_, offset) => ({ partition: 0, offset }))
    ),
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => NOW },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
    keys: [desk, acme, both, reader].map(({ config }) => config),
    trail,
    ...more,
  });
  return { api, trail, appended };
}

async function send(
  api: Api,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  more: { key?: string; payload?: object; headers?: Record<string, string> } = {},
) {
  const headers = { authorization: `Bearer ${more.key ?? desk.key}`, ...more.headers };
  const answer = await api.inject({
    method,
    url,
    headers,
    remoteAddress: '192.0.2.7',
    ...(more.payload === undefined ? {} : { payload: more.payload }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}
const actions = (entries: readonly AuditEntry[]) => entries.map(({ action, outcome, tenant }) => [action, outcome, tenant]);
const command = (type: string, more: object = {}) => ({ type, tenant: 'acme', recipient: 'Alice@Example.com', ...more });

describe('each act is an entry', () => {
  test('of a command: who, by which key, from where, about whom, and what became of it', async () => {
    const { api, trail } = make();
    const payload = [
      command('suppress', { by: 'Eve', note: 'ticket', scope: 'marketing', expiresAt: '2026-04-01T00:00:00Z' }),
      command('release', { force: true }),
    ];
    const { body } = await send(api, 'POST', '/v1/commands', { key: acme.key, payload });
    expect(trail.entries()).toEqual([
      {
        ...{
          id: 1,
          at: NOW,
          action: 'suppress',
          tenant: 'acme',
          keyId: 'configured:acme',
          keyName: 'acme',
          keyOfTenant: true,
          by: 'Eve',
          from: '192.0.2.7',
        },
        ...{ address: 'alice@example.com', target: (body['ids'] as string[])[0], outcome: 'accepted', note: 'ticket', erased: false },
        detail: { scope: 'marketing', expiresAt: '2026-04-01T00:00:00.000Z' },
      },
      expect.objectContaining({ action: 'release', by: null, note: null, detail: { scope: '*', force: true } }),
    ]);
  });

  test('of keys, incidents, dead letters and comparisons', async () => {
    const { api, trail } = make();
    const made = (await send(api, 'POST', '/v1/keys', { payload: { name: 'k', roles: ['reader'], tenants: ['acme'], by: 'Eve' } })).body[
      'id'
    ] as string;
    await send(api, 'POST', `/v1/keys/${made}/rotate`, { payload: {} });
    await send(api, 'DELETE', `/v1/keys/${made}`);
    const terms = { provider: 'gmail', from: '2026-03-01T10:00:00Z', until: '2026-03-01T11:00:00Z', note: 'why', by: 'Eve' };
    const incident = (await send(api, 'POST', '/v1/incidents', { payload: terms })).body['id'] as string;
    await send(api, 'POST', '/v1/incidents', { payload: terms });
    await send(api, 'POST', `/v1/incidents/${incident}/void`);
    await send(api, 'POST', `/v1/incidents/${incident}/restore`);
    await send(api, 'POST', '/v1/dead-letters/0-3/resend');
    await send(api, 'POST', '/v1/republish', { payload: {} });
    await send(api, 'DELETE', '/v1/republish');
    expect(actions(trail.entries())).toEqual([
      ['key_made', 'done', 'acme'],
      ['key_rotated', 'done', 'acme'],
      ['key_ended', 'done', 'acme'],
      ['incident_created', 'done', null],
      ['incident_voided', 'done', null],
      ['incident_restored', 'done', null],
      ['dead_letter_resent', 'accepted', 'acme'],
      ['republish_requested', 'accepted', null],
      ['republish_stopped', 'accepted', null],
    ]);
    expect(
      trail
        .entries()
        .map(({ target }) => target)
        .slice(0, 7),
    ).toEqual([made, made, made, incident, incident, incident, '0-3']);
    // A dead letter's content is not repeated, nor any secret.
    expect(JSON.stringify(trail.entries())).not.toMatch(/a@b\.c|desist_/);
  });

  test('what was refused is none, and nothing is done whose entry cannot be written', async () => {
    const refusing = make();
    await send(refusing.api, 'POST', '/v1/commands', { key: reader.key, payload: command('release') });
    await send(refusing.api, 'POST', '/v1/commands', { key: acme.key, payload: command('release', { tenant: 'beta' }) });
    await send(refusing.api, 'POST', '/v1/commands', { payload: [command('release'), {}] });
    expect(refusing.trail.entries()).toEqual([]);
    const trail = createMemoryTrail();
    const away = make({ trail: { ...trail, note: async () => Promise.reject(new StoreError('unavailable', 'away')) } });
    expect((await send(away.api, 'POST', '/v1/commands', { payload: command('release') })).status).toBe(503);
    expect((await send(away.api, 'POST', '/v1/dead-letters/0-3/resend')).status).toBe(503);
    expect(away.appended).toEqual([]);
  });

  test('an append that nobody confirmed stays unconfirmed; so does what was done before the database went away', async () => {
    const lost = make({ append: async () => Promise.reject(new LogError('unavailable', 'lost')) });
    expect((await send(lost.api, 'POST', '/v1/commands', { payload: command('forget') })).status).toBe(503);
    expect(actions(lost.trail.entries())).toEqual([['forget', 'unconfirmed', 'acme']]);
    const trail = createMemoryTrail();
    const settle = async () => Promise.reject(new StoreError('unavailable', 'away'));
    const away = make({ trail: { ...trail, settle } });
    expect((await send(away.api, 'POST', '/v1/commands', { payload: command('release') })).status).toBe(202);
    expect(actions(trail.entries())).toEqual([['release', 'unconfirmed', 'acme']]);
  });

  test('of sign-ins and refused ones, of which only so many are written', async () => {
    const { api, trail } = make();
    const signIn = async (key: string): Promise<number> =>
      (await api.inject({ method: 'POST', url: '/v1/session', payload: { key }, remoteAddress: '192.0.2.7' })).statusCode;
    expect(await signIn(acme.key)).toBe(200);
    for (let n = 0; n < 100; n += 1) expect(await signIn(`desist_wrong${n}`)).toBe(401);
    expect(await signIn(desk.key)).toBe(200);
    const entries = trail.entries();
    expect(entries[0]).toMatchObject({ action: 'signed_in', outcome: 'done', tenant: 'acme', keyName: 'acme', from: '192.0.2.7' });
    expect(entries[1]).toMatchObject({ action: 'signed_in', outcome: 'refused', tenant: null, keyId: null, keyName: null });
    expect(entries.filter(({ outcome }) => outcome === 'refused')).toHaveLength(60);
    expect(entries.at(-1)).toMatchObject({ keyName: 'desk', outcome: 'done', detail: { refusedBefore: 40 } });
    expect(JSON.stringify(entries)).not.toMatch(/desist_/);
    // Keys work while the database is away, and so does the sign-in.
    const away = make({ trail: { ...trail, note: async () => Promise.reject(new StoreError('unavailable', 'away')) } });
    const answer = await away.api.inject({ method: 'POST', url: '/v1/session', payload: { key: desk.key } });
    expect(answer.statusCode).toBe(200);
  });

  test('of exports, without the addresses that were asked for; none is sent whose entry cannot be written', async () => {
    const trail = createMemoryTrail();
    const source = {
      async *snapshot() {
        yield [];
      },
    } as unknown as StateReader;
    const { api } = make({ exports: source }, trail);
    const url = '/v1/suppressions/export?format=csv&tenant=acme&address=who@example.com';
    const headers = { authorization: `Bearer ${reader.key}` };
    expect((await api.inject({ url, headers })).statusCode).toBe(200);
    expect(trail.entries()).toMatchObject([
      { action: 'exported', outcome: 'done', tenant: 'acme', keyName: 'reader', detail: { format: 'csv', filters: ['tenant', 'address'] } },
    ]);
    expect(JSON.stringify(trail.entries())).not.toContain('who@');
    const away = make({ exports: source, trail: { ...trail, note: async () => Promise.reject(new StoreError('unavailable', 'away')) } });
    expect((await away.api.inject({ url, headers })).statusCode).toBe(503);
  });

  test('of a command whose recipient the batch erased, although another of them became a dead letter', async () => {
    let expected: readonly CommandRef[] = [];
    const kept = createMemoryTrail();
    const outcomes: ApiOptions['outcomes'] = {
      expectCommands: async (refs) => void (expected = refs),
      async commandOutcomes() {
        await kept.erase('acme', 'alice@example.com');
        return expected.map((ref, n) => ({ ...ref, outcome: n === 0 ? 'applied' : 'dead_letter', reason: null, detail: null, changes: 0 }));
      },
      recordFaults: async () => [],
    };
    const { api } = make({ outcomes }, kept);
    const payload = [command('forget'), command('release', { recipient: 'b@example.com' })];
    await send(api, 'POST', '/v1/commands', { payload, headers: { prefer: 'wait=5' } });
    expect(actions(kept.entries())).toEqual([
      ['forget', 'applied', 'acme'],
      ['release', 'dead_letter', 'acme'],
    ]);
  });

  test('whoever waits for commands has what became of them written down', async () => {
    let expected: readonly CommandRef[] = [];
    const outcomes: ApiOptions['outcomes'] = {
      expectCommands: async (refs) => void (expected = refs),
      commandOutcomes: async () =>
        expected.map((ref, n) => ({ ...ref, outcome: n === 0 ? 'applied' : 'dead_letter', reason: null, detail: null, changes: 0 })),
      recordFaults: async () => [],
    };
    const { api, trail } = make({ outcomes });
    await send(api, 'POST', '/v1/commands', { payload: [command('release'), command('forget')], headers: { prefer: 'wait=5' } });
    expect(actions(trail.entries())).toEqual([
      ['release', 'applied', 'acme'],
      ['forget', 'dead_letter', 'acme'],
    ]);
    // Wherever the database goes away: what was not applied is never said to be.
    for (const reached of [1, 2]) {
      const kept = createMemoryTrail();
      let calls = 0;
      const settle: typeof kept.settle = async (...what) => {
        calls += 1;
        if (calls > reached) throw new StoreError('unavailable', 'away');
        await kept.settle(...what);
      };
      const away = make({ outcomes, trail: { ...kept, settle } });
      await send(away.api, 'POST', '/v1/commands', { payload: [command('release'), command('forget')], headers: { prefer: 'wait=5' } });
      expect(actions(kept.entries()).at(-1)).toEqual(['forget', reached === 1 ? 'accepted' : 'dead_letter', 'acme']);
    }
  });
});

describe('the list', () => {
  async function filled(): Promise<Api> {
    const { api } = make();
    await send(api, 'POST', '/v1/commands', { key: acme.key, payload: command('release', { by: 'Eve' }) });
    await send(api, 'POST', '/v1/commands', { key: both.key, payload: command('suppress', { tenant: 'beta' }) });
    await send(api, 'POST', '/v1/commands', { payload: command('forget') });
    await send(api, 'POST', '/v1/republish', { payload: {} });
    await send(api, 'POST', '/v1/keys', { payload: { name: 'k', roles: ['reader'], tenants: ['acme', 'beta'] } });
    return api;
  }
  const list = async (api: Api, key: string, query = '') => {
    const { status, body } = await send(api, 'GET', `/v1/audit${query}`, { key });
    return status === 200 ? (body['items'] as Record<string, unknown>[]) : status;
  };
  const shown = (items: number | Record<string, unknown>[]) => (typeof items === 'number' ? items : items.map(({ action }) => action));

  test('shows operators what concerns their tenants alone, and all of it to those of every tenant', async () => {
    const api = await filled();
    expect(shown(await list(api, desk.key))).toEqual(['key_made', 'republish_requested', 'forget', 'suppress', 'release']);
    expect(shown(await list(api, both.key))).toEqual(['forget', 'suppress', 'release']);
    expect(shown(await list(api, acme.key))).toEqual(['forget', 'release']);
    expect([await list(api, acme.key, '?tenant=beta'), await list(api, reader.key)]).toEqual([403, 403]);
    expect(shown(await list(api, desk.key, '?who=Eve'))).toEqual(['release']);
    expect(shown(await list(api, desk.key, '?who=configured:both&action=suppress&tenant=beta'))).toEqual(['suppress']);
    expect(shown(await list(api, desk.key, '?recipient=ALICE@example.com&since=2026-03-01T12:00:00Z'))).toEqual([
      'forget',
      'suppress',
      'release',
    ]);
  });

  test('a tenant is told from where its own keys were used, and not where those of others were', async () => {
    const api = await filled();
    const [forget, release] = (await list(api, acme.key)) as Record<string, unknown>[];
    expect(release).toMatchObject({ key: 'acme', keyId: 'configured:acme', from: '192.0.2.7', by: 'Eve' });
    expect(forget).toMatchObject({ key: 'desk', keyId: null, from: null });
    expect(((await list(api, desk.key, '?action=forget')) as object[])[0]).toMatchObject({ keyId: 'configured:desk', from: '192.0.2.7' });
  });

  test('pages', async () => {
    const api = await filled();
    const first = await send(api, 'GET', '/v1/audit?limit=3', {});
    const second = await send(api, 'GET', `/v1/audit?limit=3&cursor=${String(first.body['cursor'])}`, {});
    expect([first, second].map(({ body }) => (body['items'] as unknown[]).length)).toEqual([3, 2]);
    expect((await send(api, 'GET', '/v1/audit?cursor=zork')).status).toBe(400);
  });
});
