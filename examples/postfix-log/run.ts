/** A Postfix log followed into Desist: a mailbox that is full for three days, a user that is not there, a mail that expires. */
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { desist, hoursAgo, startDesist, untilState } from '../desist.ts';

const service = await startDesist({});
const log = join(service.folder, 'mail.log');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As syslog writes it: no year, no zone. */
function line(hours: number, message: string): string {
  const at = hoursAgo(hours).toISOString();
  return `${MONTHS[Number(at.slice(5, 7)) - 1] ?? ''} ${at.slice(8, 10).replace(/^0/, ' ')} ${at.slice(11, 19)} mx1 postfix/${message}\n`;
}

const attempt = (id: string, to: string, dsn: string, status: string): string =>
  `smtp[4711]: ${id}: to=<${to}>, relay=mx.example.com[192.0.2.25]:25, delay=12, delays=0.1/0.01/5/7, dsn=${dsn}, status=${status}`;
const FULL = 'deferred (host mx.example.com[192.0.2.25] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))';

const follow = (more: readonly string[] = []): Promise<string> =>
  desist(['ingest', '--follow', log, '--format', 'postfix', '--timezone', 'UTC', '--once', '--json', ...more], {
    DESIST_URL: service.url,
    DESIST_DATA: service.folder,
    DESIST_LOG_LEVEL: 'warn',
  });

try {
  let text = line(81, 'qmgr[99]: 4XbF3Q2Vz1z9sN1: from=<news@sender.example>, size=3120, nrcpt=1 (queue active)');
  for (let hours = 80; hours > 8; hours -= 6) text += line(hours, attempt('4XbF3Q2Vz1z9sN1', 'full@example.com', '4.2.2', FULL));
  for (const hours of [30, 20, 10]) text += line(hours, attempt('4XbF3Q2Vz1z9sN2', 'slow@example.com', '4.2.2', FULL));
  text += line(9, attempt('4XbF3Q2Vz1z9sN3', 'alice@example.com', '2.0.0', 'sent (250 2.0.0 OK)'));
  await writeFile(log, text);
  await follow();

  // The night comes, logrotate with it.
  await appendFile(log, line(7, attempt('4XbF3Q2Vz1z9sN1', 'full@example.com', '4.2.2', FULL)));
  await rename(log, `${log}.1`);
  await writeFile(
    log,
    line(
      6,
      attempt(
        '4XbF3Q2Vz1z9sN4',
        'gone@example.com',
        '5.1.1',
        'bounced (host mx.example.com[192.0.2.25] said: 550 5.1.1 User unknown (in reply to RCPT TO command))',
      ),
    ) +
      // No reply, no recipient: both are known from the lines before.
      line(5, 'qmgr[99]: 4XbF3Q2Vz1z9sN2: from=<news@sender.example>, status=expired, returned to sender'),
  );
  await follow();

  await untilState(service.url, 'full@example.com', 'suppressed');
  await untilState(service.url, 'gone@example.com', 'suppressed');
  await untilState(service.url, 'slow@example.com', 'soft_bounced');
  await desist(['list'], { DESIST_URL: service.url });
  await desist(['why', 'slow@example.com'], { DESIST_URL: service.url });
  await desist(['check', 'full@example.com', 'gone@example.com', 'slow@example.com', 'alice@example.com', '--json'], {
    DESIST_URL: service.url,
  });
} finally {
  await service.stop();
}
