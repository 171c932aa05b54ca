import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatOf } from '@desist/formats';
import { LogError } from '@desist/pipeline';
import type { MessageMemory, OutRecord, RememberedMessage } from '@desist/pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asTenant, asAddress } from '@desist/domain';
import { createIntake } from './intake.ts';
import { readMaildir } from './maildir.ts';
import { messageKey } from './message.ts';
import { logger, NOW } from './support.test-kit.ts';
import { createIngestMetrics } from './metrics.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-maildir-'));
  for (const part of ['new', 'cur', 'tmp']) await mkdir(join(folder, part));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const MESSAGE_ID = '<0100018f0a1b2c3d-4e5f6071-000000@eu-west-1.amazonses.com>';

const mail = (lines: readonly string[]): string => lines.join('\r\n');
const bounce = (recipient: string, id = 'dsn-1'): string =>
  mail([
    'From: MAILER-DAEMON@mx.example.com',
    'To: bounces@sender.example',
    'Subject: Undelivered Mail Returned to Sender',
    'Date: Sun, 1 Mar 2026 11:00:00 +0000',
    `Message-ID: <${id}@mx.example.com>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.com',
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 User unknown',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: ${MESSAGE_ID}`,
    '',
    '--b--',
    '',
  ]);
const complaint = (recipient: string): string =>
  mail([
    'From: fbl@provider.example',
    'To: fbl@sender.example',
    'Subject: complaint',
    'Date: Sun, 1 Mar 2026 11:30:00 +0000',
    'Message-ID: <arf-1@provider.example>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
    '',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: abuse',
    'User-Agent: test/1',
    'Version: 1',
    `Original-Rcpt-To: <${recipient}>`,
    '',
    '--b',
    'Content-Type: message/rfc822',
    '',
    `Message-ID: ${MESSAGE_ID}`,
    'To: undisclosed-recipients:;',
    '',
    'text',
    '--b--',
    '',
  ]);
const vacation = mail([
  'From: alice@example.com',
  'Subject: Out of office',
  'Auto-Submitted: auto-replied',
  'Date: Sun, 1 Mar 2026 11:00:00 +0000',
  '',
  'Back on Monday',
]);

function memory(): MessageMemory & { readonly known: Map<string, RememberedMessage> } {
  const known = new Map<string, RememberedMessage>();
  return {
    known,
    remember: async (messages) => messages.forEach((message) => known.set(`${message.tenant} ${message.key}`, message)),
    recall: async (tenant, keys) => keys.map((key) => known.get(`${tenant} ${key}`)),
  };
}

/** `looks`: what happens between two reads of the folder; the last one stops it. */
function make(over: { auto?: boolean; memory?: MessageMemory; looks?: readonly (() => Promise<unknown>)[] } = {}) {
  const appended: (OutRecord & { readonly topic: string })[] = [];
  const faults: Error[] = [];
  const sink = {
    async append(topic: string, records: readonly OutRecord[]) {
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      appended.push(...records.map((record) => ({ topic, ...record })));
      return [];
    },
  };
  const intake = createIntake({ sink, metrics: createIngestMetrics(), ...(over.memory === undefined ? {} : { memory: over.memory }) });
  const looks = [...(over.looks ?? [])];
  const stop = new AbortController();
  const run = () =>
    readMaildir({
      folder,
      source: { name: 'bounces', format: formatOf('dsn')!, tenant: 'acme', stream: 'default' },
      auto: over.auto ?? true,
      intake,
      time: {
        now: () => NOW,
        async sleep() {
          await looks.shift()?.();
          if (looks.length === 0) stop.abort();
        },
      },
      logger,
      signal: stop.signal,
      once: over.looks === undefined,
    });
  const events = () =>
    appended.filter(({ topic }) => topic === 'deliveryEvents').map(({ value }) => JSON.parse(value as string) as Record<string, unknown>);
  return { run, events, appended, faults };
}

