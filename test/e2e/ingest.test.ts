/** What comes from elsewhere, into `desist start` on the embedded default: webhooks, a mailbox, a long log, killed and begun again. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { programOf } from '../support/servers/programs.ts';
import { desist, startService } from './desist.ts';
import type { Service } from './desist.ts';

const HOUR = 3_600_000;
const TOKEN = 'a-token-for-brevo';
const SES_ID = '0102018f0a1b2c3d-4e5f6071-000000';

let folder: string;
let service: Service;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-e2e-ingest-'));
  await writeFile(
    join(folder, 'sources.yaml'),
    'sources:\n  brevo: { format: brevo, stream: news, webhook: { check: bearer, secrets: env:BREVO_TOKEN } }\n',
  );
  service = await startService({
    DESIST_DATA: join(folder, 'data'),
    DESIST_SOURCES: join(folder, 'sources.yaml'),
    DESIST_MESSAGE_MEMORY: '14d',
    BREVO_TOKEN: TOKEN,
  });
  env = { DESIST_URL: service.url, DESIST_DATA: folder, DESIST_LOG_LEVEL: 'warn' };
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

const stateOf = async (address: string): Promise<string> =>
  ((await (await fetch(`${service.url}/v1/recipients/${address}`)).json()) as { state: string }).state;
const reasonsOf = async (address: string): Promise<readonly string[]> => {
  const answer = await fetch(`${service.url}/v1/check`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ recipients: [address] }),
  });
  return ((await answer.json()) as { results: [{ reasons: readonly string[] }] }).results[0].reasons;
};
const suppressed = (address: string): Promise<unknown> =>
  until(async () => (await stateOf(address)) === 'suppressed', `${address} is suppressed`);

async function post(events: readonly object[]): Promise<void> {
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.map((event) => JSON.stringify({ version: 1, ...event })).join('\n'),
  });
  expect(answer.status, await answer.clone().text()).toBe(202);
}

const crlf = (lines: readonly string[]): string => lines.join('\r\n');
const at = (ago: number): string => new Date(Date.now() - ago * HOUR).toUTCString();

/** A report that names its message by the header that SES gives. */
function report(kind: 'delivery-status' | 'feedback-report', ago: number, status: readonly string[]): string {
  return crlf([
    'From: MAILER-DAEMON@mx.example.com',
    'Subject: report',
    `Date: ${at(ago)}`,
    `Message-ID: <${kind}@mx.example.com>`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${kind}; boundary=b`,
    '',
    '--b',
    `Content-Type: message/${kind}`,
    '',
    ...status,
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: <${kind === 'delivery-status' ? SES_ID : `complained-${SES_ID}`}@eu-west-1.amazonses.com>`,
    '',
    '--b--',
    '',
  ]);
}

