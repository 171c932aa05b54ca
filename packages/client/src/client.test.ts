/** The parts of the client that need no broker: batching and caching of checks, duplicates, the table of the replica. */
import * as contracts from '@desist/contracts';
import * as formats from '@desist/formats/event';
import { decide as decideInPipeline } from '@desist/pipeline';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createChecker, createTable, decide, normaliseAddress, normaliseRecipient } from './index.ts';
import type { Change, CheckerOptions, IncidentChange, Suppressions } from './index.ts';
import type { Table } from './table.ts';
import { decodeMarks, encodeMarks, handOn, isNew } from './subscribe.ts';

interface Sent {
  readonly recipients: readonly string[];
  readonly key: string | null;
}

/** A service that suppresses every address that begins with `bad`. */
function service(
  more: Partial<CheckerOptions> = {},
  status = 200,
): { sent: Sent[]; checker: ReturnType<typeof createChecker>; clock: { now: number } } {
  const sent: Sent[] = [];
  const clock = { now: 1_000_000 };
  const answer: typeof fetch = async (_url, init) => {
    const { recipients } = JSON.parse(init?.body as string) as { recipients: string[] };
    sent.push({ recipients, key: new Headers(init?.headers).get('authorization') });
    const results = recipients.map((recipient) => {
      const bad = recipient.startsWith('bad');
      const expiresAt = recipient.startsWith('bad-soon') ? new Date(clock.now + 500).toISOString() : null;
      return { recipient, allowed: !bad, reasons: bad ? ['hard_bounce'] : [], state: 'healthy', expiresAt };
    });
    return new Response(JSON.stringify(status === 200 ? { results, asOf: [] } : { detail: 'no' }), { status });
  };
  const checker = createChecker({ url: 'http://desist.example', fetch: answer, now: () => clock.now, gather: 0, ...more });
  return { sent, checker, clock };
}

describe('check', () => {
  test('concurrent calls share one request, with each address once, and each caller gets its own answer', async () => {
    const { sent, checker } = service({ key: 'k' });
    const answers = await checker.checkAll(['a@x.example', 'Bad@X.example', 'A@x.example', 'a@x.example']);
    expect(sent).toEqual([{ recipients: ['a@x.example', 'bad@x.example'], key: 'Bearer k' }]);
    expect(answers.map(({ recipient, allowed }) => [recipient, allowed])).toEqual([
      ['a@x.example', true],
      ['Bad@X.example', false],
      ['A@x.example', true],
      ['a@x.example', true],
    ]);
  });

  test('a request has at most 10,000 addresses', async () => {
    const { sent, checker } = service();
    await checker.checkAll(Array.from({ length: 10_001 }, (_, n) => `r${n}@x.example`));
    expect(sent.map(({ recipients }) => recipients.length)).toEqual([10_000, 1]);
  });

  test('an answer is reused until it is `keep` old, but not after a suppression in it expires', async () => {
    const { sent, checker, clock } = service({ keep: 1_000 });
    const ask = async (address: string): Promise<number> => (await checker.check(address), sent.length);
    expect(await ask('a@x.example')).toBe(1);
    clock.now += 999;
    expect(await ask('A@x.example')).toBe(1);
    clock.now += 1;
    expect(await ask('a@x.example')).toBe(2);
    expect(await ask('bad-soon@x.example')).toBe(3);
    clock.now += 499;
    expect(await ask('bad-soon@x.example')).toBe(3);
    clock.now += 1;
    expect(await ask('bad-soon@x.example')).toBe(4);
  });

  test('at most the configured number of answers is cached; the least recently used are evicted', async () => {
    const { sent, checker } = service({ remembered: 2 });
    for (const address of ['a@x.example', 'b@x.example', 'a@x.example', 'c@x.example', 'a@x.example']) await checker.check(address);
    expect(sent).toHaveLength(3);
    await checker.check('b@x.example');
    expect(sent).toHaveLength(4);
  });

  test.each([
    ['open', true, []],
    ['closed', false, ['unavailable']],
  ] as const)('without an answer, %s; and nothing is cached', async (whenAway, allowed, reasons) => {
    const { sent, checker } = service({ whenAway }, 503);
    for (let i = 0; i < 2; i += 1) expect(await checker.check('a@x.example')).toMatchObject({ allowed, reasons, state: null });
    expect(sent).toHaveLength(2);
  });

  test('a refusal by the service is an error, whatever `whenAway` says', async () => {
    await expect(service({ whenAway: 'open' }, 401).checker.check('a@x.example')).rejects.toMatchObject({
      name: 'CheckError',
      status: 401,
    });
    await expect(service({}, 503).checker.check('a@x.example')).rejects.toMatchObject({ status: 503 });
  });
});

