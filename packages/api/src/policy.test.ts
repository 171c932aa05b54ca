/** The policy in force and a check of another: what it says, and to whom. */
import { readPolicyFile } from '@desist/contracts';
import { createMemoryTrail } from '@desist/memory';
import type { NewAuditEntry, StateReader } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { ApiKey, ApiOptions, PolicyReload, Role } from './index.ts';

const FILE = `version: 1
deferral: {suppress_after: 96h}
tenants:
  acme: {deferral: {suppress_after: 120h}}
  acme.news: {deferral: {suppress_after: 5d, suppress_failures: 7}}
  other: {streams: {news: {deferral: {suppress_failures: 4}}}}
rules:
  full: {text: quota used up, category: mailbox_full, example: 452 quota used up}
`;

function keyFor(roles: readonly Role[], tenants: ApiKey['tenants']) {
  const { key, line } = newKey('desk', roles, tenants);
  return { key, config: parseKeys(line).keys[0] as ApiKey };
}
const all = keyFor(['operator'], '*');
const own = keyFor(['operator'], ['acme']);
const reader = keyFor(['reader'], '*');

function policiesIn(text: string) {
  const read = readPolicyFile(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.policies;
}

function make(keys: readonly ApiKey[], more: Partial<ApiOptions> = {}) {
  const quiet = (): void => undefined;
  return createApi({
    reader: {} as StateReader,
    policies: () => policiesIn(FILE),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => 0 },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
    keys,
    ...more,
  });
}

interface Shown {
  readonly version: string;
  readonly file: string | null;
  readonly shadow: object | null;
  readonly values: readonly { readonly path: string; readonly value: string; readonly origin: string }[];
}

const api = make([all.config, own.config, reader.config]);
const authorization = (key: string) => ({ authorization: `Bearer ${key}` });
const fromFile = ({ values }: Shown): readonly string[] =>
  values.filter(({ origin }) => origin === 'policy_file').map(({ path, value }) => `${path} ${value}`);

describe('the policy in force', () => {
  test('every value with its origin, and the file that gives the same', async () => {
    const shown = (await api.inject({ url: '/v1/policy', headers: authorization(reader.key) })).json<Shown>();
    expect(fromFile(shown)).toEqual([
      'deferral.suppress_after 4d',
      'tenants.acme.deferral.suppress_after 5d',
      'tenants.acme.news.deferral.suppress_after 5d',
      'tenants.acme.news.deferral.suppress_failures 7',
      'tenants.other.streams.news.deferral.suppress_failures 4',
      'rules.full text quota used up → mailbox_full',
    ]);
    expect(shown.values.find(({ path }) => path === 'deferral.persistent_after')).toMatchObject({ value: '1d', origin: 'built_in' });
    expect(readPolicyFile(shown.file ?? '')).toMatchObject({ ok: true, policies: { version: shown.version } });
  });

  test('a key of one tenant sees the base and its own lines, not those of a tenant whose name begins like its own', async () => {
    const shown = (await api.inject({ url: '/v1/policy', headers: authorization(own.key) })).json<Shown>();
    expect(shown.file).toBeNull();
    expect(fromFile(shown)).toEqual([
      'deferral.suppress_after 4d',
      'tenants.acme.deferral.suppress_after 5d',
      'rules.full text quota used up → mailbox_full',
    ]);
  });
});

describe('the shadow policy', () => {
  const shadow = {
    ...policiesIn(FILE.replace('96h', '72h').replace('suppress_failures: 4', 'suppress_failures: 5')),
    name: 'stricter.yaml',
  };
  const shadowed = make([all.config, own.config], { policies: () => ({ ...policiesIn(FILE), shadow }) });
  const shown = async (key: string) => (await shadowed.inject({ url: '/v1/policy', headers: authorization(key) })).json<Shown>();
  const base = { path: 'deferral.suppress_after', from: '4d', to: '3d' };

  test('is shown with its name, its version and the values that differ', async () => {
    const { file, shadow: said } = await shown(all.key);
    expect(said).toEqual({
      name: 'stricter.yaml',
      version: shadow.version,
      changes: [base, { path: 'tenants.other.streams.news.deferral.suppress_failures', from: '4', to: '5' }],
    });
    expect(readPolicyFile(file ?? '')).toMatchObject({ ok: true, shadow: { name: 'stricter.yaml' } });
  });

  test('is shown to a key of one tenant without its file and without other tenants', async () => {
    expect((await shown(own.key)).shadow).toEqual({ name: null, version: shadow.version, changes: [base] });
  });

  test('is null where there is none', async () => {
    expect((await api.inject({ url: '/v1/policy', headers: authorization(all.key) })).json<Shown>().shadow).toBeNull();
  });
});

