/** The page behind an unsubscribe link, as recipients see it: in both schemes, on a phone, without script. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from '../e2e/desist.ts';
import type { Service } from '../e2e/desist.ts';
import { barriers, CHROMIUM, overflow, shoot, startBrowser, visit } from './browser.ts';

const WHO = 'leaving@example.org';

describe.skipIf(CHROMIUM === undefined)('the page of an unsubscribe link', () => {
  let browser: Browser;
  let service: Service;
  const folder = mkdtempSync(path.join(tmpdir(), 'desist-unsubscribe-'));

  beforeAll(async () => {
    browser = await startBrowser();
    service = await startService({
      DESIST_DATA: folder,
      DESIST_LOG_LEVEL: 'warn',
      DESIST_UNSUBSCRIBE_SECRETS: 'a'.repeat(44),
      DESIST_PUBLIC_URL: 'https://mail.example.com/',
    });
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const send = async (address: string, body: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${service.url}${address}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const linkFor = async (recipient: string): Promise<string> => {
    const { results } = (await send('/v1/unsubscribe-links', { stream: 'news', recipients: [recipient] })) as {
      results: { url: string }[];
    };
    return new URL(results[0]?.url ?? '').pathname;
  };
  const isAllowed = async (stream: string): Promise<boolean | undefined> => {
    const { results } = (await send('/v1/check', { stream, recipients: [WHO] })) as { results: { allowed: boolean }[] };
    return results[0]?.allowed;
  };

  describe.each([
    { width: 390, height: 844 },
    { width: 1440, height: 900 },
  ])('at $width px', (viewport) => {
    it.each(['light', 'dark'] as const)('in %s it keeps nobody out and fits', async (colorScheme) => {
      const { page, complaints, close } = await visit(browser, service.url, { viewport, colorScheme });
      for (const [name, address] of [
        ['ask', await linkFor(WHO)],
        ['forged', '/u/zork'],
      ] as const) {
        await page.goto(address);
        await shoot(page, `unsubscribe-${name}-${viewport.width}-${colorScheme}`);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(await barriers(page)).toEqual([]);
      }
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
      await close();
    });
  });

  it('works without script: opening it changes nothing, the button unsubscribes from that stream alone', async () => {
    const { page, close } = await visit(browser, service.url, { javaScriptEnabled: false });
    const link = await linkFor(WHO);
    await page.goto(link);
    await page.reload();
    await page.getByRole('heading', { name: 'Unsubscribe?' }).waitFor();
    expect(await isAllowed('news')).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
    await expect.poll(() => isAllowed('news'), { timeout: 20_000 }).toBe(false);
    expect(await isAllowed('receipts')).toBe(true);
    await close();
  });

  it('one click of a mailbox provider does it, and many of them are one change', async () => {
    const other = 'gone@example.org';
    const link = await linkFor(other);
    const click = () => fetch(`${service.url}${link}`, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) });
    for (const { status } of await Promise.all(Array.from({ length: 8 }, click))) expect(status).toBe(200);
    const history = async (): Promise<readonly unknown[]> => {
      const answer = await fetch(`${service.url}/v1/recipients/${other}/history`);
      return ((await answer.json()) as { items: readonly unknown[] }).items;
    };
    await expect.poll(async () => (await history()).length, { timeout: 20_000 }).toBe(1);
    // A click at another process, or later, is an event of its own, and no change.
    const event = { version: 1, type: 'unsubscribed', recipient: other, stream: 'news', occurredAt: new Date().toISOString(), id: 'again' };
    await send('/v1/events', event);
    await send('/v1/events', { ...event, type: 'complained', id: 'behind' });
    await expect.poll(async () => (await history()).length, { timeout: 20_000 }).toBe(2);
    expect(await history()).toMatchObject([
      { suppression: { reason: 'unsubscribe', scope: 'news' } },
      { suppression: { reason: 'complaint' } },
    ]);
  });
});
