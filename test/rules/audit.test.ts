/** What an audit owes: the topic of suppressions ends as the table is, nothing old behind something new, and the relay is not held up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTable } from '@desist/client';
import { asAddress, asTenant } from '@desist/domain';
import { createMemoryLog, createMemoryStore, memoryPartitionOf } from '@desist/memory';
import type { MemoryLog, MemoryStore } from '@desist/memory';
import { createRelay, LogError } from '@desist/pipeline';
import type { Claim, CommitPlan, LogSink, OutboxRow, RecipientRow, RelaySink, SuppressionRow } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { simulatedTime } from '../support/host.ts';

const NOW = Date.UTC(2026, 2, 1);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const time = simulatedTime(() => NOW);

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 5_000; turns += 1) {
    if (await condition()) return;
    await turn();
  }
  throw new Error('waited in vain');
}

const suppression = (reason: SuppressionRow['reason'], since: number): SuppressionRow => ({
  ...{ scope: '*', reason, since, expiresAt: null, category: null, rule: null, reply: null, firstFailureAt: null, lastFailureAt: null },
  ...{ createdBy: null, note: null, source: null, provider: null, subdomains: false, probationUntil: null },
  ...{ failures: 0, policy: 'p' },
});

function row(name: string, version: number, suppressions: readonly SuppressionRow[], partition = 0): RecipientRow {
  return {
    ...{
      tenant: asTenant('acme'),
      address: asAddress(`${name}@example.com`),
      partition,
      version,
      evidence: '',
      policy: 'p',
      due: null,
      streakStartedAt: null,
    },
    ...{ state: suppressions.length > 0 ? 'suppressed' : 'healthy', tracked: true, lastFailureAt: null, failures: 0, messages: 0 },
    ...{ category: null, provider: null, suppressAt: null, probationUntil: null, active: { suppressions, allowed: [] }, updatedAt: NOW },
  };
}

const keyOf = (one: RecipientRow): string => `${one.tenant}/${one.address}`;
const valueOf = (one: RecipientRow): string | null =>
  codec.encodeSuppressions({ ...one, suppressions: one.active?.suppressions ?? [], allowed: [] });

interface World {
  readonly store: MemoryStore;
  readonly log: MemoryLog;
  readonly owner: Claim;
}

async function newWorld(partitions = 1, page = 3): Promise<World> {
  const store = createMemoryStore(() => NOW, page);
  const log = createMemoryLog({ partitions, now: () => NOW, pause: turn });
  return { store, log, owner: await store.claim(0, 'me') };
}

/** Commits recipients as an engine does, each with a change in the outbox unless it is to be missing there. */
async function commit({ store, owner }: World, rows: readonly RecipientRow[], published = true): Promise<void> {
  const { nextOffset, nextSequence } = (await store.position(owner.partition)) ?? { nextOffset: 0, nextSequence: 1 };
  const outbox = (published ? rows : []).map((one, index): OutboxRow => {
    return {
      sequence: nextSequence + index,
      key: keyOf(one),
      change: JSON.stringify({ recipientVersion: one.version }),
      value: valueOf(one),
    };
  });
  const plan: CommitPlan = {
    ...{
      partition: owner.partition,
      epoch: owner.epoch,
      nonce: owner.nonce,
      last: null,
      fromOffset: nextOffset,
      nextOffset,
      clock: NOW,
      fromSequence: nextSequence,
    },
    ...{ nextSequence: nextSequence + outbox.length, attempts: 0, recipients: rows, untracked: [], outbox, history: [], deadLetters: [] },
    ...{ clockMoves: [], baseline: null, incidents: [], incidentCounts: [], rollups: null },
  };
  expect(await store.commit(plan)).toBe('committed');
}

function start(
  world: World,
  over: { sink?: Pick<LogSink, 'openRelaySink' | 'published'>; sliceCharacters?: number; partitions?: number } = {},
) {
  const { store, log, owner } = world;
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const { sink = log, sliceCharacters, partitions } = over;
  const relay = createRelay({
    ...{ owner, store, sink, time, logger: silent, inputTopic: 'in' },
    waits: { begin: () => ({ failed: () => undefined, ended: () => undefined }) },
    audit: {
      ...{ store, log, codec },
      partitionOf: (key) => (partitions === undefined ? undefined : memoryPartitionOf(key, partitions)),
      ...(sliceCharacters === undefined ? {} : { sliceCharacters }),
    },
  });
  const over_ = new AbortController();
  const ended = relay.run(over_.signal);
  return { relay, ended, stop: () => (over_.abort(), ended) };
}

