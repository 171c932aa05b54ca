/** What `desist whatif` prints: two policies beside each other, or a grid of them. */
import { percent, policyMeasuresValue } from '@desist/contracts';
import type { WhatIfSummary } from '@desist/contracts';
import type { Interval, PolicyMeasures } from '@desist/domain';
import { grouped } from './progress.ts';
import { table } from './terminal.ts';

/** Values of a dimension in the tables. */
export const GROUPS_SHOWN = 10;

export function summaryLines(summary: WhatIfSummary): readonly string[] {
  const { events, duplicates, leftOut, from, to, policies, text, groups } = summary;
  const period = from === null || to === null ? 'no event was read' : `${grouped(events)} events from ${from} to ${to}`;
  const less = [
    duplicates === 0 ? [] : [`${grouped(duplicates)} duplicates`],
    leftOut === 0 ? [] : [`${grouped(leftOut)} left out`],
  ].flat();
  return [
    `A: ${policies.a}`,
    `B: ${policies.b}`,
    `${period}${less.length === 0 ? '' : ` (${less.join(', ')})`}`,
    '',
    ...text,
    ...(groups.length === 0 ? [] : ['', ...table(GROUP_HEADLINE, groups.map(groupRow))]),
  ];
}

const GROUP_HEADLINE = ['BY', 'VALUE', 'ONLY A', 'ONLY B', 'REGRET A', 'REGRET B', 'SPARED BY B', 'ADDED BY B'];

function groupRow({ by, value, a, b, compared }: WhatIfSummary['groups'][number]): readonly string[] {
  return [
    by,
    value,
    grouped(compared.onlyA),
    grouped(compared.onlyB),
    `${grouped(a.regret.tookMail)} of ${grouped(a.regret.suppressions)}`,
    `${grouped(b.regret.tookMail)} of ${grouped(b.regret.suppressions)}`,
    grouped(compared.spared.useless),
    grouped(compared.added.useless),
  ];
}

// ------------------------------------------------------------------------------------------------ grids

export interface MeasuredPoint {
  readonly values: Readonly<Record<string, string>>;
  /** Version of the policy. */
  readonly policy: string;
  readonly measures: PolicyMeasures;
  readonly isBase: boolean;
}

export function pointValue({ values, policy, measures, isBase }: MeasuredPoint): object {
  return { type: 'point', values, policy, inForce: isBase, ...policyMeasuresValue(measures) };
}

export function pointLabel({ values }: Pick<MeasuredPoint, 'values'>): string {
  return Object.values(values).join(' · ');
}

export function gridLines(points: readonly MeasuredPoint[]): readonly string[] {
  const paths = Object.keys(points[0]?.values ?? {});
  const headline = [...paths.map((path) => path.toUpperCase()), 'SUPPRESSED', 'TOOK MAIL', 'REGRET', 'USELESS ATTEMPTS', 'WASTE', ''];
  return table(
    headline,
    points.map(({ values, measures: { recipients, regret, made, waste }, isBase }) => [
      ...paths.map((path) => values[path] ?? ''),
      grouped(recipients),
      `${grouped(regret.tookMail)} of ${grouped(regret.suppressions)}`,
      shareCell(regret.share),
      grouped(made),
      shareCell(waste),
      isBase ? 'A' : '',
    ]),
  );
}

function shareCell(share: Interval | null): string {
  return share === null ? 'not known' : `${percent(share.share)} % (${percent(share.low)} to ${percent(share.high)})`;
}
