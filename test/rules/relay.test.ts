/** What a relay owes to whoever subscribes: nothing old behind something new, nothing held up by one record, nothing lost by a stop. */
import { describe, expect, it } from 'vitest';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createEngine, createRelay, LogError } from '@desist/pipeline';
import type {
  Claim,
  CommitPlan,
  DeadLetter,
  LogSink,
  Logger,
  OutboxRow,
  OutRecord,
  Ownership,
  Relay,
  RelaySink,
  Time,
} from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { quietLogger, simulatedTime } from '../support/host.ts';
import { POLICIES } from '../simulation/checks.ts';

const NOW = Date.UTC(2026, 2, 1);
const KIB = 1024;
const time = simulatedTime(() => NOW);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 5_000; turns += 1) {
    if (await condition()) return;
    await turn();
  }
  throw new Error('waited in vain');
}

interface World {
  readonly store: MemoryStore;
  readonly log: MemoryLog;
  /** What is said to operators. */
  readonly said: string[];
}

function newWorld(): World {
  const log = createMemoryLog({ partitions: 1, now: () => NOW, pause: turn });
  return { store: createMemoryStore(() => NOW), log, said: [] };
}

const change = (
  sequence: number,
  value: string | null | undefined = `{"recipientVersion":${sequence}}`,
  key = 'acme/a@example.com',
): OutboxRow => ({
  sequence,
  key,
  change: JSON.stringify({ recipientVersion: sequence }),
  value,
});
const letter = (offset: number, value: Uint8Array | null = null, key: Uint8Array | null = null): DeadLetter => ({
  offset,
  key,
  value,
  reason: 'unreadable',
  detail: 'no JSON',
});

/** Whoever has the partition. */
function ownerOf(store: MemoryStore): Ownership {
  const { epoch = 0, nonce = '' } = store.checkpoint(0) ?? {};
  return { partition: 0, epoch, nonce };
}

/** Commits changes and dead letters as an engine does. */
async function commit(
  { store }: World,
  owner: Ownership,
  outbox: readonly OutboxRow[],
  deadLetters: readonly DeadLetter[] = [],
): Promise<void> {
  const at = await store.position(owner.partition);
  const { nextOffset: fromOffset = 0, nextSequence: fromSequence = 1 } = at ?? {};
  const plan: CommitPlan = {
    ...{ partition: owner.partition, epoch: owner.epoch, nonce: owner.nonce, fromOffset, nextOffset: fromOffset, clock: NOW, fromSequence },
    ...{
      nextSequence: fromSequence + outbox.length,
      last: null,
      attempts: 0,
      recipients: [],
      untracked: [],
      outbox,
      history: [],
      deadLetters,
    },
    ...{ clockMoves: [], baseline: null, incidents: [], incidentCounts: [], rollups: null },
  };
  expect(await store.commit(plan)).toBe('committed');
}

interface Running {
  readonly relay: Relay;
  readonly ended: Promise<'aborted' | 'fenced'>;
  stop(): Promise<unknown>;
}

function run(world: World, owner: Claim, sink: Pick<LogSink, 'openRelaySink' | 'published'> = world.log, clock: Time = time): Running {
  const { store, said } = world;
  const logger = { ...quietLogger, error: (fields: object, message: string) => void said.push(`${message} ${JSON.stringify(fields)}`) };
  const waits = { begin: () => ({ failed: () => undefined, ended: () => undefined }) };
  const relay = createRelay({ owner, store, sink, time: clock, waits, logger, inputTopic: 'input' });
  const stop = new AbortController();
  const ended = relay.run(stop.signal);
  ended.catch(() => undefined);
  return {
    relay,
    ended,
    stop() {
      stop.abort();
      return ended.catch(() => undefined);
    },
  };
}

/** The log, with appends of relays as they are told to be. */
function through(log: MemoryLog, append: (parts: Parameters<RelaySink['append']>[0], sink: RelaySink) => ReturnType<RelaySink['append']>) {
  return {
    published: log.published,
    async openRelaySink(owner: Ownership) {
      const sink = await log.openRelaySink(owner);
      return { ...sink, append: (parts: Parameters<RelaySink['append']>[0]) => append(parts, sink) };
    },
  };
}

/** Refuses for good what a topic of Kafka would. */
const refusingWhat = (log: MemoryLog, isBad: (record: OutRecord) => boolean) =>
  through(log, (parts, sink) =>
    parts.some(({ records }) => records.some(isBad))
      ? Promise.reject(new LogError('refused', 'a record is too large'))
      : sink.append(parts),
  );

const versions = (log: MemoryLog): readonly (string | undefined)[] => log.read('suppressions').map(({ headers }) => headers['version']);
const published = (log: MemoryLog): readonly number[] =>
  log
    .read('suppressionEvents')
    .map(({ value }) => (JSON.parse(Buffer.from(value ?? []).toString()) as { recipientVersion: number }).recipientVersion);

