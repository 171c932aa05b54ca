/** What a what-if answers: JSON of its summary and differences, and the same in words. */
import { formatTime } from '@desist/formats/event';
import { outcomeName } from '@desist/domain';
import type {
  Dimension,
  Difference,
  Interval,
  Measured,
  MeasuredGroup,
  OutcomeName,
  PolicyComparison,
  PolicyMeasures,
  PolicySuppression,
  Quantiles,
  Regret,
  Waste,
} from '@desist/domain';

interface WhatIfCountsValue {
  readonly events: number;
  readonly duplicates: number;
  readonly leftOut: number;
  readonly recipients: number;
  readonly from: string | null;
  readonly to: string | null;
}

interface PolicyValues {
  /** Addresses that the policy suppressed, for whatever reason. */
  readonly suppressed: number;
  readonly regret: RegretValue;
  /** Attempts in vain that it would have made, among all that were in vain. */
  readonly attempts: number;
  readonly uselessAttempts: number;
  readonly waste: Interval | null;
}

interface RegretValue extends Omit<Regret, 'suppressions'> {
  /** Whom the policy suppressed for failures: the first suppression of each counts. */
  readonly addresses: number;
}

interface WasteValue {
  readonly addresses: number;
  readonly attempts: number;
  readonly useless: number;
  readonly notYetKnown: number;
  readonly share: Interval | null;
}

interface ComparedValue {
  readonly onlyA: number;
  readonly onlyB: number;
  readonly same: number;
  readonly earlier: Quantiles;
  readonly later: Quantiles;
  readonly regretOnlyA: RegretValue;
  readonly regretOnlyB: RegretValue;
  readonly spared: WasteValue;
  readonly added: WasteValue;
}

interface WhatIfGroup {
  readonly by: Dimension;
  readonly value: string;
  readonly a: PolicyValues;
  readonly b: PolicyValues;
  readonly compared: ComparedValue;
}

export interface WhatIfSummary extends WhatIfCountsValue {
  /** Versions of the policies. */
  readonly policies: { readonly a: string; readonly b: string };
  readonly a: PolicyValues;
  readonly b: PolicyValues;
  readonly compared: ComparedValue;
  readonly groups: readonly WhatIfGroup[];
  /** What it comes to, in words. */
  readonly text: readonly string[];
}

interface Counted {
  readonly events: number;
  readonly duplicates: number;
  readonly leftOut: number;
  readonly recipients: number;
  readonly from: number | null;
  readonly to: number | null;
}

interface SummaryOptions {
  /** Versions of the two policies, in their order. */
  readonly versions: readonly [string, string];
  /** Values of each dimension that are told: those with the most suppressions. */
  readonly groups: number;
}

/** Of two policies. */
export function whatIfSummary(measured: Measured & { readonly counts: Counted }, { versions, groups }: SummaryOptions): WhatIfSummary {
  const [a, b] = versions;
  const told = new Map<Dimension, number>();
  const own = measured.groups.filter(({ by }) => {
    told.set(by, (told.get(by) ?? 0) + 1);
    return (told.get(by) as number) <= groups;
  });
  const whole = { ...countsValue(measured.counts), policies: { a, b }, ...pairValue(measured) };
  return { ...whole, groups: own.map((group) => ({ by: group.by, value: group.value, ...pairValue(group) })), text: whatIfText(whole) };
}

function countsValue({ events, duplicates, leftOut, recipients, from, to }: Counted): WhatIfCountsValue {
  const time = (ms: number | null): string | null => (ms === null ? null : formatTime(ms));
  return { events, duplicates, leftOut, recipients, from: time(from), to: time(to) };
}

function pairValue({ policies, comparisons }: Pick<MeasuredGroup, 'policies' | 'comparisons'>): Pick<WhatIfGroup, 'a' | 'b' | 'compared'> {
  return {
    a: policyMeasuresValue(policies[0] as PolicyMeasures),
    b: policyMeasuresValue(policies[1] as PolicyMeasures),
    compared: comparedValue(comparisons[0] as PolicyComparison),
  };
}

export function policyMeasuresValue({ recipients, regret, useless, made, waste }: PolicyMeasures): PolicyValues {
  return { suppressed: recipients, regret: regretValue(regret), attempts: made, uselessAttempts: useless, waste: rounded(waste) };
}

function comparedValue(compared: PolicyComparison): ComparedValue {
  const { onlyFirst, onlySecond, same, earlier, later, regretOnlyFirst, regretOnlySecond, spared, added } = compared;
  return {
    ...{ onlyA: onlyFirst, onlyB: onlySecond, same, earlier: quantilesValue(earlier), later: quantilesValue(later) },
    ...{ regretOnlyA: regretValue(regretOnlyFirst), regretOnlyB: regretValue(regretOnlySecond) },
    ...{ spared: wasteValue(spared), added: wasteValue(added) },
  };
}

function regretValue({ suppressions, share, ...counts }: Regret): RegretValue {
  return { addresses: suppressions, ...counts, share: rounded(share) };
}

function wasteValue({ addresses, tries, useless, notYetKnown, share }: Waste): WasteValue {
  return { addresses, attempts: tries, useless, notYetKnown, share: rounded(share) };
}

function quantilesValue({ count, p10, p50, p90 }: Quantiles): Quantiles {
  return { count, p10: round(p10, 1), p50: round(p50, 1), p90: round(p90, 1) };
}

function rounded(interval: Interval | null): Interval | null {
  return interval === null ? null : { share: round(interval.share, 5), low: round(interval.low, 5), high: round(interval.high, 5) };
}

