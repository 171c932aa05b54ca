/** A shadow policy: folded beside the real one, begun on what is kept, changed and ended without a trace, and never acted upon. */
import { describe, expect, it } from 'vitest';
import { defaultPolicies } from '@desist/contracts';
import { asAddress, asTenant, HOUR } from '@desist/domain';
import type { Address, PolicySet } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { CommitPlan, Engine, RecipientRow } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { rollupsOf } from '../support/rollups-of.ts';
import { silent } from '../integration/kafka/support.ts';

const NOW = Date.UTC(2026, 2, 4, 12);
const REAL = defaultPolicies();
const QUICK: PolicySet = {
  ...REAL,
  version: 'sha256:quick',
  base: { ...REAL.base, deferral: { ...REAL.base.deferral, suppressAfter: 20 * HOUR, softBounceAfter: 20 * HOUR, evidenceSpan: 6 * HOUR } },
};
const SLOW: PolicySet = {
  ...REAL,
  version: 'sha256:slow',
  base: { ...REAL.base, deferral: { ...REAL.base.deferral, suppressAfter: 240 * HOUR, softBounceAfter: 240 * HOUR } },
};
const WITH_QUICK: PolicySet = { ...REAL, shadow: QUICK };
const TENANT = asTenant('acme');
const ALICE = asAddress('alice@example.com');

interface World {
  readonly log: MemoryLog;
  readonly store: MemoryStore;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function settled(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 100_000) throw new Error('waited in vain');
    await turn();
  }
}

function newWorld(): World {
  return { log: createMemoryLog({ partitions: 1, now: () => NOW, pause: turn }), store: createMemoryStore(() => NOW) };
}

/** Folds all that the log has, under this policy, until nobody is left to be folded again. */
async function run({ log, store }: World, policies: PolicySet, over: Partial<MemoryStore> = {}): Promise<readonly CommitPlan[]> {
  const plans: CommitPlan[] = [];
  let ticks = 0;
  const engine: Engine = createEngine({
    store: { ...store, ...over },
    source: log,
    sink: log,
    codec,
    policies,
    time: { now: () => NOW, monotonic: () => (ticks += 1_000), sleep: turn, yield: () => Promise.resolve() },
    logger: silent,
    owner: 'test',
    committed: (plan) => void plans.push(plan),
  });
  await engine.assign(0);
  const position = engine.status()[0]?.position ?? 0;
  const { high } = await log.bounds(0);
  const records = log.read('deliveryEvents', 0).filter(({ offset }) => offset >= position);
  await engine.batch({ partition: 0, firstOffset: position, nextOffset: high, highWatermark: high, records });
  await settled(() => engine.status()[0]?.outdated === 0);
  await engine.revoke([0]);
  return plans;
}

/** Deferrals every six hours, the last one at the end. */
async function fail(log: MemoryLog, recipient: Address, hours: number, end = NOW): Promise<void> {
  const at = Array.from({ length: hours / 6 + 1 }, (_, index) => end - hours * HOUR + index * 6 * HOUR);
  await log.append(
    'deliveryEvents',
    at.map((occurredAt) =>
      encodeEvent({
        ...{ id: `${recipient} ${occurredAt}`, tenant: TENANT, stream: 'news', recipient, type: 'deferred', messageId: 'm', occurredAt },
        smtp: { code: 452, text: '452 4.2.2 mailbox full' },
      }),
    ),
  );
}

const rowOf = ({ store }: World, address = ALICE): RecipientRow | undefined => store.rows().find((row) => row.address === address);
/** What others see of it: how it is stored depends on the way that led there. */
function saidOf(world: World, address = ALICE): object | undefined {
  const shadow = rowOf(world, address)?.shadow;
  if (shadow === undefined) return undefined;
  const { text: _, ...said } = shadow;
  return said;
}

const without = ({ shadow: _, ...row }: RecipientRow): object => row;

