/** A database that goes back in time, and a log that is another one than before: what subscribers get, and what stops. */
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '@desist/formats/event';
import { createTable, isNew } from '@desist/client';
import type { Marks } from '@desist/client';
import { DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { LogEvent, PolicySet } from '@desist/domain';
import { createMemoryLog, createMemoryStore, memoryPartitionOf } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine, incarnationBehind } from '@desist/pipeline';
import type { Claim, CommitPlan, Engine } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { quietLogger, simulatedTime } from '../support/host.ts';
import { bounced, deferred, START } from '../support/oracle/events.ts';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let turns = 0; turns < 10_000; turns += 1) {
    if (await condition()) return;
    await turn();
  }
  throw new Error(`waited in vain: ${what}`);
}

interface Change {
  readonly recipient: string;
  readonly type: string;
  readonly sequence: { readonly partition: number; readonly number: number; readonly incarnation?: number };
}

interface World {
  present: number;
  readonly store: MemoryStore;
  readonly log: MemoryLog;
  readonly wentBack: Claim[];
  readonly plans: CommitPlan[];
  append(event: LogEvent): Promise<void>;
  start(
    log?: MemoryLog,
    audited?: boolean,
  ): Promise<{ readonly engine: Engine; readonly reason: string | null; read(): Promise<string | null> }>;
}

function newWorld(): World {
  const log = createMemoryLog({ partitions: 1, now: () => world.present, pause: turn });
  const world: World = {
    present: START,
    log,
    store: createMemoryStore(() => world.present),
    wentBack: [],
    plans: [],
    async append(event) {
      world.present = Math.max(world.present, event.occurredAt);
      await log.append('deliveryEvents', [encodeEvent(event)]);
    },
    async start(own = log, audited = false) {
      const store = { ...world.store, commit: (plan: CommitPlan) => (world.plans.push(plan), world.store.commit(plan)) };
      const engine = createEngine({
        ...{ store, source: own, sink: own, codec, policies: POLICIES, logger: quietLogger, owner: 'me', grace: MINUTE },
        limits: { records: 1_000, rows: 1, interval: 1 },
        time: simulatedTime(() => world.present),
        wentBack: (claim) => void world.wentBack.push(claim),
        partitionOf: (key) => memoryPartitionOf(key, 1),
        ...(audited ? { audit: { store: world.store, log: own } } : {}),
      });
      const assigned = await engine.assign(0);
      let position = assigned.kind === 'start' ? assigned.offset : 0;
      return {
        engine,
        reason: assigned.kind === 'stopped' ? assigned.reason : null,
        async read() {
          const records = own.read('deliveryEvents').filter(({ offset }) => offset >= position);
          const [first, last] = [records[0], records.at(-1)];
          if (first === undefined || last === undefined) return null;
          const nextOffset = last.offset + 1;
          const outcome = await engine.batch({ partition: 0, firstOffset: first.offset, nextOffset, highWatermark: nextOffset, records });
          position = nextOffset;
          return outcome.kind === 'stopped' ? outcome.reason : null;
        },
      };
    },
  };
  return world;
}

const published = (log: MemoryLog): readonly Change[] =>
  log.read('suppressionEvents').map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()) as Change);
const brief = (changes: readonly Change[]): readonly string[] =>
  changes.map(({ recipient, type, sequence }) => `#${sequence.number} ${recipient} ${type}`);

