/** The console in a real browser: every view in both schemes and on a phone, and what people do with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newKey } from '@desist/api';
import { COMMAND_TYPES } from '@desist/domain';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCommand, startService } from '../e2e/desist.ts';
import type { Service } from '../e2e/desist.ts';
import { freePort } from '../support/free-port.ts';
import { barriers, CHROMIUM, counted, feed, inPage, open, overflow, sampleEvents, settled, shoot, startBrowser, visit } from './browser.ts';

const STRANGE = "o'hara&sons/{x}@example.org";
const SCRIPT = '<script>document.title="taken"</script><img src=x onerror="document.title=\'taken\'">';

const operator = newKey('desk', ['operator'], '*');
const reader = newKey('support', ['reader'], ['demo']);
const ingester = newKey('mta', ['ingester'], '*');

/** One of each kind of view; the names are those of the screenshots. */
const VIEWS: readonly (readonly [name: string, address: string])[] = [
  ['overview', '/ui/'],
  ['find', '/ui/find?q=full'],
  ['recipient-suppressed', '/ui/r/demo/full.one@gmail.com'],
  ['recipient-healthy', '/ui/r/demo/throttled1@outlook.com'],
  ['recipient-unknown', '/ui/r/demo/nobody.ever@example.org'],
  ['list', '/ui/list'],
  ['list-empty', '/ui/list?domain=nowhere.example'],
  ['risk', '/ui/risk'],
  ['incidents', '/ui/incidents'],
  ['providers', '/ui/providers'],
  ['provider', '/ui/providers/gmail'],
  ['replies', '/ui/replies'],
  ['try', '/ui/try'],
  ['policy', '/ui/policy'],
  ['audit', '/ui/audit'],
  ['audit-empty', '/ui/audit?who=nobody&action=release'],
  ['ops', '/ui/ops'],
  ['nothing', '/ui/no/such/view'],
];
const SCREENS = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];

