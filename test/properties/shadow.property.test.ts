/**
 * What is counted of a shadow policy, hour by hour, is what would be counted of it in force: two engines fold the same log, one with the two
 * policies the other way round, however each cuts the log into batches and however often it dies.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asAddress, DAY, DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { LogEvent, Policy, PolicySet } from '@desist/domain';
import { createMemoryStore } from '@desist/memory';
import type { RollupRow } from '@desist/pipeline';
import { eventsOfOneRecipient, TENANT } from '../support/arbitraries.ts';
import { folded, momentOf } from '../support/both-ways.ts';
import type { Logged } from '../support/both-ways.ts';
import { hourKey } from '../support/oracle/rollups.ts';
import { START } from '../support/oracle/events.ts';
import { rollupsOf } from '../support/rollups-of.ts';

const RUNS = Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 10_000) / 50);
const NAMES = ['alice', 'bob', 'carol'];
const BASE: Policy = {
  ...DEFAULT_POLICY,
  contrast: { window: 6 * HOUR, deliveries: 2, failingShare: 0.6 },
  incidents: { ...DEFAULT_POLICY.incidents, detect: false },
};
const SLOW: PolicySet = { version: 'sha256:slow', base: BASE, tenants: new Map() };
const QUICK: PolicySet = {
  version: 'sha256:quick',
  base: {
    ...BASE,
    deferral: { ...BASE.deferral, persistentAfter: 4 * HOUR, softBounceAfter: 20 * HOUR, suppressAfter: 20 * HOUR, evidenceSpan: 6 * HOUR },
    suppression: { ...BASE.suppression, expiry: [2 * DAY, null], complaintScope: 'stream' },
  },
  tenants: new Map(),
};

/** Three recipients of one provider: mail to each is the baseline of the others. In the order of their times, or as it comes. */
const stories = fc
  .tuple(fc.tuple(eventsOfOneRecipient, eventsOfOneRecipient, eventsOfOneRecipient), fc.boolean())
  .map(([stories, isLate]) => {
    const events = stories.flatMap((story, who) =>
      story.map((event): LogEvent => ({ ...event, recipient: asAddress(`${NAMES[who] ?? ''}@example.com`) })),
    );
    return isLate ? events : events.sort((a, b) => a.occurredAt - b.occurredAt);
  });

/** Sometimes the first of them is erased. */
const logs = fc.tuple(stories, fc.option(fc.nat({ max: 80 }), { freq: 3 })).map(([events, place]): readonly LogEvent[] => {
  const recipient = asAddress('alice@example.com');
  if (place === null) return events;
  const { occurredAt } = events[Math.min(place, events.length - 1)] as LogEvent;
  const forget: LogEvent = { id: 'forget', tenant: TENANT, recipient, type: 'forget', scope: '*', occurredAt };
  return events.toSpliced(place, 0, forget);
});

type Run = Pick<Parameters<typeof folded>[1], 'cuts' | 'life'>;

/** What was counted of suppressions and releases, by hour, provider and reason: of the policy in force, and of its shadow. */
async function countedOf(
  log: readonly Logged[],
  policies: PolicySet,
  run: Run,
): Promise<{ readonly real: object; readonly shadow: object }> {
  const until = Math.max(START, ...log.map(momentOf)) + 50 * HOUR;
  const store = createMemoryStore(() => until);
  await folded(log, { ...run, store, rows: async () => store.rows(), policies, until, limits: { records: 7, rows: 1_000, interval: 2 } });
  const rows = rollupsOf(store, 0);
  const of = (family: string, prefix: string): object => {
    const sums = new Map<string, number>();
    for (const row of rows) {
      if (row.family !== family || ![`${prefix}suppressed`, `${prefix}released`].includes(row.type)) continue;
      const key = hourKey({ ...row, family: 'changes', type: row.type.slice(prefix.length) } satisfies RollupRow);
      sums.set(key, (sums.get(key) ?? 0) + row.events);
    }
    return Object.fromEntries([...sums].filter(([, events]) => events !== 0).sort());
  };
  return { real: of('changes', ''), shadow: of('shadow', 'shadow_') };
}

it('counts of a shadow are those of the same policy in force', { timeout: 600_000 }, async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  const runs = fc.record({ cuts, life: fc.integer({ min: 1, max: 12 }) });
  let counted = 0;
  await fc.assert(
    fc.asyncProperty(logs, runs, runs, async (events, one, other) => {
      const log = events.map((event): Logged => ({ event }));
      const there = await countedOf(log, { ...SLOW, shadow: QUICK }, one);
      const here = await countedOf(log, { ...QUICK, shadow: SLOW }, other);
      counted += Object.keys(there.shadow).length;
      expect(there.shadow).toEqual(here.real);
      expect(here.shadow).toEqual(there.real);
    }),
    { numRuns: RUNS },
  );
  expect(counted).toBeGreaterThan(RUNS);
});