describe('duplicates', () => {
  const change = (partition: number, number: number): Pick<Change, 'sequence'> => ({ sequence: { partition, number } });

  test('each sequence of a source counts once, whatever is repeated and however often the reader restarts', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 })), { maxLength: 60 }), (steps) => {
        const next = [1, 1, 1, 1];
        let marks = decodeMarks(null);
        const seen: string[] = [];
        for (const [partition, back] of steps) {
          // The relay continues, or repeats its latest records.
          const from = Math.max(1, (next[partition] as number) - back);
          for (let number = from; number <= (next[partition] as number); number += 1) {
            if (isNew(marks, change(partition, number))) seen.push(`${partition} ${number}`);
          }
          next[partition] = (next[partition] as number) + 1;
          marks = decodeMarks(encodeMarks(marks));
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.length).toBe(next.reduce((sum, number) => sum + number - 1, 0));
      }),
    );
  });

  test("the marks fit into an offset's metadata; the most recent ones are kept", () => {
    const of = (partition: number) => ({ incarnation: partition % 2, number: 1_000_000 + partition });
    const marks = new Map(Array.from({ length: 5_000 }, (_, partition) => [partition, of(partition)]));
    const text = encodeMarks(marks);
    expect(text.length).toBeLessThanOrEqual(4_000);
    expect(decodeMarks(text).get(4_999)).toEqual(of(4_999));
    for (const [partition, mark] of decodeMarks(text)) expect(mark).toEqual(of(partition));
  });
});

