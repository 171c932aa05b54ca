/** Sign-in at the console: what the cookie is, what it opens, and that no page of another site can use it or this machine. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_POLICY } from '@desist/domain';
import type { StateReader } from '@desist/pipeline';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, ApiKey, ApiOptions } from './index.ts';
import { createSessions, SESSION_LENGTH } from './http/sessions.ts';
import { createKeyDirectory } from './key-directory.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const HOST = 'desist.example:8425';
const SAME = { host: HOST, origin: `http://${HOST}` };
const operator = keyFor('desk', ['operator'], '*');
const reader = keyFor('support', ['reader'], ['acme']);
const ingester = keyFor('mta', ['ingester'], '*');
const KEYS = [operator.config, reader.config, ingester.config];
const release = { type: 'release', recipient: 'a@b.c', tenant: 'acme' };

function keyFor(name: string, roles: readonly ApiKey['roles'][number][], tenants: ApiKey['tenants']) {
  const { key, line } = newKey(name, roles, tenants);
  return { key, config: parseKeys(line).keys[0]! };
}

function sessionsOf(configured: readonly ApiKey[]) {
  return createSessions(createKeyDirectory({ configured, store: undefined, logger: { info: () => undefined, warn: () => undefined } }));
}

function make(keys: readonly ApiKey[], more: Partial<ApiOptions> = {}): Api {
  const quiet = (): void => undefined;
  return createApi({
    reader: { list: async () => ({ items: [], cursor: null }) } as unknown as StateReader,
    append: async (records) => records.map((_, offset) => ({ partition: 0, offset })),
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => NOW },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
    keys,
    ...more,
  });
}

async function signIn(api: Api, key: string, headers: Readonly<Record<string, string>> = SAME) {
  const answer = await api.inject({ method: 'POST', url: '/v1/session', headers, payload: { key } });
  const [cookie] = answer.cookies as readonly { readonly name: string; readonly value: string }[];
  return { answer, cookie: `${cookie?.name ?? ''}=${cookie?.value ?? ''}`, value: cookie?.value ?? '' };
}

describe('signing in', () => {
  test('puts the key, sealed, into a cookie that no script reads and no other site sends', async () => {
    const { answer, value } = await signIn(make(KEYS), operator.key);
    expect(answer.json()).toMatchObject({ required: true, signedIn: true, name: 'desk', roles: ['operator'], tenants: null, writes: true });
    const said = String(answer.headers['set-cookie']);
    expect(said).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(said).toContain(`Max-Age=${SESSION_LENGTH / 1_000}`);
    expect(Buffer.from(value, 'base64url').toString('latin1')).not.toContain(operator.key.slice(8));
  });

  test('over HTTPS the cookie goes over HTTPS only, also behind a proxy', async () => {
    const { answer } = await signIn(make(KEYS), operator.key, { host: HOST, origin: `https://${HOST}` });
    expect(String(answer.headers['set-cookie'])).toContain('; Secure');
  });

  test.each([
    ['an unknown key', 'desist_nonsense', 401],
    ['a key that may only send events', ingester.key, 403],
  ])('%s gets no cookie', async (_, key, status) => {
    const { answer } = await signIn(make(KEYS), key);
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([status, undefined]);
  });

  test('who is signed in is told to everybody, and signing out removes the cookie', async () => {
    const api = make(KEYS);
    const { cookie } = await signIn(api, reader.key);
    const who = async (headers = {}) => (await api.inject({ url: '/v1/session', headers })).json<object>();
    expect(await who({ cookie })).toMatchObject({ signedIn: true, name: 'support', tenants: ['acme'] });
    expect(await who()).toMatchObject({ required: true, signedIn: false, name: null, roles: [], tenants: [] });
    const out = await api.inject({ method: 'DELETE', url: '/v1/session', headers: { ...SAME, cookie } });
    expect(String(out.headers['set-cookie'])).toContain('desist_session=; ');
  });

  test('without keys nobody needs to', async () => {
    const answer = await make([]).inject({ url: '/v1/session', headers: { host: 'localhost' } });
    expect(answer.json()).toMatchObject({ required: false, signedIn: true, roles: ['operator'], tenants: null });
  });
});

describe('the cookie', () => {
  test('opens in every process that knows the key, whatever other keys it knows, until it ends', () => {
    const sealed = sessionsOf(KEYS).seal(reader.key, NOW);
    const other = sessionsOf(KEYS.slice(1).toReversed());
    expect(other.open(sealed, NOW + SESSION_LENGTH - 1)).toBe(reader.key);
    expect(other.open(sealed, NOW + SESSION_LENGTH)).toBeUndefined();
    expect(sessionsOf([operator.config, ingester.config]).open(sealed, NOW)).toBeUndefined();
  });

  test('with any byte changed, or made up, opens nothing', () => {
    const sessions = sessionsOf(KEYS);
    const bytes = Buffer.from(sessions.seal(reader.key, NOW), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        expect(sessions.open(changed.toString('base64url'), NOW)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (text) => {
        expect(sessions.open(text, NOW)).toBeUndefined();
      }),
    );
  });

  test('gives what its key gives: the role, and the tenant', async () => {
    const api = make(KEYS);
    const { cookie } = await signIn(api, reader.key);
    const ask = async (url: string) => (await api.inject({ url, headers: { cookie } })).statusCode;
    expect([await ask('/v1/suppressions'), await ask('/v1/suppressions?tenant=acme'), await ask('/v1/suppressions?tenant=other')]).toEqual([
      200, 200, 403,
    ]);
    const sent = await api.inject({ method: 'POST', url: '/v1/commands', headers: { ...SAME, cookie }, payload: release });
    expect(sent.statusCode).toBe(403);
    expect(await ask('/v1/status')).toBe(403);
  });

  test('does not count where a key stands in a header', async () => {
    const api = make(KEYS);
    const { cookie } = await signIn(api, operator.key);
    const sent = await api.inject({ method: 'POST', url: '/v1/commands', headers: { cookie, 'x-api-key': reader.key }, payload: release });
    expect(sent.statusCode).toBe(403);
  });
});

describe('a page of another site', () => {
  const foreign = { host: HOST, origin: 'https://evil.example' };
  const send = async (api: Api, headers: Readonly<Record<string, string>>) =>
    (await api.inject({ method: 'POST', url: '/v1/commands', headers, payload: release })).statusCode;

  test('does nothing with the cookie, whatever it leaves out', async () => {
    const api = make(KEYS);
    const { cookie } = await signIn(api, operator.key);
    expect(await send(api, { ...SAME, cookie })).toBe(202);
    expect(await send(api, { ...foreign, cookie })).toBe(403);
    expect(await send(api, { host: HOST, cookie })).toBe(403);
    expect(await send(api, { host: HOST, origin: 'null', cookie })).toBe(403);
    for (const site of ['cross-site', 'same-site', 'none'])
      expect(await send(api, { ...SAME, cookie, 'sec-fetch-site': site }), site).toBe(403);
    // A proxy may have changed the name of the host.
    expect(await send(api, { host: 'inner:8425', origin: 'https://desist.example', cookie, 'sec-fetch-site': 'same-origin' })).toBe(202);
    expect(await send(api, { ...foreign, authorization: `Bearer ${operator.key}` })).toBe(202);
  });

  test('does nothing at a service of this machine that needs no key', async () => {
    const api = make([]);
    const local = { host: 'localhost:8425' };
    expect(await send(api, local)).toBe(202);
    expect(await send(api, { ...local, origin: 'http://localhost:8425' })).toBe(202);
    expect(await send(api, { ...local, origin: 'https://evil.example' })).toBe(403);
    expect(await send(api, { ...local, 'sec-fetch-site': 'cross-site' })).toBe(403);
  });

  test('signs nobody in or out', async () => {
    const api = make(KEYS);
    expect((await signIn(api, operator.key, foreign)).answer.statusCode).toBe(403);
    expect((await api.inject({ method: 'DELETE', url: '/v1/session', headers: foreign })).statusCode).toBe(403);
  });
});

describe('the console', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'console-'));
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>Desist</title>');
  writeFileSync(path.join(folder, 'assets/console-1234.js'), 'export {};');
  const api = make(KEYS, { consoleFolder: folder });

  test.each(['/ui/', '/ui/list', '/ui/r/acme/a%2Fb@b.c', '/ui/r/acme/%22%3E%3Cscript%3E@b.c'])(
    '%s is the page, which is asked for anew each time',
    async (url) => {
      const { statusCode, headers, body } = await api.inject({ url });
      expect([statusCode, headers['content-type'], body.slice(0, 15)]).toEqual([200, 'text/html; charset=utf-8', '<!doctype html>']);
      expect(headers['cache-control']).toBe('public, max-age=0');
    },
  );

  test('its files are kept for ever, because their names change with them; others do not exist', async () => {
    const { statusCode, headers } = await api.inject({ url: '/ui/assets/console-1234.js' });
    expect([statusCode, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    writeFileSync(path.join(folder, 'assets/later.js'), 'export {};');
    for (const url of ['/ui/assets/console-9999.js', '/ui/assets/later.js', '/ui/assets/..%2f..%2fpackage.json', '/ui/assets/'])
      expect((await api.inject({ url })).statusCode, url).toBe(404);
  });

  test('takes nothing from elsewhere, and nothing inline', async () => {
    for (const url of ['/ui/', '/ui/assets/console-1234.js']) {
      const policy = String((await api.inject({ url })).headers['content-security-policy']);
      expect(policy).toMatch(/^default-src 'self';/);
      expect(policy).not.toMatch(/unsafe|data:|https?:/);
    }
  });

  test('/ leads to it', async () => {
    for (const url of ['/', '/ui']) expect((await api.inject({ url })).headers.location, url).toBe('/ui/');
    expect((await make(KEYS).inject({ url: '/' })).statusCode).toBe(404);
  });
});
