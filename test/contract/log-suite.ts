/** What every log must do, whatever it is made of. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeadLetterLog, LogSink, LogSource, OutRecord, Ownership, Topic, PublishedLog } from '@desist/pipeline';
import { checkpoints, recorder, until } from '../integration/kafka/support.ts';
import type { Recorder } from '../integration/kafka/support.ts';

export const PARTITIONS = 3;

export interface ReadBack {
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A log with empty topics; the input has `PARTITIONS` partitions, stopped partitions are tried again after half a second at least. */
export interface LogUnderTest {
  readonly log: LogSource & LogSink & PublishedLog & DeadLetterLog;
  /** Everything that a topic holds, in order per partition. */
  read(topic: Topic): Promise<readonly ReadBack[]>;
  /** The last value of each key, deleted ones as null. */
  compacted(topic: Topic): Promise<ReadonlyMap<string, string | null>>;
  /** Drops records of the input below an offset. */
  truncate(partition: number, below: number): Promise<void>;
  /** Another owner takes a source partition, in whatever the log compares with: the epoch that a relay of it carries. */
  claim(partition: number): Promise<Ownership>;
  close(): Promise<void>;
}

export interface LogTraits {
  /** What it appends, it may append twice: it cannot know what became of a request whose answer was lost. */
  readonly mayRepeat: boolean;
  /** Takes no record of more than about 1 MiB. */
  readonly bounded: boolean;
  /** Chooses partitions as Kafka does. */
  readonly murmur2: boolean;
  /** Knows beside the database how far changes were published. */
  readonly remembers: boolean;
}

/** Of the keys key-0 to key-11 on three partitions, as kafkajs' and Java's partitioners choose. */
const KEYS = Array.from({ length: 12 }, (_, n) => `key-${n}`);

const text = (value: Uint8Array | null): string | null => (value === null ? null : Buffer.from(value).toString());

interface Run {
  readonly consumer: Recorder;
  stop(): Promise<void>;
}

function start(log: LogSource, consumer = recorder()): Run {
  const over = new AbortController();
  const run = log.run(consumer, over.signal);
  run.catch(() => undefined);
  return {
    consumer,
    async stop() {
      over.abort();
      await run;
      expect(consumer.faults).toEqual([]);
    },
  };
}

const offsetsOf = (consumer: Recorder, partition: number): number[] =>
  consumer.seen.flatMap((seen) => (seen.call === 'batch' && seen.partition === partition ? seen.offsets : []));

/** What was appended for this partition can be read. A broker acknowledges a commit before it shows it, and opens the next sink afterwards. */
async function ended({ openRelaySink }: LogUnderTest['log'], claim: LogUnderTest['claim'], partition: number): Promise<void> {
  await (await openRelaySink(await claim(partition))).close();
}

