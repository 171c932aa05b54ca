import { describe, expect, it } from 'vitest';
import type { NormaliseContext, Normalised } from './format.ts';
import { powermta } from './powermta.ts';

const context: NormaliseContext = { tenant: 'acme', stream: 'news', referenceTime: Date.parse('2026-03-12T00:00:00Z') };
const HEADER = 'type,timeLogged,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,envId,header_X-HmXmrOriginalRecipient';

interface Row {
  readonly type?: string;
  readonly time?: string;
  readonly rcpt?: string;
  readonly orcpt?: string;
  readonly action?: string;
  readonly status?: string;
  readonly diag?: string;
  readonly mta?: string;
  readonly cat?: string;
  readonly env?: string;
  readonly original?: string;
}

function row({ type = 'b', time = '2026-03-11 10:00:00+0000', rcpt = 'a@x.example', ...rest }: Row): string {
  const { orcpt = '', action = 'failed', status = '', diag = '', mta = '', cat = '', env = '', original = '' } = rest;
  return [type, time, 's@y.example', rcpt, orcpt, action, status, diag, mta, cat, env, original].join(',');
}

function read(lines: readonly string[], given: Partial<NormaliseContext> = {}): readonly Normalised[] {
  return powermta.normalise(Buffer.from(lines.join('\r\n')), { ...context, ...given });
}

function events(lines: readonly string[], given: Partial<NormaliseContext> = {}) {
  return read(lines, given).flatMap((one) => (one.kind === 'event' ? [one.event] : []));
}

const told = (one: Row): string => {
  const result = read([HEADER, row(one)]).at(-1);
  return result?.kind === 'event'
    ? `${result.event.type} ${String(result.event.permanent)}`
    : result?.kind === 'problem'
      ? result.reason
      : String(result?.kind);
};

describe('powermta: meaning of a row', () => {
  it('reads a bounce', () => {
    const diag = '"smtp;550 5.1.1 <a@x.example>: unknown, in ""local"" table"';
    expect(
      events([HEADER, row({ status: '5.1.1 (bad destination mailbox address)', diag, mta: 'mx.x.example (192.0.2.9)', env: 'e1' })]),
    ).toMatchObject([
      {
        type: 'bounced',
        permanent: true,
        recipient: 'a@x.example',
        messageId: 'e1',
        smtp: { code: 550, enhanced: '5.1.1', text: 'smtp;550 5.1.1 <a@x.example>: unknown, in "local" table' },
        remoteHost: 'mx.x.example',
        occurredAt: Date.parse('2026-03-11T10:00:00Z'),
      },
    ]);
  });

  it.each<[string, Row]>([
    ['delivered undefined', { type: 'd', action: 'relayed', status: '2.0.0' }],
    ['delivered undefined', { type: 'delivery', action: 'relayed', status: '2.0.0' }],
    ['accepted undefined', { type: 'r' }],
    ['deferred false', { type: 't', action: 'delayed', status: '4.2.2', cat: 'quota-issues' }],
    ['deferred false', { type: 'tq', action: 'delayed', status: '4.4.1' }],
    ['ignored', { type: 'tq', rcpt: '', action: 'delayed', status: '4.4.1' }],
    ['bounced true', { status: '5.7.1', cat: 'spam-related' }],
    ['bounced false', { status: '4.2.2', cat: 'quota-issues' }],
    ['bounced true', { status: '', diag: 'smtp;550 no' }],
    ['bounced undefined', { status: '', diag: '' }],
    ['expired false', { status: '4.4.7', cat: 'message-expired' }],
    ['expired false', { status: '5.4.7 (delivery time expired)', cat: 'message-expired' }],
    ['bounced true', { status: '5.1.1', cat: 'message-expired' }],
    ['bounced true', { type: 'rb', status: '5.1.1' }],
    ['expired false', { type: 'rb', status: '4.4.7' }],
    ['deferred false', { type: 'rs', action: 'delayed', status: '4.4.7' }],
    ['delivered undefined', { type: 'rs', action: 'delivered', status: '2.0.0' }],
    ['invalid', { type: 'rs', action: '', status: '2.0.0' }],
    ['complained undefined', { type: 'f' }],
    ['complained undefined', { type: 'f', rcpt: '', original: 'a@hotmail.example' }],
    ['no_recipient', { type: 'f', rcpt: '' }],
    ['no_recipient', { type: 'f', rcpt: 'redacted@x.example' }],
    ['delivered undefined', { type: 'd', rcpt: '', orcpt: 'rfc822;a@x.example', action: 'relayed' }],
    ['no_recipient', { type: 'd', rcpt: '', action: 'relayed' }],
    ['invalid', { type: 'zz' }],
    ['invalid', { time: 'yesterday' }],
  ])('%s: %j', (wanted, one) => {
    expect(told(one)).toBe(wanted);
  });

  it.each([
    ['2026-03-11 10:00:00+0530', '2026-03-11T04:30:00.000Z'],
    ['1773223200', '2026-03-11T10:00:00.000Z'],
    ['2026-03-11 11:00:00', '2026-03-11T10:00:00.000Z'],
  ])('time %s', (time, wanted) => {
    const [event] = events([HEADER, row({ time })], { timezone: 'Europe/Paris' });
    expect(new Date(event?.occurredAt ?? 0).toISOString()).toBe(wanted);
  });

  it('a time without an offset needs a configured zone', () => {
    expect(read([HEADER, row({ time: '2026-03-11 11:00:00' })])).toMatchObject([
      { kind: 'ignored' },
      { kind: 'problem', reason: 'invalid' },
    ]);
  });
});

