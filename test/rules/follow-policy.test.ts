/** Another policy while the engine runs: each partition goes over to it between two commits, and comes to what a restart would have come to. */
import { defaultPolicies } from '@desist/contracts';
import { asAddress, asTenant } from '@desist/domain';
import type { Address, PolicySet } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine, StoreError } from '@desist/pipeline';
import type { BatchOutcome, Engine } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { describe, expect, it } from 'vitest';
import { silent } from '../integration/kafka/support.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const BEFORE = defaultPolicies();
/** A complaint counts for its stream only. */
const AFTER: PolicySet = {
  ...BEFORE,
  version: 'sha256:after',
  base: { ...BEFORE.base, suppression: { ...BEFORE.base.suppression, complaintScope: 'stream' } },
};
const RECIPIENTS = Array.from({ length: 450 }, (_, index) => asAddress(`r${index}@example.com`));
const PARTITION = 0;

interface World {
  readonly log: MemoryLog;
  readonly store: MemoryStore;
}

interface Run {
  readonly engine: Engine;
  /** What is in force; changed by the test. */
  inForce: PolicySet;
  /** Hands over what the log has, as a source does: claimed again when it is told so. */
  read(): Promise<BatchOutcome>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function settled(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 100_000) throw new Error('waited in vain');
    await turn();
  }
}

function world(): World {
  return { log: createMemoryLog({ partitions: 1, now: () => NOW, pause: turn }), store: createMemoryStore(() => NOW) };
}

function start({ log, store }: World, inForce: PolicySet, over: Partial<MemoryStore> = {}): Run {
  let ticks = 0;
  const run: Run = {
    inForce,
    engine: createEngine({
      ...{ store: { ...store, ...over }, source: log, sink: log, codec, logger: silent, owner: 'test' },
      policies: async () => run.inForce,
      time: { now: () => NOW, monotonic: () => (ticks += 1_000), sleep: turn, yield: () => Promise.resolve() },
    }),
    async read() {
      const position = run.engine.status()[0]?.position ?? 0;
      const { high } = await log.bounds(PARTITION);
      const records = log.read('deliveryEvents', PARTITION).filter(({ offset }) => offset >= position);
      return run.engine.batch({ partition: PARTITION, firstOffset: position, nextOffset: high, highWatermark: high, records });
    },
  };
  return run;
}

async function complain({ log }: World, recipients: readonly Address[], hour: number): Promise<void> {
  const events = recipients.map((recipient) =>
    encodeEvent({
      ...{ id: `${recipient} ${hour}`, tenant: asTenant('acme'), stream: 'news', recipient, type: 'complained' },
      occurredAt: NOW + hour * 3_600_000,
    }),
  );
  await log.append('deliveryEvents', events);
}

const status = ({ engine }: Run) => engine.status()[0];
const isRefolded = (run: Run) => (): boolean => status(run)?.outdated === 0;

/** What is kept of each recipient, and under which policy. */
async function kept({ store }: World): Promise<readonly unknown[]> {
  const rows = await store.load(RECIPIENTS.map((address) => ({ tenant: asTenant('acme'), address })));
  return rows.map(({ address, evidence }) => [address, evidence]).sort();
}

/** The same events, and the policy changed by a restart in the midst. */
async function byRestart(): Promise<readonly unknown[]> {
  const here = world();
  await complain(here, RECIPIENTS, -2);
  const before = start(here, BEFORE);
  await before.engine.assign(PARTITION);
  await before.read();
  await before.engine.revoke([PARTITION]);
  const after = start(here, AFTER);
  await after.engine.assign(PARTITION);
  await complain(here, RECIPIENTS.slice(0, 20), -1);
  await after.read();
  await settled(isRefolded(after));
  await after.engine.revoke([PARTITION]);
  return kept(here);
}

/** All have complained under the first policy, and the engine runs. */
async function running(over: (here: World) => Partial<MemoryStore> = () => ({})): Promise<{ readonly here: World; readonly run: Run }> {
  const here = world();
  await complain(here, RECIPIENTS, -2);
  const run = start(here, BEFORE, over(here));
  await run.engine.assign(PARTITION);
  await run.read();
  return { here, run };
}

