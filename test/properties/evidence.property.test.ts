/** What a suppression rests on follows from the events alone: not from their order, their batches, or what was known first. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addFact, advanceTo, decodeRecipient, DEFAULT_POLICY, encodeRecipient, factOf, HOUR, newRecipient, viewOf } from '@desist/domain';
import type { Change, Evidence, FoldContext, LogEvent } from '@desist/domain';
import { eventsOfOneRecipient } from '../support/arbitraries.ts';
import { contrast, PROVIDER, verdictOf } from '../support/classified.ts';
import { deferred, delivered, gaveUp, START } from '../support/oracle/events.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2_000);
const CONTEXT: FoldContext = {
  policies: { base: DEFAULT_POLICY, streams: new Map() },
  policyVersion: 'sha256:test',
  askBaseline: contrast,
};

interface Rests {
  /** By scope, reason and time. */
  readonly listed: ReadonlyMap<string, Evidence | null>;
  readonly published: ReadonlyMap<string, Evidence | null>;
}

/** Folded in this order, so many events to a batch: the clock stands at the latest of the batch while it is folded. */
function foldedIn(events: readonly LogEvent[], batch: number, end: number): Rests {
  let recipient = newRecipient();
  const changes: Change[] = [];
  let clock = Number.NEGATIVE_INFINITY;
  for (let from = 0; from < events.length; from += batch) {
    const some = events.slice(from, from + batch);
    clock = Math.max(clock, ...some.map(({ occurredAt }) => occurredAt));
    for (const event of some) {
      const fact = factOf(event, (failed) => ({ verdict: verdictOf(failed), reply: failed.smtp?.text ?? null, provider: PROVIDER }));
      const added = fact === undefined ? 'duplicate' : addFact(recipient, fact, clock, CONTEXT);
      if (added !== 'duplicate') changes.push(...added);
    }
    recipient = decodeRecipient(encodeRecipient(recipient), recipient.version) ?? newRecipient();
  }
  changes.push(...advanceTo(recipient, end, CONTEXT));
  const key = ({ scope, reason, since }: { scope: string; reason: string; since: number }): string => `${scope} ${reason} ${since}`;
  const listed = new Map(viewOf(recipient, CONTEXT).suppressions.map((held) => [key(held), held.evidence]));
  const told = changes.flatMap(({ type, suppression, evidence }) =>
    type === 'suppressed' && suppression !== null && listed.has(key(suppression)) ? [[key(suppression), evidence] as const] : [],
  );
  return { listed, published: new Map(told) };
}

/** Fails for days, so that failures together suppress. */
const failing = fc
  .array(fc.record({ after: fc.integer({ min: 1, max: 14 }), gives: fc.nat({ max: 9 }), message: fc.constantFrom('m1', 'm2', 'm3') }), {
    minLength: 6,
    maxLength: 40,
  })
  .map((steps) => {
    let at = START;
    return steps.map(({ after, gives, message }, index): LogEvent => {
      at += after * HOUR;
      const options = { id: `e${index}`, message };
      return gives === 0 ? gaveUp(at, options) : gives === 1 ? delivered(at, options) : deferred(at, options);
    });
  })
  .chain((events) => fc.shuffledSubarray(events, { minLength: events.length }));

const byTime = (a: LogEvent, b: LogEvent): number => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1);

describe('the evidence of a suppression', () => {
  it('is the same in every order and in batches of any size, in the list and in what was published last', () => {
    let several = 0;
    fc.assert(
      fc.property(
        fc.oneof(eventsOfOneRecipient, failing),
        fc.integer({ min: 1, max: 60 }),
        fc.nat({ max: 200 }),
        (events, batch, later) => {
          const end = Math.max(...events.map(({ occurredAt }) => occurredAt), 0) + later * HOUR;
          const sorted = events.toSorted(byTime);
          const { listed, published } = foldedIn(sorted, 1, end);
          expect(published).toEqual(listed);
          for (const evidence of listed.values()) if ((evidence?.failures ?? 0) > 1) several += 1;
          for (const other of [foldedIn(sorted, batch, end), foldedIn(events, batch, end), foldedIn(sorted.toReversed(), batch, end)]) {
            expect(other.listed).toEqual(listed);
            expect(other.published).toEqual(listed);
          }
        },
      ),
      { numRuns: RUNS },
    );
    // Not only hard bounces, which rest on one.
    expect(several).toBeGreaterThan(RUNS / 10);
  });
});
