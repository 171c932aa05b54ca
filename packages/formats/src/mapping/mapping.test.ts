/** A provider that a sources file describes: paths, words, units of time, one or many events in a body. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NormaliseContext, Normalised } from '../format.ts';
import { isUnit, mappingFormat, parsePath } from './index.ts';
import type { MappedField, Mapping, Meaning } from './index.ts';

const NOW = Date.parse('2026-03-02T00:00:00Z');
const CONTEXT: NormaliseContext = { tenant: 'acme', stream: 'news', source: 'other', referenceTime: NOW };
const AT = '2026-03-01T10:00:00.000Z';

interface Written {
  readonly events?: string;
  readonly unit?: string;
  readonly words?: Readonly<Record<string, Meaning>>;
  readonly fields?: Partial<Record<MappedField, string | readonly string[]>>;
}

const FIELDS = { event: 'type', recipient: 'to', time: 'at' };
const WORDS = { delivered: 'delivered', bounce: 'bounced', 'bounce/hard': 'bounced_permanent', open: 'ignored' } as const;

function mapping({ events, unit = 'auto', words = WORDS, fields = {} }: Written = {}): Mapping {
  const paths = Object.entries({ ...FIELDS, ...fields }).map(([name, given]) => [name, [given].flat().map((one) => parsePath(one)!)]);
  return {
    events: events === undefined ? null : parsePath(events)!,
    fields: Object.fromEntries(paths) as Mapping['fields'],
    unit,
    words: new Map(Object.entries(words)),
  };
}

function read(written: Written, payload: unknown, context: Partial<NormaliseContext> = {}): readonly Normalised[] {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return mappingFormat(mapping(written)).normalise(new TextEncoder().encode(text), { ...CONTEXT, ...context });
}

/** The events, with what the test is about. */
function told(normalised: readonly Normalised[]): readonly unknown[] {
  return normalised.map((one) => {
    if (one.kind !== 'event') return one.kind === 'ignored' ? `ignored ${one.what}` : `${one.reason}: ${one.detail}`;
    const { type, recipient, occurredAt, permanent } = one.event;
    return [type, recipient, new Date(occurredAt).toISOString(), ...(permanent === undefined ? [] : [permanent])];
  });
}

const one = (more: object = {}): object => ({ type: 'delivered', to: 'A@Example.com', at: AT, ...more });