async function audited(world: World, over: Parameters<typeof start>[1] = {}) {
  await world.store.requestAudit(0, 'requested');
  const running = start(world, over);
  await until(async () => (await world.store.audit(0))?.finishedAt != null);
  await running.stop();
  return (await world.store.audit(0)) as NonNullable<Awaited<ReturnType<MemoryStore['audit']>>>;
}

/** What a reader of the topic holds in the end: by the last record of each key, and by the highest version as a replica does. */
function heldIn({ log }: World, partitions = 1) {
  const last = new Map<string, string | null>();
  const replica = createTable();
  for (let partition = 0; partition < partitions; partition += 1) {
    for (const { key, value, headers } of log.read('suppressions', partition)) {
      const name = new TextDecoder().decode(key as Uint8Array);
      last.set(name, value === null ? null : new TextDecoder().decode(value));
      replica.apply(name, value, headers);
    }
  }
  const reasons = (text: string | null | undefined): readonly string[] =>
    text == null ? [] : (JSON.parse(text) as { suppressions: { reason: string }[] }).suppressions.map(({ reason }) => reason);
  return (one: RecipientRow): readonly (readonly string[])[] => [
    reasons(last.get(keyOf(one))),
    (replica.find(one.tenant, one.address)?.suppressions ?? []).map(({ reason }) => reason),
  ];
}

function expectEqual(world: World, partitions = 1): void {
  const held = heldIn(world, partitions);
  for (const one of world.store.rows()) {
    const wanted = (one.active?.suppressions ?? []).map(({ reason }) => reason);
    expect(held(one), one.address).toEqual([wanted, wanted]);
  }
}

const people = (count: number): RecipientRow[] =>
  Array.from({ length: count }, (_, n) => row(`r${n}`, 1, [suppression(n % 2 === 0 ? 'hard_bounce' : 'complaint', NOW + n)]));

describe('an audit', () => {
  it('finds nothing to mend where nothing is wrong', async () => {
    const world = await newWorld();
    await commit(world, people(10));
    const relay = start(world);
    await until(async () => (await world.store.outbox(0, 1)).length === 0);
    await relay.stop();
    expect(await audited(world)).toMatchObject({ state: 'done', reason: 'requested', compared: 10, mended: 0, problem: null });
    expect(world.log.read('suppressions')).toHaveLength(10);
  });

  it.each([12_000_000, 400])('mends what is missing, old, or not in the table (slices of %d characters)', async (sliceCharacters) => {
    const world = await newWorld();
    const rows = people(12);
    await commit(world, rows, false);
    const [same, missing, ...others] = rows as [RecipientRow, RecipientRow, ...RecipientRow[]];
    const put = (key: string, value: string | null, version: number) =>
      world.log.append('suppressions', [{ key, value, headers: { version: String(version), incarnation: '0', partition: '0' } }]);
    await put(keyOf(same), valueOf(same), 1);
    for (const one of others.slice(0, 8)) await put(keyOf(one), valueOf(row('x', 1, [suppression('operator', NOW)])), 0);
    await put('acme/nobody@example.com', valueOf(row('nobody', 7, [suppression('operator', NOW)])), 7);
    expect(await audited(world, { sliceCharacters })).toMatchObject({ state: 'done', compared: 13, mended: 12 });
    expectEqual(world);
    expect(heldIn(world)(missing)).toEqual([['complaint'], ['complaint']]);
    expect(heldIn(world)(row('nobody', 0, []))).toEqual([[], []]);
    expect(await audited(world, { sliceCharacters })).toMatchObject({ compared: 13, mended: 0 });
  });

  it('mends an old value behind a newer one', async () => {
    const world = await newWorld();
    const now = row('a', 2, [suppression('hard_bounce', NOW)]);
    await commit(world, [now], false);
    const headers = (version: number) => ({ version: String(version), incarnation: '0', partition: '0' });
    await world.log.append('suppressions', [
      { key: keyOf(now), value: valueOf(now), headers: headers(2) },
      { key: keyOf(now), value: null, headers: headers(1) },
    ]);
    expect(await audited(world)).toMatchObject({ compared: 1, mended: 1 });
    expectEqual(world);
  });

  it('leaves alone what only its version distinguishes', async () => {
    const world = await newWorld();
    const before = row('a', 2, [suppression('hard_bounce', NOW)]);
    await commit(world, [{ ...before, version: 5 }], false);
    await world.log.append('suppressions', [{ key: keyOf(before), value: valueOf(before), headers: { version: '2' } }]);
    expect(await audited(world)).toMatchObject({ compared: 1, mended: 0 });
  });

  it('compares recipients whose records came with another partitioner where their value is', async () => {
    const world = await newWorld(4);
    const rows = people(20);
    await commit(world, rows, false);
    expect(new Set(rows.map((one) => memoryPartitionOf(keyOf(one), 4))).size).toBeGreaterThan(1);
    expect(await audited(world, { partitions: 4 })).toMatchObject({ state: 'done', compared: 20, mended: 20 });
    expectEqual(world, 4);
    expect(await audited(world, { partitions: 4 })).toMatchObject({ compared: 20, mended: 0 });
  });

  it('says what the log refuses, and publishes the others', async () => {
    const world = await newWorld();
    await commit(world, people(5), false);
    const refusing: Pick<LogSink, 'openRelaySink' | 'published'> = {
      published: world.log.published,
      async openRelaySink(owner) {
        const sink = await world.log.openRelaySink(owner);
        return {
          ...sink,
          append: async (parts) => {
            if (parts.some(({ records }) => records.some(({ key }) => key === 'acme/r3@example.com')))
              throw new LogError('refused', 'too large');
            return sink.append(parts);
          },
        };
      },
    };
    expect(await audited(world, { sink: refusing })).toMatchObject({
      state: 'done',
      compared: 5,
      mended: 4,
      problem: expect.stringContaining('too large') as string,
    });
  });
});

