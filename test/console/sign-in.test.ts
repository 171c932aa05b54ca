/** Sign-in at an identity provider: a real one, another site, and a real browser; and what happens to those who cheat, or come too early. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newKey } from '@desist/api';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from '../e2e/desist.ts';
import type { Service } from '../e2e/desist.ts';
import { freePort } from '../support/free-port.ts';
import { startProvider } from '../support/identity-provider.ts';
import type { RunningProvider } from '../support/identity-provider.ts';
import { CHROMIUM, open, settled, startBrowser, visit } from './browser.ts';

const SECRET = 'the-secret-of-the-client-at-the-provider';
const PEOPLE = {
  alice: { email: 'alice@example.com', email_verified: true, groups: ['everybody', 'desist-operators'] },
  bob: { preferred_username: 'bob', groups: ['acme-support'] },
  carol: { email: 'carol@example.com', email_verified: true, groups: [] },
  eve: { email: 'boss@example.com', email_verified: false, groups: ['everybody'] },
};
const ACCESS = `# claim  value  roles  tenants
groups  acme-support      reader    acme
groups  desist-operators  operator  *
email   boss@example.com  operator  *`;
const key = newKey('desk', ['operator'], '*');

let service: Service;
let provider: RunningProvider;
let at: string;
const folder = mkdtempSync(path.join(tmpdir(), 'desist-sign-in-'));
const client = { id: 'desist', secret: SECRET, redirectUri: '' };

beforeAll(async () => {
  const port = await freePort();
  at = `http://127.0.0.1:${port}`;
  provider = await startProvider(PEOPLE, { ...client, redirectUri: `${at}/v1/session/oidc/callback` });
  service = await startService(
    {
      DESIST_DATA: folder,
      DESIST_LOG_LEVEL: 'debug',
      DESIST_API_KEYS: key.line,
      DESIST_CONSOLE_URL: at,
      DESIST_OIDC_ISSUER: provider.issuer,
      DESIST_OIDC_CLIENT_ID: client.id,
      DESIST_OIDC_CLIENT_SECRET: SECRET,
      DESIST_OIDC_ACCESS: ACCESS,
      DESIST_OIDC_SCOPES: 'profile,email,groups',
    },
    { http: `127.0.0.1:${port}` },
  );
});
afterAll(async () => {
  await service.stop();
  await provider.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As much of a browser as a sign-in needs: cookies per host, and redirects one at a time. */
function browserless() {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: string): Map<string, string> => {
    const { host } = new URL(url);
    return jars.get(host) ?? jars.set(host, new Map()).get(host)!;
  };
  async function go(url: string, body?: Readonly<Record<string, string>>) {
    const jar = jarOf(url);
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body === undefined ? {} : { method: 'POST', body: new URLSearchParams(body) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      next: location === null ? null : new URL(location, url).href,
      set: answer.headers.getSetCookie(),
      text: await answer.text(),
    };
  }
  return {
    jarOf,
    go,
    /** From here through the provider as this person, up to the way back, which is not gone. */
    async upTo(name: string, from = `${at}/v1/session/oidc`): Promise<string> {
      let next = (await go(from)).next;
      for (let steps = 0; steps < 20 && next !== null && !next.startsWith(at); steps += 1) {
        const page = await go(next);
        if (page.next !== null) next = page.next;
        else if (page.text.includes('name="login"')) next = (await go(next, { prompt: 'login', login: name, password: 'x' })).next;
        else next = (await go(next, { prompt: 'consent' })).next;
      }
      if (next === null) throw new Error('the provider led nowhere');
      return next;
    },
    async ask(route: string) {
      const answer = await fetch(`${at}${route}`, { headers: { cookie: [...jarOf(at)].map((one) => one.join('=')).join('; ') } });
      return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
    },
  };
}

const audited = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const answer = await fetch(`${at}/v1/audit?action=signed_in`, { headers: { authorization: `Bearer ${key.key}` } });
  return ((await answer.json()) as { items: readonly Readonly<Record<string, unknown>>[] }).items;
};

