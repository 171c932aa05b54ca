/**
 * Notices sender incidents: replies whose fault is the sender's (rate, reputation, authentication) rise well above their usual share of one
 * tenant's tries at one provider, or of those of one of its pools. They hold nothing back, because such replies never count.
 *
 *   counts ──> opening: enough tries were refused for it, enough of all, of enough recipients, and it was not so before
 *         └──> closing: mail is taken again, nothing is sent any more, or it has lasted too long
 */
import type { SenderIncidentPolicy } from '../policy/policy.ts';
import { HOUR } from '../policy/policy.ts';
import type { Tenant } from '../keys.ts';
import { QUARTER } from './detect.ts';
import { hashOf } from './incident.ts';

/** Whose mail, to which provider. */
export interface SenderPlace {
  readonly tenant: Tenant;
  readonly provider: string;
  /** Null: of all pools of the tenant. */
  readonly pool: string | null;
}

/** What was tried from `at` to the next quarter of an hour (or hour, of the days before). Times of no mail are left out. */
export interface SenderCount {
  /** ms */
  readonly at: number;
  /** Tries that were answered: delivered, deferred or bounced. */
  readonly tries: number;
  /** Those of them that were refused, and the fault is the sender's. */
  readonly refused: number;
  /** Bits of the recipients that were refused so (`bitOf`). */
  readonly recipients: number;
}

/** By time, of one pool; of mail without one the empty text. */
export interface PoolCounts {
  readonly pool: string;
  readonly counts: readonly SenderCount[];
}

export interface SenderOpening {
  readonly pool: string | null;
  /** ms */
  readonly from: number;
  readonly usualShare: number;
}

/** A reply that refused tries in a sender incident. */
export interface SenderReply {
  readonly category: string;
  /** As in `421 4.7.28`; `none` if the reply names no code. */
  readonly code: string;
  readonly count: number;
  /** An example, without addresses; null: there was no text. */
  readonly reply: string | null;
}

/** What was counted inside when it was decided. */
export interface SenderSummary {
  readonly tries: number;
  readonly refused: number;
  /** Refused / tries in the days before. */
  readonly usualShare: number;
  /** The most frequent ones first. */
  readonly replies: readonly SenderReply[];
}

/** A decision about a sender incident, as the log carries it: one record, in the partition that publishes it. */
export interface SenderNotice {
  readonly id: string;
  /** 1: opened; 2: closed. */
  readonly revision: number;
  readonly action: 'opened' | 'closed';
  readonly place: SenderPlace;
  /** ms */
  readonly from: number;
  /** ms, exclusive; null: it goes on. */
  readonly until: number | null;
  /** When it was decided, ms. */
  readonly at: number;
  /** The partition that publishes it. */
  readonly announcedBy: number;
  readonly summary: SenderSummary;
}

/** What was counted with less detail, because a tenant used up its places, is nobody's pool. */
const NO_POOLS: ReadonlySet<string> = new Set(['', 'other']);

/** The id: every process that notices it gives it the same. */
export function senderIncidentIdOf({ tenant, provider, pool }: SenderPlace, from: number): string {
  const name = provider.replaceAll('.', '_').replaceAll(/[^A-Za-z0-9_-]/g, '');
  return `sender-${name.slice(0, 32)}-${Math.floor(from / QUARTER).toString(36)}-${hashOf(`${tenant}/${provider}/${pool ?? ''}`)}`;
}

/** The bit that stands for a recipient, by a hash of its key. */
export function bitOf(hash: number): number {
  // The low bits of a hash of short texts are alike.
  return 1 << ((hash ^ (hash >>> 15) ^ (hash >>> 7)) & 31);
}

/** How many recipients these bits stand for, about: exact for a few, at most some 110. */
export function recipientsOf(bits: number): number {
  let zeros = 32;
  for (let rest = bits >>> 0; rest !== 0; rest &= rest - 1) zeros -= 1;
  return Math.round(32 * Math.log(32 / Math.max(zeros, 1)));
}

/**
 * The sender incidents that the counts of one tenant and provider show. `after`: where the last incident of a pool (null: of all) ended, ms;
 * null: one goes on there. Of single pools, as long as the others are fine; otherwise of the tenant.
 */