describe('records of the topic', () => {
  const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const released = (number: number): object => ({
    version: 1,
    id: `c-${number}`,
    type: 'released',
    tenant: 'acme',
    recipient: 'a@x.example',
    recipientVersion: number,
    incident: 'gmail-12bdk',
    sequence: { partition: 1, number },
  });
  /** As the pipeline publishes it. */
  const decided = (number: number): Uint8Array => {
    const terms = { tenant: null, provider: 'gmail', domain: null, code: '550 5.1.1', text: null, from: 1_000_000, until: null };
    const summary = { failing: 30, delivered: 10, usualShare: 0.01, codes: [{ code: '550 5.1.1', count: 30 }], samples: ['550 5.1.1 no'] };
    const incident = { id: 'gmail-12bdk', revision: number, action: 'opened' as const, excludes: true, terms, at: 2_000_000, summary };
    const notice = { ...incident, announcedBy: 1, by: null, note: null };
    const sequence = { partition: 1, number };
    return bytes(contracts.encodeIncidentChange({ notice, recordedAt: 3_000_000, policy: 'sha256:0', sequence }).value);
  };
  interface Received {
    readonly changes: Change[];
    readonly incidents: IncidentChange[];
  }
  const listen = (heard: Received) => ({
    onChange: (change: Change) => void heard.changes.push(change),
    onIncident: (change: IncidentChange) => void heard.incidents.push(change),
  });

  test('changes of a recipient carry the incident that caused them; incidents go only to subscribers that asked for them', async () => {
    const heard: Received = { changes: [], incidents: [] };
    const marks = decodeMarks(null);
    expect(await handOn(bytes(released(1)), marks, listen(heard))).toBe('handed');
    expect(await handOn(decided(2), marks, listen(heard))).toBe('handed');
    expect(await handOn(decided(2), marks, listen(heard))).toBe('repeated');
    expect(heard.changes.map(({ recipient, incident }) => [recipient, incident])).toEqual([['a@x.example', 'gmail-12bdk']]);
    expect(heard.incidents).toHaveLength(1);
    expect(heard.incidents[0]).toEqual({
      version: 1,
      id: expect.any(String) as string,
      type: 'incident_opened',
      tenant: '*',
      incident: { id: 'gmail-12bdk', kind: 'provider' },
      holds: true,
      terms: {
        tenant: null,
        provider: 'gmail',
        domain: null,
        code: '550 5.1.1',
        text: null,
        from: '1970-01-01T00:16:40.000Z',
        until: null,
      },
      counts: { failing: 30, delivered: 10, share: 0.75, usualShare: 0.01 },
      codes: [{ code: '550 5.1.1', count: 30 }],
      samples: ['550 5.1.1 no'],
      by: null,
      note: null,
      effectiveAt: '1970-01-01T00:33:20.000Z',
      recordedAt: '1970-01-01T00:50:00.000Z',
      policy: 'sha256:0',
      sequence: { partition: 1, number: 2 },
    } satisfies IncidentChange);
  });

  test('the id alone, as earlier versions wrote it, is that of a provider; incidents of senders come as they are', async () => {
    const heard: Received = { changes: [], incidents: [] };
    const before = { ...(JSON.parse(Buffer.from(decided(1)).toString()) as object), incident: 'gmail-12bdk' };
    const place = { tenant: 'acme' as never, provider: 'gmail', pool: 'p1' };
    const replies = [{ category: 'rate_limited', code: '421 4.7.28', count: 30, reply: null }];
    const summary = { tries: 40, refused: 30, usualShare: 0, replies };
    const of = { id: 'sender-gmail-1', revision: 1, action: 'opened' as const, place, from: 1_000_000, until: null, at: 2_000_000 };
    const notice = { ...of, announcedBy: 1, summary };
    const sender = contracts.encodeSenderChange({ notice, recordedAt: 1, policy: 'p', sequence: { partition: 1, number: 2 } }).value;
    const marks = decodeMarks(null);
    for (const one of [before, sender]) expect(await handOn(bytes(one), marks, listen(heard))).toBe('handed');
    expect(heard.incidents.map(({ incident }) => incident)).toEqual([
      { id: 'gmail-12bdk', kind: 'provider' },
      { id: 'sender-gmail-1', kind: 'sender' },
    ]);
    expect(heard.incidents.map((one) => ('replies' in one ? one.replies[0]?.actions.length : 0))).toEqual([0, 3]);
  });

  test('a subscriber that asked for no incidents gets none, and the sequence continues', async () => {
    const heard: Received = { changes: [], incidents: [] };
    const { onChange } = listen(heard);
    const marks = decodeMarks(null);
    expect(await handOn(decided(7), marks, { onChange })).toBe('skipped');
    expect(await handOn(bytes(released(7)), marks, { onChange })).toBe('repeated');
    expect(await handOn(bytes(released(8)), marks, { onChange })).toBe('handed');
    expect(decodeMarks(encodeMarks(marks))).toEqual(new Map([[1, { incarnation: 0, number: 8 }]]));
    expect(heard).toMatchObject({ changes: [{ id: 'c-8' }], incidents: [] });
  });

  test('a record that is not a change of version 1 is skipped and does not advance the sequence', async () => {
    const heard: Received = { changes: [], incidents: [] };
    const marks = decodeMarks(null);
    const wrong = [
      'no change',
      { ...released(9), version: 2 },
      { ...released(9), recipient: undefined },
      { ...released(9), sequence: null },
      { ...released(9), type: 'incident_opened', incident: undefined },
      { ...released(9), type: 'incident_opened' },
    ];
    for (const value of wrong) expect(await handOn(bytes(value), marks, listen(heard))).toBe('unreadable');
    expect(await handOn(null, marks, listen(heard))).toBe('unreadable');
    expect(marks.size + heard.changes.length + heard.incidents.length).toBe(0);
  });
});