describe('powermta: files', () => {
  const usual =
    'd,2026-03-11 10:00:00+0000,2026-03-11 09:59:00+0000,s@y.example,a@x.example,,relayed,2.0.0 (success),smtp;250 OK,mx.x.example (192.0.2.9),success,smtp,app (10.0.0.1),smtp,192.0.2.1,192.0.2.9,"SIZE,PIPELINING",1,v,j,e1,x.example/v,pool';

  it('rows without a header are read by the usual columns, with or without a second time', () => {
    const further = usual.replace('2026-03-11 09:59:00+0000,', '2026-03-11 09:59:00+0000,,');
    for (const line of [usual, further]) {
      expect(events([line])).toMatchObject([
        { type: 'delivered', recipient: 'a@x.example', messageId: 'e1', smtp: { code: 250, enhanced: '2.0.0' } },
      ]);
    }
    expect(read(['d,2026-03-11 10:00:00+0000,a@x.example'])).toMatchObject([{ kind: 'problem', reason: 'invalid' }]);
  });

  it('the header can change within a file', () => {
    const lines = [HEADER, row({ status: '5.1.1' }), 'type,rcpt,timeLogged,dsnStatus', 'b,b@x.example,1773223200,4.2.2'];
    expect(events(lines).map(({ recipient, permanent }) => [recipient, permanent])).toEqual([
      ['a@x.example', true],
      ['b@x.example', false],
    ]);
  });

  it("a header can be a comment, in any case, and without the column of the event's time", () => {
    const lines = [
      '#type,timeQueued,bounceCat,rcpt,dsnStatus,dsnMTA',
      'b,2026-03-11 10:00:00+0000,bad-mailbox,<A@x.example>,5.1.1 (x),mx.x.example (192.0.2.9)',
    ];
    expect(events(lines)).toMatchObject([
      { type: 'bounced', recipient: 'a@x.example', remoteHost: 'mx.x.example', occurredAt: Date.parse('2026-03-11T10:00:00Z') },
    ]);
    expect(powermta.looksLike({ text: lines.join('\n'), first: {} })).toBe(true);
  });

  it('the recipient of a complaint is the To address of the mail, if it is the only one and nothing else names a recipient', () => {
    const complaint = (to: string): readonly string[] =>
      events(['type,timeLogged,header_To,header_Message-Id', `f,1772359200,${to},<m-1@y.example>`]).map(
        ({ recipient, messageId }) => `${recipient} ${String(messageId)}`,
      );
    expect(complaint('Ann <a@x.example>')).toEqual(['a@x.example m-1@y.example']);
    expect(complaint('"a@x.example, b@x.example"')).toEqual([]);
    expect(complaint('redacted@x.example')).toEqual([]);
  });

  it('a quoted field can contain line breaks', () => {
    expect(
      events([
        HEADER,
        'b,2026-03-11 10:00:00+0000,s@y.example,a@x.example,,failed,5.1.1,"smtp;550-one',
        '550 two",,,,',
        row({ status: '5.1.1' }),
      ]),
    ).toMatchObject([{ smtp: { code: 550, text: 'smtp;550-one\n550 two' } }, { smtp: { enhanced: '5.1.1' } }]);
  });

  it('an unclosed quote makes only its own row a problem', () => {
    const results = read([HEADER, row({ diag: '"smtp;550 open' }), row({ status: '5.1.1' }), row({ diag: '"open at the end' })]);
    expect(results.map((one) => (one.kind === 'problem' ? one.reason : one.kind))).toEqual([
      'ignored',
      'unreadable',
      'event',
      'unreadable',
    ]);
  });

  it('reads rows as JSON objects, one per line or in an array', () => {
    const object = { type: 'b', timeLogged: '1773223200', rcpt: 'a@x.example', dsnStatus: '5.1.1', dsnDiag: 'smtp;550 no' };
    for (const text of [
      JSON.stringify(object),
      JSON.stringify([object]),
      `${JSON.stringify(object)}\n`,
      JSON.stringify(JSON.stringify([object])),
    ]) {
      expect(events([text])).toMatchObject([{ type: 'bounced', recipient: 'a@x.example' }]);
    }
  });

  it('a reader continues with the columns that an earlier reader stored', () => {
    const first = powermta.open(context);
    first.push(HEADER);
    const next = powermta.open(context, JSON.parse(JSON.stringify(first.state())));
    expect(next.push(row({ status: '5.1.1' }))).toMatchObject([{ kind: 'event' }]);
    for (const state of [
      undefined,
      null,
      7,
      {},
      { version: 2 },
      { version: 1, columns: [7], begun: '' },
      { version: 1, columns: ['a'], begun: 7 },
    ]) {
      expect(powermta.open(context, state).state()).toEqual({ version: 1, columns: undefined, begun: '' });
    }
  });
});
