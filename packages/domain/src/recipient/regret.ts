/**
 * Regret and waste: whether a suppression was right. Only of the reasons that a delivery (or proof of life) releases (`persistent_deferral`,
 * `hard_bounce`): nobody but people can say that a complaint was wrong.
 *
 *   suppressed ──> in force ── released by a delivery or proof of life ─────────> regretted
 *                     │   └─── expired ── a delivery within 30 days of that ────> regretted
 *                     └─── an attempt although it is in force, never followed by mail taken: wasted
 *
 * What is kept of each suppression beside the evidence is enough to take back what was counted of it: a correction undoes it, or a late
 * bounce brings it back. Everything but `mail_taken` counts where the suppression began, so that a share never mixes two populations.
 */
import { REGRET_WINDOW } from '../measures/regret.ts';
import { isVoided, voidedByEngagement } from './fact.ts';
import { entryOf } from './machine.ts';
import type { Recipient } from './recipient.ts';
import type { Change, DeliveredFact, EngagedFact, Fact, Scope } from './types.ts';
import { ALL_STREAMS, restsOnFailures } from './types.ts';

/** Suppressions that have ended and of which more may become known. */
const ENDED = 8;

export type RegretReason = 'persistent_deferral' | 'hard_bounce';

/** A suppression that a delivery may show to be wrong. */
export interface MeasuredSuppression {
  readonly scope: Scope;
  readonly reason: RegretReason;
  readonly since: number;
  /** Of the evidence that it rests on. */
  readonly category: string;
  readonly provider: string | null;
  /** Attempts at the address since, although it was suppressed. */
  readonly attempts: number;
  /** When it expired, ms. */
  readonly expiredAt?: number;
  /** When the address took mail again, ms: it is regretted. */
  readonly regrettedAt?: number;
}

/** `mail_taken`: of a regretted suppression, when the address took mail again. The others: when the suppression began. */
export type RegretType = 'suppressed' | 'regretted' | 'wasted' | 'mail_taken';

export interface RegretCount {
  readonly type: RegretType;
  /** ms */
  readonly at: number;
  readonly reason: RegretReason;
  readonly category: string;
  readonly provider: string | null;
  /** Negative: taken back. */
  readonly times: number;
}

/**
 * What these changes, and the fact that brought them about, say of the recipient's suppressions. `provider`: where one is counted that says
 * none itself. Answers what is to be counted.
 */
export function measureRegret(
  r: Recipient,
  changes: readonly Change[],
  fact: Fact | undefined,
  provider: string | null,
): readonly RegretCount[] {
  if (changes.length === 0 && r.measured.length === 0) return NOTHING;
  const counts: RegretCount[] = [];
  let measured = [...r.measured];
  const replace = (one: MeasuredSuppression, by: MeasuredSuppression): void =>
    void (measured = measured.map((it) => (it === one ? by : it)));
  const count = (one: MeasuredSuppression, type: RegretType, times: number, at = one.since): void => {
    const { reason, category, provider: own } = one;
    if (times !== 0) counts.push({ type, at, reason, category, provider: own, times });
  };
  const regret = (one: MeasuredSuppression, at: number): void => {
    count(one, 'regretted', 1);
    count(one, 'mail_taken', 1, at);
    count(one, 'wasted', -one.attempts);
    replace(one, { ...one, regrettedAt: at });
  };
  /** Attempts at one that a correction has undone: it may only have begun at another moment. */
  const undone = new Map<string, number>();

  for (const change of changes) {
    const { type, suppression, cause, effectiveAt, evidence, counts: said } = change;
    // An end of what nobody heard of says nothing.
    if (suppression === null || !restsOnFailures(suppression.reason) || (type === 'released' && said?.length === 0)) continue;
    const { scope, reason, since } = suppression;
    const known = measured.findLast((one) => one.scope === scope && one.reason === reason && one.since === since);
    if (type === 'suppressed') {
      if (known === undefined) {
        const at = providerOf(r, scope, reason) ?? provider;
        const attempts = undone.get(`${reason} ${scope}`) ?? 0;
        const one: MeasuredSuppression = { scope, reason, since, category: evidence?.category ?? '', provider: at, attempts };
        measured.push(one);
        count(one, 'suppressed', 1);
        count(one, 'wasted', attempts);
      } else if (!isActive(known)) {
        // A late event has brought it back: whatever ended it did not.
        const { expiredAt: _, regrettedAt, ...again } = known;
        replace(known, again);
        if (regrettedAt === undefined) continue;
        count(known, 'regretted', -1);
        count(known, 'mail_taken', -1, regrettedAt);
        count(known, 'wasted', known.attempts);
      }
    } else if (known !== undefined && isActive(known)) {
      if (type === 'corrected') {
        count(known, 'suppressed', -1);
        count(known, 'wasted', -known.attempts);
        undone.set(`${reason} ${scope}`, known.attempts);
        measured = measured.filter((one) => one !== known);
      } else if (cause === 'delivered' || cause === 'engaged') {
        regret(known, effectiveAt);
      } else if (cause === 'expiry') {
        const expired = { ...known, expiredAt: effectiveAt };
        replace(known, expired);
        // Its event may have come before the clock did.
        const taken = r.facts.find((one) => isTaken(expired, one));
        if (taken !== undefined) regret(expired, taken.at);
      } else {
        measured = measured.filter((one) => one !== known);
      }
    }
  }

  if (fact !== undefined) {
    for (const one of measured) {
      if (isTaken(one, fact)) regret(one, fact.at);
      else if (isAttempt(one, fact)) {
        count(one, 'wasted', 1);
        replace(one, { ...one, attempts: one.attempts + 1 });
      }
    }
  }
  if (counts.length > 0 || changes.length > 0) r.measured = bounded(measured);
  return counts;
}

