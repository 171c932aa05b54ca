/** `/ui/try` in a real browser: a folder of files alone, its worker, and the same answers as `desist replay`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTry } from '../../packages/console/build.ts';
import { desist } from '../e2e/desist.ts';
import { barriers, CHROMIUM, overflow, sampleEvents, shoot, startBrowser, visit } from './browser.ts';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

interface Final {
  readonly type: string;
  readonly recipient: string;
  readonly state: string;
  readonly suppressions: readonly { readonly reason: string; readonly since: string; readonly expiresAt: string | null }[];
}

describe.skipIf(CHROMIUM === undefined)('a log that is tried in the browser', () => {
  let browser: Browser;
  let server: Server;
  let url: string;
  const asked: string[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), 'desist-try-'));
  const log = path.join(folder, 'events.ndjson');
  let events: readonly string[];

  beforeAll(async () => {
    const files = await buildTry();
    // Below another address than `/`, as a static host may have it.
    server = createServer(({ url: target = '' }, response) => {
      asked.push(target);
      const name = target === '/somewhere/' ? 'index.html' : target.slice('/somewhere/'.length);
      const content = files.get(name);
      response.writeHead(content === undefined ? 404 : 200, { 'content-type': TYPES[name.split('.').at(-1) ?? ''] ?? '' }).end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/somewhere/`;
    events = sampleEvents();
    writeFileSync(log, `${events.join('\n')}\n`);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  async function tried(page: Page, files: readonly string[]): Promise<void> {
    await page.getByLabel('Files to read').setInputFiles([...files]);
    await page.getByText('Would be suppressed', { exact: true }).waitFor();
  }

  async function rowsOf(page: Page): Promise<readonly string[]> {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).first().click();
    const stream = await (await download).createReadStream();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    const [, ...lines] = text.trim().split('\r\n');
    return lines
      .map((line) => line.split(','))
      .map(([, address, state, reason, , , since, expiresAt]) => [address, state, reason, reason === '' ? '' : since, expiresAt].join(' '))
      .toSorted();
  }

  it('says what `desist replay` says of the same log', { timeout: 120_000 }, async () => {
    const { page, complaints, close } = await visit(browser, url, { viewport: { width: 1440, height: 900 } });
    await page.goto('');
    await tried(page, [log]);
    const replayed = (await desist(['replay', '--json', log])).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Final)
      .filter(({ type }) => type === 'final')
      .map(({ recipient, state, suppressions: [first] }) =>
        [recipient, state, first?.reason ?? '', first?.since ?? '', first?.expiresAt ?? ''].join(' '),
      )
      .toSorted();
    expect(replayed.length).toBeGreaterThan(5);
    expect(await rowsOf(page)).toEqual(replayed);
    expect(complaints).toEqual([]);
    await close();
  });

  it.each([
    [390, 'light'],
    [1440, 'dark'],
  ] as const)('the sample at %s px, %s: who, why and when', async (width, colorScheme) => {
    const { page, complaints, close } = await visit(browser, url, { viewport: { width, height: 900 }, colorScheme });
    await page.goto('');
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Try a sample' }).click();
    await page.getByRole('button', { name: 'otto@example.net' }).click();
    await page.getByText('No mail is sent').waitFor();
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    expect(await page.locator('main').innerText()).toMatch(/mailbox full/);
    await shoot(page, `try-${width}-${colorScheme}`);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await barriers(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('what is dropped without a file changes nothing', async () => {
    const { page, complaints, close } = await visit(browser, url);
    await page.goto('');
    await page.getByRole('button', { name: 'Try a sample' }).click();
    await page.getByRole('button', { name: 'otto@example.net' }).waitFor();
    await page.locator('.drop').dispatchEvent('drop');
    await page.getByText('sample-mail.log', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'otto@example.net' }).click();
    await page.getByText('No mail is sent').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('a packed log and another deadline; what cannot be read is named; nothing is asked of any server', { timeout: 120_000 }, async () => {
    const { page, complaints, close } = await visit(browser, url);
    await page.goto('');
    const packed = path.join(folder, 'events.ndjson.gz');
    writeFileSync(packed, gzipSync(events.join('\n')));
    const bad = path.join(folder, 'bad.ndjson');
    writeFileSync(bad, `${events[0] ?? ''}\n{"version": 1, "type": "bounced"\n`);
    const before = asked.length;
    await tried(page, [packed, bad]);
    const usual = await rowsOf(page);
    expect(usual.length).toBeGreaterThan(0);
    await page.getByText('What could not be read').click();
    await page.getByText('bad.ndjson, line 2: not JSON').waitFor();
    await page.getByLabel('Suppress after').selectOption('24');
    // Suppressed earlier, and so until another day. Until the files are folded again, the page shows what was, and then no rows.
    await expect.poll(() => rowsOf(page), { timeout: 60_000 }).not.toEqual(usual);
    // Files of the page, and nothing else.
    for (const target of asked.slice(before)) expect(target).toMatch(/^\/somewhere\/assets\/[\w-]+\.(js|woff2|svg)$/);

    const zip = path.join(folder, 'mail.zip');
    writeFileSync(zip, Buffer.from('504b030414000000', 'hex'));
    await page.getByLabel('Files to read').setInputFiles([zip]);
    await page.getByText('browsers do not unpack zip').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });
});