describe.skipIf(CHROMIUM === undefined)('the console', () => {
  let browser: Browser;
  let service: Service;
  let keyed: Service;
  const folders = [0, 1, 2, 3].map(() => mkdtempSync(path.join(tmpdir(), 'desist-console-')));
  const [own = '', others = '', third = '', policies = ''] = folders;

  beforeAll(async () => {
    browser = await startBrowser();
    const policy = path.join(policies, 'policy.yaml');
    writeFileSync(policy, 'shadow: quick.yaml\n');
    writeFileSync(path.join(policies, 'quick.yaml'), 'deferral:\n  suppress_after: 48h\n  soft_bounce_after: 48h\n  evidence_span: 24h\n');
    [service, keyed] = await Promise.all([
      startService({ DESIST_DATA: own, DESIST_LOG_LEVEL: 'warn', DESIST_POLICY: policy }),
      startService({
        DESIST_DATA: others,
        DESIST_LOG_LEVEL: 'warn',
        DESIST_API_KEYS: [operator.line, reader.line, ingester.line].join('\n'),
      }),
    ]);
    const sample = sampleEvents();
    await feed(service.url, sample);
    await counted(service.url, sample.length);
    await feed(service.url, [bounce('demo', STRANGE, `550 5.1.1 ${SCRIPT}`)]);
    const events = [
      bounce('demo', 'ours@example.org', '550 5.1.1 no such user'),
      bounce('acme', 'theirs@example.org', '550 5.1.1 no such user'),
    ];
    await feed(keyed.url, events, { authorization: `Bearer ${operator.key}` });
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([service.stop(), keyed.stop()]);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  describe.each(SCREENS)('at $width px', (viewport) => {
    describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
      it.each(VIEWS)('%s keeps nobody out, fits and has a name', async (name, address) => {
        const { page, complaints, close } = await visit(browser, service.url, { viewport, colorScheme });
        await open(page, address);
        await shoot(page, `${name}-${viewport.width}-${colorScheme}`);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(await barriers(page)).toEqual([]);
        expect(complaints).toEqual([]);
        expect(await page.title()).toMatch(/^.+ · Desist$/);
        expect(await page.locator('h1').count()).toBe(1);
        expect(await page.getByText('This could not be shown').count()).toBe(0);
        await close();
      });
    });
  });

  const onDesk = async (address: string, url = service.url) => {
    const seen = await visit(browser, url, { viewport: { width: 1440, height: 900 } });
    await open(seen.page, address);
    return seen;
  };

  it('a changed policy file is checked and compared with the one in force', async () => {
    const { page, complaints, close } = await onDesk('/ui/policy');
    await page.getByRole('button', { name: /^All/ }).click();
    const values = page.getByRole('region', { name: 'Values in force' });
    await values.getByRole('cell', { name: 'deferral.suppress_after', exact: true }).waitFor();
    const file = page.getByLabel('Policy file');
    await file.fill((await file.inputValue()).replace(/suppress_after: \w+/, 'suppress_after: 96h'));
    await page.getByRole('button', { name: 'Check and compare' }).click();
    const changes = page.getByRole('region', { name: 'What would change' });
    await changes.waitFor();
    expect(await changes.innerText()).toMatch(/deferral\.suppress_after\s+3d\s+4d/);
    await shoot(page, 'policy-changed-1440-light');
    await file.fill('version: 1\ndeferral:\n  suppress_after: soon\n');
    await page.getByRole('button', { name: 'Check and compare' }).click();
    await page.getByText(/line 3/i).waitFor();
    expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await close();
  });

  it('the shadow policy is shown where it differs, and how many recipients it decides otherwise about', async () => {
    const { shadow } = (await (await fetch(`${service.url}/v1/summary`)).json()) as {
      shadow: { both: number; real: number; shadow: number };
    };
    expect(shadow.shadow).toBeGreaterThan(0);
    const { page, complaints, close } = await onDesk('/ui/policy');
    const differences = page.getByRole('region', { name: 'Where it differs' });
    await differences.waitFor();
    expect(await differences.innerText()).toMatch(/deferral\.suppress_after\s+3d\s+2d/);
    await page
      .getByText(`It decides otherwise about ${shadow.real + shadow.shadow} recipients: only it suppresses ${shadow.shadow}`)
      .waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('a log is tried, under the policy of the console', async () => {
    const { page, complaints, close } = await onDesk('/ui/try');
    await page.getByRole('button', { name: 'Try a sample' }).click();
    await page.getByRole('button', { name: 'otto@example.net' }).click();
    await page.getByText('No mail is sent').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('a subscriber that does not answer is seen, tested, paused and resumed', async () => {
    const added = await fetch(`${service.url}/v1/webhooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'http://localhost:9/hook', description: 'the CRM', types: ['suppressed'] }),
    });
    const { id } = (await added.json()) as { id: string };
    const { page, complaints, close } = await onDesk('/ui/ops');
    await page.getByRole('button', { name: 'Look at webhook the CRM' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Nothing was sent yet.').waitFor();
    await dialog.getByRole('button', { name: 'Send a test' }).click();
    await dialog.getByText(/may not be reached/).waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await shoot(page, 'webhook-1440-light');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog.getByText('paused: operator').waitFor();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await dialog.getByRole('button', { name: 'Pause' }).waitFor();
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await fetch(`${service.url}/v1/webhooks/${id}`, { method: 'DELETE' });
    expect(complaints).toEqual([]);
    await close();
  });

  it('somebody is found, explained and released, and is seen to be released', async () => {
    const { page, complaints, close } = await onDesk('/ui/');
    await page.keyboard.press('/');
    await page.keyboard.type('full.two@gmail.com');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'full.two@gmail.com' }).click();
    await page.getByText('No mail is sent').waitFor();
    await expect
      .poll(() => page.locator('main').innerText())
      .toMatch(/counted failures over .* with no delivery between them \(mailbox full\)/);
    expect(await page.locator('time').first().getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);

    await page.getByRole('button', { name: 'Release …' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).toContain('released: persistent deferral, every stream.');
    await dialog.getByLabel('Note').fill('ticket 4711');
    expect(await barriers(page)).toEqual([]);
    await shoot(page, 'release-1440-light');
    await dialog.getByRole('button', { name: 'Release' }).click();
    await page.getByText('Mail may be sent').waitFor();
    await page.getByText('ticket 4711').waitFor();
    const check = await fetch(`${service.url}/v1/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenant: 'demo', recipients: ['full.two@gmail.com'] }),
    });
    expect(await check.json()).toMatchObject({ results: [{ allowed: true }] });

    await page.getByRole('link', { name: 'Audit' }).click();
    const actions = await page.getByLabel('Action').locator('option').allTextContents();
    expect(actions.toSorted()).toEqual([...new Set(actions)].toSorted());
    expect(actions).toEqual(expect.arrayContaining([...COMMAND_TYPES]));
    await page.getByLabel('Action').selectOption('release');
    const entry = page.getByRole('row').filter({ hasText: 'ticket 4711' });
    await entry.waitFor();
    expect(await entry.innerText()).toMatch(/release[^]*full\.two@gmail\.com[^]*demo[^]*applied/);
    expect(await barriers(page)).toEqual([]);
    await page.getByLabel('Person or key').fill('nobody');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('Nothing is written here').waitFor();
    expect(new URL(page.url()).search).toBe('?action=release&who=nobody');
    expect(complaints).toEqual([]);
    await close();
  });

  it('a pasted list gets a verdict for each line, ten thousand at once', async () => {
    const { page, close } = await visit(browser, service.url, { permissions: ['clipboard-read', 'clipboard-write'] });
    await open(page, '/ui/find?tenant=demo');
    const readers = Array.from({ length: 9_996 }, (_, at) => `reader${at}@example.com`);
    const lines = ['full.one@gmail.com', 'reader7@example.org', 'not an address', ...readers, 'nobody@example.org'];
    await inPage(page, `navigator.clipboard.writeText(${JSON.stringify(lines.join('\n'))})`);
    await page.locator('#find').focus();
    await page.keyboard.press('Control+V');
    await page.getByRole('button', { name: 'Check 10,000 addresses' }).click();
    await page.getByRole('heading', { name: '2 addresses of 10,000 are blocked' }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(80);
    await page.getByRole('button', { name: 'Blocked 2' }).click();
    await expect.poll(() => page.getByRole('table').innerText()).toContain('hard bounce');
    await shoot(page, 'verdicts-1440-light');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
    expect(download.suggestedFilename()).toBe('verdicts-demo.csv');
    await close();
  });

  it('what strangers wrote is shown as text', async () => {
    const { page, complaints, close } = await onDesk('/ui/find?q=o%27hara');
    await page.getByRole('link', { name: STRANGE }).click();
    await page.getByRole('heading', { name: STRANGE }).waitFor();
    await settled(page);
    expect(await page.locator('main').innerText()).toContain(SCRIPT);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe(`${STRANGE} · Desist`);
    await shoot(page, 'strange-1440-light');
    expect(complaints).toEqual([]);
    await close();
  });

  it('somebody is suppressed from the list with a count before, and released from it', async () => {
    const { page, close } = await onDesk('/ui/list?tenant=demo');
    await page.getByRole('button', { name: 'Suppress …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Addresses or domains (@example.com), one a line').fill('one@blocked.example\ntwo@blocked.example\nnonsense');
    await dialog.getByText('2 addresses suppressed, reason operator.').waitFor();
    expect(await dialog.innerText()).toContain('1 line is left out, because it is no address: nonsense');
    await shoot(page, 'suppress-1440-light');
    await dialog.getByRole('button', { name: 'Suppress 2' }).click();
    await page.getByText('2 addresses suppressed.').waitFor();
    await page.getByRole('button', { name: 'operator' }).click();
    await page.getByRole('checkbox', { name: 'Choose two@blocked.example' }).check();
    await page.getByRole('button', { name: 'Release …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Release 1' }).click();
    await page.getByText('1 entry released.').waitFor();
    await expect.poll(() => page.getByRole('table').innerText()).not.toContain('two@blocked.example');
    expect(await page.getByRole('table').innerText()).toContain('one@blocked.example');
    expect(page.url()).toContain('reason=operator');
    await close();
  });

  it('a domain is suppressed with those below it, blocks an address of theirs, and its entry is amended', async () => {
    const { page, complaints, close } = await onDesk('/ui/list?tenant=demo&reason=operator');
    await page.getByRole('button', { name: 'Suppress …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Addresses or domains (@example.com), one a line').fill('@closed.example');
    await dialog.getByLabel('The domains also stand for every domain below them.').check();
    await dialog.getByRole('button', { name: /^Suppress 1/ }).click();
    await page.getByRole('row', { name: /@closed\.example and below/ }).waitFor();

    await open(page, '/ui/r/demo/somebody@mail.closed.example');
    await page.getByText('No mail is sent').waitFor();
    await open(page, '/ui/r/demo/@closed.example');
    await page.getByRole('button', { name: 'Amend …' }).click();
    await dialog.getByLabel('Until').selectOption({ label: 'in 7 days' });
    await dialog.getByLabel('Note').fill('opens again next week');
    expect(await barriers(page)).toEqual([]);
    await shoot(page, 'amend-1440-light');
    await dialog.getByRole('button', { name: 'Amend' }).click();
    await page.getByText('opens again next week').first().waitFor();
    const answer = await fetch(`${service.url}/v1/suppressions?tenant=demo&address=@closed.example`);
    const { items } = (await answer.json()) as { items: { expiresAt: string; note: string; subdomains: boolean }[] };
    expect(items).toMatchObject([{ subdomains: true, note: 'opens again next week' }]);
    expect(Date.parse(items[0]?.expiresAt ?? '') - Date.now()).toBeGreaterThan(6 * 86_400_000);
    expect(complaints).toEqual([]);
    await close();
  });

  it('a hundred thousand entries scroll, and only those in view exist', async () => {
    const seen = await visit(browser, service.url, { viewport: { width: 1440, height: 900 } });
    await seen.page.route('**/v1/suppressions?*', (route) => {
      const at = Number(new URL(route.request().url()).searchParams.get('cursor') ?? '0');
      const items = Array.from({ length: 1_000 }, (_, index) => listed(`person${at + index}@example.org`));
      return route.fulfill({ json: { items, cursor: at + 1_000 >= 100_000 ? null : String(at + 1_000) } });
    });
    await open(seen.page, '/ui/list');
    const toEnd = "{ const list = document.querySelector('.virtual'); list.scrollTo(0, list.scrollHeight); }";
    await expect
      .poll(
        async () => {
          await inPage(seen.page, toEnd);
          return seen.page.locator('.under').innerText();
        },
        { timeout: 120_000, interval: 20 },
      )
      .toBe('100,000 suppressions, all of them.');
    await inPage(seen.page, toEnd);
    await seen.page.getByText('person99999@example.org').waitFor();
    expect(await seen.page.getByRole('row').count()).toBeLessThan(80);
    // Each step of a long scroll is drawn within a few frames.
    const slowest = await inPage<number>(
      seen.page,
      `(async () => {
        const list = document.querySelector('.virtual');
        let most = 0;
        for (let step = 0; step < 60; step += 1) {
          const begin = performance.now();
          list.scrollTo(0, (list.scrollHeight / 60) * step);
          await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          most = Math.max(most, performance.now() - begin);
        }
        return most;
      })()`,
    );
    expect(slowest).toBeLessThan(500);
    await seen.close();
  });

  it('an incident is let count, and held back again', async () => {
    // Whether the ten days show one by themselves depends on how they fall into quarters of an hour.
    const from = Date.now() - 4 * 86_400_000;
    const terms = { provider: 'gmail', from: new Date(from).toISOString(), until: new Date(from + 86_400_000).toISOString() };
    const post = (way: string, body: object): Promise<Response> =>
      fetch(`${service.url}/v1/incidents${way}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const { id } = (await (await post('', terms)).json()) as { id: string };
    expect((await post(`/${id}/void`, {})).ok).toBe(true);
    const { page, close } = await onDesk('/ui/incidents');
    await page.getByRole('link', { name: 'gmail', exact: true }).first().click();
    await page.getByRole('heading', { name: 'What was replied' }).waitFor();
    await settled(page);
    expect(await barriers(page)).toEqual([]);
    await shoot(page, 'incident-1440-light');
    await page.getByRole('button', { name: 'Let it count …' }).click();
    await page.getByRole('dialog').getByLabel('Note').fill('tried out');
    await page.getByRole('dialog').getByRole('button', { name: 'Let it count' }).click();
    await page.getByText('The decision is applied everywhere').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Hold back …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Hold back' }).click();
    await page.getByRole('button', { name: 'Let it count …' }).waitFor();
    await close();
  });

  it('replies are explained', async () => {
    const { page, close } = await onDesk('/ui/replies');
    await page.getByRole('button', { name: 'Try three well-known ones' }).click();
    await page.getByText('suppresses at once').waitFor();
    expect(await page.locator('main').innerText()).toMatch(/mailbox full[\s\S]*What to do/);
    await shoot(page, 'replies-explained-1440-light');
    await close();
  });

  describe('with keys', () => {
    const signIn = async (page: Page, key: string) => {
      await open(page, '/ui/list');
      expect(await barriers(page)).toEqual([]);
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Sign in' }).click();
    };

    it("a reader's key of one tenant sees its tenant, and no buttons that change anything", async () => {
      const { page, close } = await visit(browser, keyed.url, { viewport: { width: 1440, height: 900 } });
      await signIn(page, 'desist_wrong');
      await page.getByRole('alert').getByText('This key is not known').waitFor();
      await shoot(page, 'login-1440-light');
      await signIn(page, ingester.key);
      await page.getByText('This key may only send events').waitFor();
      await signIn(page, reader.key);
      await page.getByRole('link', { name: 'ours@example.org' }).waitFor();
      expect(await page.locator('main').innerText()).not.toContain('theirs@example.org');
      expect(await page.getByRole('button', { name: /Suppress|Release/ }).count()).toBe(0);
      expect(await page.getByRole('checkbox').count()).toBe(0);
      expect(await page.getByRole('link', { name: /Operation|Audit/ }).count()).toBe(0);

      await page.getByRole('link', { name: 'ours@example.org' }).click();
      await page.getByText('No mail is sent').waitFor();
      await settled(page);
      expect(await page.getByRole('button', { name: /Suppress|Release|Allow|Try it/ }).count()).toBe(0);
      await open(page, '/ui/r/acme/theirs@example.org');
      await page.getByText('There is nothing here for you').waitFor();
      await open(page, '/ui/find?q=theirs@example.org');
      expect(await page.locator('main').innerText()).not.toContain('No mail is sent');
      expect(await inPage(page, 'document.cookie')).toBe('');
      await close();
    });

    it('signing out ends it', async () => {
      const { page, close } = await visit(browser, keyed.url);
      await signIn(page, operator.key);
      await page.getByRole('link', { name: 'theirs@example.org' }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('API key').waitFor();
      await open(page, '/ui/list');
      await page.getByLabel('API key').waitFor();
      await close();
    });
  });

  it('works without a mouse: the way past the sections, and a focus that is seen', async () => {
    const { page, close } = await onDesk('/ui/list?tenant=demo');
    await page.keyboard.press('Tab');
    expect(await inPage(page, 'document.activeElement.textContent.trim()')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab');
      const [text, isSeen] = await inPage<readonly [string, boolean]>(
        page,
        "[document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle !== 'none']",
      );
      expect(isSeen, text).toBe(true);
      if (text === 'full.one@gmail.com') break;
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'full.one@gmail.com' }).waitFor();
    expect(await inPage(page, 'document.activeElement.tagName')).toBe('H1');
    await close();
  });

  it('says so while the service restarts, keeps what it shows, and goes on by itself', async () => {
    const port = await freePort();
    const run = () => startCommand(['start', '--http', `127.0.0.1:${port}`, '--data', third], { DESIST_LOG_LEVEL: 'warn' });
    const url = `http://127.0.0.1:${port}`;
    let { child, ended } = run();
    const answers = () =>
      expect
        .poll(
          () =>
            fetch(`${url}/readyz`).then(
              ({ ok }) => ok,
              () => false,
            ),
          { timeout: 60_000 },
        )
        .toBe(true);
    await answers();
    await feed(url, [bounce('demo', 'stays@example.org', '550 5.1.1 no such user')]);
    const { page, close } = await onDesk('/ui/r/demo/stays@example.org', url);
    await page.getByText('No mail is sent').waitFor();
    child.kill('SIGTERM');
    await ended;
    await page.getByRole('link', { name: 'List' }).click();
    await page.getByText('The service does not answer.').first().waitFor();
    ({ child, ended } = run());
    await answers();
    await page.getByRole('link', { name: 'stays@example.org' }).waitFor({ timeout: 30_000 });
    expect(await page.getByText('The service does not answer.').count()).toBe(0);
    await close();
    child.kill('SIGTERM');
    await ended;
  });
});

function bounce(tenant: string, recipient: string, text: string): string {
  return JSON.stringify({
    version: 1,
    tenant,
    recipient,
    type: 'bounced',
    occurredAt: new Date().toISOString(),
    messageId: `m-${recipient}`,
    smtp: { code: 550, text },
  });
}

function listed(address: string) {
  const at = new Date(0).toISOString();
  const none = { expiresAt: null, category: null, firstFailureAt: null, lastFailureAt: null, reply: null, rule: null };
  const details = { createdBy: null, note: null, source: null, provider: null, subdomains: false };
  return {
    tenant: 'demo',
    address,
    scope: '*',
    reason: 'hard_bounce',
    since: at,
    failures: 1,
    policy: 'p',
    updatedAt: at,
    ...none,
    ...details,
  };
}
