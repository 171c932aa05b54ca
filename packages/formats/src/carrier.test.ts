/** The same line, however it was carried, gives the same event. */
import { describe, expect, it, test } from 'vitest';
import type { NormaliseContext } from './format.ts';
import { detectFormat, formatOf } from './index.ts';
import type { LineFormat } from './index.ts';

const context: NormaliseContext = {
  tenant: 'acme',
  stream: 'news',
  timezone: 'Europe/Paris',
  referenceTime: Date.parse('2026-11-25T00:00:00Z'),
};
const MESSAGE =
  '7DCA065C0A75: to=<bob@example.com>, relay=mx.example.com[192.0.2.9]:25, delay=1.2, delays=0.5/0.02/0.6/0, dsn=4.2.2, status=deferred (host mx.example.com[192.0.2.9] said: 452 4.2.2 full (in reply to RCPT TO command))';
const TAGGED = `postfix/smtp[819]: ${MESSAGE}`;
const CLASSIC = `Apr 14 19:44:47 mail ${TAGGED}`;
const ISO = `2026-04-14T19:44:47+02:00 mail ${TAGGED}`;
const EXIM =
  '2026-04-14 19:44:47 1tAbCd-0001Xy-2Z == bob@example.com R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.9] defer (-44): SMTP error from remote mail server after RCPT TO:<bob@example.com>: 452 4.2.2 full';
const UTC = '2026-04-14T17:44:47.123456789Z';
const MICROS = '1776188687000000';

const journal = { __CURSOR: 's=1', __REALTIME_TIMESTAMP: MICROS, _HOSTNAME: 'mail', SYSLOG_IDENTIFIER: 'postfix/smtp', _PID: '819' };
const exported = (message: string): string =>
  [...Object.entries(journal).map(([name, value]) => `${name}=${value}`), message, '', ''].join('\n');

const CARRIED: readonly (readonly [string, string])[] = [
  ['as written', CLASSIC],
  ['as written, RFC 3339', ISO],
  ['as written, Exim', EXIM],
  ['docker compose', `mailcow-postfix-1  | ${CLASSIC}`],
  ['docker compose, before version 2', `postfix-mailcow_1    | ${ISO}`],
  ['docker compose, with colours', `\u001b[36mexim-1  |\u001b[0m ${EXIM}`],
  ['docker compose with times', `exim-1  | ${UTC} ${EXIM}`],
  ['docker service logs', `mail_smtp.1.q8x@node-2    | ${CLASSIC}`],
  ['docker logs with times', `${UTC} ${CLASSIC}`],
  ['docker logs with times, Exim', `${UTC} ${EXIM}`],
  ['docker logs with times, RFC 3339', `${UTC} ${ISO}`],
  ['docker logs with times, a local time', `${UTC} 2026-04-14 19:44:47 mail ${TAGGED}`],
  ['grep', `/var/log/mail.log:${CLASSIC}`],
  ['grep with line numbers', `mail.log.1:12:${CLASSIC}`],
  ['grep of one file with line numbers', `12:${ISO}`],
  ['grep, a line of context', `mail.log-${CLASSIC}`],
  ['grep on Windows', String.raw`C:\logs\mail.log:${CLASSIC}`],
  ['zgrep, Exim', `/var/log/exim4/mainlog.2.gz:${EXIM}`],
  ['BusyBox', `Apr 14 19:44:47 mail mail.info ${TAGGED}`],
  ['BusyBox without a host', `Apr 14 19:44:47 mail.info ${TAGGED}`],
  ['without a host', `Apr 14 19:44:47 ${TAGGED}`],
  ['s6', `mail.info: Apr 14 19:44:47 ${TAGGED}`],
  ['s6, TAI64N', `@4000000069de7d1900000000 mail ${TAGGED}`],
  ['s6, TAI64N before a time', `@4000000069de7d1900000000 ${EXIM}`],
  ['OpenWrt', `Tue Apr 14 19:44:47 2026 mail.info ${TAGGED}`],
  ['year first', `2026 Apr 14 19:44:47 mail ${TAGGED}`],
  ['year first, with slashes', `2026/04/14 19:44:47 mail ${TAGGED}`],
  ['year first, without a host', `2026-04-14 19:44:47 ${TAGGED}`],
  ['a severity for the host', `2026-04-14T19:44:47+02:00 INFO    ${TAGGED}`],
  ['Kubernetes (CRI)', `${UTC} stdout F ${CLASSIC}`],
  ['Kubernetes (CRI), Exim', `${UTC} stderr F ${EXIM}`],
  ['Kubernetes (CRI), in parts', `${UTC} stdout P ${CLASSIC.slice(0, 80)}\n${UTC} stdout F ${CLASSIC.slice(80)}`],
  ['kubectl', `[pod/mail-0/postfix] ${UTC} ${CLASSIC}`],
  ['files of Docker', JSON.stringify({ log: `${CLASSIC}\n`, stream: 'stdout', time: UTC })],
  [
    'files of Docker, in parts',
    [CLASSIC.slice(0, 80), `${CLASSIC.slice(80)}\n`].map((log) => JSON.stringify({ log, stream: 'stdout', time: UTC })).join('\n'),
  ],
  ['journalctl -o json', JSON.stringify({ ...journal, MESSAGE })],
  ['journalctl -o json, bytes', JSON.stringify({ ...journal, MESSAGE: [...Buffer.from(MESSAGE)] })],
  ['journalctl -o json, Exim', JSON.stringify({ ...journal, SYSLOG_IDENTIFIER: 'exim', MESSAGE: EXIM })],
  ['journalctl -o export', exported(`MESSAGE=${MESSAGE}`)],
  ['journalctl -o export, a binary field', exported(`MESSAGE\n\u00d0\u0001${'\0'.repeat(6)}${MESSAGE}`)],
  ['journalctl -o short-full', `Tue 2026-04-14 19:44:47 CEST mail ${TAGGED}`],
  ['journalctl -o short-full, in UTC', `Tue 2026-04-14 17:44:47 UTC mail ${TAGGED}`],
  ['journalctl -o short-unix', `1776188687.000000 mail ${TAGGED}`],
  ['Solaris', `Apr 14 19:44:47 mail postfix/smtp[819]: [ID 197553 mail.info] ${MESSAGE}`],
  ['RFC 5424', `<22>1 2026-04-14T19:44:47+02:00 mail postfix/smtp 819 - - ${MESSAGE}`],
  ['RFC 5424 without a priority', `1 2026-04-14T19:44:47+02:00 mail postfix/smtp 819 - - ${MESSAGE}`],
  ['Filebeat', JSON.stringify({ '@timestamp': UTC, message: CLASSIC })],
  [
    'a shipper that takes the line apart',
    JSON.stringify({ timestamp: UTC, host: 'mail', appname: 'postfix/smtp', procid: 819, message: MESSAGE }),
  ],
  ['a byte order mark and CRLF', `\uFEFF${CLASSIC}\r\n`],
];