describe('an audit runs by itself', () => {
  it.each(['after the topic was made anew', 'when it never ran before'])('%s', async (when) => {
    const world = await newWorld();
    await commit(world, people(10));
    const first = start(world);
    await until(async () => (await world.store.outbox(0, 1)).length === 0);
    await first.stop();
    if (when === 'after the topic was made anew') {
      const looked = start(world);
      await until(async () => (await world.store.publishedEnd(0)) === 10);
      await looked.stop();
      // Longer than the list is, so that only its end tells.
      world.log.recreate('suppressions');
      await world.log.append(
        'suppressions',
        Array.from({ length: 9 }, () => ({ key: 'acme/r0@example.com', value: null })),
      );
    } else world.log.recreate('suppressions');
    const next = start(world);
    await until(async () => (await world.store.audit(0))?.state === 'done');
    await next.stop();
    expect(await world.store.audit(0)).toMatchObject({ reason: 'topic_behind', compared: 10, mended: 10 });
    expectEqual(world);
  });

  it('also in a running process, which is asked to look', async () => {
    const world = await newWorld();
    await commit(world, people(10));
    const running = start(world);
    await until(async () => (await world.store.outbox(0, 1)).length === 0);
    world.log.recreate('suppressions');
    running.relay.lookForAudit();
    await until(async () => (await world.store.audit(0))?.state === 'done');
    await running.stop();
    expectEqual(world);
  });

  it('not while changes only wait to be published', async () => {
    const world = await newWorld();
    await commit(world, people(10));
    const away: Pick<LogSink, 'openRelaySink' | 'published'> = {
      published: world.log.published,
      openRelaySink: () => Promise.reject(new LogError('unavailable', 'away')),
    };
    const running = start(world, { sink: away });
    running.relay.lookForAudit();
    for (let turns = 0; turns < 50; turns += 1) await turn();
    await running.stop();
    expect(await world.store.audit(0)).toBeNull();
  });
});

it('a change that is committed while a mended value is on its way stands behind it', async () => {
  const world = await newWorld();
  await commit(world, [row('a', 1, [suppression('hard_bounce', NOW)])], false);
  const mending = Promise.withResolvers<undefined>();
  const gate = Promise.withResolvers<undefined>();
  const slow: Pick<LogSink, 'openRelaySink' | 'published'> = {
    published: world.log.published,
    async openRelaySink(owner): Promise<RelaySink> {
      const sink = await world.log.openRelaySink(owner);
      return {
        ...sink,
        async append(parts) {
          if (parts.length > 1) return sink.append(parts);
          mending.resolve(undefined);
          await gate.promise;
          return sink.append(parts);
        },
      };
    },
  };
  await world.store.requestAudit(0, 'requested');
  const running = start(world, { sink: slow });
  await mending.promise;
  await commit(world, [row('a', 2, [])]);
  running.relay.wake();
  for (let turns = 0; turns < 100; turns += 1) await turn();
  gate.resolve(undefined);
  await until(async () => (await world.store.outbox(0, 1)).length === 0);
  await running.stop();
  expect(world.log.read('suppressions').map(({ headers }) => headers['version'])).toEqual(['1', '2']);
  expectEqual(world);
});

