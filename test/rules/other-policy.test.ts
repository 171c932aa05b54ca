/** Another policy: recipients are folded again page by page, between batches, each before its own next event; a crash loses nothing of it. */
import { describe, expect, it } from 'vitest';
import { defaultPolicies } from '@desist/contracts';
import { asAddress, asTenant } from '@desist/domain';
import type { Address, PolicySet } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { CommitPlan, Engine } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { silent } from '../integration/kafka/support.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const BEFORE = defaultPolicies();
/** A complaint counts for its stream only. */
const AFTER: PolicySet = {
  ...BEFORE,
  version: 'sha256:after',
  base: { ...BEFORE.base, suppression: { ...BEFORE.base.suppression, complaintScope: 'stream' } },
};
const MANY = 2_300;
const RECIPIENTS = Array.from({ length: MANY }, (_, index) => asAddress(`r${index}@example.com`));

interface World {
  readonly log: MemoryLog;
  readonly store: MemoryStore;
}

interface Run {
  readonly engine: Engine;
  readonly plans: CommitPlan[];
  readonly lines: { readonly message: string; readonly remaining?: number }[];
  /** Records that are handed over. */
  read(): Promise<void>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function settled(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns > 100_000) throw new Error('waited in vain');
    await turn();
  }
}

function start({ log, store }: World, policies: PolicySet, over: Partial<MemoryStore> = {}): Run {
  const plans: CommitPlan[] = [];
  const lines: Run['lines'] = [];
  let ticks = 0;
  const note = (fields: object, message: string): void => void lines.push({ ...fields, message });
  const engine = createEngine({
    store: { ...store, ...over },
    source: log,
    sink: log,
    codec,
    policies,
    time: { now: () => NOW, monotonic: () => (ticks += 1_000), sleep: turn, yield: () => Promise.resolve() },
    logger: { ...silent, info: note },
    owner: 'test',
    committed: (plan) => void plans.push(plan),
  });
  return {
    engine,
    plans,
    lines,
    async read() {
      const from = (await store.position(0))?.nextOffset ?? 0;
      const position = engine.status()[0]?.position ?? from;
      const { high } = await log.bounds(0);
      const records = log.read('deliveryEvents', 0).filter(({ offset }) => offset >= position);
      await engine.batch({ partition: 0, firstOffset: position, nextOffset: high, highWatermark: high, records });
    },
  };
}

const outdated = ({ engine }: Run): number => engine.status()[0]?.outdated ?? Number.NaN;

async function complain(log: MemoryLog, recipients: readonly Address[], hour: number): Promise<void> {
  const events = recipients.map((recipient) =>
    encodeEvent({
      id: `${recipient} ${hour}`,
      tenant: asTenant('acme'),
      stream: 'news',
      recipient,
      type: 'complained',
      occurredAt: NOW + hour * 3_600_000,
    }),
  );
  await log.append('deliveryEvents', events);
}

/** All recipients complained under the first policy. */
async function world(): Promise<World> {
  const log = createMemoryLog({ partitions: 1, now: () => NOW, pause: turn });
  const store = createMemoryStore(() => NOW);
  await complain(log, RECIPIENTS, -2);
  const run = start({ log, store }, BEFORE);
  await run.engine.assign(0);
  await run.read();
  await run.engine.revoke([0]);
  return { log, store };
}

async function scopes(store: MemoryStore): Promise<ReadonlyMap<string, string>> {
  const rows = await store.load(RECIPIENTS.map((address) => ({ tenant: asTenant('acme'), address })));
  return new Map(rows.map(({ address, evidence }) => [address, evidence]));
}

