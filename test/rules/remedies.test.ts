/** What waiting cannot mend stops the partition loudly, and what it can is waited for and told. */
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '@desist/formats/event';
import { asAddress, asTenant, DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { DeliveryEvent, PolicySet } from '@desist/domain';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import { createEngine, createPipelineMetrics, LogError, StoreError } from '@desist/pipeline';
import type { EngineOptions, Logger } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { simulatedTime } from '../support/host.ts';
import { START } from '../support/oracle/events.ts';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const failure: DeliveryEvent = {
  ...{ id: 'e1', tenant: asTenant('acme'), recipient: asAddress('alice@example.com'), type: 'bounced', stream: 'news', occurredAt: START },
  smtp: { code: 550, enhanced: '5.1.1', text: '550 5.1.1 user unknown' },
};

type MemoryLog = ReturnType<typeof createMemoryLog>;

async function world(change: (store: EngineOptions['store'], sink: EngineOptions['sink']) => Partial<EngineOptions>) {
  const errors: string[] = [];
  const say = (fields: object, message: string): void => void errors.push(`${message}: ${(fields as { reason?: string }).reason ?? ''}`);
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: say };
  const log = createMemoryLog({ partitions: 1, now: () => START + HOUR, pause: turn });
  const store = createMemoryStore(() => START + HOUR);
  await log.append('deliveryEvents', [encodeEvent(failure)]);
  const engine = createEngine({
    ...{ store, source: log, sink: log, codec, policies: POLICIES, logger, owner: 'me' },
    time: simulatedTime(() => START + HOUR),
    ...change(store, log),
  });
  const records = log.read('deliveryEvents');
  const give = () => engine.batch({ partition: 0, firstOffset: 0, nextOffset: 1, highWatermark: 1, records });
  return { engine, store, log, errors, give };
}

/** Takes records, and nothing from a relay. */
const refusing = (log: EngineOptions['sink'], error: Error): EngineOptions['sink'] => ({
  ...log,
  openRelaySink: async () => ({ append: () => Promise.reject(error), close: async () => undefined }),
});

describe('an error that waiting cannot mend', () => {
  const refused = new Error('permission denied for table recipient');

  it.each([
    ['loading', { load: () => Promise.reject(refused) }, 'loading recipients: permission denied for table recipient'],
    ['counting an attempt', { beginAttempt: () => Promise.reject(refused) }, 'counting an attempt: permission denied for table recipient'],
  ])('while %s stops the partition, with the reason in store, log and status', async (_, broken, reason) => {
    const { engine, store, errors, give } = await world((good) => ({ store: { ...good, ...broken } }));
    await engine.assign(0);
    expect(await give()).toEqual({ kind: 'stopped', reason });
    expect((await store.claim(0, 'next')).stopped).toBe(reason);
    expect(errors).toEqual([`partition stopped: ${reason}`]);
    expect(engine.status()).toMatchObject([{ stopped: reason, committed: 0 }]);
    await engine.close();
  });

  it('while a partition is claimed leaves it unread', async () => {
    const { engine, errors } = await world((good) => ({ store: { ...good, claim: () => Promise.reject(refused) } }));
    expect(await engine.assign(0)).toEqual({ kind: 'stopped', reason: 'claiming a partition: permission denied for table recipient' });
    expect(errors).toHaveLength(1);
  });

  it.each([new LogError('misconfigured', 'no such topic'), new StoreError('incompatible', 'of another version')])(
    'while publishing (%s) stops the partition, too: whoever subscribes would hear nothing more',
    async (error) => {
      const { engine, store, give } = await world((_, good) => ({ sink: refusing(good, error) }));
      await engine.assign(0);
      await give();
      engine.caughtUp(0, 1, START + HOUR);
      for (let turns = 0; turns < 1_000 && engine.status()[0]?.stopped === null; turns += 1) await turn();
      expect(engine.status()[0]?.stopped).toBe(`publishing ended: ${error.message}`);
      expect((await store.claim(0, 'next')).stopped).toBe(`publishing ended: ${error.message}`);
      await engine.close();
    },
  );
});

it('a lost answer about what was relayed is requested again: publishing continues', async () => {
  let asked = 0;
  const { engine, store, log, give } = await world((good) => ({
    store: {
      ...good,
      async relayed(...of) {
        await good.relayed(...of);
        asked += 1;
        throw new StoreError('outcome_unknown', 'the answer to COMMIT was lost');
      },
    },
  }));
  await engine.assign(0);
  await give();
  engine.caughtUp(0, 1, START + HOUR);
  for (let turns = 0; turns < 1_000 && (asked === 0 || (await store.outbox(0, 1)).length > 0); turns += 1) await turn();
  expect(asked).toBe(1);
  expect(engine.status()).toMatchObject([{ stopped: null, committed: 1 }]);
  expect(await store.outbox(0, 1)).toEqual([]);
  expect(log.read('suppressions')).not.toEqual([]);
  await engine.close();
});