describe.each([
  ['a promoted standby or a restored dump', true],
  ['the same files put back', false],
])('a database that went back: %s', (_, asCopy) => {
  /** Three failures of a; then, in what is lost, the present came to the deadline, and b bounced behind it. */
  async function lost(): Promise<{ readonly world: World; readonly before: number }> {
    const world = newWorld();
    for (const hours of [0, 30, 60]) await world.append(deferred(START + hours * HOUR, { id: `a${hours}`, recipient: 'a@example.com' }));
    const { engine, read } = await world.start();
    await read();
    await engine.revoke([0]);
    const backup = world.store.snapshot();
    const again = await world.start();
    world.present = START + 72 * HOUR + 2 * MINUTE;
    engine.caughtUp(0, 3, world.present);
    again.engine.caughtUp(0, 3, world.present);
    await until(() => world.plans.some(({ recipients }) => recipients.some(({ state }) => state === 'suppressed')), 'the deadline');
    await until(async () => (await world.store.outbox(0, 1)).length === 0, 'published');
    await world.append(bounced(START + 73 * HOUR, { id: 'b', recipient: 'b@example.com' }));
    await again.engine.close();
    const before = published(world.log).length;
    world.store.restore(backup, asCopy);
    return { world, before };
  }

  it('its changes get numbers of a new incarnation: who had read all of the lost ones drops none', async () => {
    const { world, before } = await lost();
    const marks: Marks = new Map();
    for (const change of published(world.log)) expect(isNew(marks, change)).toBe(true);
    const { engine, read } = await world.start();
    await read();
    engine.caughtUp(0, 4, world.present);
    await until(() => published(world.log).length >= before + 2, 'published again');
    await engine.revoke([0]);
    const again = published(world.log).slice(before);
    // Numbers that the lost changes had, too.
    expect(again[0]?.sequence.number).toBeLessThanOrEqual(marks.get(0)?.number ?? 0);
    expect(brief(again).join(', ')).toContain('b@example.com suppressed');
    for (const change of again) {
      expect(change.sequence.incarnation).toBeGreaterThanOrEqual(incarnationBehind(0, START));
      expect(isNew(marks, change), JSON.stringify(change)).toBe(true);
    }
  });

  it('a replica that has all of what was lost ends with what the table says, for the header says the incarnation', async () => {
    const { world } = await lost();
    const { engine, read } = await world.start();
    await read();
    engine.caughtUp(0, 4, world.present);
    await until(() => world.store.rows().filter(({ state }) => state === 'suppressed').length === 2, 'both suppressed');
    await until(async () => (await world.store.outbox(0, 1)).length === 0, 'published');
    await engine.revoke([0]);
    const table = createTable();
    const incarnations = new Set<string | undefined>();
    for (const { key, value, headers } of world.log.read('suppressions')) {
      incarnations.add(headers['incarnation']);
      table.apply(Buffer.from(key ?? []).toString(), value, headers);
    }
    expect(incarnations.size).toBe(2);
    for (const { tenant, address, version } of world.store.rows()) expect(table.find(tenant, address)?.recipientVersion).toBe(version);
  });

  it('whoever compares the topics is told at each claim until it is done', async () => {
    const { world } = await lost();
    const { engine } = await world.start();
    await engine.revoke([0]);
    await world.start();
    expect(world.wentBack.map(({ incarnation }) => incarnation)).toEqual(Array.from({ length: 2 }, () => world.wentBack[0]?.incarnation));
    const last = world.wentBack.at(-1) as Claim;
    expect(await world.store.markAudited(last, last.incarnation)).toBe('committed');
    await world.start();
    expect(world.wentBack).toHaveLength(2);
  });

  it('the engine itself compares the topic with the table, once: what only the lost changes said is taken back', async () => {
    const { world } = await lost();
    const last = (): unknown =>
      world.log.read('suppressions').findLast(({ key }) => String(Buffer.from(key ?? [])).endsWith('a@example.com'))?.value;
    expect(last()).not.toBeNull();
    const { engine } = await world.start(world.log, true);
    await until(async () => (await world.store.audit(0))?.state === 'done', 'compared');
    expect(await world.store.audit(0)).toMatchObject({ request: 1, reason: 'database_went_back', mended: 1 });
    expect(last()).toBeNull();
    await engine.close();
    const again = await world.start(world.log, true);
    await again.engine.close();
    expect(world.wentBack).toHaveLength(1);
    expect(await world.store.audit(0)).toMatchObject({ request: 1, state: 'done' });
  });

  it('restored a second time from the same back-up, it begins yet another incarnation', async () => {
    const { world } = await lost();
    const backup = world.store.snapshot();
    const first = await world.start();
    await first.read();
    await until(async () => (await world.store.outbox(0, 1)).length === 0, 'published');
    await first.engine.close();
    const [before] = world.wentBack;
    world.present += HOUR;
    world.store.restore(backup, asCopy);
    await world.start();
    expect(world.wentBack.at(-1)?.incarnation).toBeGreaterThan(before?.incarnation ?? Number.POSITIVE_INFINITY);
  });

  it('a claim of before has ended, even if nothing was lost of its partition', async () => {
    const { store } = newWorld();
    const claim = await store.claim(0, 'me');
    store.restore(store.snapshot(), asCopy);
    expect(await store.beginAttempt(claim)).toBeNull();
    expect((await store.position(0))?.nonce).not.toBe(claim.nonce);
  });
});