it('an audit that is stopped ends, and one that is asked for anew begins again', async () => {
  const world = await newWorld();
  await commit(world, people(30), false);
  const gate = Promise.withResolvers<undefined>();
  const slow: Pick<LogSink, 'openRelaySink' | 'published'> = {
    published: world.log.published,
    async openRelaySink(owner): Promise<RelaySink> {
      const sink = await world.log.openRelaySink(owner);
      return { ...sink, append: async (parts) => (await gate.promise, sink.append(parts)) };
    },
  };
  await world.store.requestAudit(0, 'requested');
  const running = start(world, { sink: slow });
  await until(async () => (await world.store.audit(0))?.state === 'running');
  expect(await world.store.stopAudit(0)).toBe(true);
  expect(await world.store.stopAudit(0)).toBe(false);
  gate.resolve(undefined);
  for (let turns = 0; turns < 100; turns += 1) await turn();
  expect(await world.store.audit(0)).toMatchObject({ state: 'stopped' });
  await world.store.requestAudit(0, 'database_went_back');
  running.relay.lookForAudit();
  await until(async () => (await world.store.audit(0))?.state === 'done');
  await running.stop();
  expect(await world.store.audit(0)).toMatchObject({ request: 2, reason: 'database_went_back', compared: 30 });
  expectEqual(world);
});

it('an owner that lost its partition mends nothing', async () => {
  const world = await newWorld();
  await commit(world, people(5), false);
  await world.store.requestAudit(0, 'requested');
  await world.store.claim(0, 'another');
  const running = start(world);
  for (let turns = 0; turns < 100; turns += 1) await turn();
  await running.stop();
  expect(world.log.read('suppressions')).toEqual([]);
  expect(await world.store.audit(0)).toMatchObject({ state: 'requested' });
});

it('whatever is committed meanwhile: nothing old stands behind something new, and the topic ends as the table is', async () => {
  const step = fc.record({ who: fc.integer({ min: 0, max: 5 }), listed: fc.boolean(), pauses: fc.integer({ min: 0, max: 12 }) });
  const world = fc.record({
    steps: fc.array(step, { maxLength: 25 }),
    lost: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 6 }),
    slow: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 10 }),
    failing: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
    sliceCharacters: fc.constantFrom(12_000_000, 250),
  });
  await fc.assert(
    fc.asyncProperty(world, async ({ steps, lost, slow, failing, sliceCharacters }) => {
      const world = await newWorld();
      const versions = new Map<number, number>();
      const change = async (who: number, listed: boolean, published = true): Promise<void> => {
        const version = (versions.get(who) ?? 0) + 1;
        versions.set(who, version);
        await commit(world, [row(`r${who}`, version, listed ? [suppression('complaint', NOW + version)] : [])], published);
      };
      for (const who of lost) await change(who, true, false);
      let appends = 0;
      const sink: Pick<LogSink, 'openRelaySink' | 'published'> = {
        published: world.log.published,
        async openRelaySink(owner): Promise<RelaySink> {
          const inner = await world.log.openRelaySink(owner);
          return {
            ...inner,
            async append(parts) {
              const number = (appends += 1);
              for (let n = slow[number % slow.length] as number; n > 0; n -= 1) await turn();
              const answer = await inner.append(parts);
              // Stored, and the answer lost: of the audit only, for the relay repeats in order what it has said before.
              if (parts.length === 1 && number < 8 && failing[number % failing.length] === true)
                throw new LogError('unavailable', 'the answer was lost');
              return answer;
            },
          };
        },
      };
      await world.store.requestAudit(0, 'requested');
      const running = start(world, { sink, sliceCharacters });
      for (const { who, listed, pauses } of steps) {
        await change(who, listed);
        running.relay.wake();
        for (let n = pauses; n > 0; n -= 1) await turn();
      }
      await until(async () => (await world.store.audit(0))?.state === 'done');
      running.relay.wake();
      await until(async () => (await world.store.outbox(0, 1)).length === 0);
      await running.stop();
      expectEqual(world);
      const seen = new Map<string, number>();
      for (const { key, headers } of world.log.read('suppressions')) {
        const name = new TextDecoder().decode(key as Uint8Array);
        const version = Number(headers['version']);
        expect(version, `${name} of ${JSON.stringify(headers)}`).toBeGreaterThanOrEqual(seen.get(name) ?? 0);
        seen.set(name, version);
      }
    }),
    { numRuns: 150 },
  );
});
