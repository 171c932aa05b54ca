/** Imports: what becomes of rows, once, wherever a request stopped; and whose they are. */
import { DEFAULT_POLICY } from '@desist/domain';
import { createMemoryImports, createMemoryTrail } from '@desist/memory';
import type { MemoryTrail } from '@desist/memory';
import { LogError } from '@desist/pipeline';
import type { Checked, StateReader } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, ApiOptions, Role } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');

function keyFor(name: string, roles: readonly Role[], tenants: readonly string[] | '*') {
  const { key, line } = newKey(name, roles, tenants);
  return { key, config: parseKeys(line).keys[0]! };
}
const desk = keyFor('desk', ['operator'], '*');
const acme = keyFor('acme', ['operator'], ['acme']);
const beta = keyFor('beta', ['operator'], ['beta']);
const ingester = keyFor('mta', ['ingester'], '*');

const held = { scope: '*', reason: 'hard_bounce', since: NOW, expiresAt: null } as const;
/** Knows who is suppressed and who was erased by their names. */
const reader = {
  check: async (_tenant: string, addresses: readonly string[]) => ({
    checked: addresses.map(
      (address) =>
        ({
          address,
          state: 'healthy',
          suppressions: /^(?:known|erased)/.test(address) ? [held] : [],
          allowed: [],
          erased: address.startsWith('erased'),
        }) as unknown as Checked,
    ),
    clocks: [],
  }),
} as unknown as StateReader;

