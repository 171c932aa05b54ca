/**
 * One interpreter of the log: the engine, however it cuts a log into batches and however often it dies, and a replay of the same log decide
 * the same of every recipient, and publish the same changes, each recorded at the same moment of the partition clock.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asAddress, DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { IncidentNotice, LogEvent, Policy, PolicySet } from '@desist/domain';
import { createMemoryStore } from '@desist/memory';
import { eventsOfOneRecipient } from '../support/arbitraries.ts';
import { folded, momentOf, replayed } from '../support/both-ways.ts';
import type { Logged } from '../support/both-ways.ts';
import { START } from '../support/oracle/events.ts';

/** Windows say something from two deliveries on; incidents are those that the log tells of. */
const BASE: Policy = {
  ...DEFAULT_POLICY,
  contrast: { window: 6 * HOUR, deliveries: 2, failingShare: 0.6 },
  incidents: { ...DEFAULT_POLICY.incidents, detect: false },
};
const POLICIES: PolicySet = { version: 'sha256:test', base: BASE, tenants: new Map() };
const RUNS = Number(process.env['INTERPRETER_RUNS'] ?? 300);
const NAMES = ['alice', 'bob', 'carol'];

/** Three recipients of one provider: mail to each is the baseline of the others. In the order of their times, or as it comes. */
const logs = fc.tuple(fc.tuple(eventsOfOneRecipient, eventsOfOneRecipient, eventsOfOneRecipient), fc.boolean()).map(([stories, isLate]) => {
  const events = stories.flatMap((story, who) =>
    story.map((event): LogEvent => ({ ...event, recipient: asAddress(`${NAMES[who] ?? ''}@example.com`) })),
  );
  return isLate ? events : events.sort((a, b) => a.occurredAt - b.occurredAt);
});

const terms = { tenant: null, provider: 'example.com', domain: null, code: null, text: null, from: START, until: START + 72 * HOUR };

/** Decisions about one incident of their provider, somewhere in the log. */
function withIncident(events: readonly LogEvent[], places: readonly number[]): readonly Logged[] {
  const log: Logged[] = events.map((event) => ({ event }));
  for (const [index, place] of [...places].sort((a, b) => a - b).entries()) {
    const at = Math.min(place, log.length);
    const before = log[at - 1];
    const notice: IncidentNotice = {
      ...{ id: 'example-1', revision: index + 1, action: index % 2 === 0 ? 'voided' : 'restored', excludes: index % 2 === 0, terms },
      ...{ at: START, announcedBy: 0, summary: null, by: null, note: null },
    };
    log.splice(at, 0, { notice, at: before === undefined ? 0 : momentOf(before) });
  }
  return log;
}

it('engine and replay decide the same for every recipient, and publish the same changes', { timeout: 600_000 }, async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  const places = fc.array(fc.nat({ max: 90 }), { maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(logs, places, cuts, fc.integer({ min: 1, max: 12 }), async (events, where, sizes, life) => {
      const log = withIncident(events, where);
      const until = Math.max(START, ...log.map(momentOf)) + 50 * HOUR;
      const store = createMemoryStore(() => until);
      const rows = async () => store.rows();
      const limits = { records: 7, rows: 1_000, interval: 2 };
      const live = await folded(log, { store, rows, policies: POLICIES, until, cuts: sizes, life, limits });
      expect(live).toEqual(replayed(log, POLICIES, until));
    }),
    { numRuns: RUNS },
  );
});