describe('after another policy', () => {
  it('a claim does not wait: new events are folded between two pages, with what remains in status and log', async () => {
    const here = await world();
    const gate = Promise.withResolvers<undefined>();
    let loads = 0;
    const load: MemoryStore['load'] = async (keys) => {
      loads += 1;
      if (loads === 2) await gate.promise;
      return here.store.load(keys);
    };
    const run = start(here, AFTER, { load });
    // The last record that was folded is seen again.
    expect(await run.engine.assign(0)).toEqual({ kind: 'start', offset: MANY - 1 });
    await settled(() => loads === 2);
    const rest = outdated(run);
    expect(rest).toBeGreaterThan(MANY / 2);
    expect(rest).toBeLessThan(MANY);
    // The last one of all: its page is far, its event is not.
    const last = RECIPIENTS.at(-1) as Address;
    await complain(here.log, [last, asAddress('new@example.com')], -1);
    const reading = run.read();
    gate.resolve(undefined);
    await reading;
    expect(run.engine.status()[0]?.position).toBe(MANY + 2);
    expect(outdated(run)).toBeGreaterThan(0);
    await run.engine.revoke([0]);
    expect(run.plans.flatMap(({ outbox }) => outbox.map(({ key }) => key))).toContain('acme/new@example.com');
    expect(run.lines.map(({ message }) => message)).toContain('the policy was changed: recipients are folded again, new events meanwhile');
  });

  it('every page is committed and let go of: what one holds is bounded', async () => {
    const here = await world();
    const run = start(here, AFTER);
    await run.engine.assign(0);
    await settled(() => outdated(run) === 0);
    const pages = run.plans.map(({ recipients }) => recipients.length).filter((length) => length > 0);
    expect(pages.reduce((sum, length) => sum + length, 0)).toBe(MANY);
    expect(Math.max(...pages)).toBeLessThanOrEqual(200);
    expect(run.plans.every(({ recipients }) => recipients.every(({ policy }) => policy === AFTER.version))).toBe(true);
    await settled(() => run.lines.some(({ message }) => message === 'no recipient is left to be folded again'));
    await run.engine.revoke([0]);
  });

  it('a crash in the midst: the next owner folds the rest again, and all is as if nothing had happened', async () => {
    const whole = await world();
    const straight = start(whole, AFTER);
    await straight.engine.assign(0);
    await settled(() => outdated(straight) === 0);
    await straight.engine.revoke([0]);

    const here = await world();
    let commits = 0;
    const commit: MemoryStore['commit'] = (plan) => {
      commits += 1;
      return commits > 2 ? new Promise<never>(() => undefined) : here.store.commit(plan);
    };
    const dying = start(here, AFTER, { commit });
    await dying.engine.assign(0);
    await settled(() => commits > 2);
    const next = start(here, AFTER);
    await next.engine.assign(0);
    expect(outdated(next)).toBe(MANY - 400);
    await settled(() => outdated(next) === 0);
    await next.engine.revoke([0]);
    expect(await scopes(here.store)).toEqual(await scopes(whole.store));
    const versions = (await here.store.load(RECIPIENTS.map((address) => ({ tenant: asTenant('acme'), address })))).map(
      ({ version }) => version,
    );
    expect(new Set(versions).size).toBe(1);
  });

  it('an event that comes before the page of its recipient finds it under the new policy', async () => {
    const here = await world();
    let held = true;
    const load: MemoryStore['load'] = async (keys) => {
      // The pages wait; what an event needs does not.
      while (held && keys.length > 10) await turn();
      return here.store.load(keys);
    };
    await complain(here.log, [RECIPIENTS[7] as Address], -1);
    const run = start(here, AFTER, { load });
    await run.engine.assign(0);
    held = false;
    await run.read();
    await settled(() => outdated(run) === 0);
    await run.engine.revoke([0]);
    const changes = run.plans
      .flatMap(({ outbox }) =>
        outbox.map((row) => JSON.parse(row.change) as { recipient: string; policy: string; recipientVersion: number }),
      )
      .filter(({ recipient }) => recipient === RECIPIENTS[7]);
    expect(changes.length).toBeGreaterThan(0);
    expect(changes.every(({ policy }) => policy === AFTER.version)).toBe(true);
    expect(changes.map(({ recipientVersion }) => recipientVersion)).toEqual(changes.map((_, index) => 2 + index));
  });
});
