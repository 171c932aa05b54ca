/**
 * Eight days of mail, simulated, of which one event in ten is a failure that does not count: rate limits, greylisting, blocks. What the
 * engine keeps in memory must not grow with the events, only with the recipients that it follows.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { asAddress, asTenant, DAY, DEFAULT_POLICY } from '@desist/domain';
import type { DeliveryEvent } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createEngine } from '@desist/pipeline';
import type { Engine, LogRecord, LogSink } from '@desist/pipeline';
import { systemTime } from '@desist/runtime';
import { codec } from '@desist/runtime/codec';
import { createStore, migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { quietLogger } from '../support/host.ts';
import { randomOf } from '../support/load/events.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import type { TestDatabase } from '../support/servers/postgres.ts';

const LONG = process.env['DESIST_LONG'] === '1';
const DAYS = 8;
const EVENTS_A_DAY = LONG ? 400_000 : 40_000;
/** Each fails 200 times a day: more often than is kept of anybody. */
const PEOPLE = EVENTS_A_DAY / 2_000;
/** Days after which what is kept of each recipient has its full size. */
const SETTLED = 4;
const BEGIN = Date.parse('2026-03-01T00:00:00Z');
const BATCH = 2_000;
const NOT_COUNTED = [
  '421 4.7.28 Rate limit exceeded',
  '450 4.7.1 Greylisted, try again',
  '421 4.7.0 Your IP is temporarily blocked',
] as const;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe.skipIf(inject('databaseUrl') === undefined)('soak', () => {
  let made: TestDatabase;
  let db: Database;
  let present = BEGIN;

  beforeAll(async () => {
    made = await createDatabase(inject('databaseUrl') ?? '');
    db = openServer({ url: made.url, applicationName: 'soak', onIdleError: () => undefined });
    await migrate(db);
  });
  afterAll(async () => {
    await db.close();
    await made.drop();
  });

  it(
    `${DAYS} days with ${EVENTS_A_DAY} events each: the heap does not grow`,
    async () => {
      const random = randomOf(7);
      let next = 0;
      const engine = createEngine({
        ...{ store: createStore(db), sink: nowhere(), codec, logger: quietLogger, owner: 'soak' },
        source: { identity: () => Promise.resolve('a log'), bounds: () => Promise.resolve({ low: 0, high: next }) },
        policies: { version: 'sha256:soak', base: DEFAULT_POLICY, tenants: new Map() },
        // What the engine does every few seconds it does in simulated ones, too.
        time: { ...systemTime, now: () => present, monotonic: () => present + performance.now() },
        limits: { records: 20_000, rows: 2_000, interval: 200 },
      });
      await engine.assign(0);
      const heap: number[] = [];
      for (let day = 0; day < DAYS; day += 1) {
        for (let n = 0; n < EVENTS_A_DAY; n += BATCH) {
          const records = Array.from({ length: BATCH }, (_, i): LogRecord => {
            present = BEGIN + Math.floor((day + (n + i) / EVENTS_A_DAY) * DAY);
            return recordOf(eventOf(random, next + i, present), next + i, present);
          });
          await feed(engine, records);
          next += BATCH;
        }
        await committed(engine, next);
        collectGarbage();
        heap.push(process.memoryUsage().heapUsed);
      }
      await engine.revoke([0]);
      await engine.close();

      const megabytes = heap.map((bytes) => (bytes / 2 ** 20).toFixed(1));
      console.log(`${next} events, ${PEOPLE} recipients that fail: heap at the end of each day, MB: ${megabytes.join(', ')}`);
      expect(await db.query('select 1 from desist.suppression')).toEqual([]);
      const settled = heap[SETTLED - 1] ?? 0;
      expect(Math.max(...heap.slice(SETTLED)) - settled).toBeLessThan(settled / 50);
    },
    LONG ? 1_800_000 : 180_000,
  );

  /** What is on its way to the database is no part of what is kept. */
  async function committed(engine: Engine, next: number): Promise<void> {
    const position = async (): Promise<unknown> => {
      engine.caughtUp(0, next, present);
      return (await db.query('select next_offset from desist.checkpoint'))[0];
    };
    await expect.poll(position, { timeout: 30_000 }).toEqual({ next_offset: next });
  }

  async function feed(engine: Engine, records: readonly LogRecord[]): Promise<void> {
    const firstOffset = records[0]?.offset ?? 0;
    const nextOffset = firstOffset + records.length;
    const outcome = await engine.batch({ partition: 0, firstOffset, nextOffset, highWatermark: nextOffset, records });
    expect(outcome).toEqual({ kind: 'processed' });
  }
});

/** One in ten fails; the others are deliveries to people who never fail. */
function eventOf(random: () => number, serial: number, at: number): DeliveryEvent {
  const common = { id: `e${serial}`, tenant: asTenant('acme'), stream: 'default', messageId: `m${serial}`, occurredAt: at };
  if (random() >= 0.1) return { ...common, recipient: asAddress(`reader${serial % 50_000}@example.net`), type: 'delivered' };
  const text = NOT_COUNTED[Math.floor(random() * NOT_COUNTED.length)] ?? NOT_COUNTED[0];
  const recipient = asAddress(`r${Math.floor(random() * PEOPLE)}@example.com`);
  return { ...common, recipient, type: 'deferred', smtp: { code: Number(text.slice(0, 3)), text } };
}

function recordOf(event: DeliveryEvent, offset: number, recordTime: number): LogRecord {
  const { key, value } = encodeEvent(event);
  return { offset, key: bytes(key), value: bytes(value), recordTime };
}

const bytes = (text: string | Uint8Array | null): Uint8Array => (typeof text === 'string' ? Buffer.from(text) : (text ?? new Uint8Array()));

/** Takes everything, keeps nothing. */
function nowhere(): LogSink {
  return {
    append: (_, records) => Promise.resolve(records.map(() => ({ partition: 0, offset: 0 }))),
    published: () => Promise.resolve(null),
    openRelaySink: () => Promise.resolve({ append: () => Promise.resolve('appended'), close: () => Promise.resolve() }),
  };
}
