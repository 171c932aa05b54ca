/**
 * Notices incidents: from what was counted of one tenant's mail to one provider, quarter of an hour by quarter of an hour, over all
 * partitions. Whether several of them are an incident of the whole installation says `installation-wide.ts`.
 *
 *   counts ──> opening: enough recipients begin to fail, most of them, and it was not so before
 *         └──> closing: mail is accepted again, nothing is heard any more, or it has lasted too long
 *
 * A recipient counts where it begins to fail: one that has failed for days and is tried every hour says nothing about the present.
 */
import type { IncidentPolicy } from '../policy/policy.ts';
import { HOUR, MINUTE } from '../policy/policy.ts';

export const QUARTER = 15 * MINUTE;
/** A recipient that failed within this time before begins nothing. */
export const BEGINS_AFTER = 48 * HOUR;

/** What was counted between `at` and the next quarter. Quarters of no mail are left out. */
export interface Count {
  readonly at: number;
  /** Recipients that began to fail. */
  readonly failing: number;
  readonly delivered: number;
}

export interface Opening {
  readonly from: number;
  readonly failing: number;
  readonly delivered: number;
  readonly usualShare: number;
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR) * HOUR;
}

export function quarterOf(at: number): number {
  return Math.floor(at / QUARTER) * QUARTER;
}

/**
 * The first incident that the counts show from `after` on; undefined: none. `counts`: by time, of one provider, with the days before.
 */
export function openingOf(policy: IncidentPolicy, counts: readonly Count[], after: number): Opening | undefined {
  for (let end = 0; end < counts.length; end += 1) {
    const last = counts[end] as Count;
    // Only a quarter in which somebody begins to fail can make the difference.
    if (last.at < after || last.failing === 0) continue;
    const opening = openingAt(policy, counts, end, after);
    if (opening !== undefined) return opening;
  }
  return undefined;
}

/** The longest stretch that ends at this quarter and shows an incident. */
function openingAt(policy: IncidentPolicy, counts: readonly Count[], end: number, after: number): Opening | undefined {
  const last = counts[end] as Count;
  let failing = 0;
  let delivered = 0;
  let found: Opening | undefined;
  for (let start = end; start >= 0; start -= 1) {
    const first = counts[start] as Count;
    if (first.at < after || first.at <= last.at - policy.window) break;
    failing += first.failing;
    delivered += first.delivered;
    // Within the shortest time the whole of it is one stretch.
    const next = counts[start - 1];
    const whole = next === undefined || next.at <= last.at - SHORTEST;
    if (!shows(policy, { failing, delivered }, whole)) continue;
    const usual = usualOf(policy, counts, start);
    if (usual === undefined || shareOf({ failing, delivered }) < 2 * usual) continue;
    found = { from: beginOf(policy, counts, { start, end, usual }), failing, delivered, usualShare: usual };
  }
  return found;
}

/** Minimum length of a stretch, because a campaign is sent in bursts. With very many failing recipients a shorter one is enough. */
const SHORTEST = HOUR;
const MANY = 5;

/** Whether enough recipients begin to fail, and a large enough share of all tried. `whole`: the stretch has the minimum length. */
export function shows({ recipients, failingShare }: IncidentPolicy, sum: Sum, whole: boolean): boolean {
  return sum.failing >= (whole ? recipients : MANY * recipients) && shareOf(sum) >= failingShare;
}

export interface Sum {
  readonly failing: number;
  readonly delivered: number;
}

/** Failing / (failing + delivered); 0 of nothing. */
export function shareOf({ failing, delivered }: Sum): number {
  return failing === 0 ? 0 : failing / (failing + delivered);
}

/** The usual share, from the days before the quarter at `start`; undefined: too little mail was accepted then. */
function usualOf(policy: IncidentPolicy, counts: readonly Count[], start: number): number | undefined {
  const since = (counts[start] as Count).at - policy.baseline;
  let failing = 0;
  let delivered = 0;
  for (const count of counts.slice(0, start)) {
    if (count.at < since) continue;
    failing += count.failing;
    delivered += count.delivered;
  }
  return delivered < policy.baselineDeliveries ? undefined : shareOf({ failing, delivered });
}

/** Clearly more than usual: the edges of an incident, where not yet or no longer most recipients fail. */
function isElevated(policy: IncidentPolicy, count: Sum, usual: number): boolean {
  return count.failing > 0 && shareOf(count) >= Math.max(policy.failingShare / 4, 2 * usual);
}

/** Indexes of its first and last quarter, and the usual share before it. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly usual: number;
}

/**
 * Where it began. Quarters of the stretch that were as usual are not in it, elevated ones before it are; and the quarter before those,
 * for an outage begins in the middle of a quarter whose deliveries hide it.
 */
function beginOf(policy: IncidentPolicy, counts: readonly Count[], { start, end, usual }: Stretch): number {
  let first = start;
  while (first < end && !isElevated(policy, counts[first] as Count, usual)) first += 1;
  while (isNext(counts, first - 1, first) && isElevated(policy, counts[first - 1] as Count, usual)) first -= 1;
  return (counts[first] as Count).at - QUARTER;
}

function isNext(counts: readonly Count[], index: number, next: number): boolean {
  return index >= 0 && (counts[next] as Count).at - (counts[index] as Count).at === QUARTER;
}

/** How long mail must be accepted again before an incident is over, ms. */
const CALM = HOUR;

/**
 * When an incident that began at `from` was over; undefined: it goes on at `now`, up to which everything was counted. `usual`: the share
 * when it opened. The answer is a quarter past the last bad one, for an outage ends in the middle of a quarter, too.
 */
export function closingTimeOf(
  policy: IncidentPolicy,
  counts: readonly Count[],
  { from, usual, now }: { readonly from: number; readonly usual: number; readonly now: number },
): number | undefined {
  const longest = from + policy.longest;
  const inside = counts.filter(({ at }) => at >= from && at < Math.min(now, longest));
  let lastBad = from;
  let since: Sum | undefined;
  for (const [index, at] of [...inside.map((count) => count.at), Math.min(now, longest)].entries()) {
    const quiet = at - (lastBad + QUARTER);
    if (isOver(policy, since, quiet)) return lastBad + 2 * QUARTER;
    const count = inside[index];
    if (count === undefined) break;
    if (isBad(policy, inside, index, usual)) {
      lastBad = count.at;
      since = undefined;
    } else since = { failing: (since?.failing ?? 0) + count.failing, delivered: (since?.delivered ?? 0) + count.delivered };
  }
  return now >= longest ? longest : undefined;
}

/** `since`: what was counted after the last bad quarter; `quiet`: how long that was, ms. Without any count only the length of the silence decides. */
function isOver(policy: IncidentPolicy, since: Sum | undefined, quiet: number): boolean {
  if (since === undefined) return quiet >= policy.window;
  return quiet >= CALM && since.delivered > 0 && shareOf(since) < policy.failingShare / 2;
}

/** Elevated by itself and with the hour before it, so that one failing recipient in a calm hour does not extend the incident. */
function isBad(policy: IncidentPolicy, counts: readonly Count[], index: number, usual: number): boolean {
  const count = counts[index] as Count;
  if (!isElevated(policy, count, usual)) return false;
  const hour = counts.slice(0, index + 1).filter(({ at }) => at > count.at - HOUR);
  return shareOf({ failing: total(hour, 'failing'), delivered: total(hour, 'delivered') }) >= policy.failingShare / 2;
}

function total(counts: readonly Count[], name: 'failing' | 'delivered'): number {
  return counts.reduce((sum, count) => sum + count[name], 0);
}
