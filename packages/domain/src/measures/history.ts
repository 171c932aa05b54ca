/**
 * What several policies would have decided on one history, and what became of it: who was suppressed when, who took mail afterwards, and which
 * tries each would have spared. It is told of suppressions, tries and mail that was taken, in the order of the log, and knows nothing of how
 * they are decided. The first policy is the one that the others are compared with.
 *
 *   suppressed ──┐
 *   tried ───────┼──> what is kept of each recipient ──> finish(end): recipients (`measure.ts` adds them up)
 *   took ────────┘
 *
 * Kept are recipients that were suppressed, and those that have taken no mail since they failed: as many as there are of them, however long
 * the history is.
 */
import { recipientKey } from '../keys.ts';
import type { Address, RecipientKey, RecipientRef, Tenant } from '../keys.ts';
import { isVoided } from '../recipient/fact.ts';
import type { Voids } from '../recipient/fact.ts';
import type { Scope, SuppressionReason } from '../recipient/types.ts';
import { REGRET_WINDOW } from './regret.ts';
import type { SuppressionOutcome } from './regret.ts';

export interface SeenSuppression {
  readonly reason: SuppressionReason;
  readonly scope: Scope;
  /** ms */
  readonly since: number;
  /** Of the reply that it rests on; null: on none. */
  readonly category: string | null;
}

export interface SeenTry extends RecipientRef {
  /** ms */
  readonly at: number;
  readonly provider: string;
  readonly category: string;
  readonly message: string | null;
  /** False: nothing was tried, a give-up for example. */
  readonly isTry: boolean;
}

export interface History {
  /** `times`: -1, it was never so. */
  suppressed(policy: number, ref: RecipientRef, suppression: SeenSuppression, times: 1 | -1): void;
  /** A failure. `isSuppressed`: whether this policy would have spared the try. */
  tried(seen: SeenTry, isSuppressed: (policy: number) => boolean): void;
  /**
   * Mail was taken, or somebody showed to read it (`message` null). `proves`: whoever signs in shows that a deferred mailbox has an owner, and
   * nothing of an address that bounced.
   */
  took(key: RecipientKey, at: number, message: string | null, proves?: Exclude<Voids, 'nothing'>): void;
  /** Nothing of this recipient is kept. */
  erased(key: RecipientKey): void;
  /** Recipients that something is known of, in the order of their keys. `end`: of the history, ms. */
  finish(end: number): Generator<RecipientHistory>;
  /** Recipients that are kept. */
  size(): number;
  /** Suppressions beyond those that are kept of one recipient. */
  leftOut(): number;
}

export interface PolicySuppression extends SeenSuppression {
  readonly outcome: SuppressionOutcome;
}

/** Tries at one recipient: how many, how many of them were in vain, and of how many that is not yet known. */
export interface Tries {
  readonly tries: number;
  readonly useless: number;
  readonly notYetKnown: number;
}

export interface RecipientHistory {
  readonly tenant: Tenant;
  readonly address: Address;
  readonly provider: string | null;
  /** Of the last failure; null: none was seen. */
  readonly category: string | null;
  /** By policy, in order of time. */
  readonly suppressions: readonly (readonly PolicySuppression[])[];
  /** Tries in vain, and how many of them each policy would have made. */
  readonly useless: number;
  readonly made: readonly number[];
  /** By policy: tries that it would have spared and the first would have made. */
  readonly spared: readonly Tries[];
  /** By policy: tries that it would have made and the first would have spared. */
  readonly added: readonly Tries[];
}

interface Episode extends SeenSuppression {
  readonly policy: number;
  /** ms */
  lastTry: number | null;
  taken: { readonly at: number; readonly message: string | null } | null;
}

/** Failures since mail was last taken. */
interface Run {
  readonly firstAt: number;
  lastAt: number;
  tries: number;
  readonly made: number[];
  readonly spared: Counted[];
  readonly added: Counted[];
}

interface Counted {
  tries: number;
  /** Of the first one, ms. */
  readonly from: number;
}

interface Watched extends RecipientRef {
  provider: string | null;
  category: string | null;
  readonly episodes: Episode[];
  run: Run | null;
  /** Tries of runs that ended with mail that was taken. */
  readonly followedByMail: { readonly spared: number[]; readonly added: number[] };
  /** The run that a message ended: it goes on if that message bounces after all. */
  ended: { readonly message: string; readonly run: Run | null } | null;
}

/** Suppressions by one policy that are kept of one recipient. */
const MOST_EPISODES = 32;

