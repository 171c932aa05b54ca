import { expect, it } from 'vitest';
import type { CommitPlan } from '../ports/commit-plan.ts';
import { createCommitter, DEFAULT_LIMITS, MOST_CHARACTERS } from './committer.ts';
import type { Committer, Folded } from './committer.ts';

const CLAIM = {
  ...{ partition: 0, epoch: 1, nonce: 'mine', nextOffset: 5, clock: 0, nextSequence: 1, attempts: 0, stopped: null, toleratedBelow: 0 },
  ...{ incarnation: 0, auditedIncarnation: 0, log: null, last: null, baseline: [], incidents: [], incidentCounts: [], rollups: [] },
};

interface Watched {
  readonly committer: Committer;
  readonly plans: CommitPlan[];
  readonly folded: { -readonly [K in keyof Folded]: Folded[K] };
  now: number;
}

function committer(): Watched {
  const plans: CommitPlan[] = [];
  const self: Omit<Watched, 'committer'> = { plans, folded: { position: 5, last: null, clock: 0, dirty: 0, characters: 0 }, now: 0 };
  const made = createCommitter({
    claim: CLAIM,
    store: { commit: async (plan) => (plans.push(plan), 'committed'), position: async () => null },
    time: { now: () => self.now, monotonic: () => self.now, sleep: async () => undefined, yield: async () => undefined },
    limits: DEFAULT_LIMITS,
    closing: new AbortController().signal,
    waits: { begin: () => ({ failed: () => undefined, ended: () => undefined }), retries: () => 0, problems: () => [] },
    folded: () => self.folded,
    collect: () => ({
      ...{ recipients: [], untracked: [], erased: [], outbox: [], history: [], baseline: null, incidentCounts: [], rollups: null },
      nextSequence: 1,
    }),
    attempts: { owed: () => false, valueFor: () => 0, stored: () => undefined },
    begun: () => undefined,
    committed: () => undefined,
  });
  return Object.assign(self, { committer: made });
}

it('commits the clock of an idle partition every five seconds, and once more when the partition is left', async () => {
  const one = committer();
  for (one.now = 1_000; one.now <= 60_000; one.now += 1_000) {
    one.folded.clock = one.now;
    await one.committer.commitIfDue();
    await one.committer.idle();
  }
  expect(one.plans.map(({ clock }) => clock)).toEqual(Array.from({ length: 12 }, (_, n) => 5_000 * (n + 1)));
  one.folded.clock = 61_000;
  await one.committer.flush();
  expect(one.plans.at(-1)).toMatchObject({ clock: 61_000 });
});

it('commits a record after an interval, and a changed recipient at once', async () => {
  const one = committer();
  one.folded.position = 6;
  one.now = DEFAULT_LIMITS.interval - 1;
  await one.committer.commitIfDue();
  expect(one.plans).toEqual([]);
  one.now += 1;
  await one.committer.commitIfDue();
  await one.committer.idle();
  expect(one.plans).toMatchObject([{ nextOffset: 6 }]);
  one.folded.dirty = 1;
  await one.committer.commitIfDue();
  await one.committer.idle();
  expect(one.plans).toHaveLength(2);
});

it('waits for the commit that runs as soon as the next one would be too long, though it is of one recipient', async () => {
  const one = committer();
  one.folded.dirty = 1;
  one.folded.characters = MOST_CHARACTERS - 1;
  await one.committer.commitIfDue();
  one.folded.position = 6;
  await one.committer.commitIfDue();
  expect(one.plans).toHaveLength(1);
  one.folded.characters = MOST_CHARACTERS;
  await one.committer.commitIfDue();
  expect(one.plans).toHaveLength(2);
});