const time = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1_000).toISOString());
const scope = fc.constantFrom('*', 'default', 'marketing');
const value: fc.Arbitrary<Suppressions> = fc.record({
  version: fc.constant(1 as const),
  tenant: fc.constant('acme'),
  recipient: fc.constant('a@x.example'),
  recipientVersion: fc.integer({ min: 1, max: 1_000_000 }),
  suppressions: fc.array(
    fc.record({
      scope,
      reason: fc.constantFrom('persistent_deferral', 'hard_bounce', 'complaint', 'unsubscribe', 'operator', 'a_later_reason'),
      since: time,
      expiresAt: fc.option(time),
    }),
    { maxLength: 4 },
  ),
  allowed: fc.array(fc.record({ scope, expiresAt: fc.option(time) }), { maxLength: 2 }),
});

describe("the replica's table", () => {
  test('equals what the topic says, and decides like the service', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.constantFrom('default', 'marketing'), (now, at, stream) => {
        const table = createTable();
        expect(table.apply('acme/a@x.example', Buffer.from(JSON.stringify(now)))).toBe(true);
        const { suppressions, allowed, recipientVersion } = now;
        expect(table.find('acme', 'a@x.example')).toEqual({ recipientVersion, suppressions, allowed });
        const ms = ({ expiresAt, ...rest }: { expiresAt: string | null }) => ({
          ...rest,
          expiresAt: expiresAt === null ? null : Date.parse(expiresAt),
        });
        const there = decideInPipeline({ suppressions: suppressions.map(ms), allowed: allowed.map(ms) } as never, stream, at);
        const here = table.check('A@X.example', { tenant: 'acme', stream, now: at });
        expect(here).toEqual({ ...there, expiresAt: there.expiresAt === null ? null : new Date(there.expiresAt).toISOString() });
        expect(here).toEqual(decide(now, stream, at));
        expect(table.apply('acme/a@x.example', null)).toBe(true);
        expect(table.size()).toBe(0);
      }),
    );
  });

  test('keeps the highest incarnation and version of a key in any order of records, also after a tombstone', () => {
    const record = fc.record({ incarnation: fc.integer({ min: 0, max: 2 }), version: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), fc.boolean(), (records, saved) => {
        let table = createTable();
        let highest = records[0]!;
        for (const { incarnation, version } of records) {
          const headers = { incarnation: Buffer.from(`${incarnation}`), version: Buffer.from(`${version}`) };
          // Every third version ends all suppressions.
          expect(table.apply('acme/a@x.example', version % 3 === 0 ? null : valueOf(version), headers)).toBe(true);
          const isHigher = incarnation - highest.incarnation || version - highest.version;
          if (isHigher > 0) highest = { incarnation, version };
          if (saved) table = copyOf(table);
          const found = table.find('acme', 'a@x.example')?.recipientVersion;
          expect(found).toBe(highest.version % 3 === 0 ? undefined : highest.version);
        }
      }),
    );
  });

  test('remembers a bounded number of tombstones, the latest ones', () => {
    const table = createTable();
    for (let n = 0; n < 100_001; n += 1) table.apply(`acme/r${n}@x.example`, null, { version: '5' });
    expect(table.entries()).toHaveLength(100_000);
    table.apply('acme/r100000@x.example', valueOf(4), {});
    table.apply('acme/r0@x.example', valueOf(4), {});
    expect(table.find('acme', 'r100000@x.example')).toBeUndefined();
    expect(table.find('acme', 'r0@x.example')).toBeDefined();
  });

  const valueOf = (recipientVersion: number): Uint8Array =>
    Buffer.from(JSON.stringify({ version: 1, tenant: 'acme', recipient: 'a@x.example', recipientVersion, suppressions: [], allowed: [] }));

  function copyOf(table: ReturnType<typeof createTable>): ReturnType<typeof createTable> {
    const copy = createTable();
    for (const [key, packed] of table.entries()) copy.put(key, packed);
    return copy;
  }

  test('reports a value that is not of version 1 and changes nothing', () => {
    const table = createTable();
    for (const text of ['', '[]', 'null', '{"version":2}', '{"version":1}']) expect(table.apply('k', Buffer.from(text))).toBe(false);
    expect(table.size()).toBe(0);
  });
});

