/** Engines, database, log and group under a scheduler that a seed drives: what docs/testing.md says. */
import { describe, expect, it } from 'vitest';
import { MUTATIONS } from '../mutations/mutations.ts';
import { HOUR } from '@desist/domain';
import { deferred, delivered, START } from '../support/oracle/events.ts';
import type { Scenario } from './scenario.ts';
import { scenarioOf } from './scenario.ts';
import { shrink, storyOf } from './shrink.ts';
import type { Seen } from './world.ts';
import { simulate } from './world.ts';

/** A world in which an engine is stopped between the answer about its epoch and its append. */
const UNORDERED = 1_293;
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 1_000);

describe('worlds by seed', () => {
  it(`hold in ${SEEDS} seeds, in which all that can happen does`, async () => {
    const total = new Map<Seen, number>();
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const { failure, seen } = await simulate(scenarioOf(seed));
      if (failure !== null) expect.fail(storyOf(await shrink(scenarioOf(seed))));
      for (const [what, count] of Object.entries(seen)) total.set(what as Seen, (total.get(what as Seen) ?? 0) + count);
    }
    // A simulation in which nothing goes wrong shows nothing.
    for (const [what, count] of total) expect(count, what).toBeGreaterThan(SEEDS / 10);
  }, 600_000);

  it('the same seed gives the same trace, step by step', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const [first, second] = [await simulate(scenarioOf(seed), { told: true }), await simulate(scenarioOf(seed), { told: true })];
      expect(second.trace).toEqual(first.trace);
      expect(second.hash).toBe(first.hash);
    }
    const hashes = await Promise.all([0, 1, 2].map(async (seed) => (await simulate(scenarioOf(seed))).hash));
    expect(new Set(hashes).size).toBe(3);
  }, 60_000);
});

/** A streak up to its suppression, a delivery to another, and something unreadable: nothing goes wrong by itself. */
const PLAIN: Scenario = {
  seed: -1,
  schedule: 1,
  partitions: 1,
  hosts: [
    { skew: 0, from: 0, drains: true },
    { skew: 0, from: 0, drains: false },
  ],
  batch: 2,
  limits: { records: 3, rows: 1, interval: 200 },
  pace: 0.02,
  records: [
    ...[0, 12, 24, 36, 50].map((hour) => {
      const event = deferred(START + hour * HOUR, { recipient: 'r0@example.com' });
      return { kind: 'event', at: event.occurredAt, event, poison: false } as const;
    }),
    { kind: 'junk', at: START + 51 * HOUR, key: 'acme/r0@example.com' },
    { kind: 'event', at: START + 52 * HOUR, event: delivered('52h', { recipient: 'r1@example.com' }), poison: false },
  ],
  faults: [],
  after: 30 * HOUR,
};

describe('at every await', () => {
  it('of one engine it dies, and nothing is lost or doubled', async () => {
    const { continuations, failure } = await simulate(PLAIN);
    expect(failure).toBeNull();
    const first = continuations[0] ?? 0;
    expect(first).toBeGreaterThan(100);
    for (let at = 1; at <= first; at += 1) {
      const outcome = await simulate({ ...PLAIN, faults: [{ kind: 'crash', host: 0, at }] });
      expect(outcome.failure, `dies at await ${at}`).toBeNull();
    }
  }, 300_000);

  it('of one engine it is stopped past its session while another takes over', async () => {
    const { continuations } = await simulate(PLAIN);
    for (let at = 1; at <= (continuations[0] ?? 0); at += 1) {
      const outcome = await simulate({ ...PLAIN, faults: [{ kind: 'stop', host: 0, at, steps: 150, expelled: true }] });
      expect(outcome.failure, `stopped at await ${at}`).toBeNull();
    }
  }, 300_000);
});

describe('every answer to COMMIT', () => {
  it.each(['unavailable', 'lost_before', 'lost_after', 'late'] as const)(
    'of a run is %s, in turn',
    async (fate) => {
      const { seen } = await simulate(PLAIN);
      expect(seen.commits).toBeGreaterThan(5);
      for (let at = 1; at <= seen.commits; at += 1) {
        const outcome = await simulate({ ...PLAIN, faults: [{ kind: 'commit', at, fate }] });
        expect(outcome.failure, `commit ${at}`).toBeNull();
      }
    },
    300_000,
  );
});

describe('a world that fails', () => {
  it('is told as a small one that fails too', async () => {
    const mutation = MUTATIONS.find(({ name }) => name.startsWith('the relay deletes before it appends'));
    const seed = await firstFailing(mutation);
    const shrunk = await shrink(scenarioOf(seed), { mutation });
    expect(shrunk.outcome.failure).not.toBeNull();
    expect(shrunk.scenario.records.length).toBeLessThanOrEqual(2);
    expect(shrunk.scenario.faults.length).toBeLessThanOrEqual(1);
    const story = storyOf(shrunk);
    expect(story).toContain(shrunk.outcome.failure);
    expect(story.split('\n').length).toBeLessThan(40);
  }, 120_000);

  async function firstFailing(mutation: (typeof MUTATIONS)[number] | undefined): Promise<number> {
    for (let seed = 0; ; seed += 1) if ((await simulate(scenarioOf(seed), { mutation })).failure !== null) return seed;
  }
});

describe('the assumption about appends', () => {
  // Its violation is the one known way in which the compacted topic can differ from the table (docs/testing.md).
  it('is needed: without it a former owner can put an old value behind a newer one', async () => {
    const { failure } = await simulate(scenarioOf(UNORDERED), { unordered: true });
    expect(failure).toContain('the compacted topic says');
    expect((await simulate(scenarioOf(UNORDERED))).failure).toBeNull();
  });
});
