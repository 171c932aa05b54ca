/**
 * The test oracle: the sequential reference machine of the design, sections 3.3 and 3.6, for one
 * recipient. It sorts all events, drops duplicates, walks through them and fires the timers in between,
 * up to a clock. It is slow and obvious on purpose, and shares no code with the engine's fold: the two
 * are compared in tests.
 *
 * Not covered yet: `forget` (refused with an error). What counts by contrast asks `contrastOf`; windows.ts
 * answers it from a whole log.
 *
 * Where the text leaves a choice, this file reads it so:
 *
 *  1. At one instant events come before timers: all events of a millisecond are applied, then everything that
 *     is due or has come about is looked at, once.
 *  2. An event later than the clock is still applied and looked at, at its own time. The clock bounds only
 *     the timers that fire between events and after the last one.
 *  3. A hard bounce needs attribution recipient after the policy's override. The override does not change
 *     category or permanence.
 *  4. `expired` asks for category expired or attribution local of its own verdict before any override; the
 *     verdict it takes over is then judged under the policy of the `expired` event's stream. A latest deferral
 *     without a verdict gives unknown; no earlier deferral is asked.
 *  5. The cause of a rise, a `persistent_deferral` or an `at_risk` is `event` when a failure joined the streak
 *     at that look, even if its deadline is the same millisecond; otherwise `deadline`, also when an
 *     operator's suppression ends and the frozen streak is found to be due.
 *  6. Every fall of the stage by time (streak lapsed, give-up forgotten) has the cause `lapse`.
 *  7. In one step evidence is voided first, then what ended is announced. A `released` carries the fall that
 *     belongs to it: out of `suppressed` to the stage that then holds (no further stage transition follows),
 *     or, for a suppression of a stream, down to `healthy` if the same step ended the streak (then no
 *     `recovered` follows). With several releases in one step, the first that can carry it does.
 *  8. Suppressions that end are announced before allowances that end.
 *  9. A suppression or allowance whose expiry is not after the command's own time is announced and ends in
 *     the same step. `suppress` and `allow` without expiry replace an expiry by none;
 *     with the expiry that already holds they are no transition.
 * 10. A give-up exactly as old as `remembered` still stands for an event of that same millisecond (events
 *     come before timers): another give-up of its message is then only a counted failure.
 * 11. Give-ups remembered and a streak that started under different policies each keep their own; if
 *     both conditions of `persistent_deferral` hold at once, the expiry list is the streak's.
 * 12. `at_risk` is announced at the first look at which it holds, once per streak, and also after an
 *     operator's suppression ended.
 * 13. A delivery voids every give-up, those of its own message too; only hard bounces stand against a
 *     delivery of the same message. A bounce or delivery without a message id matches no other.
 * 14. `release` with `force` of a stream lifts complaint and unsubscribe of that stream. `release` without
 *     anything to lift, and `disallow` without an allowance, are no transition.
 * 15. While suppressed, `streak` of the answer is the frozen streak (that of a `persistent_deferral` too, until
 *     it expires or is released).
 * 16. A failure that counts by contrast is judged for `suppressed` and greylisting at its own time, and waits. When
 *     its window closes it is a counted failure at its own time: streak and give-ups are what all counted failures
 *     since evidence was last voided make of them. What that brings about happens at the closing, by `deadline`.
 * 17. A delivery, release or expiry between the failure and the closing voids it like every failure before it.
 * 18. `permanent` without a reply makes a give-up of a `deferred`, too; `bounced` is one anyway.
 * 19. A failure inside an incident that holds does nothing, a hard bounce and greylisting included. An `expired` that takes over the verdict
 *     of a deferral takes that of one inside, too.
 * 20. The latest deferral "at or before" an `expired` may stand after it in the order: of its own instant the one with the highest id counts.
 * 21. Entries of a stream are raised to `*` while 256 other streams hold suppressions: reason and time are those of the event. Of a hard
 *     bounce only its own stream's deliveries release what it raised; of an operator's, `*` lasts until the latest expiry that was raised,
 *     whatever a later `suppress` of `*` says. While 256 other streams have allowances, `allow` of one more is refused.
 * 22. `amend` names one entry of its scope by its reason; without a reason the operator's, or all others of the scope when the operator has
 *     none. Where nothing changes it is no transition. A complaint or unsubscribe keeps a later end unless it has force. A further complaint,
 *     unsubscribe or hard bounce takes the end away that an `amend` gave the entry. They are given 32 ends at most, all together, not counting
 *     those before a release that ends such entries; further ones are no transition. An empty note of a `suppress` is none.
 * 23. Proof of life (`engaged`) comes after a delivery of its instant. A reply, and a click when the policy of its stream says so, do all that a
 *     delivery does, a bounce of the message that was answered or clicked standing against them too; a login and a confirmation all of it but
 *     for hard bounces, which they leave as they are. Another click does nothing. None counts as a delivery for contrast.
 * 24. Probation: the failure counts at its look (by contrast: when its window closes), which must be at or before the end. What counted while
 *     another `*` suppression held suppresses when that ends, if the probation still runs. Of the categories of a suppression by duration, all of
 *     the streak count; of one by give-ups, those of the remembered give-ups; of one on probation, that of its failure. A release of a stream
 *     leaves the probation as it is.
 */