describe('entries of domains', () => {
  const value = (recipient: string, more: object, recipientVersion = 1): Buffer =>
    Buffer.from(
      JSON.stringify({
        ...{ version: 1, tenant: 'acme', recipient, recipientVersion, allowed: [] },
        suppressions: [{ scope: '*', reason: 'operator', since: '2026-03-01T10:00:00.000Z', expiresAt: null, ...more }],
      }),
    );
  const say = (table: Table, recipient: string): readonly string[] => table.check(recipient, { tenant: 'acme', stream: 'news' }).reasons;

  test('block their addresses, and with subdomains those below; the reason says which entry', () => {
    const table = createTable();
    table.apply('acme/@example.com', value('@example.com', { subdomains: true }));
    table.apply('acme/@alone.example', value('@alone.example', {}));
    expect(say(table, 'A@Mail.Example.com.')).toEqual(['operator @example.com']);
    expect(say(table, 'a@alone.example')).toEqual(['operator @alone.example']);
    expect([say(table, 'a@b.alone.example'), say(table, 'a@badexample.com'), say(table, 'a@com')]).toEqual([[], [], []]);
    expect(say(table, '@mail.example.com')).toEqual(['operator @example.com']);
    expect(table.find('acme', '@example.com')?.suppressions).toMatchObject([{ subdomains: true }]);
    const copy = createTable();
    for (const [key, packed] of table.entries()) copy.put(key, packed);
    expect(say(copy, 'a@mail.example.com')).toEqual(['operator @example.com']);
    expect(copy.size()).toBe(2);
  });

  test('no longer block when they are narrowed, over or released', () => {
    const table = createTable();
    table.apply('acme/@example.com', value('@example.com', { subdomains: true }));
    table.apply('acme/@example.com', value('@example.com', {}, 2));
    expect([say(table, 'a@mail.example.com'), say(table, 'a@example.com')]).toEqual([[], ['operator @example.com']]);
    table.apply('acme/@example.com', value('@example.com', { expiresAt: '2026-03-02T10:00:00.000Z' }, 3));
    expect(say(table, 'a@example.com')).toEqual([]);
    table.apply('acme/@example.com', null, { version: '4' });
    expect([say(table, 'a@example.com'), table.size()]).toEqual([[], 0]);
  });
});

test('normalises addresses like ingest', () => {
  const letters = fc.constantFrom('a', 'É', 'ß', 'İ', 'x\u0301', '+', '.', ' ', '"', '@', 'ﬀ', '😀', '-', '\0');
  const local = fc.string({ unit: fc.oneof(letters, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })), maxLength: 12 });
  const domain = fc.oneof(
    fc.domain(),
    fc.constantFrom(
      'Exämple.DE',
      'xn--exmple-cua.de',
      'localhost',
      'a..b',
      '例え.jp',
      'ex。ample.com',
      'b.example/c',
      'b.example%41',
      'b.example|c',
      '1.2',
      '',
    ),
  );
  fc.assert(
    fc.property(local, domain, (name, host) => {
      expect(normaliseRecipient(`@${host}`)).toEqual(formats.normaliseRecipient(`@${host}`));
      expect(normaliseAddress(`${name}@${host}`)).toEqual(formats.normaliseAddress(`${name}@${host}`));
    }),
    { numRuns: 1_000 },
  );
  const tooLong = [`${' '.repeat(300)}@example.com`, `a@${' '.repeat(1_100)}.com`, `a@${'b.'.repeat(130)}com`];
  for (const address of tooLong) expect(normaliseAddress(address)).toEqual(formats.normaliseAddress(address));
});
