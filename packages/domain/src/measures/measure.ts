/** Adds up what became of a history's recipients: regret and waste of each policy, and how each differs from the first. */
import { restsOnFailures } from '../recipient/types.ts';
import { addCluster, clusteredInterval, newClusteredShare, quantile } from './interval.ts';
import type { ClusteredShare, Interval } from './interval.ts';
import type { PolicySuppression, RecipientHistory, Tries } from './history.ts';
import { addOutcome, newRegretCounts, regretOf } from './regret.ts';
import type { Regret, RegretCounts } from './regret.ts';

/** Tries that one policy makes and another spares. */
export interface Waste {
  readonly addresses: number;
  readonly tries: number;
  /** The address took no mail afterwards, in at least 30 days of history. */
  readonly useless: number;
  /** The same, but the history ends earlier. */
  readonly notYetKnown: number;
  /** Useless among those of which it is known. Its interval is that of unequal addresses, not of independent tries. */
  readonly share: Interval | null;
}

/** One policy by itself. */
export interface PolicyMeasures {
  /** Recipients that it suppressed at least once, for whatever reason. */
  readonly recipients: number;
  /** Of the first suppression of each address for failures. */
  readonly regret: Regret;
  /** Tries that were in vain, and how many of them the policy would have made. */
  readonly useless: number;
  readonly made: number;
  /** Made among useless. */
  readonly waste: Interval | null;
}

export interface Quantiles {
  readonly count: number;
  /** Hours; null without any. */
  readonly p10: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
}

/** A policy (the second) beside the one that it is compared with (the first). */
export interface PolicyComparison {
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Suppressed by both, at the same moment, and the second earlier or later by so much. */
  readonly same: number;
  readonly earlier: Quantiles;
  readonly later: Quantiles;
  /** Of those that only one of them suppressed. */
  readonly regretOnlyFirst: Regret;
  readonly regretOnlySecond: Regret;
  /** Tries that the second spares and the first makes; and the other way round. */
  readonly spared: Waste;
  readonly added: Waste;
}