describe('a Maildir', () => {
  test('reads bounces, complaints and other mail, and moves them to cur with the flag S', async () => {
    await writeFile(join(folder, 'new', '1.host'), bounce('gone@example.com'));
    await writeFile(join(folder, 'new', '2.host'), complaint('angry@example.com'));
    await writeFile(join(folder, 'new', '3.host'), vacation);
    await writeFile(join(folder, 'cur', '4.host:2,F'), bounce('flagged@example.com', 'dsn-2'));
    await writeFile(join(folder, 'cur', '5.host:2,S'), bounce('seen@example.com', 'dsn-3'));
    await writeFile(join(folder, 'tmp', '6.host'), bounce('unfinished@example.com', 'dsn-4'));
    const { run, events } = make();
    expect(await run()).toEqual({ lines: 4, events: 3, ignored: 1, deadLetters: 0 });
    expect(events().map(({ recipient, type }) => [recipient, type])).toEqual([
      ['gone@example.com', 'bounced'],
      ['angry@example.com', 'complained'],
      ['flagged@example.com', 'bounced'],
    ]);
    expect(await readdir(join(folder, 'new'))).toEqual([]);
    expect((await readdir(join(folder, 'cur'))).sort()).toEqual(['1.host:2,S', '2.host:2,S', '3.host:2,S', '4.host:2,FS', '5.host:2,S']);
    expect(await run()).toMatchObject({ lines: 0 });
  });

  test('leaves a mail in place until the log has it, and produces the same events on the second attempt', async () => {
    await writeFile(join(folder, 'new', '1.host'), bounce('gone@example.com'));
    const { run, events, faults } = make();
    faults.push(new LogError('unavailable', 'away'));
    await expect(run()).rejects.toThrow('away');
    expect(await readdir(join(folder, 'new'))).toEqual(['1.host']);
    await run();
    await writeFile(join(folder, 'new', '1.again'), bounce('gone@example.com'));
    await run();
    expect(new Set(events().map(({ id }) => id)).size).toBe(1);
  });

  test('stores a mail that cannot be moved once, and moves it as soon as possible', async () => {
    await writeFile(join(folder, 'new', '1.host'), bounce('gone@example.com'));
    // A folder occupies the target path.
    const inTheWay = join(folder, 'cur', '1.host:2,S');
    await mkdir(inTheWay);
    const nothing = async (): Promise<void> => undefined;
    const left: string[][] = [];
    const look = async (): Promise<void> => void left.push(await readdir(join(folder, 'new')));
    const { run, events } = make({ looks: [nothing, nothing, look, () => rmdir(inTheWay), nothing, look] });
    expect(await run()).toMatchObject({ lines: 1, events: 1 });
    expect(events()).toHaveLength(1);
    expect(left).toEqual([['1.host'], []]);
  });

  test('reads another mail of the same name after the stuck one is gone', async () => {
    await writeFile(join(folder, 'new', '1.host'), bounce('gone@example.com'));
    const inTheWay = join(folder, 'cur', '1.host:2,S');
    await mkdir(inTheWay);
    const take = () => rm(join(folder, 'new', '1.host'));
    const put = async (): Promise<void> => {
      await rmdir(inTheWay);
      await writeFile(join(folder, 'new', '1.host'), bounce('other@example.com', 'dsn-2'));
    };
    const { run, events } = make({ looks: [take, put, async () => undefined] });
    await run();
    expect(events().map(({ recipient }) => recipient)).toEqual(['gone@example.com', 'other@example.com']);
  });

  test('a mail beyond the size limit is a dead letter, and reading continues', async () => {
    await writeFile(join(folder, 'new', '1.host'), Buffer.alloc(16 * 1024 * 1024 + 1, 'a'));
    await writeFile(join(folder, 'new', '2.host'), bounce('gone@example.com'));
    const { run, appended } = make();
    expect(await run()).toMatchObject({ events: 1, deadLetters: 1 });
    expect(appended.find(({ topic }) => topic === 'deadLetters')!.headers).toMatchObject({ reason: 'too_large', source: 'bounces' });
  });

  test('a bounce has the same message id as its delivery', async () => {
    await writeFile(join(folder, 'new', '1.host'), bounce('gone@example.com'));
    const { run, events } = make();
    await run();
    expect(events()[0]).toMatchObject({ messageId: '0100018f0a1b2c3d-4e5f6071-000000' });
  });
});

describe('a complaint whose recipient is redacted', () => {
  const redacted = complaint('redacted@provider.example');

  test('without a message lookup is a dead letter with the reason and the whole report', async () => {
    await writeFile(join(folder, 'new', '1.host'), redacted);
    const { run, appended } = make();
    expect(await run()).toMatchObject({ events: 0, deadLetters: 1 });
    expect(appended[0]!.headers).toMatchObject({ reason: 'no_recipient' });
    expect(Buffer.from(appended[0]!.value as Uint8Array).toString()).toContain('Feedback-Type: abuse');
  });

  test('is attributed to the recipient of the message', async () => {
    await writeFile(join(folder, 'new', '1.host'), redacted);
    const known = memory();
    const messageId = '0100018f0a1b2c3d-4e5f6071-000000';
    await known.remember([{ tenant: asTenant('acme'), key: messageKey(messageId), recipient: asAddress('angry@example.com'), messageId }]);
    const { run, events } = make({ memory: known });
    expect(await run()).toMatchObject({ events: 1, deadLetters: 0 });
    expect(events()[0]).toMatchObject({ type: 'complained', recipient: 'angry@example.com', tenant: 'acme', messageId });
  });

  test("has no recipient if the message is another tenant's or the lookup is unavailable", async () => {
    await writeFile(join(folder, 'new', '1.host'), redacted);
    const away: MessageMemory = {
      remember: () => Promise.reject(new Error('away')),
      recall: () => Promise.reject(new Error('away')),
    };
    expect(await make({ memory: away }).run()).toMatchObject({ events: 0, deadLetters: 1 });
  });
});

test('a message has the same id in its events and in its header', () => {
  for (const [id, key] of [
    ['<0100018f-x@eu-west-1.amazonses.com>', '0100018f-x'],
    ['0100018f-x@email.amazonses.com', '0100018f-x'],
    ['0100018f-x', '0100018f-x'],
    ['<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>', 'LRzXl_NHStOGhQ4kofSm_A'],
    ['LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0', 'LRzXl_NHStOGhQ4kofSm_A'],
    ['20260301.abc@sender.example', '20260301.abc@sender.example'],
  ] as const) {
    expect(messageKey(id)).toBe(key);
  }
});
