import { describe, expect, it } from 'vitest';
import type { NormaliseContext, Normalised } from '../format.ts';
import { postfix } from './index.ts';
import { createDeferredRecipients } from '../deferred-recipients.ts';

const context: NormaliseContext = { tenant: 'acme', stream: 'news', timezone: 'UTC', referenceTime: Date.parse('2026-03-12T00:00:00Z') };

function read(lines: string | readonly string[], given: Partial<NormaliseContext> = {}): readonly Normalised[] {
  return postfix.normalise(Buffer.from([lines].flat().join('\n')), { ...context, ...given });
}

function events(lines: string | readonly string[], given: Partial<NormaliseContext> = {}) {
  return read(lines, given).flatMap((one) => (one.kind === 'event' ? [one.event] : []));
}

const line = (rest: string, program = 'smtp', time = 'Mar 11 10:00:00'): string =>
  `${time} mail postfix/${program}[1234]: 7EE668039: ${rest}`;
const to = (status: string, relay = 'mx.example.net[192.0.2.9]:25'): string =>
  line(`to=<a@example.net>, relay=${relay}, delay=1, dsn=4.7.1, status=${status}`);

describe('postfix: a single line', () => {
  it('reads reply, phase, host and queue id of a refusal', () => {
    const text =
      'host mx.example.net[192.0.2.9] said: 550 5.1.1 <a@example.net>: User unknown (in local table) (in reply to RCPT TO command)';
    const [event] = events(
      line(`to=<a@example.net>, relay=mx.example.net[192.0.2.9]:25, conn_use=2, delay=1, dsn=5.1.1, status=bounced (${text})`),
    );
    expect(event).toMatchObject({
      type: 'bounced',
      tenant: 'acme',
      stream: 'news',
      source: 'postfix',
      recipient: 'a@example.net',
      messageId: '7EE668039',
      occurredAt: Date.parse('2026-03-11T10:00:00Z'),
      smtp: { code: 550, enhanced: '5.1.1', text: text.replace(' (in reply to RCPT TO command)', '') },
      phase: 'rcpt',
      remoteHost: 'mx.example.net',
      permanent: true,
    });
  });

  it.each([
    ['deferred (host mx.example.net[192.0.2.9] said: 450 4.7.1 no (in reply to end of DATA command))', 'end_of_data', 450],
    ['deferred (host mx.example.net[192.0.2.9] said: 450 4.7.1 no (in reply to MAIL FROM command))', 'mail', 450],
    ['deferred (host mx.example.net[192.0.2.9] said: 450 4.7.1 no (in reply to DATA command))', 'data', 450],
    ['deferred (host mx.example.net[192.0.2.9] refused to talk to me: 554 5.7.1 no service)', 'connect', 554],
    ['deferred (connect to mx.example.net[192.0.2.9]:25: Connection timed out)', 'connect', undefined],
    ['deferred (lost connection with mx.example.net[192.0.2.9] while receiving the initial server greeting)', 'connect', undefined],
    ['deferred (conversation with mx.example.net[192.0.2.9] timed out while sending RCPT TO)', 'rcpt', undefined],
    ['deferred (conversation with mx.example.net[192.0.2.9] timed out while performing the EHLO handshake)', 'ehlo', undefined],
    ['deferred (TLS is required, but was not offered by host mx.example.net[192.0.2.9])', 'starttls', undefined],
  ])('%s', (status, phase, code) => {
    const [event] = events(to(status));
    expect(event).toMatchObject({ type: 'deferred', permanent: false, phase });
    expect(event?.smtp?.code).toBe(code);
  });

  it('prefers the original address (orig_to), unless it has no domain', () => {
    const [alias, bare] = events([
      line('to=<a@example.net>, orig_to=<Sales@Example.org>, relay=mx[192.0.2.9]:25, delay=1, dsn=2.0.0, status=sent (250 ok)'),
      line('to=<root@example.net>, orig_to=<root>, relay=mx[192.0.2.9]:25, delay=1, dsn=2.0.0, status=sent (250 ok)'),
    ]);
    expect(alias?.recipient).toBe('sales@example.org');
    expect(bare?.recipient).toBe('root@example.net');
  });

  it.each([
    ['a content filter', '127.0.0.1[127.0.0.1]:10024', '250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3F'],
    ['a content filter by name', 'localhost[::1]:10024', '250 2.0.0 Ok: queued as 3F'],
    ['a private socket', 'private/filter', '250 2.0.0 Ok: queued as 3F'],
    ['discard', 'none', 'example.net'],
    ['a forward', 'local', 'forwarded as 3F4A1C0D22'],
  ])('a mail handed to %s is not delivered yet', (_name, relay, text) => {
    expect(read(to(`sent (${text})`, relay))).toEqual([{ kind: 'ignored', what: 'handed over on this host' }]);
  });

  it.each([
    ['a mailbox', 'local', 'delivered to maildir'],
    ['a mailbox behind a socket', 'mail[private/dovecot-lmtp]', '250 2.0.0 <a@example.net> x Saved'],
    ['a pipe', 'dovecot', 'delivered via dovecot service'],
    ['a remote host', 'mx.example.net[192.0.2.9]:25', '250 2.0.0 Ok: queued as 3F'],
  ])('a mail stored by %s is delivered', (_name, relay, text) => {
    expect(events(to(`sent (${text})`, relay))).toMatchObject([{ type: 'delivered' }]);
  });

  it('SOFTBOUNCE is a deferral; probes and messages on hold are not attempts; an unknown status is a problem', () => {
    expect(events(to('SOFTBOUNCE (host mx[192.0.2.9] said: 550 5.1.1 no)'))).toMatchObject([
      { type: 'deferred', permanent: false, smtp: { code: 550 } },
    ]);
    for (const status of ['undeliverable', 'deliverable', 'deliverable-but-not-cached', 'hold'])
      expect(read(to(`${status} (x)`))).toMatchObject([{ kind: 'ignored' }]);
    expect(read(to('exploded (x)'))).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
    expect(read(line('to=<a@example.net>, relay=mx.exam'))).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
  });

  it('reads the text of a line that syslog has truncated', () => {
    expect(events(to('bounced (host mx.example.net[192.0.2.9] said: 550 5.1.1 User unkn'))).toMatchObject([
      { type: 'bounced', smtp: { code: 550, text: 'host mx.example.net[192.0.2.9] said: 550 5.1.1 User unkn' } },
    ]);
  });

  it('each other line is ignored; a blank line yields nothing', () => {
    const lines = [
      'Mar 11 10:00:00 mx1 postfix/smtpd[4242]: NOQUEUE: reject: RCPT from unknown[198.51.100.7]: 550 5.1.1 <n@x.example>: unknown; from=<s@x.example> to=<n@x.example>',
      line('host mx.example.net[192.0.2.9] said: 450 4.7.1 later (in reply to RCPT TO command)'),
      line('sender non-delivery notification: 9D00AA11FF', 'bounce'),
      'Mar 11 10:00:00 mail postfix/smtp[1]: warning: something',
      'Mar 11 10:00:00 mail dovecot: imap-login: x',
      'Mar 11 10:00:00 mail last message repeated 3 times',
      'Mar 11 10:00:00 mail postfix/smtp[1]: message repeated 2 times: [ x ]',
    ];
    const results = read([...lines, '', '   ', '\r']);
    expect(results.map(({ kind }) => kind)).toEqual(lines.map(() => 'ignored'));
    expect(read('no syslog line')).toMatchObject([{ kind: 'problem', reason: 'unreadable', raw: 'no syslog line' }]);
  });
});

