/** Unsubscribe links: who makes them, what a click does, and that nothing but a click does anything. */
import { DEFAULT_POLICY } from '@desist/domain';
import { LogError } from '@desist/pipeline';
import type { StateReader } from '@desist/pipeline';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createApi, createLinkTokens, newKey, parseKeys } from './index.ts';
import type { Api, ApiOptions } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const DAY = 86_400_000;
const SECRET = 's'.repeat(40);
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const CLICK = 'List-Unsubscribe=One-Click';
/** What a browser sends. */
const BROWSER = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };

interface Made {
  readonly api: Api;
  readonly appended: { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly clock: { now: number };
  readonly logged: string[];
}

function make(more: Partial<ApiOptions> = {}): Made {
  const appended: Made['appended'] = [];
  const clock = { now: NOW };
  const logged: string[] = [];
  const log = (fields: object, message: string): void => void logged.push(JSON.stringify(fields) + message);
  const api = createApi({
    reader: {} as StateReader,
    async append(records) {
      appended.push(...records.map(({ key, value }) => ({ key, value: JSON.parse(value) as Record<string, unknown> })));
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
    unsubscribe: { tokens: createLinkTokens([SECRET]), publicUrl: 'https://mail.example.com' },
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'application/openmetrics-text', body: '# EOF\n' }),
    time: { now: () => clock.now },
    logger: { debug: log, info: log, warn: log, error: log },
    version: '0.1.0',
    ...more,
  });
  return { api, appended, clock, logged };
}

async function linksOf(api: Api, payload: object, headers = {}) {
  const answer = await api.inject({ method: 'POST', url: '/v1/unsubscribe-links', payload, headers: { host: 'localhost', ...headers } });
  return { status: answer.statusCode, body: answer.json<{ results: { url: string | null }[]; expiresAt: string }>() };
}

async function pathOf(api: Api, more: object = {}): Promise<string> {
  const { body } = await linksOf(api, { tenant: 'acme', stream: 'marketing', recipients: ['Alice@Example.com'], ...more });
  return new URL(body.results[0]?.url ?? '').pathname;
}

/** As a proxy passes it on, under the name that recipients know. */
const post = (api: Api, url: string, payload: string | Buffer = CLICK, headers: Record<string, string> = FORM) =>
  api.inject({ method: 'POST', url, payload, headers: { host: 'mail.example.com', ...headers } });
const get = (api: Api, url: string, method: 'GET' | 'HEAD' = 'GET') =>
  api.inject({ method, url, headers: { host: 'mail.example.com', ...BROWSER } });

