/**
 * Regret: how many of those whom a policy suppressed took mail (or showed that they read it) within 30 days afterwards.
 *
 * Only mail shows whether a mailbox takes mail, and whoever is suppressed gets little of it. So each suppression is observed from its
 * beginning to the last try that its address saw within the 30 days, and leaves the count there unless it took mail (it is *censored*). The
 * share is the life-table estimate over the days, and its interval is Wilson's with the effective number of observations. When everybody was
 * tried for the whole 30 days, both are those of the plain counts.
 */
import { DAY } from '../policy/policy.ts';
import { wilson } from './interval.ts';
import type { Interval } from './interval.ts';

export const REGRET_DAYS = 30;
/** ms */
export const REGRET_WINDOW = REGRET_DAYS * DAY;

/** What became of a suppression. Times in ms after its beginning. */
export interface SuppressionOutcome {
  /** When the address took mail, within the 30 days; null: it did not. */
  readonly tookAfter: number | null;
  /** The last try that it saw, at most 30 days; null: none. */
  readonly triedUntil: number | null;
  /** The history ends before the 30 days do. */
  readonly isOpen: boolean;
}

export const OUTCOMES = ['took_mail', 'refused', 'untried', 'not_yet_known'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

export function outcomeName({ tookAfter, triedUntil, isOpen }: SuppressionOutcome): OutcomeName {
  if (tookAfter !== null) return 'took_mail';
  if (isOpen) return 'not_yet_known';
  return triedUntil === null ? 'untried' : 'refused';
}

/** Counts of outcomes: they can be added up, and kept as they are. */
export interface RegretCounts {
  suppressions: number;
  /** Took mail, by the day after the suppression. */
  readonly took: number[];
  /** Left the count without having taken mail, by the day of the last try. */
  readonly left: number[];
  /** Tried to the end of the 30 days, and took no mail. */
  followed: number;
  /** The 30 days are over, and there was no try at all. */
  untried: number;
  /** Took no mail so far, and the 30 days are not over. */
  notYetKnown: number;
}

export function newRegretCounts(): RegretCounts {
  const days = (): number[] => new Array<number>(REGRET_DAYS).fill(0);
  return { suppressions: 0, took: days(), left: days(), followed: 0, untried: 0, notYetKnown: 0 };
}

export function addOutcome(counts: RegretCounts, outcome: SuppressionOutcome): void {
  const { tookAfter, triedUntil } = outcome;
  counts.suppressions += 1;
  const name = outcomeName(outcome);
  if (name === 'untried') counts.untried += 1;
  if (name === 'not_yet_known') counts.notYetKnown += 1;
  if (tookAfter !== null) bump(counts.took, tookAfter);
  else if (triedUntil !== null && triedUntil >= REGRET_WINDOW - DAY) counts.followed += 1;
  else if (triedUntil !== null) bump(counts.left, triedUntil);
}

function bump(days: number[], after: number): void {
  const day = Math.min(REGRET_DAYS - 1, Math.max(0, Math.floor(after / DAY)));
  days[day] = (days[day] as number) + 1;
}

export interface Regret {
  readonly suppressions: number;
  readonly tookMail: number;
  /** Tried to the end of the 30 days, and took no mail. */
  readonly followed: number;
  readonly untried: number;
  readonly notYetKnown: number;
  /** Null: nobody was tried. */
  readonly share: Interval | null;
  /** The days that the share is about: fewer than 30 when nobody was tried for as long. */
  readonly days: number;
}

export function regretOf(counts: RegretCounts): Regret {
  const { suppressions, took, left, followed, untried, notYetKnown } = counts;
  const tookMail = sum(took);
  let atRisk = tookMail + sum(left) + followed;
  const observed = atRisk;
  let kept = 1;
  let greenwood = 0;
  let exposed = 0;
  let days = 0;
  for (let day = 0; day < REGRET_DAYS && atRisk > 0; day += 1) {
    const events = took[day] as number;
    const censored = left[day] as number;
    // Who leaves during a day was there for half of it, on the average.
    exposed = atRisk - censored / 2;
    kept *= 1 - events / exposed;
    if (events < exposed) greenwood += events / (exposed * (exposed - events));
    atRisk -= events + censored;
    days = day + 1;
  }
  const share = 1 - kept;
  const variance = kept * kept * greenwood;
  const isPlain = observed === tookMail + followed;
  const effective = isPlain ? observed : share > 0 && share < 1 ? Math.min(observed, (share * kept) / variance) : exposed;
  const whole = isPlain ? tookMail : share * effective;
  return { suppressions, tookMail, followed, untried, notYetKnown, share: wilson(whole, effective), days };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