it('restored twice within minutes from one back-up, on a log that goes back with it, it begins two incarnations', async () => {
  let present = START;
  const store = createMemoryStore(() => present);
  // The journal is part of the database, so it remembers nothing of what was published.
  const claim = async (): Promise<Claim> => store.claim(0, 'me', { log: 'journal', published: null });
  await claim();
  const backup = store.snapshot();
  const incarnations: number[] = [];
  for (const minutes of [0, 2, 7]) {
    present = START + minutes * MINUTE;
    store.restore(backup, true);
    incarnations.push((await claim()).incarnation);
  }
  expect(incarnations).toEqual([...new Set(incarnations)].sort((a, b) => a - b));
});

describe('a log that is another one', () => {
  async function folded(): Promise<World> {
    const world = newWorld();
    for (const hours of [0, 1, 2])
      await world.append(deferred(START + hours * HOUR, { id: `e${hours}`, recipient: `r${hours}@example.com` }));
    const { engine, read } = await world.start();
    expect(await read()).toBeNull();
    await engine.revoke([0]);
    return world;
  }

  /** Another log, with the same number of records of other times and keys. */
  async function other(world: World, identity: string, records: number): Promise<MemoryLog> {
    const log = createMemoryLog({ partitions: 1, now: () => world.present, pause: turn, identity });
    for (let n = 0; n < records; n += 1) {
      world.present += MINUTE;
      await log.append('deliveryEvents', [encodeEvent(deferred(world.present, { id: `o${n}`, recipient: `o${n}@example.com` }))]);
    }
    return log;
  }

  it('the checkpoint is bound to the log of its first claim: another one stops the partition', async () => {
    const world = await folded();
    const log = await other(world, 'another cluster', 9);
    const { reason } = await world.start(log);
    expect(reason).toBe('the checkpoint belongs to another log (memory) than the one that is configured (another cluster)');
    expect(world.store.checkpoint(0)).toMatchObject({ stopped: reason, nextOffset: 3 });
    // Resumed, the configured one is still another; an operator has to say that it is the right one.
    await world.store.resume(0, { toleratedBelow: 9 });
    expect((await world.start(log)).reason).toBe(reason);
    await world.store.resume(0, { toleratedBelow: 9, skipTo: 0, log: 'another cluster' });
    const { engine, reason: none, read } = await world.start(log);
    expect(none).toBeNull();
    expect(await read()).toBeNull();
    await until(() => world.store.checkpoint(0)?.nextOffset === 9, 'read from the beginning');
    await engine.revoke([0]);
  });

  it('a topic made anew that has grown past the checkpoint stops it, too: another record is where the last one was', async () => {
    const world = await folded();
    const { reason, read, engine } = await world.start(await other(world, 'memory', 9));
    expect(reason).toBeNull();
    expect(await read()).toContain('record 2 is another one than was folded');
    expect(world.store.checkpoint(0)?.nextOffset).toBe(3);
    expect(world.store.rows().some(({ address }) => address.startsWith('o'))).toBe(false);
    await engine.close();
  });

  it('the same log goes on, also when retention has taken the last record; what was folded is not folded again', async () => {
    const world = await folded();
    for (const drop of [0, 3]) {
      world.log.truncate('deliveryEvents', 0, drop);
      await world.append(deferred(world.present + MINUTE, { id: `n${drop}`, recipient: `n${drop}@example.com` }));
      const { engine, read } = await world.start();
      expect(await read()).toBeNull();
      await engine.revoke([0]);
      expect(engine.status()).toEqual([]);
    }
    expect(world.store.checkpoint(0)).toMatchObject({ nextOffset: 5, stopped: null, log: 'memory', last: { offset: 4 } });
  });
});

it('a commit between two pages of timers says that the present moved the clock', async () => {
  const world = newWorld();
  const people = 1_200;
  for (let n = 0; n < people; n += 1) await world.append(deferred(START, { id: `e${n}`, recipient: `r${n}@example.com` }));
  const { engine, read } = await world.start();
  await read();
  await until(() => world.store.checkpoint(0)?.nextOffset === people, 'folded');
  world.present = START + 60 * HOUR;
  engine.caughtUp(0, people, world.present);
  const moved = (): readonly CommitPlan[] => world.plans.filter(({ clock }) => clock > START + HOUR);
  await until(() => moved().length > 0, 'the first page');
  await engine.revoke([0]);
  expect(moved().reduce((sum, { recipients, untracked }) => sum + recipients.length + untracked.length, 0)).toBe(people);
  expect(moved().length).toBeGreaterThan(1);
  // The process could have died behind the first of them.
  expect(moved()[0]?.clockMoves).toEqual([{ beforeOffset: people, clock: moved()[0]?.clock }]);
  expect(
    moved()
      .slice(1)
      .flatMap(({ clockMoves }) => clockMoves),
  ).toEqual([]);
});