describe('an append of a former owner', () => {
  it('that arrives after those of its successor is refused, and its relay ends', async () => {
    const world = newWorld();
    const { store, log } = world;
    const gate = Promise.withResolvers<undefined>();
    let outcome: string | undefined;
    const slow = through(log, async (parts, sink) => {
      await gate.promise;
      return (outcome = await sink.append(parts));
    });
    const former = await store.claim(0, 'A');
    await commit(world, former, [change(1)]);
    const a = run(world, former, slow);
    await turn();
    const now = await store.claim(0, 'B');
    await commit(world, now, [change(2, null)]);
    const b = run(world, now);
    await until(async () => (await store.outbox(0, 1)).length === 0);
    gate.resolve(undefined);
    expect(await a.ended).toBe('fenced');
    expect(outcome).toBe('fenced');
    expect(published(log)).toEqual([1, 2]);
    expect(log.read('suppressions').at(-1)?.value).toBeNull();
    await b.stop();
  });

  it('is not tried by a relay that opens its sink after its successor', async () => {
    const world = newWorld();
    const { store, log } = world;
    const former = await store.claim(0, 'A');
    await commit(world, former, [change(1)]);
    const now = await store.claim(0, 'B');
    let tried = 0;
    const a = run(
      world,
      former,
      through(log, (parts, sink) => ((tried += 1), sink.append(parts))),
    );
    expect(await a.ended).toBe('fenced');
    expect(tried).toBe(0);
    const b = run(world, now);
    await until(async () => (await store.outbox(0, 1)).length === 0);
    expect(published(log)).toEqual([1]);
    await b.stop();
  });

  it('is not tried if its sink was opened while the successor published: the epoch is read after that', async () => {
    const world = newWorld();
    const { store, log } = world;
    const former = await store.claim(0, 'A');
    await commit(world, former, [change(1)]);
    const gate = Promise.withResolvers<undefined>();
    const a = run(world, former, {
      published: log.published,
      openRelaySink: async (owner) => (await gate.promise, log.openRelaySink(owner)),
    });
    await turn();
    const now = await store.claim(0, 'B');
    await commit(world, now, [change(2, null)]);
    const b = run(world, now);
    await until(async () => (await store.outbox(0, 1)).length === 0);
    gate.resolve(undefined);
    expect(await a.ended).toBe('fenced');
    expect(versions(log)).toEqual(['1', '2']);
    await b.stop();
  });

  it('that timed out but is still on its way is not stored after later records', async () => {
    const world = newWorld();
    const { store, log } = world;
    const owner = await store.claim(0, 'A');
    const late: (() => Promise<unknown>)[] = [];
    const lossy = through(log, (parts, sink) => {
      if (late.length > 0) return sink.append(parts);
      late.push(() => sink.append(parts));
      return Promise.reject(new LogError('unavailable', 'no answer in time'));
    });
    await commit(world, owner, [change(1)]);
    const a = run(world, owner, lossy);
    await until(async () => (await store.outbox(0, 1)).length === 0);
    await commit(world, owner, [change(2)]);
    a.relay.wake();
    await until(async () => (await store.outbox(0, 1)).length === 0);
    expect(await late[0]?.()).toBe('fenced');
    expect(versions(log)).toEqual(['1', '2']);
    await a.stop();
  });
});

it('every record of the list says version, incarnation, partition and sequence, tombstones too', async () => {
  const world = newWorld();
  const owner = await world.store.claim(0, 'A');
  await commit(world, owner, [change(1), { ...change(2), value: undefined }, change(3, null)]);
  const { stop } = run(world, owner);
  await until(() => world.log.read('suppressions').length === 2);
  const of = (n: string): object => ({ version: n, incarnation: '0', partition: '0', sequence: n });
  expect(world.log.read('suppressions').map(({ headers }) => headers)).toEqual([of('1'), of('3')]);
  await stop();
});

describe('a dead letter', () => {
  it('that is larger than a topic takes is cut, and says how long it was', async () => {
    const world = newWorld();
    const owner = await world.store.claim(0, 'A');
    await commit(
      world,
      owner,
      [],
      [letter(0, Buffer.alloc(3 * KIB * KIB, 32), Buffer.alloc(100 * KIB)), letter(1, Buffer.alloc(768 * KIB))],
    );
    const { stop } = run(world, owner);
    await until(() => world.log.read('deadLetters').length === 2);
    const [cut, whole] = world.log.read('deadLetters');
    expect([cut?.value?.length, cut?.key?.length]).toEqual([768 * KIB, 64 * KIB]);
    expect(cut?.headers).toMatchObject({
      truncated: String(3 * KIB * KIB),
      'truncated-key': String(100 * KIB),
      offset: '0',
      topic: 'input',
    });
    expect(whole?.value?.length).toBe(768 * KIB);
    expect(Object.keys(whole?.headers ?? {})).not.toContain('truncated');
    await stop();
  });

  it('that cannot be sent now does not make any change be sent again', async () => {
    const world = newWorld();
    const { store, log } = world;
    const owner = await store.claim(0, 'A');
    let failures = 0;
    const without = through(log, (parts, sink) => {
      if (parts.some(({ topic }) => topic !== 'deadLetters')) return sink.append(parts);
      failures += 1;
      return Promise.reject(new LogError('unavailable', 'the topic is away'));
    });
    await commit(world, owner, [change(1), change(2)], [letter(0)]);
    const { stop } = run(world, owner, without);
    await until(() => failures > 20);
    expect(published(log)).toEqual([1, 2]);
    expect(await store.deadLetters(0, 10)).toHaveLength(1);
    await stop();
  });
});