function round<T extends number | null>(value: T, digits: number): T {
  return (value === null ? null : Number(value.toFixed(digits))) as T;
}

// ------------------------------------------------------------------------------------------------ differences

interface DifferenceValue {
  readonly type: 'difference';
  readonly tenant: string;
  readonly recipient: string;
  readonly provider: string | null;
  readonly only: 'a' | 'b' | null;
  /** B is so many hours earlier (negative) or later. */
  readonly hours: number | null;
  readonly a: SuppressionValue | null;
  readonly b: SuppressionValue | null;
  /** Attempts that B would have spared and A made; and the other way round. */
  readonly spared: number;
  readonly added: number;
}

interface SuppressionValue {
  readonly reason: string;
  readonly scope: string;
  readonly since: string;
  readonly category: string | null;
  readonly outcome: OutcomeName;
  readonly tookMailAt: string | null;
}

interface DifferenceOfRecipient extends Difference {
  readonly tenant: string;
  readonly address: string;
  readonly provider: string | null;
  readonly spared: number;
  readonly added: number;
}

export function differenceValue({
  tenant,
  address,
  provider,
  only,
  first,
  second,
  by,
  spared,
  added,
}: DifferenceOfRecipient): DifferenceValue {
  return {
    ...{ type: 'difference', tenant, recipient: address, provider },
    only: only === null ? null : only === 'first' ? 'a' : 'b',
    hours: by === null ? null : round(by / 3_600_000, 2),
    ...{ a: suppressionValue(first), b: suppressionValue(second), spared, added },
  };
}

function suppressionValue(suppression: PolicySuppression | null): SuppressionValue | null {
  if (suppression === null) return null;
  const { reason, scope, since, category, outcome } = suppression;
  const { tookAfter } = outcome;
  return {
    ...{ reason, scope, since: formatTime(since), category, outcome: outcomeName(outcome) },
    tookMailAt: tookAfter === null ? null : formatTime(since + tookAfter),
  };
}

// ------------------------------------------------------------------------------------------------ in words

/** A few sentences that need no table. */
function whatIfText({ a, b, compared }: Pick<WhatIfSummary, 'a' | 'b' | 'compared'>): readonly string[] {
  const { onlyA, onlyB, same, earlier, later, regretOnlyA, regretOnlyB, spared, added } = compared;
  const both = same + earlier.count + later.count;
  return [
    onlyText(['B', 'A'], onlyB, regretOnlyB, spared),
    onlyText(['A', 'B'], onlyA, regretOnlyA, added),
    ...(both === 0
      ? []
      : [
          `Both would have suppressed ${addresses(both)}: ${count(same)} at the same moment${movedText(earlier, 'earlier')}${movedText(later, 'later')}.`,
        ]),
    `Regret: ${regretText('A', a.regret)}; ${regretText('B', b.regret)}.`,
    `Attempts in vain: ${count(a.uselessAttempts)}, of which A would have made ${count(a.attempts)}${shareText(a.waste)} and B ${count(b.attempts)}${shareText(b.waste)}.`,
    ...openText(a.regret, b.regret),
  ];
}

function onlyText([name, other]: readonly [string, string], more: number, regret: RegretValue, spared: WasteValue): string {
  const useless = `it would have spared ${count(spared.useless)} useless ${spared.useless === 1 ? 'attempt' : 'attempts'}`;
  const open = spared.notYetKnown === 0 ? '' : ` (of ${count(spared.notYetKnown)} more that is not yet known)`;
  if (more === 0 && spared.attempts === 0) return `${name} would have suppressed nobody whom ${other} would not.`;
  const took =
    more === 0
      ? ''
      : regret.share === null
        ? '; whether they take mail is not known, for none of them was tried again'
        : `; ${count(regret.tookMail)} of them took mail afterwards${shareText(regret.share, regret.days)}`;
  return `${name} would have suppressed ${count(more)} more ${more === 1 ? 'address' : 'addresses'} than ${other}${took}; ${useless}${open}.`;
}

function movedText({ count: moved, p50 }: Quantiles, direction: string): string {
  return moved === 0 || p50 === null ? '' : `, B ${direction} for ${count(moved)} (half of them by ${hours(p50)} or more)`;
}

function regretText(name: string, { addresses: suppressed, tookMail, share, days }: RegretValue): string {
  if (suppressed === 0) return `${name} suppressed nobody for failures`;
  const known = share === null ? ', none was tried again' : `, ${count(tookMail)} of them took mail within ${days} days${shareText(share)}`;
  return `${name} suppressed ${addresses(suppressed)} for failures${known}`;
}

function openText(a: RegretValue, b: RegretValue): readonly string[] {
  const open = a.notYetKnown + b.notYetKnown;
  const untried = a.untried + b.untried;
  if (open === 0 && untried === 0) return [];
  return [
    `Not yet known, for less than 30 days of history follow: ${count(a.notYetKnown)} of A and ${count(b.notYetKnown)} of B. Never tried again, so nothing is known: ${count(a.untried)} of A and ${count(b.untried)} of B.`,
  ];
}

/** ` (4.2 %, 2.2 to 7.9 %)`. `days`: said when they are fewer than 30. */
function shareText(share: Interval | null, days = 30): string {
  if (share === null) return '';
  return ` (${percent(share.share)} %, ${percent(share.low)} to ${percent(share.high)} %${days < 30 ? `, known for ${days} days only` : ''})`;
}

export function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function hours(value: number): string {
  return value >= 48 ? `${Number((value / 24).toFixed(1))} d` : `${Number(value.toFixed(1))} h`;
}

function addresses(of: number): string {
  return `${count(of)} ${of === 1 ? 'address' : 'addresses'}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