describe('a shadow policy', () => {
  it('says what it would do, and does nothing: list, topics and rows are those of the real policy alone', async () => {
    const [real, both] = [newWorld(), newWorld()];
    for (const { log } of [real, both]) await fail(log, ALICE, 48);
    const alone = await run(real, REAL);
    const plans = await run(both, WITH_QUICK);
    const row = rowOf(both);
    expect(row?.state).toBe('persistent');
    expect(row?.shadow).toMatchObject({
      ...{ policy: 'sha256:quick', state: 'suppressed', differs: true },
      suppression: { scope: '*', reason: 'persistent_deferral', since: NOW - 28 * HOUR },
    });
    const published = (of: readonly CommitPlan[]): unknown => of.flatMap(({ outbox }) => outbox);
    expect(published(plans)).toEqual(published(alone));
    const { due: _, ...wanted } = without(rowOf(real) as RecipientRow) as { due: unknown };
    expect(without(row as RecipientRow)).toMatchObject(wanted);
    expect(row?.active).toEqual(rowOf(real)?.active);
  });

  it('begins on the evidence that is kept, and is what it had been from the beginning', async () => {
    const [late, always] = [newWorld(), newWorld()];
    for (const { log } of [late, always]) await fail(log, ALICE, 48);
    await run(late, REAL);
    expect(rowOf(late)?.shadow).toBeUndefined();
    const plans = await run(late, WITH_QUICK);
    await run(always, WITH_QUICK);
    expect(saidOf(late)).toBeDefined();
    expect(saidOf(late)).toEqual(saidOf(always));
    expect(plans.flatMap(({ outbox }) => outbox)).toEqual([]);
  });

  it('that is changed or ended leaves nothing behind', async () => {
    const [changed, always] = [newWorld(), newWorld()];
    for (const { log } of [changed, always]) await fail(log, ALICE, 48);
    await run(changed, WITH_QUICK);
    await run(changed, { ...REAL, shadow: SLOW });
    await run(always, { ...REAL, shadow: SLOW });
    expect(saidOf(changed)).toEqual(saidOf(always));
    expect(rowOf(changed)?.shadow).toMatchObject({ policy: 'sha256:slow', state: 'persistent', differs: false });
    await run(changed, REAL);
    const never = newWorld();
    await fail(never.log, ALICE, 48);
    await run(never, REAL);
    expect(rowOf(changed)).toEqual({ ...rowOf(never), shadow: undefined });
  });

  it('counts what it decides where that began; changed or ended, what it still held is taken back', async () => {
    const world = newWorld();
    const counted = (): readonly string[] =>
      rollupsOf(world.store, 0)
        .filter(({ family, events }) => family === 'shadow' && events !== 0)
        .map(({ type, at, provider, category, events }) => `${type} ${(NOW - at) / HOUR}h ${provider} ${category} ${events}`);
    await fail(world.log, ALICE, 48);
    await run(world, REAL);
    expect(counted()).toEqual([]);
    await run(world, WITH_QUICK);
    const held = ['shadow_suppressed 28h example.com persistent_deferral 1'];
    expect(counted()).toEqual(held);
    await run(world, WITH_QUICK);
    expect(counted()).toEqual(held);
    await run(world, { ...REAL, shadow: SLOW });
    expect(counted()).toEqual([]);
    await run(world, WITH_QUICK);
    expect(counted()).toEqual(held);
    await run(world, REAL);
    expect(counted()).toEqual([]);
    // What has ended stays.
    await run(world, WITH_QUICK);
    const delivered = { tenant: TENANT, stream: 'news', recipient: ALICE, type: 'delivered', messageId: 'd', occurredAt: NOW } as const;
    await world.log.append('deliveryEvents', [encodeEvent({ ...delivered, id: 'd' })]);
    const ended = [...held, 'shadow_released 0h example.com persistent_deferral 1'];
    for (const policies of [WITH_QUICK, REAL, { ...REAL, shadow: SLOW }]) {
      await run(world, policies);
      expect(counted()).toEqual(ended);
    }
  });

  it('a crash while it begins: the next owner goes on, and all is as if nothing had happened', async () => {
    const addresses = Array.from({ length: 500 }, (_, index) => asAddress(`r${index}@example.com`));
    const [whole, here] = [newWorld(), newWorld()];
    for (const world of [whole, here]) {
      for (const address of addresses) await fail(world.log, address, 48);
      await run(world, REAL);
    }
    await run(whole, WITH_QUICK);
    let commits = 0;
    const dying: MemoryStore['commit'] = (plan) => {
      commits += 1;
      return commits > 1 ? new Promise<never>(() => undefined) : here.store.commit(plan);
    };
    void run(here, WITH_QUICK, { commit: dying }).catch(() => undefined);
    await settled(() => commits > 1);
    const begun = here.store.rows().filter(({ shadow }) => shadow !== undefined).length;
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThan(addresses.length);
    await run(here, WITH_QUICK);
    for (const address of addresses) expect(saidOf(here, address)).toEqual(saidOf(whole, address));
  });

  it('keeps a recipient tracked that only it has suppressed, and lets a delivery release it there', async () => {
    const [world, real] = [newWorld(), newWorld()];
    const published: unknown[] = [];
    for (const [one, policies] of [
      [world, WITH_QUICK],
      [real, REAL],
    ] as const) {
      // For the real policy its streak has lapsed, and the recipient is healthy.
      await fail(one.log, ALICE, 24, NOW - 72 * HOUR);
      await run(one, policies);
      const { log } = one;
      const delivered = { tenant: TENANT, stream: 'news', recipient: ALICE, type: 'delivered', messageId: 'd', occurredAt: NOW } as const;
      await log.append('deliveryEvents', [encodeEvent({ ...delivered, id: 'd' })]);
      if (one === world) expect(rowOf(one)).toMatchObject({ state: 'healthy', tracked: true, shadow: { state: 'suppressed' } });
      published.push((await run(one, policies)).flatMap(({ outbox }) => outbox));
    }
    expect(rowOf(world)).toMatchObject({ state: 'healthy', shadow: { state: 'healthy', suppression: null, differs: false } });
    expect(published[0]).toEqual(published[1]);
  });

  it('of an erased recipient nothing is left', async () => {
    const world = newWorld();
    await fail(world.log, ALICE, 48);
    await run(world, WITH_QUICK);
    await world.log.append('deliveryEvents', [
      encodeEvent({ id: 'forget', tenant: TENANT, recipient: ALICE, type: 'forget', scope: '*', occurredAt: NOW }),
    ]);
    await run(world, WITH_QUICK);
    expect(rowOf(world)).toBeUndefined();
  });
});