describe('desist start', () => {
  it('serves the webhooks of the sources file: refuses requests without the token, and folds the events of the others', async () => {
    const send = (token: string, body: unknown): Promise<Response> =>
      fetch(`${service.url}/v1/webhooks/brevo/brevo`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    const bounce = {
      event: 'hard_bounce',
      email: 'gone@example.com',
      'message-id': '<m-1@x>',
      ts_epoch: Date.now() - HOUR,
      reason: '550 5.1.1 user unknown',
    };
    expect((await send('another-token', bounce)).status).toBe(429);
    expect((await send(TOKEN, 'no JSON')).status).toBe(429);
    const good = await send(TOKEN, [
      bounce,
      { event: 'opened', email: 'gone@example.com', ts_epoch: Date.now() },
      { event: 'hard_bounce' },
    ]);
    expect([good.status, await good.json()]).toEqual([200, { accepted: 1, ignored: 1, deadLetters: 1 }]);
    await suppressed('gone@example.com');
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toContain('desist_webhook_refused_total{reason="forged"} 1');
    expect(metrics).toContain('desist_webhook_refused_total{reason="unreadable"} 1');
    expect(metrics).toMatch(/desist_dead_letters_total\{reason="no_recipient"\} 1|desist_dead_letters_total\{reason="invalid"\} 1/);
    expect(service.said()).not.toMatch(/gone@|a-token/);
  });

  it('a bounce by mail is matched with the delivery of its message, although its own date is earlier', async () => {
    const delivered = {
      type: 'delivered',
      recipient: 'late@example.com',
      messageId: SES_ID,
      occurredAt: new Date(Date.now() - HOUR).toISOString(),
    };
    await post([delivered]);
    const mailbox = join(folder, 'Maildir');
    await mkdir(join(mailbox, 'new'), { recursive: true });
    const status = [
      'Reporting-MTA: dns; mx.example.com',
      '',
      'Final-Recipient: rfc822; late@example.com',
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: smtp; 550 5.1.1 User unknown',
      `Last-Attempt-Date: ${at(2)}`,
    ];
    await writeFile(join(mailbox, 'new', '1.host'), report('delivery-status', 2, status));
    const ran = await desist(['ingest', '--maildir', mailbox, '--once', '--json'], env);
    expect(ran, ran.err).toMatchObject({ code: 0, out: '{"type":"summary","lines":1,"events":1,"ignored":0,"deadLetters":0}\n' });
    await suppressed('late@example.com');
    expect(await reasonsOf('late@example.com')).toEqual(['hard_bounce']);
    expect(await readdir(join(mailbox, 'cur'))).toEqual(['1.host:2,S']);
  });

  it('a redacted complaint is attributed to the recipient of its message; of an unknown message it is a dead letter', async () => {
    await post([
      {
        type: 'accepted',
        recipient: 'angry@example.com',
        messageId: `complained-${SES_ID}`,
        occurredAt: new Date(Date.now() - 3 * HOUR).toISOString(),
      },
    ]);
    const mailbox = join(folder, 'Feedback');
    await mkdir(join(mailbox, 'new'), { recursive: true });
    const redacted = report('feedback-report', 1, [
      'Feedback-Type: abuse',
      'User-Agent: x/1',
      'Version: 1',
      'Original-Rcpt-To: redacted@provider.example',
    ]);
    await writeFile(join(mailbox, 'new', '1.host'), redacted);
    await writeFile(
      join(mailbox, 'new', '2.host'),
      redacted.replace('complained-', 'unknown-').replace('<feedback-report@', '<feedback-2@'),
    );
    const ran = await desist(['ingest', '--maildir', mailbox, '--once', '--source', 'fbl'], env);
    expect(ran.code, ran.err).toBe(0);
    await suppressed('angry@example.com');
    expect(await reasonsOf('angry@example.com')).toEqual(['complaint']);
    const letters = await readFile(join(folder, 'ingest', 'dead-letters-fbl.ndjson'), 'utf8');
    expect(letters.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(letters)).toMatchObject({ reason: 'no_recipient' });
    expect(letters).not.toContain('@desist.invalid');
  });

  it('an agent that is killed in the middle of a long log and restarted reads every recipient once', { timeout: 240_000 }, async () => {
    const RECIPIENTS = 6_000;
    const log = join(folder, 'mail.log');
    const line = (index: number): string =>
      `${new Date(Date.now() - 5 * HOUR).toISOString()} mx1 postfix/smtp[1]: ${(0x10000000 + index).toString(16).toUpperCase()}: to=<r${index}@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))\n`;
    await writeFile(log, Array.from({ length: RECIPIENTS }, (_, index) => line(index)).join(''));
    const args = ['--follow', log, '--format', 'postfix', '--source', 'mx1'];
    const agent = spawn(process.execPath, [...programOf('ingest'), ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => agent.once('close', resolve));
    const states = async (): Promise<readonly string[]> =>
      (await readdir(join(folder, 'ingest'))).filter((name) => /^follow-.*\.json$/.test(name));
    await until(async () => (await states()).length > 0, 'the agent has put a position away');
    agent.kill('SIGKILL');
    await ended;
    const ran = await desist(['ingest', ...args, '--once', '--json'], env);
    expect(ran.code, ran.err).toBe(0);
    const { lines } = JSON.parse(ran.out) as { lines: number };
    // It went on where the position stood.
    expect(lines).toBeLessThan(RECIPIENTS);
    const counted = async (): Promise<number> => {
      const page = (await (await fetch(`${service.url}/v1/status`)).json()) as {
        suppressions: readonly { reason: string; count: number }[];
      };
      return page.suppressions.filter(({ reason }) => reason === 'hard_bounce').reduce((sum, { count }) => sum + count, 0);
    };
    // And the two of the tests above.
    await until(async () => (await counted()) === RECIPIENTS + 2, 'all are suppressed', 120_000);
    const again = await desist(['ingest', ...args, '--once', '--json'], env);
    expect(JSON.parse(again.out)).toMatchObject({ lines: 0 });
  });

  it('reports mistakes with an exit code', async () => {
    expect(await desist(['ingest', '--follow', 'x'])).toMatchObject({ code: 2 });
    expect((await desist(['ingest', '--help'])).out).toContain('--maildir FOLDER');
    const zoneless = join(folder, 'zoneless.log');
    await writeFile(zoneless, 'Mar  1 10:00:00 mx1 postfix/smtp[1]: 4C1F0A2B33: to=<a@example.net>, dsn=5.1.1, status=bounced (550 x)\n');
    const refused = await desist(['ingest', '--follow', zoneless, '--format', 'postfix', '--once'], { DESIST_DATA: join(folder, 'never') });
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain('--timezone Europe/Berlin');
    const bad = await desist(['start', '--http', 'off'], { DESIST_SOURCES: '/nowhere/sources.yaml', DESIST_DATA: join(folder, 'never') });
    expect(bad.code).toBe(2);
    expect(bad.err).toContain('/nowhere/sources.yaml cannot be read');
    const none = await desist(['ingest'], {});
    expect(none.code).toBe(2);
    expect(none.err).toContain('DATABASE_URL: needed by this service');
  });
});