/** Until then a delivery would tell something, ms; -Infinity: of nothing that has ended. */
export function regrettableUntil({ measured }: Recipient): number {
  let until = Number.NEGATIVE_INFINITY;
  for (const { expiredAt, regrettedAt } of measured) {
    if (expiredAt !== undefined && regrettedAt === undefined) until = Math.max(until, expiredAt + REGRET_WINDOW);
  }
  return until;
}

const NOTHING: readonly RegretCount[] = [];

function isActive({ expiredAt, regrettedAt }: MeasuredSuppression): boolean {
  return expiredAt === undefined && regrettedAt === undefined;
}

function concerns({ scope }: MeasuredSuppression, stream: string): boolean {
  return scope === ALL_STREAMS || scope === stream;
}

/** Mail was taken while it was in force, or within 30 days of its expiry. (What ends one in force is told by its release.) */
function isTaken(one: MeasuredSuppression, fact: Fact): boolean {
  if (one.expiredAt === undefined || one.regrettedAt !== undefined || !showsWrong(fact, one.reason)) return false;
  return concerns(one, fact.stream) && fact.at >= one.since && fact.at <= one.expiredAt + REGRET_WINDOW;
}

const NO_CLICKS = { engagement: { clicks: false } };

/** Whether a click says something is asked while the suppression is in force only: then its release tells. */
function showsWrong(fact: Fact, reason: RegretReason): fact is DeliveredFact | EngagedFact {
  return fact.kind === 'delivered' || (fact.kind === 'engaged' && isVoided(reason, voidedByEngagement(NO_CLICKS, fact)));
}

/** An MTA that gives up has not tried again. */
function isAttempt(one: MeasuredSuppression, fact: Fact): boolean {
  if (fact.kind !== 'failure' || fact.type === 'expired' || one.regrettedAt !== undefined) return false;
  return concerns(one, fact.stream) && fact.at > one.since && fact.at < (one.expiredAt ?? Number.POSITIVE_INFINITY);
}

/** The machine knows who operates the mailbox while the entry is active. */
function providerOf({ live }: Recipient, scope: Scope, reason: RegretReason): string | null {
  return live === undefined ? null : (entryOf(live.machine, scope, reason)?.details.provider ?? null);
}

function bounded(measured: readonly MeasuredSuppression[]): readonly MeasuredSuppression[] {
  let surplus = measured.filter((one) => !isActive(one)).length - ENDED;
  return surplus <= 0 ? measured : measured.filter((one) => isActive(one) || (surplus -= 1) < 0);
}
