/** A list of another system, dropped on the console: tried first, its bad lines named, stopped and continued, and refused when it is none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startService } from '../e2e/desist.ts';
import type { Service } from '../e2e/desist.ts';
import { barriers, CHROMIUM, inPage, open, overflow, shoot, startBrowser, visit } from './browser.ts';

const BOUNCES = [
  'status,reason,email,created',
  '5.1.1,550 5.1.1 no such user,Gone@Example.com,1700000000',
  '5.7.1,550 5.7.1 Client host blocked using bl.spamcop.net,ours@example.com,1700000000',
  ',,not an address,1700000000',
  '5.1.1,"550 5.1.1 no such user, <b>really</b>","""other"" <too@example.com>",1700000000',
].join('\r\n');

describe.skipIf(CHROMIUM === undefined)('an import in the console', () => {
  let browser: Browser;
  let service: Service;
  const folder = mkdtempSync(path.join(tmpdir(), 'desist-console-import-'));

  beforeAll(async () => {
    browser = await startBrowser();
    service = await startService({ DESIST_DATA: folder, DESIST_LOG_LEVEL: 'warn' });
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const opened = async (width = 1440) => {
    const seen = await visit(browser, service.url, { viewport: { width, height: 900 } });
    await open(seen.page, '/ui/list');
    return seen;
  };

  /** Drops a file on the window, as a person does. */
  const dropped = async (page: Page, name: string, text: string): Promise<void> => {
    await inPage(
      page,
      `{
        const data = new DataTransfer();
        data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
        for (const kind of ['dragover', 'drop'])
          document.querySelector('main').dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
      }`,
    );
    await page.getByRole('dialog', { name: `Import ${name}` }).waitFor();
  };

  const allowed = async (tenant: string, address: string): Promise<boolean | undefined> => {
    const answer = await fetch(`${service.url}/v1/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenant, recipients: [address] }),
    });
    return ((await answer.json()) as { results: { allowed: boolean }[] }).results[0]?.allowed;
  };

  it.each([1440, 390])('a file with a bad line is tried, and its other rows imported, at %i px', async (width) => {
    const tenant = `t${width}`;
    const { page, complaints, close } = await opened(width);
    await dropped(page, 'bounces.csv', BOUNCES);
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Read as sendgrid-bounces, by its columns.').waitFor({ timeout: 60_000 });
    await dialog.getByLabel('Tenant').fill(tenant);
    expect(await barriers(page)).toEqual([]);
    await shoot(page, `import-choose-${width}-light`);
    await dialog.getByRole('button', { name: 'Dry run' }).click();
    await dialog.getByText('2 rows would be imported of 4. Nothing was sent.').waitFor();
    const text = await dialog.innerText();
    expect(text).toMatch(/2\s+gone@example\.com\s+hard bounce, since 14 Nov 2023/);
    expect(text).toMatch(/1 left out: the sender.s trouble/);
    expect(text).toMatch(/Could not be read[\s\S]*4\s+not an email address/);
    expect(await barriers(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await shoot(page, `import-dry-run-${width}-light`);
    expect(await allowed(tenant, 'gone@example.com')).toBe(true);

    await dialog.getByRole('button', { name: 'Import 2 rows' }).click();
    await dialog.getByText('2 rows imported of 4, durable in the log.').waitFor();
    await shoot(page, `import-done-${width}-light`);
    await vi.waitFor(async () => expect(await allowed(tenant, 'gone@example.com')).toBe(false), { timeout: 30_000 });
    expect([await allowed(tenant, 'too@example.com'), await allowed(tenant, 'ours@example.com')]).toEqual([false, true]);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('link', { name: 'gone@example.com' }).first().waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('columns are named by hand where they do not say what they are; delivery events and contacts are refused', async () => {
    const { page, complaints, close } = await opened();
    const dialog = page.getByRole('dialog');
    await dropped(page, 'crm.csv', 'contact;Erfasst;Grund\nx@example.org;2026-01-05 10:00:00;abgemeldet, unsubscribed\n');
    await dialog.getByText('no known list format has these columns').waitFor();
    expect(await dialog.getByRole('button', { name: 'Dry run' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Read as').selectOption({ label: 'columns that I name' });
    await dialog.getByLabel('Address', { exact: true }).selectOption('contact');
    await dialog.getByLabel('Since').selectOption('erfasst');
    await dialog.getByLabel('Reason').selectOption('grund');
    await dialog.getByLabel('Tenant', { exact: true }).first().waitFor();
    await shoot(page, 'import-columns-1440-light');
    expect(await barriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Dry run' }).click();
    await dialog.getByText('1 row would be imported of 1.').waitFor();
    expect(await dialog.innerText()).toMatch(/since 5 Jan( 2026)? 11:00 \(unsubscribe\)/);
    await dialog.getByRole('button', { name: 'Close' }).click();

    await dropped(page, 'people.csv', 'email,opt_in_time\na@example.org,2026-03-01\n');
    await dialog.getByText(/contacts who may have agreed to mail/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dropped(
      page,
      'events.json',
      '{"version":1,"type":"delivered","recipient":"a@example.org","occurredAt":"2026-03-01T10:00:00Z"}\n',
    );
    await dialog.getByText(/these are delivery events \(canonical\)/).waitFor();
    expect(await dialog.getByRole('button', { name: 'Dry run' }).isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(complaints).toEqual([]);
    await close();
  });

  it('a long one is stopped, and the same file continues behind what was sent', async () => {
    const rows = Array.from({ length: 3_500 }, (_, n) => `bulk${n}@example.net`).join('\n');
    const { page, complaints, close } = await opened();
    const dialog = page.getByRole('dialog');
    const patience = { timeout: 120_000 };
    await dropped(page, 'bulk.csv', `email\n${rows}\n`);
    await dialog.getByRole('button', { name: 'Dry run' }).click(patience);
    await dialog.getByRole('button', { name: 'Import 3,500 rows' }).waitFor(patience);
    // The second piece of the import waits until somebody has stopped it.
    const stop = Promise.withResolvers<undefined>();
    let pieces = 0;
    await page.route('**/v1/imports/*/rows', async (route) => {
      pieces += 1;
      if (pieces > 1) await stop.promise;
      await route.continue();
    });
    await dialog.getByRole('button', { name: 'Import 3,500 rows' }).click();
    await dialog.getByText('1,000 rows imported …').waitFor(patience);
    await dialog.getByRole('button', { name: 'Stop' }).click();
    stop.resolve(undefined);
    await dialog.getByText('Stopped after 2,000 rows.').waitFor(patience);
    const stopped = (await imports()).find(({ state }) => state === 'stopped');
    expect(stopped?.rows).toBe(2_000);
    await dialog.getByRole('button', { name: 'Close' }).click();

    await dropped(page, 'bulk.csv', `email\n${rows}\n`);
    await dialog.getByRole('button', { name: 'Dry run' }).click(patience);
    await dialog.getByRole('button', { name: 'Import 3,500 rows' }).click(patience);
    await dialog.getByText('3,500 rows imported of 3,500').waitFor(patience);
    expect((await imports()).find(({ id }) => id === stopped?.id)).toMatchObject({ state: 'done', rows: 3_500 });
    await open(page, '/ui/audit?action=import_resumed');
    await page.getByRole('cell', { name: 'bulk.csv' }).waitFor();
    for (const action of ['import_started', 'import_stopped', 'import_finished']) {
      const answer = await fetch(`${service.url}/v1/audit?action=${action}`);
      const { items } = (await answer.json()) as { items: { target: string }[] };
      expect(items.map(({ target }) => target)).toContain(stopped?.id);
    }
    expect(complaints).toEqual([]);
    await close();
  });

  const imports = async (): Promise<readonly { id: string; state: string; rows: number }[]> => {
    const answer = await fetch(`${service.url}/v1/imports`);
    return ((await answer.json()) as { items: { id: string; state: string; rows: number }[] }).items.filter(({ rows }) => rows > 100);
  };
});