describe('an engine that follows the policy in force', () => {
  it('claims its partition again, folds on where it was, and comes to what a restart comes to', async () => {
    const { here, run } = await running();
    const { epoch = 0, position } = status(run) ?? {};
    run.inForce = AFTER;
    await run.engine.followPolicy();
    expect(status(run)).toMatchObject({ epoch: epoch + 1, position, committed: position, policy: AFTER.version, stopped: null });
    expect(status(run)?.outdated).toBeGreaterThan(0);
    await complain(here, RECIPIENTS.slice(0, 20), -1);
    expect(await run.read()).toEqual({ kind: 'processed' });
    await settled(isRefolded(run));
    await run.engine.revoke([PARTITION]);
    expect(await kept(here)).toEqual(await byRestart());
  });

  it('leaves a partition alone that is folded under it already', async () => {
    const { run } = await running();
    const { epoch } = status(run) ?? {};
    await run.engine.followPolicy();
    expect(status(run)).toMatchObject({ epoch });
    await run.engine.revoke([PARTITION]);
  });

  it('a batch that comes meanwhile waits, and is folded under the new policy; the clock goes on', async () => {
    const gate = Promise.withResolvers<undefined>();
    let holds = false;
    const { here, run } = await running(({ store }) => ({
      claim: async (...of) => {
        if (holds) await gate.promise;
        return store.claim(...of);
      },
    }));
    await complain(here, RECIPIENTS.slice(0, 20), -1);
    holds = true;
    run.inForce = AFTER;
    const following = run.engine.followPolicy();
    const reading = run.read();
    expect(run.engine.caughtUp(PARTITION, RECIPIENTS.length, NOW)).toBeUndefined();
    gate.resolve(undefined);
    await following;
    expect(await reading).toEqual({ kind: 'processed' });
    expect(status(run)).toMatchObject({ position: RECIPIENTS.length + 20, policy: AFTER.version, stopped: null });
    await settled(isRefolded(run));
    await run.engine.revoke([PARTITION]);
    expect(await kept(here)).toEqual(await byRestart());
  });

  it('does not take a partition back that another process has claimed', async () => {
    const { here, run } = await running();
    const other = start(here, AFTER);
    await other.engine.assign(PARTITION);
    const { epoch } = status(other) ?? {};
    run.inForce = AFTER;
    await run.engine.followPolicy();
    expect(run.engine.status()).toEqual([]);
    expect(await run.read()).toEqual({ kind: 'fenced' });
    expect(status(other)).toMatchObject({ epoch });
    expect((await here.store.position(PARTITION))?.epoch).toBe(epoch);
    await other.engine.revoke([PARTITION]);
  });

  it('a partition that is given away in the midst is not kept', async () => {
    const gate = Promise.withResolvers<undefined>();
    let holds = false;
    const { run } = await running(({ store }) => ({
      claim: async (...of) => {
        if (holds) await gate.promise;
        return store.claim(...of);
      },
    }));
    holds = true;
    run.inForce = AFTER;
    const following = run.engine.followPolicy();
    await turn();
    const revoking = run.engine.revoke([PARTITION]);
    gate.resolve(undefined);
    await Promise.all([following, revoking]);
    expect(run.engine.status()).toEqual([]);
  });

  it('halted in the midst: it stays stopped', async () => {
    const gate = Promise.withResolvers<undefined>();
    let holds = false;
    const { run } = await running(({ store }) => ({
      claim: async (...of) => {
        if (holds) await gate.promise;
        return store.claim(...of);
      },
    }));
    holds = true;
    run.inForce = AFTER;
    const following = run.engine.followPolicy();
    const halting = run.engine.halt('not to be trusted');
    gate.resolve(undefined);
    await Promise.all([following, halting]);
    expect(status(run)?.stopped).toBe('not to be trusted');
    await run.engine.close();
  });

  it('killed at each step of the change: the next owner goes on, and all is as if nothing had happened', async () => {
    const whole = await byRestart();
    const never = (): Promise<never> => new Promise<never>(() => undefined);
    for (const step of ['position', 'claim', 'tracked', 'commit'] as const) {
      let dead = false;
      let reached = 0;
      const { here, run } = await running(({ store }) => ({
        position: async (...of) => (dead && step === 'position' ? ((reached += 1), never()) : store.position(...of)),
        claim: async (...of) => {
          const claimed = await store.claim(...of);
          return dead && step === 'claim' ? ((reached += 1), never()) : claimed;
        },
        async *tracked(...of) {
          if (dead && step === 'tracked') await ((reached += 1), never());
          yield* store.tracked(...of);
        },
        // The first one is what was folded before; the next one is a page under the new policy.
        commit: async (plan) => (dead && step === 'commit' && (reached += 1) > 1 ? never() : store.commit(plan)),
      }));
      await complain(here, RECIPIENTS.slice(0, 20), -1);
      dead = true;
      run.inForce = AFTER;
      void run.engine.followPolicy();
      if (step === 'commit') void run.read();
      await settled(() => reached > 0);
      const next = start(here, AFTER);
      await next.engine.assign(PARTITION);
      await next.read();
      await settled(isRefolded(next));
      await next.engine.revoke([PARTITION]);
      expect([step, await kept(here)]).toEqual([step, whole]);
    }
  });

  it('what cannot be read is not gone over to: the partition is folded on under the one before', async () => {
    const here = world();
    await complain(here, RECIPIENTS, -2);
    let isReadable = true;
    let ticks = 0;
    const engine = createEngine({
      ...{ store: here.store, source: here.log, sink: here.log, codec, logger: silent, owner: 'test' },
      policies: async () => {
        if (!isReadable) throw new StoreError('incompatible', 'of tomorrow');
        return BEFORE;
      },
      time: { now: () => NOW, monotonic: () => (ticks += 1_000), sleep: turn, yield: () => Promise.resolve() },
    });
    await engine.assign(PARTITION);
    isReadable = false;
    await expect(engine.followPolicy()).rejects.toThrow('of tomorrow');
    expect(engine.status()[0]).toMatchObject({ policy: BEFORE.version, stopped: null });
    await engine.revoke([PARTITION]);
    // Nor is it claimed anew.
    expect(await engine.assign(PARTITION)).toMatchObject({ kind: 'stopped', reason: 'of tomorrow' });
  });
});
