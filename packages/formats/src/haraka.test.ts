import { describe, expect, it } from 'vitest';
import type { NormaliseContext, Normalised } from './format.ts';
import { haraka } from './haraka.ts';

const context: NormaliseContext = { tenant: 'acme', stream: 'news', referenceTime: Date.parse('2026-03-12T00:00:00Z'), timezone: 'UTC' };
const UUID = 'B840081E-6CB8-4FB5-ADD9-5827973462E9.1.1';

function read(text: string): readonly Normalised[] {
  return haraka.normalise(Buffer.from(text), context);
}

function events(text: string) {
  return read(text).flatMap((one) => (one.kind === 'event' ? [one.event] : []));
}

const hook = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    event: 'bounced',
    timestamp: '2026-02-11T14:35:00.000Z',
    message_id: '<m1@y.example>',
    queue_id: 'Q1',
    to: ['a@x.example'],
    ...fields,
  });
const logged = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    time: '2026-02-11T14:35:00.000Z',
    name: 'outbound_logger',
    type: 'bounced',
    job_id: UUID,
    recipient: 'a@x.example',
    ...fields,
  });

describe('haraka: webhook', () => {
  it('reads a delivery with reply and host', () => {
    expect(events(hook({ event: 'delivered', host: 'mx.x.example', response: '250 2.0.0 OK', metadata: { attempts: 1 } }))).toMatchObject([
      {
        type: 'delivered',
        recipient: 'a@x.example',
        messageId: 'm1@y.example',
        smtp: { code: 250, enhanced: '2.0.0' },
        remoteHost: 'mx.x.example',
        attempt: 1,
      },
    ]);
  });

  it('produces one event per recipient', () => {
    const found = events(
      hook({ event: 'deferred', to: ['a@x.example', 'b@x.example'], response: '', metadata: { reason: '451 4.7.1 later' } }),
    );
    expect(found).toMatchObject([
      { type: 'deferred', recipient: 'a@x.example', permanent: false, smtp: { code: 451 } },
      { type: 'deferred', recipient: 'b@x.example' },
    ]);
  });

  it.each([
    [{ bounce_type: 'hard', bounce_code: '550', bounce_message: '550 5.1.1 no' }, 550, '5.1.1', true],
    [{ bounce_type: 'soft', bounce_code: '452', bounce_message: '452 4.2.2 full' }, 452, '4.2.2', false],
    [{ bounce_type: 'partial', bounce_code: '250', bounce_message: 'Some recipients failed' }, undefined, undefined, undefined],
    [{ bounce_type: 'unknown', bounce_code: '', bounce_message: 'No MX' }, undefined, undefined, undefined],
    [{ bounce_type: 'unknown', bounce_code: '550', bounce_message: 'no such user' }, 550, undefined, true],
  ])('%j', (fields, code, enhanced, permanent) => {
    const [event] = events(hook(fields));
    expect([event?.type, event?.smtp?.code, event?.smtp?.enhanced, event?.permanent]).toEqual(['bounced', code, enhanced, permanent]);
  });

  it('"Too many failures" is an expiry, with the last reply', () => {
    const text = 'Too many failures (Upstream error: 451 4.7.1 later)';
    expect(events(hook({ bounce_type: 'soft', bounce_message: text }))).toMatchObject([
      { type: 'expired', permanent: false, smtp: { code: 451, enhanced: '4.7.1', text } },
    ]);
  });

  it('a test record is ignored; a record without recipient, time or type is a problem', () => {
    expect(read(hook({ event: 'test' }))).toMatchObject([{ kind: 'ignored' }]);
    expect(read(hook({ to: [] }))).toMatchObject([{ kind: 'problem', reason: 'no_recipient' }]);
    expect(read(hook({ timestamp: undefined }))).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
    expect(read('{"a":1}')).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
    expect(read(hook({ event: 'exploded' }))).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
  });
});

describe('haraka: outbound logger', () => {
  it.each([
    [{ dsn_status: '550', undelivered_reason: '550 5.1.1 no' }, 'bounced', 550, '5.1.1', true],
    [{ dsn_status: '5.1.1', undelivered_reason: 'no such user' }, 'bounced', undefined, '5.1.1', true],
    [{ dsn_status: '550', undelivered_reason: '550 - no such user' }, 'bounced', 550, undefined, true],
    [{ dsn_status: '5.7.1', undelivered_reason: 'Too many failures (450 4.7.1 later)' }, 'expired', 450, '4.7.1', false],
    [{ type: 'deferred', dsn_status: '4.4.1', undelivered_reason: 'connection timed out' }, 'deferred', undefined, '4.4.1', false],
    [{ type: 'delivered', smtp_response: '2.0.0 OK' }, 'delivered', undefined, '2.0.0', undefined],
  ])('%j', (fields, ...wanted) => {
    const [event] = events(logged(fields));
    expect([event?.type, event?.smtp?.code, event?.smtp?.enhanced, event?.permanent]).toEqual(wanted);
    expect(event?.messageId).toBe(UUID);
  });
});

describe('haraka: its own log', () => {
  const rest = `[NOTICE] [${UUID}] [outbound] recipient <A@x.example> rejected: 550 5.1.1 no`;

  it.each([
    [`2026-02-11T14:35:00.120Z ${rest}`, '2026-02-11T14:35:00.120Z'],
    [`Mar 11 10:00:00 mail haraka[1]: ${rest}`, '2026-03-11T10:00:00.000Z'],
  ])('%s', (line, time) => {
    expect(events(line)).toMatchObject([
      { type: 'bounced', recipient: 'a@x.example', messageId: UUID, phase: 'rcpt', permanent: true, occurredAt: Date.parse(time) },
    ]);
  });

  it('a line without a time is a problem; a line without a recipient is ignored', () => {
    expect(read(rest)).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
    for (const message of [
      'bouncing mail: Some recipients failed: <a@x.example>',
      'delivered file=x domain=x.example rcpts=1/0/0',
      'Temp failing x for 64 seconds',
    ]) {
      expect(read(`2026-02-11T14:35:00.120Z [NOTICE] [${UUID}] [outbound] ${message}`)).toMatchObject([{ kind: 'ignored' }]);
    }
    expect(read('something else')).toMatchObject([{ kind: 'problem', reason: 'unreadable' }]);
  });

  it('reads JSON lines, also mixed with records', () => {
    const json = JSON.stringify({
      level: 'NOTICE',
      uuid: UUID,
      source: 'outbound',
      message: 'recipient <a@x.example> deferred: 450 4.2.1 busy',
      timestamp: '2026-02-11T14:35:00.000Z',
    });
    expect(events(json)).toMatchObject([{ type: 'deferred', messageId: UUID, smtp: { code: 450 } }]);
    const reader = haraka.open(context);
    expect(
      [...reader.push(json), ...reader.push(logged({})), ...reader.push(`2026-02-11T14:35:00.120Z ${rest}`), ...reader.end()].map(
        (one) => one.kind,
      ),
    ).toEqual(['event', 'event', 'event']);
  });
});