describe('a line of a log', () => {
  test.each(CARRIED)('%s', (_, carried) => {
    const payload = Buffer.from(carried);
    const format = detectFormat(payload);
    expect(['postfix', 'exim']).toContain(format?.name);
    const events = format?.normalise(payload, context).filter(({ kind }) => kind !== 'ignored') ?? [];
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      kind: 'event',
      event: { type: 'deferred', recipient: 'bob@example.com', smtp: { code: 452, enhanced: '4.2.2' }, remoteHost: 'mx.example.com' },
    });
    const { occurredAt } = (events[0] as { readonly event: { readonly occurredAt: number } }).event;
    expect(Math.trunc(occurredAt / 1_000)).toBe(Date.parse('2026-04-14T17:44:47Z') / 1_000);
  });

  it('is continued by a later reader when it came in parts', () => {
    for (const [, carried] of CARRIED.filter(([name]) => /in parts|export/.test(name))) {
      const [first = '', ...rest] = carried.split('\n');
      const format = formatOf('postfix') as LineFormat;
      const one = format.open(context);
      const before = one.push(first);
      const two = format.open(context, JSON.parse(JSON.stringify(one.state())));
      const found = [...before, ...rest.flatMap((line) => two.push(line)), ...two.end()];
      expect(found.map(({ kind }) => kind)).toEqual(['event']);
    }
  });

  it('is not read out of the text of another line', () => {
    const quoted = `Apr 14 19:44:47 mail dovecot: imap: mail.log:${CLASSIC}`;
    const log = formatOf('postfix');
    for (const line of [quoted, `Apr 14 19:44:47 mail app[1]: x | ${CLASSIC}`, `${CLASSIC.slice(0, 21)}app: {"log":"${CLASSIC}"}`])
      expect(log?.normalise(Buffer.from(line), context)).toEqual([{ kind: 'ignored', what: 'a line of another program' }]);
  });

  it('of what carried the log is ignored', () => {
    const lines = ['-- Boot 6f1e0d2c3b4a59687786950413223140 --', '--', '==> mail.log <==', '-- Journal begins at Tue 2026-04-14 --'];
    const found = formatOf('postfix')?.normalise(Buffer.from(lines.join('\n')), context);
    expect(found?.map(({ kind }) => kind)).toEqual(lines.map(() => 'ignored'));
  });
});