describe('a mapping', () => {
  it('reads one event, an array, one document a line, and an array inside the body', () => {
    const event = ['delivered', 'a@example.com', AT];
    expect(told(read({}, one()))).toEqual([event]);
    expect(told(read({}, [one(), one()]))).toEqual([event, event]);
    expect(told(read({}, `${JSON.stringify(one())}\n${JSON.stringify(one())}`))).toEqual([event, event]);
    expect(told(read({ events: 'data.items' }, { data: { items: [one(), one()] } }))).toEqual([event, event]);
    expect(told(read({ events: 'data.items[]' }, { data: { items: [one()] } }))).toEqual([event]);
    expect(told(read({ events: 'users[].events' }, { users: [{ events: [one()] }, { events: [one()] }] }))).toEqual([event, event]);
    expect(told(read({ events: 'data.item' }, { data: { item: one() } }))).toEqual([event]);
    expect(told(read({ events: 'data.items' }, { data: { items: [] } }))).toEqual([]);
    expect(told(read({ events: 'data.items' }, { other: 1 }))).toEqual(['invalid: events: nothing is at this path']);
  });

  it('fills every field of the event', () => {
    const fields = {
      ...{ id: 'id', message: 'mail.id', reply: 'smtp.text', code: 'smtp.code', status: 'smtp.dsn', host: 'smtp.mx', attempt: 'try' },
      ...{ tenant: 'account', stream: 'kind', pool: 'ip["pool.name"]' },
    };
    const payload = one({
      ...{ id: 12345678901234567890n.toString(), mail: { id: '<m-1@example.org>' }, try: 2, account: 'umbrella', kind: 'bulk' },
      smtp: { text: 'no such user here', code: 550, dsn: '5.1.1', mx: 'mx.example.com' },
      ip: { 'pool.name': 'shared' },
      type: 'bounce',
      bounce: 'hard',
    });
    expect(read({ fields: { ...fields, subtype: 'bounce' } }, payload)).toEqual([
      {
        kind: 'event',
        event: {
          ...{
            id: '12345678901234567890',
            tenant: 'umbrella',
            stream: 'bulk',
            recipient: 'a@example.com',
            type: 'bounced',
            source: 'other',
          },
          ...{ occurredAt: Date.parse(AT), messageId: 'm-1@example.org', attempt: 2, remoteHost: 'mx.example.com', pool: 'shared' },
          smtp: { code: 550, enhanced: '5.1.1', text: 'no such user here' },
          permanent: true,
        },
      },
    ]);
  });

  it('knows words in any case, alone and with their subtype', () => {
    const fields = { subtype: 'kind' };
    expect(told(read({ fields }, one({ type: 'Bounce', kind: 'HARD' })))).toEqual([['bounced', 'a@example.com', AT, true]]);
    expect(told(read({ fields }, one({ type: 'bounce', kind: 'soft' })))).toEqual([['bounced', 'a@example.com', AT]]);
    expect(told(read({ fields }, one({ type: 'open' })))).toEqual(['ignored open']);
    expect(told(read({ words: { 3: 'delivered' } }, one({ type: 3 })))).toEqual([['delivered', 'a@example.com', AT]]);
  });

  it('names a word that the table does not have, and never an address', () => {
    expect(read({}, one({ type: 'complaint' }))).toEqual([{ kind: 'ignored', what: 'complaint', unknown: true }]);
    expect(read({ fields: { subtype: 'kind' } }, one({ type: 'x', kind: 'y' }))).toEqual([{ kind: 'ignored', what: 'x/y', unknown: true }]);
    expect(read({ fields: { event: 'to' } }, one())).toEqual([{ kind: 'ignored', what: 'a word with an @', unknown: true }]);
    expect(told(read({ words: { ...WORDS, '*': 'deferred' } }, one({ type: 'later' })))).toEqual([
      ['deferred', 'a@example.com', AT, false],
    ]);
    expect(told(read({}, one({ type: undefined })))).toEqual(['invalid: event: missing']);
  });

  it('takes the first path that has a value', () => {
    expect(told(read({ fields: { recipient: ['email', 'to'] } }, one({ email: '' })))).toEqual([['delivered', 'a@example.com', AT]]);
    expect(told(read({ fields: { recipient: ['email', 'to'] } }, one({ email: 'b@example.com' })))).toEqual([
      ['delivered', 'b@example.com', AT],
    ]);
  });

  it('makes an event of each recipient', () => {
    const wanted = [
      ['delivered', 'a@example.com', AT],
      ['delivered', 'b@example.com', AT],
    ];
    expect(told(read({}, one({ to: ['a@example.com', 'b@example.com'] })))).toEqual(wanted);
    const list = one({ list: [{ email: 'a@example.com' }, { email: 'b@example.com' }] });
    expect(told(read({ fields: { recipient: 'list[].email' } }, list))).toEqual(wanted);
    expect(told(read({}, one({ to: undefined })))).toEqual(['no_recipient: delivered: the payload names no recipient']);
  });

  it('reads what the body says of all its events, and headers', () => {
    const written = { events: 'items', fields: { event: 'header:X-Event', time: '$.sent' } };
    const body = { sent: AT, items: [{ to: 'a@example.com' }, { to: 'b@example.com' }] };
    expect(told(read(written, body, { headers: { 'x-event': 'delivered' } }))).toEqual([
      ['delivered', 'a@example.com', AT],
      ['delivered', 'b@example.com', AT],
    ]);
  });

  it('gives events of one request ids of their own although the id is that of the request', () => {
    const written = { events: 'items', fields: { id: 'header:webhook-id' } };
    const ids = (payload: object, id = 'msg_1'): readonly string[] =>
      read(written, payload, { headers: { 'webhook-id': id } }).flatMap((given) => (given.kind === 'event' ? [given.event.id] : []));
    expect(ids({ items: [one()] })).toEqual(['msg_1']);
    const two = ids({ items: [one(), one()] });
    expect(new Set(two).size).toBe(2);
    expect(ids({ items: [one(), one()] })).toEqual(two);
    expect(ids({ items: [one(), one()] }, 'msg_2')).not.toEqual(two);
  });

  it('reads forms, and JSON inside a text', () => {
    expect(told(read({}, 'type=delivered&to=a%40example.com&at=2026-03-01+10%3A00%3A00Z'))).toEqual([['delivered', 'a@example.com', AT]]);
    expect(told(read({ events: 'Message.list' }, { Message: JSON.stringify({ list: [one()] }) }))).toEqual([
      ['delivered', 'a@example.com', AT],
    ]);
    const form = `payload=${encodeURIComponent(JSON.stringify([one(), one()]))}`;
    expect(told(read({ events: 'payload' }, form))).toHaveLength(2);
  });

  it.each([
    ['s', 1_772_359_200, AT],
    ['s', '1772359200.25', '2026-03-01T10:00:00.250Z'],
    ['ms', 1_772_359_200_123, '2026-03-01T10:00:00.123Z'],
    ['us', '1772359200123456', '2026-03-01T10:00:00.123Z'],
    ['iso', '2026-03-01T12:00:00.5+02:00', '2026-03-01T10:00:00.500Z'],
    ['auto', 1_772_359_200, AT],
    ['dd/MM/yyyy HH:mm:ss', '01/03/2026 11:00:00', AT],
    ['d MMM yyyy, h:mm a', '1 Mar 2026, 11:00 AM', AT],
    ["yyyy-MM-dd'T'HH:mm:ss ZZZ", '2026-03-01T12:00:00 +0200', AT],
  ])('reads times in %s: %s', (unit, at, wanted) => {
    expect(told(read({ unit }, one({ at }), { timezone: 'Europe/Paris' }))).toEqual([['delivered', 'a@example.com', wanted]]);
  });

  it.each([
    ['s', AT, 'must be a number (s)'],
    ['s', 1_772_359_200_123, 'more than a day in the future'],
    ['ms', 1_772_359_200, 'before the year 1990'],
    ['iso', 1_772_359_200, 'must be a time as text'],
    ['iso', '01/03/2026', 'must be a time of ISO 8601'],
    ['dd/MM/yyyy HH:mm', '2026-03-01 10:00', 'must be a time like dd/MM/yyyy HH:mm'],
    ['dd/MM/yyyy HH:mm', '01/03/2026 10:00', 'a time without a zone, and no time zone is configured for this source'],
    ['auto', undefined, 'missing'],
  ])('refuses times that are not in %s: %s', (unit, at, wanted) => {
    expect(told(read({ unit }, one({ at })))).toEqual([`invalid: time: ${wanted}`]);
  });

  it('a bad event does not affect the others, and carries itself', () => {
    const bad = one({ to: 'nobody' });
    const found = read({ events: 'items' }, { items: [one(), bad, 7, one()] });
    expect(found.map(({ kind }) => kind)).toEqual(['event', 'problem', 'problem', 'event']);
    expect(found[1]).toMatchObject({ reason: 'invalid', raw: JSON.stringify(bad) });
    expect(told(read({}, 'nonsense'))).toEqual(['unreadable: not JSON']);
    expect(told(read({}, ''))).toEqual(['unreadable: an empty payload']);
  });

  it('stops at the limit of elements, also where they are inside a text', () => {
    const limited = { elementLimit: 10 };
    const to = Array.from({ length: 11 }, (_, index) => `a${index}@example.com`);
    const wanted = [expect.objectContaining({ kind: 'problem', reason: 'too_large' })];
    expect(read({}, one({ to }), limited)).toEqual(wanted);
    expect(read({ fields: { recipient: 'inner.to' } }, one({ inner: JSON.stringify({ to }) }), limited)).toEqual(wanted);
    expect(read({ events: 'inner[]' }, { inner: JSON.stringify(to.map(() => one())) }, limited)).toEqual(wanted);
  });

  it('never throws, and gives the same again', () => {
    const written = { events: 'items[].list', fields: { subtype: 'a.b[0].c', id: '$.id' } };
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.webQueryParameters()), (text) => {
        expect(read(written, text)).toEqual(read(written, text));
        expect(Array.isArray(read({}, text))).toBe(true);
      }),
    );
  });
});

