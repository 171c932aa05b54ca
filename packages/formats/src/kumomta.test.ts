import { describe, expect, it } from 'vitest';
import type { NormaliseContext, Normalised } from './format.ts';
import { kumomta } from './kumomta.ts';

const context: NormaliseContext = { tenant: 'acme', stream: 'news', referenceTime: Date.parse('2026-03-12T00:00:00Z') };
const RECORD = {
  type: 'Delivery',
  id: 'm1',
  recipient: 'a@x.example',
  response: { code: 250, enhanced_code: { class: 2, subject: 0, detail: 0 }, content: 'OK ids=1', command: '.' },
  peer_address: { name: 'mx.x.example.', addr: '192.0.2.9' },
  timestamp: 1_757_675_281,
  num_attempts: 2,
  reception_protocol: 'ESMTP',
  nodeid: 'n1',
};

function read(...records: readonly unknown[]): readonly Normalised[] {
  return kumomta.normalise(Buffer.from(JSON.stringify(records)), context);
}

function events(...records: readonly unknown[]) {
  return read(...records).flatMap((one) => (one.kind === 'event' ? [one.event] : []));
}

const refused = { code: 550, enhanced_code: { class: 5, subject: 1, detail: 1 }, content: 'User unknown', command: 'RCPT TO' };
const temporary = { code: 452, enhanced_code: { class: 4, subject: 2, detail: 2 }, content: 'Over quota', command: 'RCPT TO' };

describe('kumomta', () => {
  it('reads a record', () => {
    expect(events(RECORD)).toMatchObject([
      {
        type: 'delivered',
        tenant: 'acme',
        stream: 'news',
        recipient: 'a@x.example',
        messageId: 'm1',
        attempt: 2,
        smtp: { code: 250, enhanced: '2.0.0', text: 'OK ids=1' },
        phase: 'end_of_data',
        remoteHost: 'mx.x.example',
        occurredAt: 1_757_675_281_000,
      },
    ]);
  });

  it.each([
    ['Reception', 'accepted', undefined],
    ['Bounce', 'bounced', true],
    ['TransientFailure', 'deferred', false],
    ['Expiration', 'expired', false],
    ['AdminBounce', 'rejected', undefined],
    ['OOB', 'bounced', true],
  ])('%s becomes %s', (type, wanted, permanent) => {
    const [event] = events({ ...RECORD, type, response: refused });
    expect([event?.type, event?.permanent]).toEqual([wanted, permanent]);
  });

  it('an out-of-band report of class 4 is an expiry', () => {
    expect(events({ ...RECORD, type: 'OOB', response: temporary })).toMatchObject([{ type: 'expired', permanent: false }]);
  });

  it.each(['Rejection', 'AdminRebind', 'DeferredInjectionRebind', 'Delayed', 'Delay', 'XferOut', 'XferIn'])(
    '%s is an internal record',
    (type) => {
      expect(read({ ...RECORD, type })).toMatchObject([{ kind: 'ignored' }]);
    },
  );

  it('the delivery of a log record is not mail, whatever its type', () => {
    for (const type of ['Delivery', 'TransientFailure', 'Bounce', 'Expiration']) {
      expect(read({ ...RECORD, type, reception_protocol: 'LogRecord' })).toMatchObject([{ kind: 'ignored' }]);
    }
  });

  it('several recipients produce several events, each with its own id', () => {
    const found = events({ ...RECORD, recipient: ['a@x.example', 'B@X.example'] });
    expect(found.map(({ recipient }) => recipient)).toEqual(['a@x.example', 'b@x.example']);
    expect(new Set(found.map(({ id }) => id)).size).toBe(2);
  });

  it('the event id depends on the attempt, not on other logged fields', () => {
    const [first, again, next] = events(RECORD, { ...RECORD, size: 5, meta: { x: 1 } }, { ...RECORD, num_attempts: 3 });
    expect(again?.id).toBe(first?.id);
    expect(next?.id).not.toBe(first?.id);
  });

  it.each([
    [{ event_time: '2025-10-06T11:08:01.123456789Z' }, '2025-10-06T11:08:01.123Z'],
    [{ timestamp: 1_757_675_281.5 }, '2025-09-12T11:08:01.500Z'],
    [{ timestamp: 1_757_675_281_500 }, '2025-09-12T11:08:01.500Z'],
    [{ timestamp: '2025-09-12T11:08:01Z' }, '2025-09-12T11:08:01.000Z'],
  ])('time of %j', (fields, wanted) => {
    const [event] = events({ ...RECORD, ...fields });
    expect(new Date(event?.occurredAt ?? 0).toISOString()).toBe(wanted);
  });

  it.each([
    ['MAIL FROM', 'mail'],
    ['RCPT TO:<a@x.example>\r\n', 'rcpt'],
    ['DATA', 'data'],
    ['.\r\n', 'end_of_data'],
    ['EHLO us', 'ehlo'],
    ['STARTTLS', 'starttls'],
    ['AUTH PLAIN', 'auth'],
    [null, undefined],
  ])('phase of %j', (command, phase) => {
    expect(events({ ...RECORD, type: 'Bounce', response: { ...refused, command } })[0]?.phase).toBe(phase);
  });

  it('tenant and stream come from `desist_tenant` and `desist_stream` in the metadata', () => {
    expect(events({ ...RECORD, meta: { desist_tenant: 'other', desist_stream: 'tx' } })).toMatchObject([{ tenant: 'other', stream: 'tx' }]);
  });

  it('a bad element does not affect the others', () => {
    expect(read(RECORD, 7, { type: 'Delivery', nodeid: 'n' }, { ...RECORD, type: 'New' }, RECORD).map((one) => one.kind)).toEqual([
      'event',
      'problem',
      'problem',
      'problem',
      'event',
    ]);
  });

  it('reads one record per line', () => {
    const lines = `${JSON.stringify(RECORD)}\n{broken\n${JSON.stringify(RECORD)}\n`;
    expect(kumomta.normalise(Buffer.from(lines), context).map((one) => one.kind)).toEqual(['event', 'problem', 'event']);
  });
});

