/** Recipients as engines leave them: events of every kind of life, folded by a real engine into a database, over a log in memory. */
import { asAddress, asTenant, DAY, DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { DeliveryEvent, PolicySet } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { Logger, Time } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { createStore } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';

/**
 * `bounced`: on the list after one hard bounce. `persistent`: on the list after so many deferrals. `deferred`: so many deferrals, not on the list.
 * `recovered`: was deferred long enough for a published change, and is healthy and not tracked.
 */
export type Life = 'bounced' | 'persistent' | 'deferred' | 'recovered';

export interface Recipients {
  readonly life: Life;
  readonly count: number;
  /** Failures of each. */
  readonly tries: number;
}

/** The first event. */
const START = Date.UTC(2026, 2, 4, 10);
/** Where the partition clock ends. */
export const PRESENT = START + 20 * DAY;
/** Records of one append. */
const AT_ONCE = 50;
const POLICIES: PolicySet = { version: `sha256:${'0'.repeat(64)}`, base: DEFAULT_POLICY, tenants: new Map() };
const HARD = '550 5.1.1 The email account that you tried to reach does not exist';
const SOFT = '452 4.2.2 The email account that you tried to reach is over quota';
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** 26 bytes, scattered as addresses are, and each once. */
export function addressOf(n: number): string {
  return `${scattered(n)}.${n % 90}@example${n % 500}.com`;
}

function scattered(n: number): string {
  return (Math.imul(n + 1, 2_654_435_761) >>> 0).toString(36).padStart(7, '0');
}

/** Their events, in the order of time. */
export function eventsOf(population: readonly Recipients[], from = 0): readonly DeliveryEvent[] {
  const events: DeliveryEvent[] = [];
  let n = from;
  for (const { life, count, tries } of population) {
    for (let one = 0; one < count; one += 1, n += 1) events.push(...lifeOf(life, tries, n));
  }
  return events.sort((a, b) => a.occurredAt - b.occurredAt);
}

function lifeOf(life: Life, tries: number, n: number): readonly DeliveryEvent[] {
  const who = { tenant: asTenant('acme'), recipient: asAddress(addressOf(n)), stream: 'transactional' };
  const jitter = (n % 600) * 1_000;
  const failure = (at: number, number: number): DeliveryEvent => {
    const text = life === 'bounced' ? HARD : SOFT;
    const smtp = { code: Number(text.slice(0, 3)), text };
    const type = life === 'bounced' ? 'bounced' : 'deferred';
    return { ...who, id: `e-${n}-${number}`, messageId: `m-${n}`, type, occurredAt: at, smtp };
  };
  const spread = (begin: number, span: number): readonly DeliveryEvent[] =>
    Array.from({ length: tries }, (_, i) => failure(begin + jitter + Math.round((span * i) / Math.max(1, tries - 1)), i));
  switch (life) {
    case 'bounced':
      return spread(START, HOUR);
    case 'persistent':
      // Longer than the three days that suppress.
      return spread(START, 80 * HOUR);
    case 'deferred':
      return spread(PRESENT - 20 * HOUR, 18 * HOUR);
    case 'recovered': {
      const end = START + jitter + 34 * HOUR;
      return [...spread(START, 32 * HOUR), { ...who, id: `e-${n}-d`, messageId: `m-${n}`, type: 'delivered', occurredAt: end }];
    }
  }
}

/** Folds the events, and lets the present come to `PRESENT`: what falls due until then has happened. */
export async function foldInto(db: Database, events: readonly DeliveryEvent[], partitions = 4): Promise<void> {
  let present = START;
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  const log = createMemoryLog({ partitions, now: () => present, pause });
  for (let from = 0; from < events.length; from += AT_ONCE) {
    const some = events.slice(from, from + AT_ONCE);
    present = Math.max(present, some.at(-1)?.occurredAt ?? present);
    await log.append('deliveryEvents', some.map(encodeEvent));
  }
  const time: Time = {
    now: () => present,
    monotonic: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    yield: () => new Promise((resolve) => setImmediate(resolve)),
  };
  const engine = createEngine({
    // The database's clock is not the simulated one.
    store: { ...createStore(db), now: async () => present },
    source: log,
    sink: log,
    codec,
    policies: POLICIES,
    time,
    logger: quiet,
    owner: 'population',
  });
  const stop = new AbortController();
  const running = log.run(engine, stop.signal);
  const highs = await Promise.all(Array.from({ length: partitions }, async (_, partition) => (await log.bounds(partition)).high));
  const isRead = (): boolean => {
    const committed = new Map(engine.status().map((one) => [one.partition, one.committed]));
    return highs.every((high, partition) => (committed.get(partition) ?? -1) >= high);
  };
  while (!isRead()) await pause();
  present = PRESENT + 2 * MINUTE;
  while (!engine.status().every(({ clock }) => clock >= PRESENT)) await pause();
  const waiting = async (): Promise<number> => Number((await db.query('select count(*) as n from desist.outbox'))[0]?.['n']);
  while ((await waiting()) > 0) await pause();
  stop.abort();
  await running;
  await engine.close();
}