interface Made {
  readonly api: Api;
  readonly trail: MemoryTrail;
  readonly appended: { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

function make(more: Partial<ApiOptions> = {}): Made {
  const quiet = (): void => undefined;
  const appended: Made['appended'] = [];
  const trail = createMemoryTrail();
  const api = createApi({
    reader,
    imports: createMemoryImports(trail),
    async append(records) {
      appended.push(...records.map(({ key, value }) => ({ key, value: JSON.parse(value) as Record<string, unknown> })));
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => NOW },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
    keys: [desk, acme, beta, ingester].map(({ config }) => config),
    trail,
    ...more,
  });
  return { api, trail, appended };
}

interface Answer {
  readonly id: string;
  readonly state: string;
  readonly rows: number;
  readonly counts: Readonly<Record<string, unknown>>;
  readonly problems: readonly object[];
  readonly first?: readonly object[];
  readonly detail?: string;
}

async function send(api: Api, url: string, payload?: object, { key } = desk): Promise<readonly [number, Answer]> {
  const answer = await api.inject({
    method: payload === undefined ? 'GET' : 'POST',
    url: `/v1/imports${url}`,
    headers: { authorization: `Bearer ${key}` },
    ...(payload === undefined ? {} : { payload }),
  });
  return [answer.statusCode, answer.json<Answer>()];
}

const LIST = { name: 'bounces.csv', fingerprint: 'the-same-file-as-before' };
const bounce = (address: string, more: object = {}) => ({ address, kind: 'bounce', format: 'sendgrid-bounces', mixed: true, ...more });
const GONE = '550 5.1.1 no such user';
const ROWS = [
  bounce('Gone@Example.com', { reply: GONE, at: '2026-02-01T00:00:00Z', line: 2 }),
  bounce('ours@example.com', { reply: '550 5.7.1 Client host blocked using bl.spamcop.net', line: 3 }),
  bounce('not an address', { line: 4 }),
  { problem: 'not JSON', line: 5 },
  { kept: 'a contact', address: 'a@example.com', line: 6 },
  bounce('known@example.com', { reply: GONE, line: 7, repeat: 'other' }),
  bounce('erased@example.com', { reply: GONE, line: 8 }),
  { address: '@example.org', kind: 'other', format: 'plain', reason: 'typo of our form', subdomains: true, line: 9 },
  { address: 'o@example.com', kind: 'complaint', format: 'desist', note: 'by phone', by: 'Eve', line: 10 },
];
const COUNTS = {
  ...{ fresh: 3, known: 1, forgotten: 1, repeated: 1, conflicting: 1, unreadable: 2, notSuppressed: 2, timesUnread: 0 },
  ...{ kinds: { bounce: 3, complaint: 1, unsubscribe: 0, other: 1 }, formats: { 'sendgrid-bounces': 3, plain: 1, desist: 1 } },
};

describe('an import', () => {
  test('appends what each row says, and nothing of rows that are no suppressions, unreadable, or of erased recipients', async () => {
    const { api, appended, trail } = make();
    const [made, { id }] = await send(api, '', { ...LIST, tenant: 'acme', by: 'Eve' });
    expect(made).toBe(201);
    const [status, done] = await send(api, `/${id}/rows`, { from: 0, rows: ROWS, last: true });
    expect([status, done]).toMatchObject([200, { state: 'done', rows: 9, counts: COUNTS }]);
    expect(done.problems).toEqual([
      { row: 3, line: 4, problem: 'not an email address (no local part and domain around an @)' },
      { row: 4, line: 5, problem: 'not JSON' },
    ]);
    expect(appended.map(({ key, value }) => [key, value['type'], value['occurredAt']])).toEqual([
      ['acme/gone@example.com', 'bounced', '2026-02-01T00:00:00.000Z'],
      ['acme/known@example.com', 'bounced', '2026-03-01T12:00:00.000Z'],
      ['acme/o@example.com', 'complained', '2026-03-01T12:00:00.000Z'],
      ['acme/@example.org', 'suppress', '2026-03-01T12:00:00.000Z'],
      ['acme/o@example.com', 'amend', '2026-03-01T12:00:00.000Z'],
    ]);
    expect(appended[3]?.value).toMatchObject({ by: 'Eve (key desk)', note: 'plain: typo of our form', subdomains: true });
    const entries = trail.entries();
    const ofJob = entries.filter(({ action }) => action.startsWith('import_'));
    expect(ofJob.map(({ action, target, note, by, detail }) => [action, target, note, by, detail['fresh']])).toEqual([
      ['import_started', id, 'bounces.csv', 'Eve', 0],
      ['import_finished', id, 'bounces.csv', 'Eve', 3],
    ]);
    expect(JSON.stringify(ofJob)).not.toContain('example.com');
    const commands = entries.filter(({ action }) => !action.startsWith('import_'));
    expect(commands.map(({ action, address, outcome, by, target }) => [action, address, outcome, by, target])).toEqual([
      ['suppress', '@example.org', 'accepted', 'Eve', appended[3]?.value['id']],
      ['amend', 'o@example.com', 'accepted', 'Eve', appended[4]?.value['id']],
    ]);
    expect((await send(api, `/${id}`))[1]).toEqual(done);
    expect((await send(api, `/${id}/rows`, { from: 9, rows: [] }))[0]).toBe(409);
  });

  test('a dry run appends nothing, is not in the audit trail, and says what would become of the first ten rows', async () => {
    const { api, appended, trail } = make();
    const [, { id }] = await send(api, '', { ...LIST, dryRun: true });
    const [, { counts, first }] = await send(api, `/${id}/rows`, { from: 0, rows: ROWS });
    expect(counts).toMatchObject(COUNTS);
    expect(first).toMatchObject([
      { row: 1, line: 2, recipient: 'gone@example.com', becomes: expect.stringContaining('hard bounce') as string },
      { row: 2, recipient: 'ours@example.com', becomes: expect.stringContaining('not a suppression: the sender') as string },
      { row: 3, recipient: null, becomes: expect.stringContaining('unreadable: not an email address') as string },
      { row: 4, becomes: 'unreadable: not JSON' },
      { row: 5, recipient: 'a@example.com', becomes: 'not a suppression: a contact' },
      { row: 6, recipient: 'known@example.com' },
      { row: 7, recipient: null, becomes: 'nothing: this recipient was erased' },
      { row: 8, recipient: '@example.org', becomes: expect.stringContaining('with all domains below it') as string },
      { row: 9, recipient: 'o@example.com' },
    ]);
    const [, more] = await send(api, `/${id}/rows`, { from: 9, rows: [bounce('x@example.com'), bounce('y@example.com')], last: true });
    expect(more.first).toMatchObject([{ row: 10 }]);
    expect([appended, trail.entries()]).toEqual([[], []]);
    expect((await send(api, '', { ...LIST, dryRun: true }))[0]).toBe(201);
  });

  test('is stopped, takes no rows then, and goes on when the same file comes again', async () => {
    const { api, appended, trail } = make();
    const [, { id }] = await send(api, '', LIST);
    await send(api, `/${id}/rows`, { from: 0, rows: [bounce('a@example.com', { reply: GONE })] });
    expect(await send(api, `/${id}/stop`, {})).toMatchObject([200, { state: 'stopped', rows: 1 }]);
    expect((await send(api, `/${id}/stop`, {}))[0]).toBe(409);
    const next = { from: 1, rows: [bounce('b@example.com', { reply: GONE })] };
    expect(await send(api, `/${id}/rows`, next)).toMatchObject([409, { detail: 'This import is stopped.' }]);
    expect((await send(api, '', { ...LIST, stream: 'news' }))[1].id).not.toBe(id);
    expect(await send(api, '', LIST)).toMatchObject([200, { id, state: 'running', rows: 1 }]);
    expect(await send(api, `/${id}/rows`, { ...next, from: 0 })).toMatchObject([
      409,
      { detail: expect.stringContaining('behind row 1') as string },
    ]);
    expect(await send(api, `/${id}/rows`, { ...next, last: true })).toMatchObject([200, { state: 'done', rows: 2 }]);
    expect(appended.map(({ key }) => key)).toEqual(['default/a@example.com', 'default/b@example.com']);
    expect(trail.entries().map(({ action }) => action)).toEqual([
      'import_started',
      'import_stopped',
      'import_started',
      'import_resumed',
      'import_finished',
    ]);
    expect(await send(api, '', LIST)).toMatchObject([201, { rows: 0 }]);
  });

  test('a request whose records the log did not confirm is repeated with the same ids, and the job stands where it stood', async () => {
    const seen: unknown[] = [];
    let fails = true;
    const { api } = make({
      async append(records) {
        seen.push(records.map(({ value }) => (JSON.parse(value) as { id: string }).id));
        if (fails) throw new LogError('unavailable', 'gone');
        return records.map((_, offset) => ({ partition: 0, offset }));
      },
    });
    const [, { id }] = await send(api, '', LIST);
    const body = { from: 0, rows: ROWS };
    expect((await send(api, `/${id}/rows`, body))[0]).toBe(503);
    expect((await send(api, `/${id}`))[1]).toMatchObject({ rows: 0, counts: { fresh: 0 }, problems: [] });
    fails = false;
    expect((await send(api, `/${id}/rows`, body))[0]).toBe(200);
    expect(seen[1]).toEqual(seen[0]);
  });

  test('rows that are wrong as such are refused with their place, and nothing is done', async () => {
    const { api, appended } = make();
    const [, { id }] = await send(api, '', LIST);
    const [status, { detail }] = await send(api, `/${id}/rows`, {
      from: 0,
      rows: [bounce('a@example.com'), bounce('a@example.com', { at: 'soon' })],
    });
    expect([status, appended.length]).toEqual([400, 0]);
    expect(detail).toMatch(/rows/);
    expect((await send(api, `/${id}/rows`, { from: 0, rows: Array.from({ length: 5_001 }, () => bounce('a@example.com')) }))[0]).toBe(400);
  });
});

describe('whose it is', () => {
  test('a key of one tenant imports into that tenant, whatever the rows say, and sees no import of others', async () => {
    const { api, appended } = make();
    const [, { id }] = await send(api, '', LIST, acme);
    await send(api, `/${id}/rows`, { from: 0, rows: [bounce('a@example.com', { reply: GONE, tenant: 'beta' })], last: true }, acme);
    expect(appended.map(({ key }) => key)).toEqual(['acme/a@example.com']);
    const [, { id: ofNobody }] = await send(api, '', { ...LIST, name: 'all.csv' });
    for (const one of [id, ofNobody]) {
      expect((await send(api, `/${one}`, undefined, beta))[0]).toBe(404);
      expect((await send(api, `/${one}/stop`, {}, beta))[0]).toBe(404);
      expect((await send(api, `/${one}/rows`, { from: 0, rows: [] }, beta))[0]).toBe(404);
    }
    expect((await send(api, '', { ...LIST, tenant: 'acme' }, beta))[0]).toBe(403);
    const names = async (key: { readonly key: string }) =>
      ((await send(api, '', undefined, key as typeof desk))[1] as unknown as { items: { id: string }[] }).items.map((one) => one.id);
    expect([await names(acme), await names(beta), (await names(desk)).sort()]).toEqual([[id], [], [id, ofNobody].sort()]);
    expect((await send(api, '', LIST, ingester))[0]).toBe(403);
  });

  test('an import of every tenant goes by the rows', async () => {
    const { api, appended } = make();
    const [, { id }] = await send(api, '', LIST);
    const rows = [bounce('a@example.com', { reply: GONE, tenant: 'beta' }), bounce('b@example.com', { reply: GONE, tenant: 'no name' })];
    expect((await send(api, `/${id}/rows`, { from: 0, rows }))[1].problems).toMatchObject([
      { row: 2, line: null, problem: expect.stringMatching(/^tenant: no name/) as string },
    ]);
    expect(appended.map(({ key }) => key)).toEqual(['beta/a@example.com']);
  });
});