export function senderOpeningsOf(
  policy: SenderIncidentPolicy,
  pools: readonly PoolCounts[],
  after: (pool: string | null) => number | null,
): readonly SenderOpening[] {
  // What goes on for all of them says it for each.
  const since = after(null);
  if (since === null) return [];
  const all = summedPools(pools);
  const showing = pools.flatMap(({ pool, counts }) => {
    const ended = NO_POOLS.has(pool) ? null : after(pool);
    const opening = ended === null ? undefined : openingIn(policy, { counts, before: all, after: Math.max(ended, since) });
    return opening === undefined ? [] : [{ pool, ...opening }];
  });
  const failing = new Set([...showing.map(({ pool }) => pool), ...pools.map(({ pool }) => pool).filter((pool) => after(pool) === null)]);
  const rest = summedPools(pools.filter(({ pool }) => !failing.has(pool)));
  const isRestFine = openingIn(policy, { counts: rest, before: all, after: since }) === undefined;
  const first = Math.min(...showing.map(({ from }) => from));
  const isRestKnown = totalIn(rest, first, Number.POSITIVE_INFINITY).tries >= policy.tries;
  if (isRestFine && (failing.size === 1 || isRestKnown)) return showing;
  // What a pool's own incident has told is not told again of all of them.
  const told = Math.max(since, ...pools.map(({ pool }) => after(pool) ?? since));
  const opening = openingIn(policy, { counts: all, before: all, after: told });
  return opening === undefined ? [] : [{ pool: culpritOf(pools, opening.from, after), ...opening }];
}

/** The one pool that nearly all refusals since a moment are of; null: they are of several, or of none that may have an incident. */
function culpritOf(pools: readonly PoolCounts[], from: number, after: (pool: string | null) => number | null): string | null {
  const refused = pools.map(({ pool, counts }) => ({ pool, refused: totalIn(counts, from, Number.POSITIVE_INFINITY).refused }));
  const all = refused.reduce((sum, one) => sum + one.refused, 0);
  const culprit = refused.find((one) => one.refused >= MOSTLY * all)?.pool;
  if (culprit === undefined || NO_POOLS.has(culprit)) return null;
  const ended = after(culprit);
  return ended === null || ended > from ? null : culprit;
}
const MOSTLY = 0.9;

/** The counts of a place: of a pool, or of all together. */
export function countsOfPlace(pools: readonly PoolCounts[], pool: string | null): readonly SenderCount[] {
  return pool === null ? summedPools(pools) : (pools.find((one) => one.pool === pool)?.counts ?? []);
}

function summedPools(pools: readonly PoolCounts[]): readonly SenderCount[] {
  if (pools.length === 1) return pools[0]?.counts ?? [];
  const sums = new Map<number, SenderCount>();
  for (const { counts } of pools) {
    for (const one of counts) {
      const known = sums.get(one.at);
      sums.set(one.at, known === undefined ? one : plus(known, one));
    }
  }
  return [...sums.values()].sort((a, b) => a.at - b.at);
}

function plus(a: SenderCount, b: SenderCount): SenderCount {
  return { at: a.at, tries: a.tries + b.tries, refused: a.refused + b.refused, recipients: a.recipients | b.recipients };
}

interface Where {
  readonly counts: readonly SenderCount[];
  /** Of the whole tenant: what is usual for a pool that has hardly sent before. */
  readonly before: readonly SenderCount[];
  readonly after: number;
}

interface Opening {
  readonly from: number;
  readonly usualShare: number;
}

/** The first opening after a moment; undefined: none. */
function openingIn(policy: SenderIncidentPolicy, where: Where): Opening | undefined {
  const { counts, after } = where;
  for (let end = 0; end < counts.length; end += 1) {
    const { at, refused } = counts[end] as SenderCount;
    if (at < after || refused === 0) continue;
    const opening = openingAt(policy, where, end);
    if (opening !== undefined) return opening;
  }
  return undefined;
}

/** The longest stretch that ends with this count and shows an incident. */
function openingAt(policy: SenderIncidentPolicy, { counts, before, after }: Where, end: number): Opening | undefined {
  const last = counts[end] as SenderCount;
  let [tries, refused, recipients] = [0, 0, 0];
  let found: Opening | undefined;
  for (let start = end; start >= 0; start -= 1) {
    const first = counts[start] as SenderCount;
    if (first.at < after || first.at <= last.at - policy.window) break;
    tries += first.tries;
    refused += first.refused;
    recipients |= first.recipients;
    if (tries < policy.tries || refused < policy.refused || !reaches(refused / tries, policy.share)) continue;
    if (recipientsOf(recipients) < policy.recipients) continue;
    const usual = usualOf(policy, counts, first.at) ?? usualOf(policy, before, first.at);
    if (usual === undefined || !reaches(refused / tries, opensAt(policy, usual))) continue;
    found = { from: beginOf(policy, counts, { start, end, usual, after }), usualShare: usual };
  }
  return found;
}