it('a commit cancels the sleep that it interrupts, so that timers do not pile up', async () => {
  const world = newWorld();
  const { store, log } = world;
  let asleep = 0;
  const clock: Time = {
    ...time,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        asleep += 1;
        signal?.addEventListener('abort', () => {
          asleep -= 1;
          resolve();
        });
      }),
  };
  const owner = await store.claim(0, 'A');
  const { relay, stop } = run(world, owner, log, clock);
  await until(() => asleep === 1);
  for (let sequence = 1; sequence <= 20; sequence += 1) {
    await commit(world, owner, [change(sequence)]);
    relay.wake();
    await until(async () => (await store.outbox(0, 1)).length === 0);
    expect(asleep).toBeLessThanOrEqual(1);
  }
  expect(published(log)).toHaveLength(20);
  await stop();
  expect(asleep).toBe(0);
});

describe('a record that the log refuses for good', () => {
  it('is isolated, parked and reported; everything else is sent, once and in order', async () => {
    const world = newWorld();
    const { store, log, said } = world;
    const owner = await store.claim(0, 'A');
    const bad = new Set([3, 100, 101, 250]);
    const rows = Array.from({ length: 250 }, (_, n) => change(n + 1, bad.has(n + 1) ? 'too large' : null));
    await commit(world, owner, rows, [letter(0), letter(1, Buffer.from('bad')), letter(2)]);
    const isBad = ({ value }: OutRecord): boolean => value === 'too large' || Buffer.from(value ?? '').toString() === 'bad';
    const { relay, stop } = run(world, owner, refusingWhat(log, isBad));
    await until(async () => (await store.outbox(0, 1)).length + (await store.deadLetters(0, 1)).length === 0);
    expect(published(log)).toEqual(rows.map(({ sequence }) => sequence).filter((sequence) => !bad.has(sequence)));
    expect(log.read('deadLetters').map(({ headers }) => headers['offset'])).toEqual(['0', '2']);
    const reason = 'a record is too large';
    expect(store.parked()).toEqual([
      ...[...bad].map((sequence) => ({ partition: 0, sequence, reason })),
      { partition: 0, deadLetterOffset: 1, reason },
    ]);
    expect(said).toHaveLength(5);
    expect(relay.relayed()).toBe(248);
    await stop();
  });

  it('row after row stops publishing with a reason and parks nothing; once repaired and resumed, all of it is published', async () => {
    const world = newWorld();
    const { store, log } = world;
    let broken = true;
    const errors: string[] = [];
    const logger: Logger = { ...quietLogger, error: (fields, message) => void errors.push(`${message} ${JSON.stringify(fields)}`) };
    const sink = { ...log, ...refusingWhat(log, () => broken) };
    const engine = createEngine({ store, source: log, sink, codec, policies: POLICIES, time, logger, owner: 'me' });
    await engine.assign(0);
    await commit(
      world,
      ownerOf(store),
      Array.from({ length: 50 }, (_, n) => change(n + 1)),
    );
    await until(() => engine.status()[0]?.stopped !== null);
    expect(engine.status()[0]?.stopped).toBe('publishing ended: the log refused 21 records one after the other: a record is too large');
    expect(errors.join()).toContain('publishing ended');
    expect(store.parked()).toEqual([]);
    broken = false;
    await until(async () => store.checkpoint(0)?.stopped !== null);
    await store.resume(0, { toleratedBelow: 0 });
    expect((await engine.assign(0)).kind).toBe('start');
    await until(() => published(log).length === 50);
    await engine.close();
  });
});

it('an unexpected database error stops the partition too; once resumed, it publishes what waits', async () => {
  const world = newWorld();
  const { store, log } = world;
  let broken = false;
  const unforeseen = Object.assign(new Error('could not read block 7: Input/output error'), { code: '58030' });
  const flaky = {
    ...store,
    outbox: (...args: Parameters<MemoryStore['outbox']>) => (broken ? Promise.reject(unforeseen) : store.outbox(...args)),
  };
  const engine = createEngine({ store: flaky, source: log, sink: log, codec, policies: POLICIES, time, logger: quietLogger, owner: 'me' });
  await engine.assign(0);
  broken = true;
  await until(() => engine.status()[0]?.stopped !== null);
  expect(engine.status()[0]?.stopped).toBe('publishing ended: could not read block 7: Input/output error');
  await until(() => store.checkpoint(0)?.stopped !== null);
  broken = false;
  await store.resume(0, { toleratedBelow: 0 });
  expect((await engine.assign(0)).kind).toBe('start');
  await commit(world, ownerOf(store), [change(1)]);
  await until(() => published(log).length === 1);
  await engine.close();
});
