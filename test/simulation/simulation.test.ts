/** Engines, database, log and group under a scheduler that a seed drives: what docs/testing.md says. */
import { describe, expect, it } from 'vitest';
import { MUTATIONS } from '../mutations/mutations.ts';
import { HOUR, MINUTE } from '@desist/domain';
import { bounced, deferred, delivered, START } from '../support/oracle/events.ts';
import type { Planned, Scenario } from './scenario.ts';
import { EVERY, HOSTILE, hostileScenarioOf, restoredScenarioOf, scenarioOf } from './scenario.ts';
import { shrink, storyOf } from './shrink.ts';
import type { Seen } from './world.ts';
import { simulate } from './world.ts';

/** Only where the database goes back. */
const OF_RESTORES: ReadonlySet<Seen> = new Set<Seen>(['restores', 'mended']);
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 1_000);

describe('worlds by seed', () => {
  it(`pass all checks in ${SEEDS} seeds, in which everything that can happen does happen`, async () => {
    const total = new Map<Seen, number>();
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const { failure, seen } = await simulate(scenarioOf(seed));
      if (failure !== null) expect.fail(storyOf(await shrink(scenarioOf(seed))));
      for (const [what, count] of Object.entries(seen)) total.set(what as Seen, (total.get(what as Seen) ?? 0) + count);
    }
    // A simulation in which nothing goes wrong shows nothing.
    for (const [what, count] of total) if (!OF_RESTORES.has(what)) expect(count, what).toBeGreaterThan(SEEDS / 10);
  }, 600_000);

  it('pass all checks with a hostile tenant that invents bounces, providers, complaints and incidents: the others are as without it', async () => {
    let [events, incidents] = [0, 0];
    for (let seed = 0; seed < SEEDS / 4; seed += 1) {
      const scenario = hostileScenarioOf(seed);
      const { failure } = await simulate(scenario);
      if (failure !== null) expect.fail(storyOf(await shrink(scenario)));
      const { records } = scenario;
      expect(records.filter((one) => !isHostile(one))).toEqual(scenarioOf(seed).records);
      events += records.filter((one) => one.kind === 'event' && isHostile(one)).length;
      incidents += records.filter((one) => one.kind === 'incident' && isHostile(one)).length;
    }
    expect(events).toBeGreaterThan(SEEDS);
    expect(incidents).toBeGreaterThan(SEEDS / 8);
  }, 600_000);

  it('hold in worlds whose database goes back: the list is as the table, for a replica too, and no claim outlives it', async () => {
    const total = { restores: 0, repeats: 0 };
    for (let seed = 0; seed < SEEDS / 2; seed += 1) {
      const { failure, seen } = await simulate(restoredScenarioOf(seed));
      if (failure !== null) expect.fail(storyOf(await shrink(restoredScenarioOf(seed))));
      for (const what of ['restores', 'repeats'] as const) total[what] += seen[what];
    }
    expect(total.restores).toBeGreaterThan(SEEDS / 10);
    expect(total.repeats).toBeGreaterThan(SEEDS / 10);
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

function isHostile(planned: Planned): boolean {
  if (planned.kind === 'event') return planned.event.tenant === HOSTILE;
  return planned.kind === 'incident' && planned.notice.terms.tenant === HOSTILE;
}

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

/** One bounces before an incident and three inside, each a step of its own; it is voided, told again, restored, and voided again. */
const TOLD: Scenario = {
  ...PLAIN,
  // The first host carries everything out.
  schedule: 18,
  pace: 0.1,
  records: [
    ...[0, 10, 11, 12].map((minute, who) => {
      const event = bounced(START + minute * MINUTE, { recipient: `r${who}@example.com` });
      return { kind: 'event', at: event.occurredAt, event, poison: false } as const;
    }),
    ...[1, 1, 2, 3].map((revision, index): Planned => {
      const excludes = revision % 2 === 1;
      const terms = { tenant: null, provider: 'example.com', domain: null, code: '550', text: null, from: START + 5 * MINUTE, until: null };
      const about = { id: 'one', revision, excludes, terms, action: excludes ? 'voided' : 'restored', announcedBy: 0 } as const;
      const notice = { ...about, at: START + revision, summary: null, by: 'operator', note: null };
      return { kind: 'incident', at: START + (13 + index) * MINUTE, notice, below: EVERY };
    }),
  ],
  after: MINUTE,
};

describe.each([
  ['of a streak', PLAIN],
  ['of an incident that is told', TOLD],
])('at every await %s', (_, world) => {
  it('one engine dies, and nothing is lost or doubled', async () => {
    const { continuations, failure } = await simulate(world);
    expect(failure).toBeNull();
    const first = continuations[0] ?? 0;
    expect(first).toBeGreaterThan(80);
    for (let at = 1; at <= first; at += 1) {
      const outcome = await simulate({ ...world, faults: [{ kind: 'crash', host: 0, at }] });
      expect(outcome.failure, `dies at await ${at}`).toBeNull();
    }
  }, 300_000);

  it('one engine is stopped past its session while another takes over', async () => {
    const { continuations } = await simulate(world);
    for (let at = 1; at <= (continuations[0] ?? 0); at += 1) {
      const outcome = await simulate({ ...world, faults: [{ kind: 'stop', host: 0, at, steps: 150, expelled: true }] });
      expect(outcome.failure, `stopped at await ${at}`).toBeNull();
    }
  }, 300_000);

  it.each(['unavailable', 'lost_before', 'lost_after', 'late'] as const)(
    'every answer to COMMIT is %s, in turn',
    async (fate) => {
      const { seen } = await simulate(world);
      expect(seen.commits).toBeGreaterThan(5);
      for (let at = 1; at <= seen.commits; at += 1) {
        const outcome = await simulate({ ...world, faults: [{ kind: 'commit', at, fate }] });
        expect(outcome.failure, `commit ${at}`).toBeNull();
      }
    },
    300_000,
  );
});

it('an incident is carried out in steps, and what it undoes is undone', async () => {
  const { seen, story } = await simulate(TOLD, { told: true });
  expect(seen).toMatchObject({ incidents: 3, 'steps of incidents': 9 });
  const ended = ['corrected', 'suppressed', 'corrected'].flatMap((type) => [1, 2, 3].map((who) => `r${who}@example.com ${type}`));
  const own = story.filter((line) => / A1 commits .*: 1 rows, changes #\d/.test(line));
  expect(own.length).toBeGreaterThanOrEqual(9);
  const changes = story.flatMap((line) => / publishes #\d+ of partition 0: (r[123]@\S+ \w+)/.exec(line)?.[1] ?? []);
  expect(changes.slice(3).toSorted()).toEqual(ended.toSorted());
});

describe('a world that fails', () => {
  it('is reduced to a small one that fails too', async () => {
    const mutation = MUTATIONS.find(({ name }) => name.startsWith('the relay deletes before it appends'));
    const seed = await firstFailing(mutation);
    const shrunk = await shrink(scenarioOf(seed), { mutation });
    expect(shrunk.outcome.failure).not.toBeNull();
    expect(shrunk.scenario.records.length).toBeLessThanOrEqual(3);
    expect(shrunk.scenario.faults.length).toBeLessThanOrEqual(1);
    const story = storyOf(shrunk);
    expect(story).toContain(shrunk.outcome.failure);
    expect(story.split('\n').length).toBeLessThan(40);
  }, 120_000);

  async function firstFailing(mutation: (typeof MUTATIONS)[number] | undefined): Promise<number> {
    for (let seed = 0; ; seed += 1) if ((await simulate(scenarioOf(seed), { mutation })).failure !== null) return seed;
  }
});