describe('sign-in at an identity provider', () => {
  it('asks with PKCE, a state and a nonce, and for the scopes that are configured', async () => {
    const { next, set } = await browserless().go(`${at}/v1/session/oidc`);
    const asked = new URL(next ?? '');
    expect(asked.origin).toBe(provider.issuer);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      ...{ client_id: 'desist', response_type: 'code', redirect_uri: `${at}/v1/session/oidc/callback` },
      ...{ scope: 'openid profile email groups', code_challenge_method: 'S256', state: expect.stringMatching(/^[\w-]{40,}$/) as string },
      ...{ nonce: expect.stringMatching(/^[\w-]{40,}$/) as string, code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string },
    });
    expect(set).toEqual([
      expect.stringMatching(/^desist_sign_in=\.[\w-]+; Max-Age=900; Path=\/v1\/session\/oidc; HttpOnly; SameSite=Lax$/),
    ]);
  });

  it('lets people do what their line says, notes it in the audit trail, and leads back to where they were', async () => {
    const alice = browserless();
    const back = await alice.go(
      await alice.upTo('alice', `${at}/v1/session/oidc?${new URLSearchParams({ to: '/ui/list?tenant=acme' }).toString()}`),
    );
    expect([back.status, back.next]).toEqual([303, `${at}/ui/list?tenant=acme`]);
    expect(back.set.find((line) => line.startsWith('desist_session='))).toMatch(/; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await alice.ask('/v1/session')).body).toMatchObject({
      ...{
        required: true,
        signedIn: true,
        name: 'alice@example.com',
        roles: ['operator'],
        tenants: null,
        provider: new URL(provider.issuer).host,
      },
    });
    expect((await alice.ask('/v1/status')).status).toBe(200);
    const bob = browserless();
    await bob.go(await bob.upTo('bob'));
    expect((await bob.ask('/v1/session')).body).toMatchObject({ name: 'bob', roles: ['reader'], tenants: ['acme'] });
    expect([(await bob.ask('/v1/suppressions')).status, (await bob.ask('/v1/suppressions?tenant=other')).status]).toEqual([200, 403]);
    expect((await bob.ask('/v1/status')).status).toBe(403);
    const entries = await audited();
    for (const [id, name] of [
      ['alice', 'alice@example.com'],
      ['bob', 'bob'],
    ])
      expect(entries).toContainEqual(expect.objectContaining({ outcome: 'done', keyId: `person:${id}`, key: name }));
  });

  it('signs a decision with the name of the person, whatever else the request claims', async () => {
    const alice = browserless();
    await alice.go(await alice.upTo('alice'));
    const cookie = [...alice.jarOf(at)].map((one) => one.join('=')).join('; ');
    const send = (headers: Readonly<Record<string, string>>) =>
      fetch(`${at}/v1/commands`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie, prefer: 'wait=10', ...headers },
        body: JSON.stringify({ type: 'suppress', recipient: 'x@example.org', tenant: 'acme', by: 'the boss' }),
      });
    expect((await send({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await send({ origin: at })).status).toBeLessThan(300);
    const listed = (await alice.ask('/v1/suppressions?tenant=acme')).body['items'] as readonly Readonly<Record<string, unknown>>[];
    expect(listed).toEqual([expect.objectContaining({ address: 'x@example.org', createdBy: 'alice@example.com' })]);
  });

  it.each([
    ['carol', 'who is in no group that has a line'],
    ['eve', 'whose address is not verified'],
  ])('does not let %s in, %s: the page says so, and the trail who it was', async (name) => {
    const one = browserless();
    const back = await one.go(await one.upTo(name));
    expect(back.next).toBe(`${at}/ui/login?problem=unknown`);
    expect(back.set.some((line) => line.startsWith('desist_session='))).toBe(false);
    expect((await one.ask('/v1/session')).body).toMatchObject({ signedIn: false });
    const entries = await audited();
    expect(entries[0]).toMatchObject({
      outcome: 'refused',
      key: expect.stringContaining(name === 'carol' ? 'carol@example.com' : 'eve') as string,
    });
  });

  it('takes an answer once, in the browser that asked, and with its state only', async () => {
    const victim = browserless();
    const attacker = browserless();
    const stolen = await attacker.upTo('alice');
    const expired = `${at}/ui/login?problem=expired`;
    // Without any sign-in, and with another one that began here.
    expect((await victim.go(stolen)).next).toBe(expired);
    const own = new URL(await victim.upTo('bob'));
    expect((await victim.go(stolen)).next).toBe(expired);
    expect((await victim.ask('/v1/session')).body).toMatchObject({ signedIn: false });
    // The one try is over.
    expect((await victim.go(own.href)).next).toBe(expired);
    const forged = new URL(await victim.upTo('bob'));
    forged.searchParams.set('code', 'made-up');
    expect((await victim.go(forged.href)).next).toBe(`${at}/ui/login?problem=failed`);
    const cancelled = new URL((await victim.go(`${at}/v1/session/oidc`)).next ?? '');
    const denied = new URLSearchParams({ error: 'access_denied', state: cancelled.searchParams.get('state') ?? '', iss: provider.issuer });
    expect((await victim.go(`${at}/v1/session/oidc/callback?${denied.toString()}`)).next).toBe(`${at}/ui/login?problem=refused`);
  });

  it.each(['https://evil.example/', '//evil.example', '/v1/keys', '/ui/\r\nx: y', '/uix'])('leads nobody to %s', async (to) => {
    const one = browserless();
    const back = await one.go(await one.upTo('bob', `${at}/v1/session/oidc?${new URLSearchParams({ to }).toString()}`));
    expect(back.next).toBe(`${at}/ui/`);
  });

  it('opens no cookie that was changed, nor a pending sign-in as a session', async () => {
    const one = browserless();
    await one.go(await one.upTo('alice'));
    const jar = one.jarOf(at);
    const good = jar.get('desist_session')!;
    for (const bad of [`${good.slice(0, -2)}AA`, '.', `.${'A'.repeat(80)}`, good.slice(1)]) {
      jar.set('desist_session', bad);
      expect((await one.ask('/v1/status')).status, bad).toBe(401);
    }
    const other = browserless();
    await other.go(`${at}/v1/session/oidc`);
    jar.set('desist_session', other.jarOf(at).get('desist_sign_in')!);
    expect((await one.ask('/v1/status')).status).toBe(401);
  });

  it('says that the provider is away, while keys go on working, and goes on when it is back', async () => {
    const port = Number(new URL(provider.issuer).port);
    const one = browserless();
    const pending = await one.upTo('alice');
    await provider.stop();
    expect((await one.go(pending)).next).toBe(`${at}/ui/login?problem=away`);
    const byKey = await fetch(`${at}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: at },
      body: JSON.stringify({ key: key.key }),
    });
    expect(byKey.status).toBe(200);
    provider = await startProvider(PEOPLE, { ...client, redirectUri: `${at}/v1/session/oidc/callback` }, port);
    const again = browserless();
    await again.go(await again.upTo('alice'));
    expect((await again.ask('/v1/session')).body).toMatchObject({ signedIn: true });
  });

  it('logs no secret, code, token or address', () => {
    const said = service.said();
    expect(said).toContain('nobody was signed in by the identity provider');
    for (const secret of [SECRET, 'code=', 'id_token', 'eyJ', 'alice@example.com', 'carol@example.com', key.key])
      expect(said).not.toContain(secret);
  });
});

describe.skipIf(CHROMIUM === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => browser.close());

  it('somebody signs in, is known after the page is loaded again, and signs out', async () => {
    const { page, complaints, close } = await visit(browser, at);
    await open(page, '/ui/list');
    const before = complaints.length;
    await page.getByRole('link', { name: /^Sign in at localhost/ }).click();
    await page.locator('input[name=login]').fill('alice');
    await page.locator('input[name=password]').fill('x');
    await page.locator('button[type=submit]').click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${at}/ui/list`);
    // The provider's own pages load what is not there.
    const after = complaints.length;
    await settled(page);
    await page.getByText('Signed in as').getByText('alice@example.com').waitFor();
    await page.reload();
    await settled(page);
    await page.getByText('Signed in as').getByText('alice@example.com').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: /^Sign in at localhost/ }).waitFor();
    expect((await page.context().cookies(at)).map(({ name }) => name)).toEqual([]);
    expect([...complaints.slice(0, before), ...complaints.slice(after)].filter((one) => !/401/.test(one))).toEqual([]);
    await close();
  });

  it.each([
    ['unknown', /nothing here is for you yet/],
    ['away', /does not answer/],
    ['expired', /took too long/],
    ['refused', /let nobody in/],
    ['failed', /cannot be trusted/],
  ])('the page says what %s means', async (problem, words) => {
    const { page, close } = await visit(browser, at);
    await open(page, `/ui/login?problem=${problem}`);
    expect(await page.getByRole('alert').textContent()).toMatch(words);
    await close();
  });
});