export const DIMENSIONS = ['reason', 'category', 'provider', 'tenant'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface MeasuredGroup {
  readonly by: Dimension;
  readonly value: string;
  readonly policies: readonly PolicyMeasures[];
  /** Of each policy but the first, in order. */
  readonly comparisons: readonly PolicyComparison[];
}

export interface Measured {
  readonly policies: readonly PolicyMeasures[];
  readonly comparisons: readonly PolicyComparison[];
  /** The largest of each dimension first; a recipient is in one of each, by its first suppression. */
  readonly groups: readonly MeasuredGroup[];
}

/** Who a recipient is suppressed by, when. */
export interface Difference {
  /** Null: both suppress it, at different moments. */
  readonly only: 'first' | 'second' | null;
  readonly first: PolicySuppression | null;
  readonly second: PolicySuppression | null;
  /** The second is so much earlier (negative) or later, ms; null: only one of them. */
  readonly by: number | null;
}

/** How the policy `second` differs from the first about this recipient; null: it does not. */
export function differenceOf({ suppressions }: RecipientHistory, second = 1): Difference | null {
  const [a = null, b = null] = [suppressions[0]?.[0], suppressions[second]?.[0]];
  if (a === null && b === null) return null;
  if (a === null) return { only: 'second', first: null, second: b, by: null };
  if (b === null) return { only: 'first', first: a, second: null, by: null };
  return a.since === b.since ? null : { only: null, first: a, second: b, by: b.since - a.since };
}

/** Values of one dimension that are told apart; further ones are added up as `(others)`. */
const MOST_VALUES = 500;
const OTHERS = '(others)';
const HOUR_MS = 3_600_000;

export interface Measure {
  add(recipient: RecipientHistory): void;
  result(): Measured;
}

export function createMeasure(policies: number): Measure {
  const whole = newSums(policies);
  const groups = new Map<Dimension, Map<string, Sums>>(DIMENSIONS.map((by) => [by, new Map()]));

  function sumsOf(by: Dimension, value: string): Sums {
    const known = groups.get(by) as Map<string, Sums>;
    const name = known.has(value) || known.size < MOST_VALUES ? value : OTHERS;
    const sums = known.get(name) ?? newSums(policies);
    known.set(name, sums);
    return sums;
  }

  return {
    add(recipient) {
      addTo(whole, recipient);
      const first = recipient.suppressions
        .flat()
        .reduce<PolicySuppression | null>((a, b) => (a === null || b.since < a.since ? b : a), null);
      // Of whom nobody would have suppressed, only the tries in vain are known.
      addTo(sumsOf('reason', first?.reason ?? 'none'), recipient);
      addTo(sumsOf('category', first?.category ?? recipient.category ?? 'none'), recipient);
      addTo(sumsOf('provider', recipient.provider ?? 'unknown'), recipient);
      addTo(sumsOf('tenant', recipient.tenant), recipient);
    },
    result: () => ({
      ...measured(whole),
      groups: DIMENSIONS.flatMap((by) =>
        [...(groups.get(by) as Map<string, Sums>)]
          .sort(([a, x], [b, y]) => sizeOf(y) - sizeOf(x) || (a < b ? -1 : 1))
          .map(([value, sums]) => ({ by, value, ...measured(sums) })),
      ),
    }),
  };
}

interface WasteSums {
  addresses: number;
  tries: number;
  useless: number;
  notYetKnown: number;
  readonly share: ClusteredShare;
}

interface Sums {
  readonly recipients: number[];
  readonly regret: readonly RegretCounts[];
  readonly waste: readonly ClusteredShare[];
  readonly compared: readonly {
    onlyFirst: number;
    onlySecond: number;
    same: number;
    readonly earlier: number[];
    readonly later: number[];
    readonly regretOnlyFirst: RegretCounts;
    readonly regretOnlySecond: RegretCounts;
    readonly spared: WasteSums;
    readonly added: WasteSums;
  }[];
}

function newSums(policies: number): Sums {
  const each = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
  const waste = (): WasteSums => ({ addresses: 0, tries: 0, useless: 0, notYetKnown: 0, share: newClusteredShare() });
  return {
    recipients: each(policies, () => 0),
    regret: each(policies, newRegretCounts),
    waste: each(policies, newClusteredShare),
    compared: each(policies - 1, () => ({
      ...{ onlyFirst: 0, onlySecond: 0, same: 0, earlier: [], later: [] },
      ...{ regretOnlyFirst: newRegretCounts(), regretOnlySecond: newRegretCounts(), spared: waste(), added: waste() },
    })),
  };
}

function sizeOf({ recipients, waste }: Sums): number {
  return recipients.reduce((a, b) => a + b, 0) * 1_000_000 + (waste[0]?.trials ?? 0);
}

function addTo(sums: Sums, recipient: RecipientHistory): void {
  const { suppressions, useless, made, spared, added } = recipient;
  for (const [p, own] of suppressions.entries()) {
    if (own.length > 0) sums.recipients[p] = (sums.recipients[p] as number) + 1;
    addFirstOutcome(sums.regret[p] as RegretCounts, own);
    addCluster(sums.waste[p] as ClusteredShare, made[p] as number, useless);
  }
  for (const [i, compared] of sums.compared.entries()) {
    const p = i + 1;
    addWaste(compared.spared, spared[p] as Tries);
    addWaste(compared.added, added[p] as Tries);
    const difference = differenceOf(recipient, p);
    if (difference === null) {
      if ((suppressions[0] ?? []).length > 0) compared.same += 1;
    } else if (difference.only === 'first') {
      compared.onlyFirst += 1;
      addFirstOutcome(compared.regretOnlyFirst, suppressions[0] ?? []);
    } else if (difference.only === 'second') {
      compared.onlySecond += 1;
      addFirstOutcome(compared.regretOnlySecond, suppressions[p] ?? []);
    } else {
      const hours = (difference.by as number) / HOUR_MS;
      if (hours < 0) compared.earlier.push(-hours);
      else compared.later.push(hours);
    }
  }
}

/** The first one of an address: further ones are no observations of their own. Nobody regrets a complaint, whoever takes mail afterwards. */
function addFirstOutcome(counts: RegretCounts, suppressions: readonly PolicySuppression[]): void {
  const first = suppressions.find(({ reason }) => restsOnFailures(reason));
  if (first !== undefined) addOutcome(counts, first.outcome);
}

function addWaste(sums: WasteSums, { tries, useless, notYetKnown }: Tries): void {
  if (tries === 0) return;
  sums.addresses += 1;
  sums.tries += tries;
  sums.useless += useless;
  sums.notYetKnown += notYetKnown;
  addCluster(sums.share, useless, tries - notYetKnown);
}

function measured({ recipients, regret, waste, compared }: Sums): Pick<Measured, 'policies' | 'comparisons'> {
  return {
    policies: recipients.map((count, p) => {
      const share = waste[p] as ClusteredShare;
      return {
        recipients: count,
        regret: regretOf(regret[p] as RegretCounts),
        useless: share.trials,
        made: share.successes,
        waste: clusteredInterval(share),
      };
    }),
    comparisons: compared.map(({ earlier, later, regretOnlyFirst, regretOnlySecond, spared, added, ...counts }) => ({
      ...counts,
      earlier: quantilesOf(earlier),
      later: quantilesOf(later),
      regretOnlyFirst: regretOf(regretOnlyFirst),
      regretOnlySecond: regretOf(regretOnlySecond),
      spared: wasteOf(spared),
      added: wasteOf(added),
    })),
  };
}

function wasteOf({ share, ...counts }: WasteSums): Waste {
  return { ...counts, share: clusteredInterval(share) };
}

function quantilesOf(hours: readonly number[]): Quantiles {
  const sorted = [...hours].sort((a, b) => a - b);
  return { count: sorted.length, p10: quantile(sorted, 0.1), p50: quantile(sorted, 0.5), p90: quantile(sorted, 0.9) };
}