it('a database that is away is waited for; from the fifth try on the engine says that it waits', async () => {
  let failures = 8;
  const seen: (readonly string[])[] = [];
  const { engine, give } = await world((good) => ({
    store: {
      ...good,
      async load(keys) {
        seen.push(engine.waits.problems());
        failures -= 1;
        if (failures >= 0) throw new StoreError('unavailable', 'database: connection refused');
        return good.load(keys);
      },
    },
  }));
  await engine.assign(0);
  expect(await give()).toEqual({ kind: 'processed' });
  expect(seen.map((problems) => problems.length)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1]);
  expect(seen.at(-1)).toEqual(['loading recipients waits: database: connection refused']);
  expect(engine.waits.problems()).toEqual([]);
  expect(engine.waits.retries()).toBe(8);
  await engine.revoke([0]);
});

describe('an engine that is closed while the database or the log is away', () => {
  const away = (): Promise<never> => Promise.reject(new StoreError('unavailable', 'closed'));
  const logAway = (): Promise<never> => Promise.reject(new LogError('unavailable', 'the log is closed'));

  it.each<[string, (store: EngineOptions['store'], log: MemoryLog) => Partial<EngineOptions>]>([
    ['the identity of the log', (_, log) => ({ source: { ...log, identity: logAway } })],
    ['how far changes were published', (_, log) => ({ sink: { ...log, published: logAway } })],
    ['claiming a partition', (store) => ({ store: { ...store, claim: away } })],
    ['the bounds of the log', (_, log) => ({ source: { ...log, bounds: logAway } })],
    ["the database's clock", (store) => ({ store: { ...store, now: away } })],
    ['the tracked recipients', (store) => ({ store: { ...store, tracked: () => ({ [Symbol.asyncIterator]: () => ({ next: away }) }) } })],
  ])('claims nothing more while it waits for %s, and stores no stop', async (what, broken) => {
    const { engine, store, errors } = await world((good, log) => broken(good, log as MemoryLog));
    const claimed = engine.assign(0);
    while (engine.waits.problems().length === 0) await turn();
    expect(engine.waits.problems()[0]).toMatch(what);
    await engine.close();
    expect(await claimed).toEqual({ kind: 'stopped', reason: 'the engine is closed' });
    expect(engine.waits.problems()).toEqual([]);
    expect(engine.status()).toEqual([]);
    expect(errors).toEqual([]);
    expect((await store.claim(0, 'next')).stopped).toBeNull();
  });

  it.each<[string, (store: EngineOptions['store']) => Partial<EngineOptions['store']>]>([
    ['loading recipients', () => ({ load: away })],
    ['counting an attempt', () => ({ beginAttempt: away })],
  ])('gives a batch up while it waits for %s, and stores no stop', async (what, broken) => {
    const { engine, store, errors, give } = await world((good) => ({ store: { ...good, ...broken(good) } }));
    await engine.assign(0);
    const given = give();
    while (engine.waits.problems().length === 0) await turn();
    expect(engine.waits.problems()[0]).toMatch(what);
    await engine.close();
    expect(await given).toMatchObject({ kind: 'stopped' });
    expect(errors).toEqual([]);
    expect((await store.claim(0, 'next')).stopped).toBeNull();
  });

  it('gives up a stop that it could not store', async () => {
    const { engine, store, give } = await world((good) => ({
      store: { ...good, load: () => Promise.reject(new Error('refused')), markStopped: away },
    }));
    await engine.assign(0);
    const stopping = give();
    while (engine.waits.problems().length === 0) await turn();
    await engine.close();
    expect(await stopping).toEqual({ kind: 'stopped', reason: 'loading recipients: refused' });
    expect(engine.waits.problems()).toEqual([]);
    expect((await store.claim(0, 'next')).stopped).toBeNull();
  });

  it('gives up a commit that the database does not take', async () => {
    const { engine, store, errors, give } = await world((good) => ({ store: { ...good, commit: away } }));
    await engine.assign(0);
    await give();
    engine.caughtUp(0, 1, START + HOUR);
    while (engine.waits.problems().length === 0) await turn();
    await engine.close();
    while (engine.waits.problems().length > 0) await turn();
    expect(errors).toEqual([]);
    expect((await store.claim(0, 'next')).stopped).toBeNull();
  });
});

it('a failure that comes twice is one verdict in the metrics', async () => {
  const metrics = createPipelineMetrics((domain) => codec.providerOf(domain));
  const { engine, log } = await world(() => ({ metrics }));
  await log.append('deliveryEvents', [encodeEvent(failure)]);
  await engine.assign(0);
  const records = log.read('deliveryEvents');
  expect(await engine.batch({ partition: 0, firstOffset: 0, nextOffset: 2, highWatermark: 2, records })).toEqual({ kind: 'processed' });
  expect(engine.status()).toMatchObject([{ counts: { records: 2, duplicates: 1 } }]);
  expect([...metrics.verdicts.values()].map(({ category, count }) => [category, count])).toEqual([['user_unknown', 1]]);
  await engine.close();
});