import type { LogEvent } from '@desist/domain';
import { apply, byScope, compare, healthyMachine, look } from './machine.ts';
import type { Machine, OracleAnswer, OracleInput } from './machine.ts';

export type { OracleAnswer } from './machine.ts';

/**
 * What the reference machine says of one recipient at a clock.
 * @throws Error on a `forget` command, which is not covered yet.
 */
export function oracle(input: OracleInput): OracleAnswer {
  const m = healthyMachine();
  const events = inOrder(input.events);
  let now = Number.NEGATIVE_INFINITY;
  let joined = false;
  events.forEach((event, index) => {
    // All events of an instant come before its timers, also before what one of them asked to end earlier.
    if (events[index - 1]?.occurredAt !== event.occurredAt) now = fireTimers(m, now, Math.min(event.occurredAt - 1, input.clock));
    const known = events.filter(({ occurredAt }) => occurredAt <= event.occurredAt);
    joined = apply(m, event, known, input) || joined;
    if (events[index + 1]?.occurredAt === event.occurredAt) return;
    look(m, event.occurredAt, joined ? 'event' : 'deadline', input.clock);
    joined = false;
    now = event.occurredAt;
  });
  fireTimers(m, now, input.clock);
  return {
    state: m.state,
    suppressions: m.held.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt })).sort(byScope),
    details: m.held
      .map(({ scope, reason, by, note, source, subdomains }) => ({ scope, reason, by, note, source, subdomains }))
      .sort(byScope),
    allowed: m.allowed.map((a) => ({ ...a })).sort(byScope),
    streak: m.streak && { startedAt: m.streak.startedAt, lastAt: m.streak.lastAt, failures: m.streak.failures },
    probationUntil: m.probation?.until ?? null,
    transitions: m.transitions,
  };
}

// --- Order ---------------------------------------------------------------------------------------

const RANK = {
  deferred: 0,
  bounced: 0,
  expired: 0,
  delivered: 1,
  engaged: 2,
  complained: 3,
  unsubscribed: 3,
  suppress: 4,
  release: 4,
  allow: 4,
  disallow: 4,
  amend: 4,
  forget: 4,
  accepted: -1,
  rejected: -1,
} as const;

/** Without duplicates (the first one seen stays) and without what is no fact, sorted. */
function inOrder(events: readonly LogEvent[]): LogEvent[] {
  const seen = new Set<string>();
  const known = events.filter((event) => !seen.has(event.id) && seen.add(event.id));
  return known
    .filter((event) => event.type !== 'accepted' && event.type !== 'rejected')
    .sort((a, b) => a.occurredAt - b.occurredAt || RANK[a.type] - RANK[b.type] || compare(a.id, b.id));
}

// --- Timers --------------------------------------------------------------------------------------

/** Fires every timer after `now` up to `limit` (inclusive), one instant after the other; returns the last instant. */
function fireTimers(m: Machine, now: number, limit: number): number {
  for (;;) {
    const next = Math.min(...deadlines(m).filter((deadline) => deadline > now && deadline <= limit));
    if (next === Number.POSITIVE_INFINITY) return now;
    look(m, next, 'deadline', limit);
    now = next;
  }
}

/** Every instant at which time alone may change something. One at which nothing changes does no harm. */
function deadlines(m: Machine): number[] {
  const all: number[] = [];
  for (const { expiresAt } of [...m.held, ...m.allowed]) if (expiresAt !== null) all.push(expiresAt);
  for (const { closesAt } of m.waiting) all.push(closesAt);
  for (const giveUp of m.giveUps) all.push(giveUp.at + giveUp.policy.giveUp.remembered);
  if (m.probation) all.push(m.probation.until);
  if (m.streak) {
    const { startedAt, lastAt, policy } = m.streak;
    const d = policy.deferral;
    all.push(lastAt + d.largestGap + 1);
    all.push(startedAt + d.persistentAfter, startedAt + d.softBounceAfter);
    all.push(startedAt + d.suppressAfter, startedAt + d.suppressAfter - d.atRiskBefore);
  }
  return all;
}