describe('POST /v1/unsubscribe-links', () => {
  test('gives a link and the headers of the mail for each recipient, in order, without an address in it', async () => {
    const { body } = await linksOf(make().api, { stream: 'news', recipients: ['Alice@Example.com', 'nobody', { a: 1 }, 7] });
    const [first, ...others] = body.results;
    expect(first).toEqual({
      recipient: 'Alice@Example.com',
      url: expect.stringMatching(/^https:\/\/mail\.example\.com\/u\/[\w-]+$/) as string,
      headers: { 'List-Unsubscribe': `<${first?.url ?? ''}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    });
    const none = { url: null, headers: null, reason: 'invalid_address' };
    expect(others).toEqual([
      { recipient: 'nobody', ...none },
      { recipient: null, ...none },
      { recipient: 7, ...none },
    ]);
    expect(body.expiresAt).toBe('2027-03-01T12:00:00.000Z');
    expect(first?.url?.toLowerCase()).not.toMatch(/alice|example\.com\/.*example/);
  });

  test('ends are bounded, the number of recipients too, and without secrets there are no links', async () => {
    const { api } = make();
    const status = async (payload: object) => (await linksOf(api, { recipients: ['a@b.c'], ...payload })).status;
    expect([
      await status({ expiresAt: '2026-04-01T00:00:00Z' }),
      await status({ expiresAt: '2026-03-20T00:00:00Z' }),
      await status({ expiresAt: '2096-03-20T00:00:00Z' }),
    ]).toEqual([200, 400, 400]);
    expect([await status({ recipients: [] }), await status({ recipients: Array.from({ length: 1_001 }, () => 'a@b.c') })]).toEqual([
      400, 400,
    ]);
    expect((await linksOf(make({ unsubscribe: undefined }).api, { recipients: ['a@b.c'] })).status).toBe(503);
  });

  test('is for those who may send events, for their tenants', async () => {
    const keys = [newKey('mta', ['ingester'], ['acme']), newKey('reader', ['reader'], '*')];
    const { api } = make({ keys: keys.map(({ line }) => parseKeys(line).keys[0]!) });
    const ask = (key: string, tenant?: string) => linksOf(api, { recipients: ['a@b.c'], tenant }, { authorization: `Bearer ${key}` });
    expect([(await ask(keys[0]!.key)).status, (await ask(keys[0]!.key, 'beta')).status, (await ask(keys[1]!.key)).status]).toEqual([
      200, 403, 403,
    ]);
    expect((await linksOf(api, { recipients: ['a@b.c'] })).status).toBe(401);
    // Recipients have no key, and need none.
    const { body } = await ask(keys[0]!.key);
    expect((await post(api, new URL(body.results[0]?.url ?? '').pathname)).statusCode).toBe(200);
  });
});

describe('a click', () => {
  test('appends that this recipient of this tenant unsubscribed from this stream', async () => {
    const { api, appended } = make();
    const answer = await post(api, await pathOf(api));
    expect([answer.statusCode, answer.json()]).toEqual([200, { unsubscribed: true }]);
    expect(appended).toEqual([
      {
        key: 'acme/alice@example.com',
        value: {
          ...{ version: 1, id: expect.any(String) as string, tenant: 'acme', stream: 'marketing', recipient: 'alice@example.com' },
          ...{ type: 'unsubscribed', occurredAt: '2026-03-01T12:00:00.000Z', source: 'unsubscribe-link' },
        },
      },
    ]);
  });

  test('comes in both ways of RFC 8058, with more fields or in another case of the type', async () => {
    const { api, appended } = make();
    const parts = `--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n`;
    expect((await post(api, await pathOf(api), parts, { 'content-type': 'multipart/form-data; boundary=x' })).statusCode).toBe(200);
    expect(
      (await post(api, await pathOf(api), `a=b&${CLICK}`, { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=UTF-8' }))
        .statusCode,
    ).toBe(200);
    expect(appended).toHaveLength(2);
  });

  test.each([
    ['nothing', '', FORM, 400],
    ['another field', 'list-unsubscribe=One-Click', FORM, 400],
    ['another value', 'List-Unsubscribe=one-click', FORM, 400],
    ['no form', '{"List-Unsubscribe":"One-Click"}', { 'content-type': 'application/json' }, 400],
    ['multipart without its end', '--x\r\n', { 'content-type': 'multipart/form-data; boundary=x' }, 400],
    ['multipart without a boundary', CLICK, { 'content-type': 'multipart/form-data' }, 400],
    ['an unknown type', CLICK, { 'content-type': 'text/plain' }, 415],
    ['more than 4 KiB', `${CLICK}&${'a'.repeat(4_096)}`, FORM, 413],
  ])('with %s in the body is none', async (_, body, headers, status) => {
    const { api, appended } = make();
    expect((await post(api, await pathOf(api), body, headers)).statusCode).toBe(status);
    expect(appended).toEqual([]);
  });

  test('twice within seconds is appended once, also at once and at two processes; later it is one of its own', async () => {
    const one = make();
    const other = make();
    const path = await pathOf(one.api);
    const [a, b] = await Promise.all([post(one.api, path), post(one.api, path)]);
    expect([a.statusCode, b.statusCode, (await post(one.api, path)).statusCode, (await post(other.api, path)).statusCode]).toEqual([
      200, 200, 200, 200,
    ]);
    expect(one.appended).toHaveLength(1);
    expect(other.appended[0]?.value['id']).toBe(one.appended[0]?.value['id']);
    one.clock.now += 10_000;
    await post(one.api, path);
    expect(one.appended).toHaveLength(2);
    expect(one.appended[1]?.value['id']).not.toBe(one.appended[0]?.value['id']);
  });

  test('is confirmed only when it is durable, and can be repeated', async () => {
    let isAway = true;
    const appended: unknown[] = [];
    const { api } = make({
      append: async (records) => {
        if (isAway) throw new LogError('unavailable', 'away');
        appended.push(...records);
        return [{ partition: 0, offset: 0 }];
      },
    });
    const path = await pathOf(api);
    const [first, second] = await Promise.all([post(api, path), post(api, path, CLICK, { ...FORM, ...BROWSER })]);
    expect([first.statusCode, first.headers['retry-after'], second.statusCode, second.headers['retry-after']]).toEqual([
      503,
      '5',
      503,
      '5',
    ]);
    expect(second.body).toContain('You are still subscribed');
    isAway = false;
    expect((await post(api, path)).statusCode).toBe(200);
    expect(appended).toHaveLength(1);
    expect((await post(make({ append: undefined as never }).api, path)).statusCode).toBe(503);
  });

  test('beyond 64 that are being appended is refused for the moment', async () => {
    const held = Promise.withResolvers<undefined>();
    const { api } = make({ append: async () => (await held.promise, [{ partition: 0, offset: 0 }]) });
    const { body } = await linksOf(api, { recipients: Array.from({ length: 65 }, (_, n) => `u${n}@example.com`) });
    const answers = body.results.map(({ url }) => post(api, new URL(url ?? '').pathname));
    const refused = await Promise.race(answers);
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '5']);
    held.resolve(undefined);
    expect((await Promise.all(answers)).filter(({ statusCode }) => statusCode === 200)).toHaveLength(64);
  });
});

describe('the page', () => {
  test('asks, and GET and HEAD change nothing, however often scanners follow the link', async () => {
    const { api, appended } = make();
    const path = await pathOf(api);
    for (let n = 0; n < 5; n += 1) {
      const page = await get(api, path);
      expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.body).toMatch(
        /<form method="post">[^]*name="List-Unsubscribe" value="One-Click"[^]*<button type="submit">Unsubscribe<\/button>/,
      );
      expect(page.body).toContain('marketing');
      expect(page.body.toLowerCase()).not.toContain('alice');
      const head = await get(api, path, 'HEAD');
      expect([head.statusCode, head.body]).toEqual([200, '']);
    }
    expect(appended).toEqual([]);
  });

  test('has no script and nothing from elsewhere; it is not kept, not framed, not listed', async () => {
    const { api } = make();
    const { body, headers } = await get(api, await pathOf(api));
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
    expect(body).not.toMatch(/<script|https?:|url\(|style=|\son\w+=/);
    expect(body).toMatch(/<html lang="en">[^]*name="robots" content="noindex, nofollow"/);
  });

  test('the button answers with a page', async () => {
    const { api, appended } = make();
    const done = await post(api, await pathOf(api), CLICK, { ...FORM, ...BROWSER, origin: 'https://mail.example.com' });
    expect([done.statusCode, done.body]).toEqual([200, expect.stringContaining('You are unsubscribed')]);
    expect(appended).toHaveLength(1);
  });

  test('says that a link has expired or does not work, to people and to machines, and nothing is done', async () => {
    const { api, appended, clock, logged } = make();
    const path = await pathOf(api);
    const other = await pathOf(make({ unsubscribe: { tokens: createLinkTokens(['x'.repeat(40)]), publicUrl: 'https://x.example' } }).api);
    for (const forged of [path.slice(0, -1), `${path}A`, other, '/u/x', `/u/${'A'.repeat(3_000)}`, '/u/%00']) {
      const [page, click, machine] = [
        await get(api, forged),
        await post(api, forged, CLICK, { ...FORM, ...BROWSER }),
        await post(api, forged),
      ];
      expect([page.statusCode, click.statusCode, machine.statusCode], forged).toEqual([404, 404, 404]);
      expect(page.body + click.body).toContain('This link does not work');
      expect(machine.headers['content-type']).toBe('application/problem+json');
    }
    clock.now += 366 * DAY;
    const [page, click, machine] = [await get(api, path), await post(api, path, CLICK, { ...FORM, ...BROWSER }), await post(api, path)];
    expect([page.statusCode, click.statusCode, machine.statusCode]).toEqual([410, 410, 410]);
    expect(page.body + click.body).toContain('This link has expired');
    expect(appended).toEqual([]);
    expect(logged.join()).not.toMatch(/alice|\/u\//i);
    expect((await get(make({ unsubscribe: undefined }).api, path)).statusCode).toBe(404);
    expect((await api.inject({ method: 'DELETE', url: path, headers: { host: 'localhost' } })).statusCode).toBe(405);
  });

  test('whatever is asked for below /u/, nothing is appended', async () => {
    const { api, appended } = make();
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 300 }), fc.string({ maxLength: 100 }), async (token, body) => {
        const answer = await post(api, `/u/${encodeURIComponent(token)}`, `${CLICK}&${body}`);
        expect([404, 400]).toContain(answer.statusCode);
      }),
      { numRuns: 200 },
    );
    expect(appended).toEqual([]);
  });
});