describe('postfix: time', () => {
  const at = (time: string, given: Partial<NormaliseContext> = {}): readonly Normalised[] =>
    read(line('to=<a@example.net>, relay=mx[192.0.2.9]:25, delay=1, dsn=2.0.0, status=sent (250 ok)', 'smtp', time), given);
  const iso = (results: readonly Normalised[]): readonly string[] =>
    results.map((one) =>
      one.kind === 'event' ? new Date(one.event.occurredAt).toISOString() : one.kind === 'problem' ? one.detail : one.what,
    );

  it.each([
    ['2026-03-11T10:00:00.123456+09:00', '2026-03-11T01:00:00.123Z'],
    ['2026-03-11T10:00:00Z', '2026-03-11T10:00:00.000Z'],
    ['2026-03-11T10:00:00+0100', '2026-03-11T09:00:00.000Z'],
    ['Mar 11 2026 10:00:00', '2026-03-11T10:00:00.000Z'],
    ['Mar  1 10:00:00.250', '2026-03-01T10:00:00.250Z'],
    ['Mar 12 23:59:59', '2026-03-12T23:59:59.000Z'],
    ['Mar 13 00:00:01', '2025-03-13T00:00:01.000Z'],
    ['Feb 29 10:00:00', '2024-02-29T10:00:00.000Z'],
  ])('%s', (time, wanted) => {
    expect(iso(at(time))).toEqual([wanted]);
  });

  it('a classic syslog time is in the configured zone, and a problem without one', () => {
    expect(iso(at('Mar 11 10:00:00', { timezone: 'Europe/Paris' }))).toEqual(['2026-03-11T09:00:00.000Z']);
    expect(iso(at('Mar 11 10:00:00', { timezone: '+05:30' }))).toEqual(['2026-03-11T04:30:00.000Z']);
    const { timezone: _, ...without } = context;
    expect(postfix.normalise(Buffer.from(to('sent (250 ok)')), without)).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
  });

  it('reads RFC 5424', () => {
    const line5424 =
      '<22>1 2026-03-11T10:00:00.003Z mail postfix/smtp 1234 - - 7EE668039: to=<a@example.net>, relay=mx[192.0.2.9]:25, delay=1, dsn=2.0.0, status=sent (250 ok)';
    expect(events(line5424)).toMatchObject([{ type: 'delivered', occurredAt: Date.parse('2026-03-11T10:00:00.003Z') }]);
  });
});

