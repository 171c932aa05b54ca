/** A real Chromium on a real service with the ten days of the sample, and a look at a page as people with different eyes have it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Screenshots of the last run, for people. */
const SHOTS = path.join(ROOT, 'test/console/screenshots');
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined: there is none on this machine, and none is demanded. `CHROMIUM` names another one. */
export const CHROMIUM = chromiumHere();

function chromiumHere(): string | undefined {
  const found = [process.env['CHROMIUM'], ...PLACES].find((place) => place !== undefined && existsSync(place));
  if (found === undefined && process.env['DESIST_REQUIRE_SERVERS'] === '1') throw new Error('no Chromium: apt-get install chromium');
  if (found === undefined) console.warn('\n*** No Chromium: the tests of the console are SKIPPED. apt-get install chromium ***\n');
  return found;
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export interface Visit {
  readonly page: Page;
  /** What the browser complained about: a refused script, an error, a failed request that the page did not expect. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
}

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context: BrowserContext = await browser.newContext({ baseURL: url, timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  return { page, complaints, close: () => context.close() };
}

/** Goes to an address and waits until nothing is being loaded any more. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await settled(page);
}

export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.waitForLoadState('networkidle');
  await expect.poll(() => page.locator('.waiting').count(), { timeout: 20_000 }).toBe(0);
}

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What axe-core finds that would keep somebody out. */
export async function barriers(page: Page): Promise<readonly string[]> {
  // Through the debugger, so that the page's own content security policy stays as it is.
  await page.evaluate(axe.source);
  const { violations } = await inPage<AxeResults>(page, `axe.run({ runOnly: ${JSON.stringify(LEVELS)} })`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 3)
          .map(({ html }) => html.slice(0, 160))
          .join(' ')}`,
    );
}

export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
}

/** Pixels by which the page is wider than the screen. */
export function overflow(page: Page): Promise<number> {
  return inPage(page, 'document.documentElement.scrollWidth - innerWidth');
}

/** The value of an expression in the page. Text, because the types of these tests are those of Node. */
export function inPage<Value>(page: Page, expression: string): Promise<Value> {
  return page.evaluate<Value>(expression);
}

/** The ten days, which end now. */
export function sampleEvents(): readonly string[] {
  const made = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'examples/ten-days/make.ts', '--end', new Date().toISOString()],
    {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  return made.trim().split('\n');
}

const CHUNK = 1_000;

/** Sends events and waits until they are folded. */
export async function feed(url: string, events: readonly string[], headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const before = await foldedUntil(url, headers);
  for (let from = 0; from < events.length; from += CHUNK) {
    const body = events.slice(from, from + CHUNK).join('\n');
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body,
    });
    expect([answer.status, await answer.json()]).toMatchObject([202, { rejected: 0 }]);
  }
  await vi.waitFor(async () => expect(await foldedUntil(url, headers)).toBeGreaterThanOrEqual(before + events.length), {
    timeout: 120_000,
    interval: 200,
  });
}

/** Waits until the roll-ups, which follow the commits within seconds, have counted so many events. */
export async function counted(url: string, events: number): Promise<void> {
  const from = new Date(Date.now() - 30 * 86_400_000).toISOString();
  const ask = async (): Promise<number> => {
    const answers = ['outcomes', 'engagement'].map((measure) => fetch(`${url}/v1/series?measure=${measure}&step=1d&from=${from}`));
    const told = (await Promise.all((await Promise.all(answers)).map((answer) => answer.json()))) as { series: { total: number }[] }[];
    return told.flatMap(({ series }) => series).reduce((sum, { total }) => sum + total, 0);
  };
  await vi.waitFor(async () => expect(await ask()).toBeGreaterThanOrEqual(events), { timeout: 120_000, interval: 500 });
}

async function foldedUntil(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const { partitions } = (await (await fetch(`${url}/v1/status`, { headers })).json()) as { partitions: { nextOffset: number }[] };
  return partitions.reduce((sum, { nextOffset }) => sum + nextOffset, 0);
}