export function logContract(
  name: string,
  traits: LogTraits,
  open: () => Promise<LogUnderTest>,
  partitionOf: (key: string) => number,
): void {
  describe(`log contract: ${name}`, () => {
    let under: LogUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(async () => under.close());

    /** Each test has a log of its own, but for those that only read what they appended. */
    async function fresh(work: (own: LogUnderTest) => Promise<void>): Promise<void> {
      const own = await open();
      try {
        await work(own);
      } finally {
        await own.close();
      }
    }

    /** A key that lands on each partition. */
    async function keysOf(log: LogSink): Promise<readonly string[]> {
      const keys = new Map<number, string>();
      const appended = await log.append(
        'deliveryEvents',
        KEYS.map((key) => ({ key, value: 'first' })),
      );
      appended.forEach(({ partition }, index) => keys.set(partition, KEYS[index]!));
      return Array.from({ length: PARTITIONS }, (_, partition) => keys.get(partition)!);
    }

    test('says which log it is, always the same, and another one than others', () =>
      fresh(async ({ log }) => {
        const identity = await log.identity();
        expect(identity.length).toBeGreaterThan(traits.murmur2 ? 20 : 0);
        expect(await log.identity()).toBe(identity);
        if (traits.murmur2) await fresh(async (other) => expect(await other.log.identity()).not.toBe(identity));
      }));

    test('keeps how far a partition was published, together with what was appended', () =>
      fresh(async ({ log, claim }) => {
        const sink = await log.openRelaySink(await claim(1));
        expect(await log.published(1)).toBeNull();
        const publish = (incarnation: number, sequence: number): Promise<string> =>
          sink.append([{ topic: 'suppressionEvents', records: [{ key: 'key', value: 'x' }], published: { incarnation, sequence } }]);
        const found = async (): Promise<unknown> => [await log.published(0), await log.published(1)];
        for (const [incarnation, sequence] of [
          [0, 1],
          [0, 812],
          [1_772_000_000_000, 7],
        ] as const) {
          expect(await publish(incarnation, sequence)).toBe('appended');
          // The log may need a moment to make a transaction's end known.
          const wanted = [null, traits.remembers ? { incarnation, sequence } : null];
          await until(async () => isDeepStrictEqual(await found(), wanted), `published up to ${sequence}`);
        }
        const next = await log.openRelaySink(await claim(1));
        expect(await publish(1_772_000_000_000, 9)).toBe('fenced');
        expect(await found()).toEqual([null, traits.remembers ? { incarnation: 1_772_000_000_000, sequence: 7 } : null]);
        await sink.close();
        await next.close();
      }));

    test('what was appended is read in order, with dense offsets; a key keeps its partition', () =>
      fresh(async ({ log, read }) => {
        expect(await log.partitions()).toBe(PARTITIONS);
        const places = new Map<string, number>();
        const expected = new Map<number, { readonly offset: number; readonly value: string }[]>();
        for (let call = 0; call < 5; call += 1) {
          const records = KEYS.map((key, n) => ({ key, value: `${call}-${n}` }));
          const appended = await log.append('deliveryEvents', records);
          expect(appended).toHaveLength(records.length);
          appended.forEach(({ partition, offset }, n) => {
            const key = KEYS[n]!;
            expect(places.get(key) ?? partition).toBe(partition);
            places.set(key, partition);
            const before = expected.get(partition) ?? [];
            // A log on a network may have to send again what it had stored: a repeat is allowed, a gap is not.
            expect(offset).toBeGreaterThan(before.at(-1)?.offset ?? -1);
            if (!traits.mayRepeat) expect(offset).toBe(before.length);
            expected.set(partition, [...before, { offset, value: `${call}-${n}` }]);
          });
        }
        expect([...expected.keys()].sort()).toEqual([0, 1, 2]);
        const found = await read('deliveryEvents');
        for (const [partition, values] of expected) {
          const here = found.filter((record) => record.partition === partition);
          expect(here.map(({ offset }) => offset)).toEqual(here.map((_, offset) => offset));
          expect(values.map(({ offset }) => text(here[offset]?.value ?? null))).toEqual(values.map(({ value }) => value));
          const distinct = new Set(here.map(({ value }) => text(value)));
          expect([...distinct]).toEqual(values.map(({ value }) => value));
          expect(await log.bounds(partition)).toEqual({ low: 0, high: here.length });
        }
        if (traits.murmur2) for (const [key, partition] of places) expect(partition).toBe(partitionOf(key));
      }));

    test('a record that names its partition gets there, whatever its key', () =>
      fresh(async ({ log }) => {
        const records = Array.from({ length: PARTITIONS }, (_, partition) => ({ key: 'incident/same', value: 'told', partition }));
        const appended = await log.append('deliveryEvents', records);
        expect(appended.map(({ partition }) => partition)).toEqual(records.map(({ partition }) => partition));
        const highs = await Promise.all(records.map(({ partition }) => log.bounds(partition)));
        expect(highs.map(({ high }) => high > 0)).toEqual(records.map(() => true));
      }));

    test('dead letters are read back by their offsets, with what makes them readable again, and nothing beyond', () =>
      fresh(async ({ log }) => {
        const binary = Uint8Array.from({ length: 256 }, (_, n) => n);
        const values = ['first', binary, null, 'fourth', 'fifth'];
        for (const [n, value] of values.entries())
          await log.append('deadLetters', [{ key: `acme/${n}`, value, headers: { reason: `r${n}` }, partition: 0 }]);
        const { low, high } = (await log.deadLetterBounds()).get(0)!;
        expect(high - low).toBeGreaterThanOrEqual(values.length);
        const readAll = async (from: number, to: number) => {
          const found = [];
          for await (const one of log.readDeadLetters([{ partition: 0, from, to }])) found.push(one);
          return found;
        };
        const all = await readAll(low, high);
        // A repeat is allowed, a gap is not.
        const distinct = all.filter(({ headers }, n) => all.findIndex((one) => one.headers['reason'] === headers['reason']) === n);
        expect(distinct.map(({ headers }) => headers['reason'])).toEqual(values.map((_, n) => `r${n}`));
        expect(distinct.map(({ key }) => text(key))).toEqual(values.map((_, n) => `acme/${n}`));
        expect(Buffer.from(distinct[1]!.value!)).toEqual(Buffer.from(binary));
        expect(distinct[2]!.value).toBeNull();
        for (const { recordTime, partition } of all) expect([partition, Math.abs(recordTime - Date.now()) < 600_000]).toEqual([0, true]);
        expect((await readAll(low + 1, low + 3)).map(({ offset }) => offset)).toEqual([low + 1, low + 2]);
        expect(await readAll(high, high + 5)).toEqual([]);
        expect(await readAll(low, low)).toEqual([]);
      }));

    test('null, empty and binary keys and values survive, and so do headers', async () => {
      const { log, read } = under;
      const binary = Uint8Array.from({ length: 256 }, (_, n) => n);
      const records = [
        { key: null, value: null },
        { key: '', value: '' },
        { key: binary, value: binary, headers: { reason: 'unreadable', detail: 'NUL \u0000, quote ", äöü €' } },
        { key: 'k', value: null },
      ];
      for (const topic of ['deadLetters', 'deliveryEvents'] as const) {
        const appended = await log.append(topic, records);
        const found = await read(topic);
        appended.forEach(({ partition, offset }, n) => {
          const here = found.find((record) => record.partition === partition && record.offset === offset);
          const { key, value, headers } = records[n]!;
          const bytes = (data: string | Uint8Array | null): Buffer | null => (data === null ? null : Buffer.from(data as Uint8Array));
          expect(here?.key == null ? null : Buffer.from(here.key)).toEqual(bytes(key));
          expect(here?.value == null ? null : Buffer.from(here.value)).toEqual(bytes(value));
          expect(here?.headers).toEqual(headers ?? {});
        });
      }
    });

    test('a compacted topic has the last value of each key', async () => {
      const { log, compacted } = under;
      const expected = new Map<string, string | null>();
      for (let call = 0; call < 6; call += 1) {
        const records = KEYS.slice(0, 5 + call).flatMap((key, n) => [
          { key, value: `${call}` },
          { key, value: (call + n) % 3 === 0 ? null : `${call}-${n}` },
        ]);
        await log.append('suppressions', records);
        for (const { key, value } of records) expected.set(key, value);
      }
      expect(new Map([...(await compacted('suppressions'))].sort())).toEqual(new Map([...expected].sort()));
    });

    test('the consumer gets everything from the offset that assign answered, and all is revoked at the end', () =>
      fresh(async ({ log }) => {
        const keys = await keysOf(log);
        for (let n = 0; n < 50; n += 1)
          await log.append(
            'deliveryEvents',
            keys.map((key) => ({ key, value: `${n}` })),
          );
        const shared = checkpoints();
        shared.offsets.set(1, 20);
        const run = start(log, recorder(shared));
        const highs = await Promise.all([0, 1, 2].map(async (partition) => (await log.bounds(partition)).high));
        await until(() => [0, 1, 2].every((partition) => run.consumer.caught.get(partition)?.position === highs[partition]), 'the end');
        await run.stop();
        for (const partition of [0, 1, 2]) {
          const from = partition === 1 ? 20 : 0;
          expect(offsetsOf(run.consumer, partition)).toEqual(Array.from({ length: highs[partition]! - from }, (_, n) => from + n));
        }
        const revoked = run.consumer.seen.flatMap((seen) => (seen.call === 'revoke' ? seen.partitions : []));
        expect([...new Set(revoked)].sort()).toEqual([0, 1, 2]);
        expect(run.consumer.held.size).toBe(0);
      }));

    test('a seek is obeyed; after fenced assign is called again', () =>
      fresh(async ({ log }) => {
        const [key] = await keysOf(log);
        await log.append(
          'deliveryEvents',
          Array.from({ length: 10 }, (_, n) => ({ key: key!, value: `${n}` })),
        );
        const { high } = await log.bounds(0);
        const consumer = recorder();
        const answers: string[] = [];
        consumer.onBatch = (batch, take) => {
          if (batch.partition !== 0) return Promise.resolve(take());
          answers.push(`${batch.firstOffset}`);
          if (answers.length === 1) return Promise.resolve({ kind: 'seek', offset: 5 });
          if (answers.length === 2) return Promise.resolve({ kind: 'fenced' });
          return Promise.resolve(take());
        };
        const run = start(log, consumer);
        await until(() => consumer.caught.get(0)?.position === high, 'the end');
        await run.stop();
        expect(answers.slice(0, 3)).toEqual(['0', '5', '0']);
        expect(consumer.seen.filter((seen) => seen.call === 'assign' && seen.partition === 0).length).toBeGreaterThanOrEqual(2);
      }));

    test('a stopped partition gets no more batches while the others go on', () =>
      fresh(async ({ log }) => {
        const keys = await keysOf(log);
        const consumer = recorder();
        let stopped = false;
        consumer.onAssign = (partition, offset) =>
          Promise.resolve(partition === 0 && stopped ? { kind: 'stopped', reason: 'test' } : { kind: 'start', offset });
        consumer.onBatch = (batch, take) => {
          if (batch.partition !== 0) return Promise.resolve(take());
          stopped = true;
          return Promise.resolve({ kind: 'stopped', reason: 'test' });
        };
        const run = start(log, consumer);
        await until(() => stopped, 'the stop');
        for (let n = 0; n < 5; n += 1) {
          await log.append(
            'deliveryEvents',
            keys.map((key) => ({ key, value: `${n}` })),
          );
          const { high } = await log.bounds(1);
          await until(() => consumer.caught.get(1)?.position === high, 'the other partition');
        }
        await run.stop();
        expect(consumer.seen.filter((seen) => seen.call === 'batch' && seen.partition === 0)).toHaveLength(1);
      }));

    test('caughtUp is said only when everything appended before asOf was handed over', () =>
      fresh(async ({ log }) => {
        const keys = await keysOf(log);
        /** By partition: the end after an append, and when that append was over. */
        const ends = new Map<number, { readonly high: number; readonly at: number }[]>([0, 1, 2].map((partition) => [partition, []]));
        const consumer = recorder();
        const wrong: string[] = [];
        let said = 0;
        const record = consumer.caughtUp.bind(consumer);
        consumer.caughtUp = (partition, position, asOf) => {
          said += 1;
          const given = offsetsOf(consumer, partition).at(-1) ?? -1;
          if (given >= 0 && given + 1 < position) wrong.push(`position ${position} of ${partition}, handed over up to ${given}`);
          for (const { high, at } of ends.get(partition)!) {
            if (at < asOf && high > position) wrong.push(`${partition}: ${high} at ${at}, said ${position} as of ${asOf}`);
          }
          return record(partition, position, asOf);
        };
        const run = start(log, consumer);
        const writers = [0, 1].map(async () => {
          for (let n = 0; n < 60; n += 1) {
            const appended = await log.append(
              'deliveryEvents',
              keys.map((key) => ({ key, value: `${n}` })),
            );
            const at = Date.now();
            for (const { partition, offset } of appended) ends.get(partition)!.push({ high: offset + 1, at });
            await new Promise((resolve) => setTimeout(resolve, n % 5));
          }
        });
        await Promise.all(writers);
        for (const partition of [0, 1, 2]) {
          const { high } = await log.bounds(partition);
          await until(() => consumer.caught.get(partition)?.position === high, 'the end');
        }
        await run.stop();
        expect(wrong).toEqual([]);
        expect(said).toBeGreaterThan(3);
      }));

    test("a relay's append is read whole, of every topic, and in order", () =>
      fresh(async ({ log, read, claim }) => {
        const sink = await log.openRelaySink(await claim(1));
        for (let page = 0; page < 3; page += 1) {
          const records = KEYS.map((key, n): OutRecord => ({ key, value: `${page}-${n}`, headers: { version: `${page}` } }));
          expect(
            await sink.append([
              { topic: 'suppressionEvents', records },
              { topic: 'suppressions', records: records.slice(0, 4) },
            ]),
          ).toBe('appended');
        }
        await sink.close();
        await ended(log, claim, 1);
        for (const [topic, count] of [['suppressionEvents', 12] as const, ['suppressions', 4] as const]) {
          const found = await read(topic);
          for (const [n, key] of KEYS.slice(0, count).entries()) {
            const own = found.filter((record) => text(record.key) === key);
            expect(own.at(-1)).toMatchObject({ headers: { version: '2' } });
            const all = ['0', '1', '2'].map((page) => `${page}-${n}`);
            // A compacted topic may have dropped what another record of the key stands behind.
            expect(all.join()).toContain(own.map(({ value }) => text(value)).join());
            if (topic === 'suppressionEvents') expect(own.map(({ value }) => text(value))).toEqual(all);
          }
        }
      }));

    test("a relay's append is refused once another owner has opened its own, and nothing of it is read", () =>
      fresh(async ({ log, compacted, read, claim }) => {
        const parts = (value: string) =>
          (['suppressionEvents', 'suppressions', 'deadLetters'] as const).map((topic) => ({ topic, records: [{ key: 'key-1', value }] }));
        const former = await log.openRelaySink(await claim(0));
        expect(await former.append(parts('first'))).toBe('appended');
        const successor = await log.openRelaySink(await claim(0));
        const elsewhere = await log.openRelaySink(await claim(1));
        expect(await former.append(parts('old'))).toBe('fenced');
        expect(await successor.append(parts('second'))).toBe('appended');
        expect(await former.append(parts('old')).catch(() => 'fenced')).toBe('fenced');
        // Only relays of the same source partition keep each other out.
        expect(await elsewhere.append([{ topic: 'suppressionEvents', records: [{ key: 'key-2', value: 'other' }] }])).toBe('appended');
        for (const sink of [former, successor, elsewhere]) await sink.close();
        for (const partition of [0, 1]) await ended(log, claim, partition);
        expect((await compacted('suppressions')).get('key-1')).toBe('second');
        const values = [...(await read('suppressionEvents')), ...(await read('deadLetters'))].map(({ value }) => text(value));
        expect(values.sort()).toEqual(['first', 'first', 'other', 'second', 'second']);
      }));

    test.runIf(traits.bounded)(
      'a record that the log never takes is said to be refused, and the others of that append are not stored',
      () =>
        fresh(async ({ log, read, claim }) => {
          const sink = await log.openRelaySink(await claim(0));
          const records = [
            { key: 'a', value: 'fits' },
            { key: 'b', value: 'x'.repeat(2 * 1024 * 1024) },
          ];
          await expect(sink.append([{ topic: 'suppressions', records }])).rejects.toMatchObject({ name: 'LogError', kind: 'refused' });
          await sink.close();
          expect(await read('suppressions')).toEqual([]);
        }),
    );

    test('what was published of a partition is read back up to its end, in order per key, tombstones and headers too', () =>
      fresh(async ({ log, claim }) => {
        const keys = await keysOf(log);
        const signal = new AbortController().signal;
        const back = async (partition: number, everywhere: boolean) => {
          const found: (readonly [string | null, string | null, string | undefined])[] = [];
          for await (const page of log.readPublished(partition, { everywhere, signal })) {
            for (const { key, value, headers } of page) found.push([key, value, headers['version']]);
          }
          return found;
        };
        expect(await log.publishedEnds(0)).toEqual({ end: 0, records: 0 });
        expect(await back(0, false)).toEqual([]);
        const sink = await log.openRelaySink(await claim(0));
        const record = (key: string | undefined, value: string | null, version: number) => ({
          key: key ?? '',
          value,
          headers: { version: String(version) },
        });
        const [a, b] = keys;
        await sink.append([{ topic: 'suppressions', records: [record(a, 'é1', 1), record(b, 'other', 1), record(a, null, 2)] }]);
        await sink.close();
        await ended(log, claim, 0);
        // A log may have dropped what a later record of the key replaced.
        expect((await back(0, false)).at(-1)).toEqual([a, null, '2']);
        expect((await back(0, false)).every(([key]) => key === a)).toBe(true);
        expect(await back(1, false)).toEqual([[b, 'other', '1']]);
        expect(new Set((await back(0, true)).map(([key]) => key))).toEqual(new Set([a, b]));
        const { end, records } = await log.publishedEnds(0);
        expect(end).toBeGreaterThanOrEqual(2);
        expect(records).toBe(end);
      }));

    test('after a truncation the bounds say so, and reading begins there', () =>
      fresh(async ({ log, read, truncate }) => {
        const [key] = await keysOf(log);
        await log.append(
          'deliveryEvents',
          Array.from({ length: 20 }, (_, n) => ({ key: key!, value: `${n}` })),
        );
        const { high } = await log.bounds(0);
        await truncate(0, 7);
        expect(await log.bounds(0)).toEqual({ low: 7, high });
        expect((await read('deliveryEvents')).find(({ partition }) => partition === 0)?.offset).toBe(7);
        expect((await log.append('deliveryEvents', [{ key: key!, value: 'more' }]))[0]).toEqual({ partition: 0, offset: high });
      }));
  });
}
