/** What the roll-ups count of changes: each thing once, however often it is published again, and nothing that was undone. */
import { describe, expect, it } from 'vitest';
import { addFact, advanceTo, classifyFailure, DEFAULT_POLICY, factOf, HOUR, newRecipient } from '@desist/domain';
import type { Change, FoldContext, LogEvent } from '@desist/domain';
import { expectCountedOnce, netCounts } from '../support/counted.ts';
import { amend, at, deferred, delivered, release, scriptedVerdict, suppress } from '../support/oracle/events.ts';

const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'sha256:test' };

/** In the order given: an event that is not later than one before it comes late. */
function changesOf(events: readonly LogEvent[], end: number): readonly Change[] {
  const recipient = newRecipient();
  const changes: Change[] = [];
  let clock = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    clock = Math.max(clock, event.occurredAt);
    const fact = factOf(event, (failed) => {
      const classified = classifyFailure(failed, () => 'example');
      return { ...classified, verdict: scriptedVerdict(failed) ?? classified.verdict };
    });
    if (fact === undefined) continue;
    const added = addFact(recipient, fact, clock, CONTEXT);
    if (added !== 'duplicate') changes.push(...added);
  }
  changes.push(...advanceTo(recipient, end, CONTEXT));
  expectCountedOnce(changes, recipient, CONTEXT);
  return changes;
}

const typesOf = (changes: readonly Change[]): readonly string[] => changes.map(({ type }) => type);
const countsOf = (changes: readonly Change[], type: string) =>
  [...netCounts(changes)].filter(([key, times]) => key.startsWith(`${type} `) && times > 0);

describe('a suppression counts once', () => {
  it('when another `suppress` replaces its end, and when an `amend` does', () => {
    const changes = changesOf(
      [suppress(at('0h'), { until: '10d' }), suppress(at('1h'), { until: '20d' }), amend(at('2h'), { until: '30d' })],
      at('3h'),
    );
    expect(typesOf(changes)).toEqual(['suppressed', 'suppressed', 'suppressed']);
    expect(countsOf(changes, 'suppressed')).toEqual([[`suppressed ${at('0h')} operator`, 1]]);
  });

  it('when late evidence restates it', () => {
    const failures = [0, 30, 60, 73].map((hour) => deferred(at('0h') + hour * HOUR, { id: `f${hour}`, reply: 'mailbox_full' }));
    const late = deferred(at('0h') + 40 * HOUR, { id: 'late', reply: 'mailbox_full' });
    const changes = changesOf([...failures, late], at('4d'));
    expect(typesOf(changes).filter((type) => type === 'suppressed')).toHaveLength(2);
    expect(countsOf(changes, 'suppressed')).toHaveLength(1);
    expect(countsOf(changes, 'suppressed')[0]?.[1]).toBe(1);
  });

  it('again after a release', () => {
    const changes = changesOf([suppress(at('0h')), release(at('1h')), suppress(at('2h'))], at('3h'));
    expect(countsOf(changes, 'suppressed')).toHaveLength(2);
  });
});

it('what late evidence undoes is taken back', () => {
  const failures = [0, 30, 60, 73].map((hour) => deferred(at('0h') + hour * HOUR, { id: `f${hour}`, reply: 'mailbox_full' }));
  const changes = changesOf([...failures, delivered(at('0h') + 20 * HOUR, { id: 'late' })], at('4d'));
  expect(typesOf(changes)).toContain('corrected');
  expect(countsOf(changes, 'suppressed')).toEqual([]);
});
