/** Rows of the roll-ups as a commit carries them: quarters of an hour in the row of their hour. */
import { HOUR, hourOf, QUARTER } from '@desist/domain';
import type { RollupHour, RollupRow } from '@desist/pipeline';

/** At most one row for each hour and what it counts, in the order in which they come first. */
export function hoursOf(quarters: readonly RollupRow[]): readonly RollupHour[] {
  const hours = new Map<string, { row: RollupRow; counts: [number, number, number, number] }>();
  for (const { events, ...row } of quarters) {
    const at = hourOf(row.at);
    const key = JSON.stringify({ ...row, at });
    const one = hours.get(key) ?? { row: { ...row, at, events: 0 }, counts: [0, 0, 0, 0] };
    hours.set(key, one);
    const quarter = Math.floor((row.at - at) / QUARTER) % (HOUR / QUARTER);
    one.counts[quarter] = (one.counts[quarter] ?? 0) + events;
  }
  return [...hours.values()].map(({ row, counts }) => ({ ...row, events: counts.reduce((sum, n) => sum + n, 0), quarters: counts }));
}
