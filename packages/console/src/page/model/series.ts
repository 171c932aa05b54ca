/** Series of `GET /v1/series` as charts want them. */
export interface SeriesAnswer {
  readonly times: readonly string[];
  readonly series: readonly {
    readonly group: string | null;
    readonly metric: string;
    readonly values: readonly (number | null)[];
    readonly total: number | null;
  }[];
}

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly total: number | null;
}

/** One line per group, of one metric. */
export function byGroup(answer: SeriesAnswer, metric: string): readonly Line[] {
  return answer.series.filter((one) => one.metric === metric).map(({ group, values, total }) => ({ name: group ?? 'all', values, total }));
}

/** One line per metric, summed over groups. */
export function byMetric(answer: SeriesAnswer, metrics: readonly string[]): readonly Line[] {
  return metrics.flatMap((metric) => {
    const of = answer.series.filter((one) => one.metric === metric);
    if (of.length === 0) return [];
    const values = answer.times.map((_, index) => of.reduce((sum, { values: each }) => sum + (each[index] ?? 0), 0));
    return [{ name: metric, values, total: of.reduce((sum, { total }) => sum + (total ?? 0), 0) }];
  });
}

/** The sums of the earlier and of the later half. */
export function halves(answer: SeriesAnswer, metric: string): readonly [number, number] {
  const middle = answer.times.length / 2;
  let [before, after] = [0, 0];
  for (const { values } of answer.series.filter((one) => one.metric === metric)) {
    for (const [index, value] of values.entries()) {
      if (index < middle) before += value ?? 0;
      else after += value ?? 0;
    }
  }
  return [before, after];
}

/** Values without which nothing is called usual. */
const ENOUGH = 3;

/**
 * The range of the middle 80 % of the values at the same hour, and one before and after it, on the seven days before; for the last `shown`
 * steps. Null where there are too few.
 */
export function usualBand(values: readonly (number | null)[], perDay: number, shown: number) {
  const start = values.length - shown;
  return Array.from({ length: shown }, (_, index) => {
    const earlier: number[] = [];
    for (let day = 1; day <= 7; day += 1) {
      const middle = start + index - day * perDay;
      for (const value of values.slice(Math.max(0, middle - 1), Math.max(0, middle + 2))) if (value !== null) earlier.push(value);
    }
    if (earlier.length < ENOUGH) return null;
    earlier.sort((a, b) => a - b);
    const at = (share: number): number => earlier[Math.round((earlier.length - 1) * share)] ?? 0;
    return { low: at(0.1), high: at(0.9) };
  });
}

/** Cumulative sums for stacked areas: the first line on top of nothing, each later one on top of those before it. */
export function stacked(lines: readonly Line[]): readonly (readonly number[])[] {
  const sums: number[][] = [];
  for (const { values } of lines) {
    const below = sums.at(-1);
    sums.push(values.map((value, index) => (value ?? 0) + (below?.[index] ?? 0)));
  }
  return sums;
}

/** Sums of `n` steps each, for counts. What is left over at the end makes a last, shorter step. */
export function coarsen<Of extends SeriesAnswer>(answer: Of, n: number): Of {
  if (n <= 1) return answer;
  const starts = answer.times.filter((_, index) => index % n === 0);
  const sums = (values: readonly (number | null)[]) =>
    starts.map((_, at) => values.slice(at * n, at * n + n).reduce<number>((sum, value) => sum + (value ?? 0), 0));
  return { ...answer, times: starts, series: answer.series.map((one) => ({ ...one, values: sums(one.values) })) };
}

/** Deferred of deferred and delivered, per group and step, from the counts that come with the shares. Null where there were neither. */
export function shares(answer: SeriesAnswer): readonly Line[] {
  const counts = (group: string | null, metric: string) => answer.series.find((one) => one.group === group && one.metric === metric);
  const groups = [...new Set(answer.series.map(({ group }) => group))];
  return groups.map((group) => {
    const deferred = counts(group, 'deferred');
    const delivered = counts(group, 'delivered');
    const share = (of: number, others: number): number | null => (of + others === 0 ? null : of / (of + others));
    const values = answer.times.map((_, at) => share(deferred?.values[at] ?? 0, delivered?.values[at] ?? 0));
    return { name: group ?? 'all', values, total: share(deferred?.total ?? 0, delivered?.total ?? 0) };
  });
}
