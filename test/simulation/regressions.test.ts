/** What the simulation has found in the engine and the fold, each in as few steps as it takes. */
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '@desist/formats/event';
import { encodeIncident } from '@desist/contracts';
import { addFact, DEFAULT_POLICY, factOf, HOUR, newRecipient, viewOf } from '@desist/domain';
import { NO_REPLY } from '@desist/verdicts';
import type { FoldContext, LogEvent } from '@desist/domain';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { Engine, Logger, Time } from '@desist/pipeline';
import { bounced, delivered, deferred, scriptedVerdict, START } from '../support/oracle/events.ts';
import { oracle } from '../support/oracle/oracle.ts';
import { codec } from '@desist/runtime/codec';
import { POLICIES } from './checks.ts';

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const atRest = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

interface World {
  present: number;
  /** The engines' clock is so much slow, ms. */
  slow: number;
  readonly store: MemoryStore;
  readonly log: MemoryLog;
  engine(owner: string): Engine;
}

function newWorld(): World {
  const world: World = {
    present: START,
    slow: 0,
    store: createMemoryStore(() => world.present),
    log: createMemoryLog({ partitions: 1, now: () => world.present, pause: () => Promise.resolve() }),
    engine: (owner) =>
      createEngine({
        store: world.store,
        source: world.log,
        sink: world.log,
        codec: codec,
        policies: POLICIES,
        time,
        logger: quiet,
        owner,
      }),
  };
  const time: Time = {
    now: () => world.present - world.slow,
    monotonic: () => world.present,
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    yield: () => Promise.resolve(),
  };
  return world;
}

async function readAll(engine: Engine, log: MemoryLog): Promise<number> {
  const records = log.read('deliveryEvents');
  const nextOffset = (records.at(-1)?.offset ?? -1) + 1;
  const outcome = await engine.batch({
    partition: 0,
    firstOffset: records[0]?.offset ?? 0,
    nextOffset,
    highWatermark: nextOffset,
    records,
  });
  expect(outcome.kind).toBe('processed');
  return nextOffset;
}

describe('the engine', () => {
  it('fires deadlines of a partition whose log ends with markers or aborted records', async () => {
    const world = newWorld();
    for (const hour of [0, 24, 48]) {
      world.present = START + hour * HOUR;
      await world.log.append('deliveryEvents', [encodeEvent(deferred(`${hour}h`))]);
    }
    world.log.skip('deliveryEvents', 0);
    const engine = world.engine('one');
    await engine.assign(0);
    const position = await readAll(engine, world.log);
    world.present = START + 73 * HOUR;
    const { high } = await world.log.bounds(0);
    expect(high).toBe(position + 1);
    expect(engine.caughtUp(0, high, world.present)).toBeUndefined();
    await atRest();
    await engine.revoke([0]);
    expect(world.store.rows().map(({ state }) => state)).toEqual(['suppressed']);
    expect(world.store.checkpoint(0)?.nextOffset).toBe(high);
  });

  it('reports that an idle partition was taken over, so that the log has it claimed and read again from the checkpoint', async () => {
    const world = newWorld();
    await world.log.append('deliveryEvents', [encodeEvent(deferred('0h'))]);
    const [engine, other] = [world.engine('one'), world.engine('other')];
    await engine.assign(0);
    const position = await readAll(engine, world.log);
    await other.assign(0);
    // Its own commit is refused; nothing more comes to be read.
    world.present += 5 * 60_000;
    engine.caughtUp(0, position, world.present);
    await atRest();
    expect(engine.status()).toEqual([]);
    expect(engine.caughtUp(0, position, world.present)).toBe('fenced');
    // From the last record that was folded: it is read a second time, to see that it is the same.
    expect(await engine.assign(0)).toEqual({ kind: 'start', offset: world.store.checkpoint(0)?.last?.offset });
    expect(world.store.checkpoint(0)).toMatchObject({ nextOffset: 1, last: { offset: 0 } });
    await engine.close();
    await other.close();
  });

  it('reports it also when the log ends with markers that it has not passed yet', async () => {
    const world = newWorld();
    await world.log.append('deliveryEvents', [encodeEvent(deferred('0h'))]);
    const [engine, other] = [world.engine('one'), world.engine('other')];
    await engine.assign(0);
    const position = await readAll(engine, world.log);
    await other.assign(0);
    world.present += 5 * 60_000;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { commit } = world.store;
    world.store.commit = async (plan) => (await promise, commit(plan));
    engine.caughtUp(0, position, world.present);
    await atRest();
    // Its commit is refused when nobody waits for it.
    resolve(undefined);
    await atRest();
    world.log.skip('deliveryEvents', 0);
    const { high } = await world.log.bounds(0);
    engine.caughtUp(0, high, world.present);
    await atRest();
    expect(engine.status()).toEqual([]);
    expect(engine.caughtUp(0, high, world.present)).toBe('fenced');
    await engine.close();
    await other.close();
  });
});

describe('an incident', () => {
  it('is applied to evidence that a host with a slow clock folded', async () => {
    const world = newWorld();
    world.slow = 5 * HOUR;
    world.present = START + 10 * HOUR;
    await world.log.append('deliveryEvents', [encodeEvent(bounced('10h'))]);
    const engine = world.engine('one');
    await engine.assign(0);
    await readAll(engine, world.log);
    await engine.revoke([0]);
    expect(world.store.rows().map(({ state }) => state)).toEqual(['suppressed']);

    const terms = { tenant: null, provider: null, domain: 'example.com', code: null, text: null, from: START + 9 * HOUR, until: null };
    const said = { id: 'one', revision: 1, action: 'voided', excludes: true, terms, at: world.present, announcedBy: 0 } as const;
    await world.log.append('deliveryEvents', [{ ...encodeIncident({ ...said, summary: null, by: 'ops', note: null }), partition: 0 }]);
    await engine.assign(0);
    await readAll(engine, world.log);
    await engine.revoke([0]);
    expect(world.store.rows().map(({ state }) => state)).toEqual(['healthy']);
    await engine.close();
  });
});

describe('the fold', () => {
  it('keeps the delivery that released a hard bounce, also after a later one of the same message', () => {
    const context: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: POLICIES.version };
    // The second bounce stands for ever: its message alone was delivered since.
    const events: LogEvent[] = [
      bounced('12h', { message: 'm3' }),
      delivered('18h', { message: 'm1' }),
      bounced('36h', { message: 'm1' }),
      delivered('56h', { message: 'm1' }),
      // Late: everything is folded again.
      bounced('40h', { message: 'm2' }),
    ];
    const recipient = newRecipient();
    let clock = START;
    for (const event of events) {
      clock = Math.max(clock, event.occurredAt);
      const fact = factOf(event, (failed) => ({ verdict: scriptedVerdict(failed) ?? NO_REPLY, reply: null, provider: null }));
      if (fact !== undefined) addFact(recipient, fact, clock, context);
    }
    const truth = oracle({ events, clock, policy: POLICIES, verdictOf: scriptedVerdict });
    expect(viewOf(recipient, context).suppressions.map(({ since }) => since)).toEqual(truth.suppressions.map(({ since }) => since));
    expect(truth.suppressions.map(({ since }) => since)).toEqual([START + 36 * HOUR]);
  });
});