describe('postfix: expired messages', () => {
  const deferred = (address: string, host = 'mail', program = 'postfix/smtp'): string =>
    `Mar  6 09:00:00 ${host} ${program}[1]: 4C1F0A2B33: to=<${address}>, relay=none, delay=1, dsn=4.4.1, status=deferred (connect to mx[192.0.2.9]:25: timed out)`;
  const sent = (address: string): string =>
    `Mar  6 09:00:01 mail postfix/smtp[1]: 4C1F0A2B33: to=<${address}>, relay=mx[192.0.2.9]:25, delay=1, dsn=2.0.0, status=sent (250 ok)`;
  const expired = 'Mar 11 09:00:00 mail postfix/qmgr[1]: 4C1F0A2B33: from=<s@x.example>, status=expired, returned to sender';

  const expiredOf = (lines: readonly string[]): readonly string[] =>
    events(lines).flatMap(({ type, recipient }) => (type === 'expired' ? [recipient] : []));

  it('each recipient that is still deferred gets one expiry, without a reply', () => {
    const lines = [
      deferred('a@x.example'),
      deferred('b@x.example'),
      deferred('c@x.example'),
      deferred('b@x.example'),
      sent('a@x.example'),
      expired,
    ];
    expect(expiredOf(lines)).toEqual(['b@x.example', 'c@x.example']);
    const event = events(lines).find(({ type }) => type === 'expired');
    expect(event).toMatchObject({ messageId: '4C1F0A2B33', permanent: false, occurredAt: Date.parse('2026-03-11T09:00:00Z') });
    expect(event?.smtp).toBeUndefined();
  });

  it('force-expired is read likewise', () => {
    expect(expiredOf([deferred('a@x.example'), expired.replace('expired', 'force-expired')])).toEqual(['a@x.example']);
  });

  it('an expiry is a problem if no deferral of the queue id is known', () => {
    expect(read(expired)).toEqual([
      { kind: 'problem', reason: 'no_recipient', detail: expect.stringContaining('4C1F0A2B33') as string, raw: expired },
    ]);
  });

  it.each([
    ['is used again', 'Mar 10 09:00:00 mail postfix/cleanup[1]: 4C1F0A2B33: message-id=<other@x.example>'],
    ['was used again by a client', 'Mar 10 09:00:00 mail postfix/smtpd[1]: 4C1F0A2B33: client=app[10.0.0.1]'],
    ['was removed', 'Mar 10 09:00:00 mail postfix/qmgr[1]: 4C1F0A2B33: removed'],
  ])('forgets the deferred recipients when a queue id %s', (_what, between) => {
    expect(read([deferred('a@x.example'), between, expired]).at(-1)).toMatchObject({ kind: 'problem', reason: 'no_recipient' });
  });

  it('hosts, instances and the case of queue ids are distinguished', () => {
    const others = [
      deferred('h@x.example', 'mail2'),
      deferred('i@x.example', 'mail', 'postfix-out/smtp'),
      deferred('j@x.example').replace('4C1F0A2B33', '4c1F0A2B33'),
    ];
    expect(expiredOf([...others, deferred('a@x.example'), expired])).toEqual(['a@x.example']);
  });

  it('an alias with two mailboxes stays deferred until both are settled', () => {
    const alias = (final: string, status: string): string =>
      `Mar  6 09:00:00 mail postfix/smtp[1]: 4C1F0A2B33: to=<${final}>, orig_to=<all@x.example>, relay=mx[192.0.2.9]:25, delay=1, dsn=4.0.0, status=${status} (x)`;
    expect(expiredOf([alias('a@y.example', 'deferred'), alias('b@y.example', 'deferred'), alias('a@y.example', 'sent'), expired])).toEqual([
      'all@x.example',
    ]);
  });
});

describe('postfix: remembered deferrals', () => {
  it('are bounded: the oldest queue ids are dropped', () => {
    const deferred = createDeferredRecipients(undefined, 3);
    for (const queue of ['q1', 'q2', 'q3', 'q4']) deferred.add(queue, `${queue}@x.example`, `${queue}@x.example`);
    expect(deferred.clear('q1')).toEqual([]);
    expect(deferred.clear('q4')).toEqual(['q4@x.example']);
  });

  it('do not include delivered mail', () => {
    const reader = postfix.open(context);
    reader.push(to('sent (250 ok)'));
    expect(reader.state()).toEqual({ version: 1, queues: [] });
  });

  it.each([
    [undefined],
    [null],
    [7],
    ['x'],
    [{}],
    [{ version: 2, queues: [] }],
    [{ version: 1, queues: [[7]] }],
    [{ version: 1, queues: 'x' }],
  ])('start empty if the saved state is invalid: %j', (state) => {
    expect(postfix.open(context, state).state()).toEqual({ version: 1, queues: [] });
  });
});