/** Three times 0.1 is more than 0.3 to a computer. */
function reaches(share: number, threshold: number): boolean {
  return share >= threshold - 1e-9;
}

/** The share from which on it is well above what is usual: so many times as much, or half of the way to everything. */
function opensAt({ share, times }: SenderIncidentPolicy, usual: number): number {
  return Math.max(share, Math.min(times * usual, (1 + usual) / 2));
}

/** The share below which it is over: clearly less, so that a share between the two neither opens nor closes one. */
function closesBelow({ share, times }: SenderIncidentPolicy, usual: number): number {
  return Math.max(share / 2, Math.min((usual * (1 + times)) / 2, (1 + 3 * usual) / 4));
}

/** The usual share in the days before a moment; undefined: too little was tried then. */
function usualOf(policy: SenderIncidentPolicy, counts: readonly SenderCount[], at: number): number | undefined {
  const { tries, refused } = totalIn(counts, at - policy.baseline, at);
  return tries < policy.baselineTries ? undefined : refused / tries;
}

interface Stretch {
  /** Indexes of its first and last count. */
  readonly start: number;
  readonly end: number;
  readonly usual: number;
  /** Not before, ms. */
  readonly after: number;
}

/** Where it began: what was as usual at the begin of the stretch is not in it, what was worse just before is. */
function beginOf(policy: SenderIncidentPolicy, counts: readonly SenderCount[], { start, end, usual, after }: Stretch): number {
  const bad = (index: number): boolean => isBad(counts[index], closesBelow(policy, usual));
  let first = start;
  while (first < end && !bad(first)) first += 1;
  const at = (index: number): number => counts[index]?.at ?? Number.NEGATIVE_INFINITY;
  while (bad(first - 1) && at(first) - at(first - 1) === QUARTER && at(first - 1) >= after) first -= 1;
  return at(first);
}

function isBad(count: Pick<SenderCount, 'tries' | 'refused'> | undefined, share: number): boolean {
  return count !== undefined && count.refused > 0 && reaches(count.refused / count.tries, share);
}

/** So long mail must be taken as usual before it is over, ms; ... */
const CALM = HOUR;
/** ... and so long nothing may be tried. */
const SILENT = 6 * HOUR;

/**
 * When an incident that began at `from` was over, ms: the end of the last bad quarter; undefined: it goes on at `now`, up to which everything
 * was counted. `usual`: the share when it opened.
 */
export function senderClosingOf(
  policy: SenderIncidentPolicy,
  counts: readonly SenderCount[],
  { from, usual, now }: { readonly from: number; readonly usual: number; readonly now: number },
): number | undefined {
  const longest = from + policy.longest;
  const end = Math.min(now, longest);
  const inside = counts.filter(({ at }) => at >= from && at < end);
  let badUntil = from + QUARTER;
  let taken = 0;
  for (const [index, at] of [...inside.map((count) => count.at), end].entries()) {
    const quiet = at - badUntil;
    if (quiet >= SILENT || (quiet >= CALM && taken > 0)) return badUntil;
    const count = inside[index];
    if (count === undefined) break;
    if (count.refused > 0 && isBad(hourUpTo(inside, index), closesBelow(policy, usual))) {
      badUntil = at + QUARTER;
      taken = 0;
    } else taken += count.tries - count.refused;
  }
  return now >= longest ? longest : undefined;
}

/** A quarter together with the hour that it ends. */
function hourUpTo(counts: readonly SenderCount[], index: number): Pick<SenderCount, 'tries' | 'refused'> {
  const { at } = counts[index] as SenderCount;
  let [tries, refused] = [0, 0];
  for (let i = index; i >= 0 && (counts[i] as SenderCount).at > at - HOUR; i -= 1) {
    tries += (counts[i] as SenderCount).tries;
    refused += (counts[i] as SenderCount).refused;
  }
  return { tries, refused };
}

/** Sums of what was counted from a moment on and before another, ms. */
export function totalIn(counts: readonly SenderCount[], from: number, until: number): Pick<SenderSummary, 'tries' | 'refused'> {
  let [tries, refused] = [0, 0];
  for (const count of counts) {
    if (count.at < from || count.at >= until) continue;
    tries += count.tries;
    refused += count.refused;
  }
  return { tries, refused };
}