describe('kumomta: feedback', () => {
  const feedback = (report: Readonly<Record<string, unknown>>): readonly Normalised[] =>
    read({ ...RECORD, type: 'Feedback', recipient: 'fbl@us.example', feedback_report: { feedback_type: 'abuse', ...report } });
  const told = (report: Readonly<Record<string, unknown>>): readonly string[] =>
    feedback(report).map((one) =>
      one.kind === 'event' ? `${one.event.type} ${one.event.recipient}` : one.kind === 'problem' ? one.reason : one.kind,
    );

  const rcpt = { original_rcpto_to: ['<b@x.example>'] };
  const removal = { extensions: { 'removal-recipient': ['c@x.example'] } };

  it('the recipient comes from the most reliable source, never from the mailbox of the feedback loop', () => {
    expect(told({ supplemental_trace: { recipient: 'a@x.example' }, ...rcpt, ...removal })).toEqual(['complained a@x.example']);
    expect(told({ ...rcpt, ...removal })).toEqual(['complained b@x.example']);
    expect(told(removal)).toEqual(['complained c@x.example']);
    expect(told({ original_rcpto_to: ['<a@x.example>', '<b@x.example>', '<a@x.example>'] })).toEqual([
      'complained a@x.example',
      'complained b@x.example',
    ]);
    expect(told({})).toEqual(['no_recipient']);
    expect(told({ original_rcpto_to: ['<redacted@x.example>'] })).toEqual(['no_recipient']);
  });

  it.each([
    ['fraud', 'complained b@x.example'],
    ['other', 'complained b@x.example'],
    ['opt-out', 'unsubscribed b@x.example'],
    ['not-spam', 'ignored'],
    ['auth-failure', 'ignored'],
    ['new-type', 'invalid'],
  ])('feedback of type %s', (type, wanted) => {
    expect(told({ ...rcpt, feedback_type: type })).toEqual([wanted]);
  });

  it('feedback has no reply', () => {
    const [one] = feedback(rcpt);
    expect(one?.kind === 'event' && one.event.smtp).toBeUndefined();
  });
});