describe('a check of another policy', () => {
  const check = (key: string, policy: string) =>
    api.inject({ method: 'POST', url: '/v1/policy/check', headers: authorization(key), payload: { policy } });

  test('says what it would change', async () => {
    expect((await check(all.key, FILE.replace('96h', '72h').replace(/rules:[^]*/, ''))).json()).toMatchObject({
      changes: [
        { path: 'deferral.suppress_after', from: '4d', to: '3d' },
        { path: 'rules.full', from: 'text quota used up → mailbox_full', to: null },
      ],
    });
    expect((await check(all.key, FILE)).json()).toMatchObject({ changes: [] });
  });

  test('says every mistake with its line', async () => {
    const answer = await check(all.key, 'version: 1\ndeferral:\n  suppress_after: soon\n');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ errors: [{ line: 3, pointer: '#/policy' }] });
  });

  test('is for operators of all tenants', async () => {
    expect((await check(own.key, FILE)).statusCode).toBe(403);
    expect((await check(reader.key, FILE)).statusCode).toBe(403);
  });
});

describe('a file that is read again', () => {
  const POLICY = { revision: 8, version: 'sha256:new', shadowVersion: null, since: 0, by: 'anna' };

  function reloading(outcome: PolicyReload) {
    const asked: { readonly by: string | null; readonly entry: NewAuditEntry }[] = [];
    const trail = createMemoryTrail();
    const reload = async (by: string | null, entry: NewAuditEntry): Promise<PolicyReload> => {
      asked.push({ by, entry });
      return outcome;
    };
    const made = make([all.config, own.config, reader.config], { trail, policyInForce: { current: () => POLICY, reload } });
    const post = (key: string) =>
      made.inject({ method: 'POST', url: '/v1/policy/reload', headers: authorization(key), payload: { by: 'anna' } });
    return { asked, trail, post, made };
  }

  test('says what is in force, and hands on who wants it, with the entry of the audit trail', async () => {
    const { asked, post, made } = reloading({ kind: 'in_force', changed: true, policy: POLICY });
    const answer = await post(all.key);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ ...POLICY, changed: true, since: '1970-01-01T00:00:00.000Z' });
    expect(asked).toMatchObject([{ entry: { action: 'policy_reloaded', keyName: 'desk', by: 'anna', tenant: null, outcome: 'done' } }]);
    expect(asked[0]?.by).toContain('anna');
    const shown = (await made.inject({ url: '/v1/policy', headers: authorization(reader.key) })).json<object>();
    expect(shown).toMatchObject({ revision: 8, by: 'anna', since: '1970-01-01T00:00:00.000Z' });
    expect((await made.inject({ url: '/v1/policy', headers: authorization(own.key) })).json<object>()).toMatchObject({
      revision: 8,
      by: null,
    });
  });

  test('with mistakes is refused with each of them, and the refusal is noted', async () => {
    const mistakes = [
      { detail: 'deferral.suppress_after: must be a duration', line: 3, column: 19 },
      { detail: 'x: is no known key', line: 4, column: 1 },
    ];
    const { trail, post } = reloading({ kind: 'mistakes', mistakes });
    const answer = await post(all.key);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([422, 'application/problem+json']);
    expect(answer.json()).toMatchObject({ status: 422, errors: mistakes });
    expect((await trail.page({}, { limit: 10 })).items).toMatchObject([{ action: 'policy_reloaded', outcome: 'refused', by: 'anna' }]);
  });

  test('is for operators of all tenants, at an engine that has a file', async () => {
    const { asked, post } = reloading({ kind: 'no_file' });
    expect((await post(own.key)).statusCode).toBe(403);
    expect((await post(reader.key)).statusCode).toBe(403);
    expect(asked).toEqual([]);
    expect((await post(all.key)).statusCode).toBe(409);
    const follower = make([all.config], { policyInForce: { current: () => POLICY } });
    const answer = await follower.inject({ method: 'POST', url: '/v1/policy/reload', headers: authorization(all.key) });
    expect(answer.statusCode).toBe(503);
  });
});