describe('a path', () => {
  it.each(['a', 'a.b', 'a-b.c_d', 'a[0].b', '[].b', 'a[][]', '["a.b"].c', '$', '$.a', '$[0]', 'header:X-Event', 'Ünï.ço'])('%s', (text) => {
    expect(parsePath(text)).toBeDefined();
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a[',
    'a[-1]',
    'a[x]',
    'a b',
    'a[1234567]',
    '$a',
    'header:',
    'header:a b',
    'a.'.repeat(20),
    'x'.repeat(201),
  ])('not %s', (text) => {
    expect(parsePath(text)).toBeUndefined();
  });

  it('leads to own members only', () => {
    expect(told(read({ fields: { event: 'constructor.name' } }, one()))).toEqual(['invalid: event: missing']);
    expect(told(read({ fields: { event: '__proto__.x' } }, one()))).toEqual(['invalid: event: missing']);
  });
});

describe('a unit of time', () => {
  it.each(['auto', 's', 'dd.MM.yyyy HH:mm', 'MM/dd/yy hh:mm:ss a', 'cccc, d LLLL yyyy HH:mm'])('%s', (unit) => {
    expect(isUnit(unit)).toBe(true);
  });

  it.each(['seconds', '', 'yyyy-MM-dd', 'HH:mm', 'dd.MM.yyyy hh:mm', 'DD/MM/YYYY HH:mm:ss', 'x'.repeat(65)])('not %s', (unit) => {
    expect(isUnit(unit)).toBe(false);
  });
});