export function createHistory(policies: number): History {
  const watched = new Map<RecipientKey, Watched>();
  let leftOut = 0;

  function watch({ tenant, address }: RecipientRef, key: RecipientKey): Watched {
    const known = watched.get(key);
    if (known !== undefined) return known;
    const followedByMail = { spared: zeros(policies), added: zeros(policies) };
    const one: Watched = { tenant, address, provider: null, category: null, episodes: [], run: null, followedByMail, ended: null };
    watched.set(key, one);
    return one;
  }

  /** Its message was not taken after all. Answers whether it was thought to be. */
  function takeBack(one: Watched, message: string): boolean {
    let known = false;
    for (const episode of one.episodes) {
      if (episode.taken?.message !== message) continue;
      episode.taken = null;
      known = true;
    }
    if (one.ended?.message !== message) return known;
    const { run } = one.ended;
    one.ended = null;
    if (run === null || one.run !== null) return true;
    one.run = run;
    followedByMail(one, run, -1);
    return true;
  }

  return {
    suppressed(policy, ref, suppression, times) {
      const key = recipientKey(ref.tenant, ref.address);
      const one = watch(ref, key);
      const { reason, since } = suppression;
      const at = one.episodes.findIndex((e) => e.policy === policy && e.reason === reason && e.since === since);
      if (times === -1) {
        if (at !== -1) one.episodes.splice(at, 1);
        return;
      }
      if (at !== -1) return;
      if (one.episodes.filter((e) => e.policy === policy).length >= MOST_EPISODES) leftOut += 1;
      else one.episodes.push({ ...suppression, policy, lastTry: null, taken: null });
    },
    tried(seen, isSuppressed) {
      const { at, message, provider, category, isTry } = seen;
      const one = watch(seen, recipientKey(seen.tenant, seen.address));
      one.provider = provider;
      one.category = category;
      // A bounce of a message that was handed over before is no try of its own.
      const isLate = message !== null && takeBack(one, message);
      if (isLate || !isTry) return;
      for (const episode of one.episodes) if (at > episode.since) episode.lastTry = Math.max(episode.lastTry ?? at, at);
      one.run ??= { firstAt: at, lastAt: at, tries: 0, made: zeros(policies), spared: counted(policies), added: counted(policies) };
      const { run } = one;
      run.lastAt = Math.max(run.lastAt, at);
      run.tries += 1;
      const first = isSuppressed(0);
      for (let p = 0; p < policies; p += 1) {
        const own = p === 0 ? first : isSuppressed(p);
        if (!own) run.made[p] = (run.made[p] as number) + 1;
        if (own && !first) count(run.spared, p, at);
        if (!own && first) count(run.added, p, at);
      }
    },
    took(key, at, message, proves = 'everything') {
      const one = watched.get(key);
      if (one === undefined) return;
      for (const episode of one.episodes) {
        if (at <= episode.since || !isVoided(episode.reason, proves)) continue;
        if (episode.taken === null && at <= episode.since + REGRET_WINDOW) episode.taken = { at, message };
        episode.lastTry = Math.max(episode.lastTry ?? at, at);
      }
      if (proves !== 'everything') return;
      const { run } = one;
      // A delivery that is told late does not say that later tries were of use.
      if (run !== null && at < run.lastAt) return;
      if (run !== null) {
        one.run = null;
        followedByMail(one, run, 1);
      }
      one.ended = message === null ? null : { message, run };
      const { spared, added } = one.followedByMail;
      if (one.episodes.length === 0 && !spared.some(Boolean) && !added.some(Boolean)) watched.delete(key);
    },
    erased: (key) => void watched.delete(key),
    *finish(end) {
      for (const key of [...watched.keys()].sort()) yield historyOf(watched.get(key) as Watched, end, policies);
    },
    size: () => watched.size,
    leftOut: () => leftOut,
  };
}

/** The tries of a run count as followed by mail; `times` -1: they do not any more. */
function followedByMail({ followedByMail: { spared, added } }: Watched, run: Run, times: 1 | -1): void {
  for (const [p, { tries }] of run.spared.entries()) spared[p] = (spared[p] as number) + times * tries;
  for (const [p, { tries }] of run.added.entries()) added[p] = (added[p] as number) + times * tries;
}

function historyOf(
  { tenant, address, provider, category, episodes, run, followedByMail }: Watched,
  end: number,
  policies: number,
): RecipientHistory {
  const isKnown = run !== null && run.firstAt <= end - REGRET_WINDOW;
  const triesOf = (counts: readonly Counted[] | undefined, p: number, before: number): Tries => {
    const { tries = 0, from = end } = counts?.[p] ?? {};
    // In vain as far as the history goes; for good only when it goes on for long enough.
    const known = from <= end - REGRET_WINDOW;
    return { tries: before + tries, useless: known ? tries : 0, notYetKnown: known ? 0 : tries };
  };
  const each = <T>(make: (policy: number) => T): readonly T[] => Array.from({ length: policies }, (_, p) => make(p));
  return {
    ...{ tenant, address, provider, category },
    suppressions: each((p) =>
      episodes
        .filter(({ policy }) => policy === p)
        .sort((a, b) => a.since - b.since)
        .map(({ reason, scope, since, category: own, lastTry, taken }) => {
          const outcome = {
            tookAfter: taken === null ? null : taken.at - since,
            triedUntil: lastTry === null ? null : Math.min(REGRET_WINDOW, lastTry - since),
            isOpen: end < since + REGRET_WINDOW,
          };
          return { reason, scope, since, category: own, outcome };
        }),
    ),
    useless: isKnown ? run.tries : 0,
    made: each((p) => (isKnown ? (run.made[p] as number) : 0)),
    spared: each((p) => triesOf(run?.spared, p, followedByMail.spared[p] as number)),
    added: each((p) => triesOf(run?.added, p, followedByMail.added[p] as number)),
  };
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}

function counted(length: number): Counted[] {
  return Array.from({ length }, () => ({ tries: 0, from: Number.POSITIVE_INFINITY }));
}

function count(counts: Counted[], p: number, at: number): void {
  const before = counts[p] as Counted;
  counts[p] = { tries: before.tries + 1, from: Math.min(before.from, at) };
}
