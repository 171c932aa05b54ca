import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatOf } from '@desist/contracts/formats';
import { LogError } from '@desist/pipeline';
import type { MessageMemory, OutRecord, RememberedMessage } from '@desist/pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIntake } from './intake.ts';
import { readMaildir } from './maildir.ts';
import { messageKey } from './message.ts';
import { logger, NOW } from './support.test-kit.ts';
import { createIngestTally } from './tally.ts';

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

function make(over: { auto?: boolean; memory?: MessageMemory } = {}) {
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
  const intake = createIntake({ sink, tally: createIngestTally(), ...(over.memory === undefined ? {} : { memory: over.memory }) });
  const run = () =>
    readMaildir({
      folder,
      source: { name: 'bounces', format: formatOf('dsn')!, tenant: 'acme', stream: 'default' },
      auto: over.auto ?? true,
      intake,
      time: { now: () => NOW, sleep: async () => undefined },
      logger,
      signal: new AbortController().signal,
      once: true,
    });
  const events = () =>
    appended.filter(({ topic }) => topic === 'deliveryEvents').map(({ value }) => JSON.parse(value as string) as Record<string, unknown>);
  return { run, events, appended, faults };
}

describe('a Maildir', () => {
  test('bounces, complaints and what is neither; read mails are moved to cur with the flag S', async () => {
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

  test('a mail stays where it is until the log has it, and says the same the second time', async () => {
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

  test('a mail beyond the bound is a dead letter, not an end', async () => {
    await writeFile(join(folder, 'new', '1.host'), Buffer.alloc(16 * 1024 * 1024 + 1, 'a'));
    await writeFile(join(folder, 'new', '2.host'), bounce('gone@example.com'));
    const { run, appended } = make();
    expect(await run()).toMatchObject({ events: 1, deadLetters: 1 });
    expect(appended.find(({ topic }) => topic === 'deadLetters')!.headers).toMatchObject({ reason: 'too_large', source: 'bounces' });
  });

  test('a bounce has the name of the message that its delivery has', async () => {
    await writeFile(join(folder, 'new', '1.host'), bounce('gone@example.com'));
    const { run, events } = make();
    await run();
    expect(events()[0]).toMatchObject({ messageId: '0100018f0a1b2c3d-4e5f6071-000000' });
  });
});

describe('a complaint whose recipient is redacted', () => {
  const redacted = complaint('redacted@provider.example');

  test('names nobody without a memory: a dead letter with the reason and the whole report', async () => {
    await writeFile(join(folder, 'new', '1.host'), redacted);
    const { run, appended } = make();
    expect(await run()).toMatchObject({ events: 0, deadLetters: 1 });
    expect(appended[0]!.headers).toMatchObject({ reason: 'no_recipient' });
    expect(Buffer.from(appended[0]!.value as Uint8Array).toString()).toContain('Feedback-Type: abuse');
  });

  test('is that of whom the message went to', async () => {
    await writeFile(join(folder, 'new', '1.host'), redacted);
    const known = memory();
    const messageId = '0100018f0a1b2c3d-4e5f6071-000000';
    await known.remember([{ tenant: 'acme', key: messageKey(messageId), recipient: 'angry@example.com', messageId }]);
    const { run, events } = make({ memory: known });
    expect(await run()).toMatchObject({ events: 1, deadLetters: 0 });
    expect(events()[0]).toMatchObject({ type: 'complained', recipient: 'angry@example.com', tenant: 'acme', messageId });
  });

  test('of another tenant, or when the memory is away, it names nobody', async () => {
    await writeFile(join(folder, 'new', '1.host'), redacted);
    const away: MessageMemory = {
      remember: () => Promise.reject(new Error('away')),
      recall: () => Promise.reject(new Error('away')),
    };
    expect(await make({ memory: away }).run()).toMatchObject({ events: 0, deadLetters: 1 });
  });
});

test('a message has one name in its events and in its header', () => {
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
