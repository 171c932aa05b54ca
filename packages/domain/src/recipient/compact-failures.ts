/**
 * Compaction of failures that are no hard bounces: deferrals between the first and the last of their bucket are merged into the last one,
 * with their number. What they were to the machine decides which ones may stand for each other: those of one role, with nothing between
 * them that voids evidence. A bucket spans 24 h at most, and no more than the gap that ends a streak, so first, last, count and span of
 * every streak stay what they were; docs/guarantees.md says what is left.
 */
import { HOUR, streamPolicy } from '../policy/policy.ts';
import type { TenantPolicy } from '../policy/policy.ts';
import { isGiveUp } from './machine.ts';
import { causesByMessage, failuresOf } from './observe.ts';
import type { Observed } from './observe.ts';
import { CAUSES, latestDeferrals, mayBeHard } from './resets.ts';
import type { Fact, FailureFact } from './types.ts';

/** Failures kept per recipient, hard bounces apart, before they are merged. */
export const CAP = 96;
const BUCKETS = [6 * HOUR, 12 * HOUR, 24 * HOUR];
const WHILE_SUPPRESSED = 16;

type Observations = Observed['observations'];
/** By id: what stands for the fact now; undefined: another one does. */
type Replaced = ReadonlyMap<string, FailureFact | undefined>;

export function isPlain(fact: Fact): fact is FailureFact {
  return fact.kind === 'failure' && !mayBeHard(fact);
}

/** What one compaction goes by. */
interface Compaction extends Fixed {
  readonly observations: Observations;
  /** The longest bucket that ends no streak, ms. */
  readonly longest: number;
  /** Length of a baseline window, ms. */
  readonly window: number;
}

export function compactFailures(facts: readonly Fact[], policies: TenantPolicy, seen: Observed): readonly Fact[] {
  const { observations } = seen;
  const fixed = fixedOf(facts, seen, policies);
  const compaction: Compaction = { ...fixed, observations, longest: longestBucket(policies), window: policies.base.contrast.window };
  let merged = withoutIdle(facts, compaction);
  for (const bucket of BUCKETS) {
    if (surplusOf(merged) <= 0) return merged;
    if (bucket <= compaction.longest) merged = mergeDeferrals(merged, bucket, compaction);
  }
  return withoutSurplus(merged, compaction);
}

function surplusOf(facts: readonly Fact[]): number {
  return facts.filter(isPlain).length - CAP;
}

/** Kept failures of a streak are never further apart than this: a longer bucket would end it. */
function longestBucket({ base, streams }: TenantPolicy): number {
  const all = [base, ...streams.values()];
  return Math.min(24 * HOUR, ...all.flatMap(({ deferral, greylisting }) => [deferral.largestGap, greylisting.renewAfter]));
}

// ------------------------------------------------------------------------------------------ what stays

interface Fixed {
  /** Ids of what never goes for another's sake: causes, and what a streak, a suppression or the memory of give-ups begins or ends with. */
  readonly fixed: ReadonlySet<string>;
  /** Ids of give-ups of a message that had given up before: they count as failures only. */
  readonly repeated: ReadonlySet<string>;
}

function fixedOf(facts: readonly Fact[], seen: Observed, policies: TenantPolicy): Fixed {
  const { observations } = seen;
  const counted = failuresOf(facts).filter(({ id }) => observations.get(id)?.role === 'counted');
  const causes = causesByMessage(facts.filter((fact) => !mayBeHard(fact)));
  const first = firstGiveUps(counted, observations, policies);
  const firsts = new Set(first.map(({ id }) => id));
  const repeated = counted.filter((fact) => isGiveUp(fact, fact.classified) && !firsts.has(fact.id)).map(({ id }) => id);
  const all: Fact[] = [
    ...latestDeferrals(facts),
    ...causes.values(),
    ...firstOfStreaks(counted, observations, policies),
    ...neededGiveUps(first, observations, policies),
    ...counted.filter(({ id }) => seen.again.has(id)),
  ];
  all.push(...ofOtherCategories(counted, all, seen));
  return { fixed: new Set(all.map(({ id }) => id)), repeated: new Set(repeated) };
}

/** The first failure of each streak, and the first that gives it the span that suppresses. */
function firstOfStreaks(counted: readonly FailureFact[], observations: Observations, policies: TenantPolicy): readonly Fact[] {
  let streak: number | undefined;
  let proven = Number.NEGATIVE_INFINITY;
  return counted.filter((fact) => {
    const known = observations.get(fact.id)?.streak;
    if (known !== streak) {
      streak = known;
      proven = fact.at + streamPolicy(policies, fact.stream).deferral.evidenceSpan;
      return true;
    }
    if (fact.at < proven) return false;
    proven = Number.POSITIVE_INFINITY;
    return true;
  });
}

/**
 * What a suppression rested on decides about the probation after it. Of segments in which one began, and of the last one: a failure of each
 * category of a streak of which nothing stays otherwise.
 */
function ofOtherCategories(
  counted: readonly FailureFact[],
  staying: readonly Fact[],
  { observations, proven, ends }: Observed,
): readonly Fact[] {
  const causes = causesByMessage(counted);
  const keyOf = (fact: FailureFact): string => {
    return `${observations.get(fact.id)?.streak ?? ''} ${(causes.get(fact.id) ?? fact).classified.verdict.category}`;
  };
  const stays = new Set(staying.map(({ id }) => id));
  const seen = new Set(counted.filter(({ id }) => stays.has(id)).map(keyOf));
  return counted.filter((fact) => {
    const segment = observations.get(fact.id)?.segment ?? ends.length;
    if (segment < ends.length && !proven.has(segment)) return false;
    const isOther = !seen.has(keyOf(fact));
    seen.add(keyOf(fact));
    return isOther;
  });
}

/** The give-ups that are remembered: of each message the first, as long as it is remembered. */
function firstGiveUps(counted: readonly FailureFact[], observations: Observations, policies: TenantPolicy): readonly FailureFact[] {
  let segment: number | undefined;
  const until = new Map<string, number>();
  return counted.filter((fact) => {
    const { at, id, stream, message } = fact;
    if (!isGiveUp(fact, fact.classified)) return false;
    const known = observations.get(id)?.segment;
    if (known !== segment) until.clear();
    segment = known;
    if (message === null) return true;
    if (at <= (until.get(message) ?? Number.NEGATIVE_INFINITY)) return false;
    until.set(message, at + streamPolicy(policies, stream).giveUp.remembered);
    return true;
  });
}

/**
 * Of the give-ups of one segment: as many as suppress from the first on, the first that gives these the span for it, and as many up to the
 * last, which are remembered longest. Of the latest messages all: a later give-up of theirs would stand for one that is gone.
 */
function neededGiveUps(giveUps: readonly FailureFact[], observations: Observations, policies: TenantPolicy): readonly Fact[] {
  const bySegment = new Map<number | undefined, FailureFact[]>();
  for (const fact of giveUps) {
    const segment = observations.get(fact.id)?.segment;
    bySegment.set(segment, [...(bySegment.get(segment) ?? []), fact]);
  }
  return [...bySegment.values()].flatMap((all) => {
    const [first] = all as [FailureFact, ...FailureFact[]];
    const { messages, span } = streamPolicy(policies, first.stream).giveUp;
    const wanted = Math.min(messages, CAUSES);
    const proof = all.find(({ at }) => at >= first.at + span) ?? [];
    const named = all.filter(({ message }) => message !== null).slice(0, CAUSES);
    return [...all.slice(0, wanted), ...all.slice(-wanted), ...named].concat(proof);
  });
}

// ------------------------------------------------------------------------------------------ what is merged

/** Without failures that came while suppressed, but for the last ones: they extend nothing. */
function withoutIdle(facts: readonly Fact[], { observations, fixed }: Compaction): readonly Fact[] {
  const idle = facts.filter((fact) => observations.get(fact.id)?.role === 'while_suppressed');
  const spare = idle
    .slice(0, -WHILE_SUPPRESSED)
    .filter((fact) => isPlain(fact) && !fixed.has(fact.id) && observations.get(fact.id)?.extendsGreylisting !== true);
  return without(facts, spare);
}

/** Keeps the first and the last deferral of each bucket, category, stream and place; the last carries how many were between. */
function mergeDeferrals(facts: readonly Fact[], bucket: number, compaction: Compaction): readonly Fact[] {
  const groups = new Map<string, FailureFact[]>();
  for (const fact of facts) {
    if (fact.kind !== 'failure' || fact.type !== 'deferred' || fact.causeOnly === true) continue;
    const { at, stream, classified } = fact;
    const key = `${Math.floor(at / bucket)} ${classified.verdict.category} ${stream} ${observationKey(fact, compaction)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fact]);
    else group.push(fact);
  }
  const replaced = new Map<string, FailureFact | undefined>();
  for (const group of groups.values()) mergeGroup(group, compaction.fixed, replaced);
  return withReplaced(facts, replaced);
}

/** Merged failures must get the same answer: before there is one, those of one window and provider do. */
function observationKey(fact: FailureFact, { window, observations }: Compaction): string {
  const { at, classified, baseline, incident } = fact;
  const { role, streak } = observations.get(fact.id) ?? { role: '', streak: '' };
  const answer = role === 'waiting' ? `${Math.floor(at / window)} ${classified.provider ?? ''}` : String(baseline?.passes);
  return `${streak} ${role} ${answer} ${incident ?? ''}`;
}

function mergeGroup(group: readonly FailureFact[], fixed: ReadonlySet<string>, replaced: Map<string, FailureFact | undefined>): void {
  let waiting = 0;
  for (const [index, fact] of group.entries()) {
    if (index === 0) continue;
    if (index < group.length - 1 && !fixed.has(fact.id)) {
      waiting += 1 + fact.merged;
      replaced.set(fact.id, undefined);
    } else if (waiting > 0) {
      replaced.set(fact.id, { ...fact, merged: fact.merged + waiting });
      waiting = 0;
    }
  }
}

/** What counts for nothing goes before what counts; of that, what is closest to its neighbours, and of the rest the oldest. */
function withoutSurplus(facts: readonly Fact[], compaction: Compaction): readonly Fact[] {
  const { observations, fixed, repeated } = compaction;
  const roleOf = ({ id }: Fact): string | undefined => observations.get(id)?.role;
  const mergeClosest = (
    from: readonly Fact[],
    of: (fact: FailureFact) => boolean,
    isFree: (fact: FailureFact) => boolean,
  ): readonly Fact[] => withReplaced(from, closest(failuresOf(from).filter(of), surplusOf(from), isFree, compaction));
  const isGreylisting = (fact: Fact): boolean => observations.get(fact.id)?.extendsGreylisting === true;
  const isCounted = (fact: Fact): boolean => roleOf(fact) === 'counted';
  const isSpare = (fact: FailureFact): boolean => !fixed.has(fact.id) && !isCounted(fact) && roleOf(fact) !== 'waiting';
  const isOnlyCounted = (fact: FailureFact): boolean =>
    !fixed.has(fact.id) && isPlain(fact) && !isGreylisting(fact) && (fact.type === 'deferred' || repeated.has(fact.id));

  const idle = facts.filter((fact) => isIdle(fact, observations) && !fixed.has(fact.id)).slice(0, Math.max(0, surplusOf(facts)));
  let left = without(facts, idle);
  left = mergeClosest(left, isGreylisting, isSpare);
  left = mergeClosest(left, isCounted, isOnlyCounted);
  // Give-ups between those that are needed; not when a later one of the message is kept, which would be remembered in its place.
  const kept = new Set(failuresOf(left).flatMap(({ id, message }) => (repeated.has(id) && message !== null ? [message] : [])));
  left = mergeClosest(
    left,
    isCounted,
    (fact) => !fixed.has(fact.id) && isPlain(fact) && !isGreylisting(fact) && !kept.has(fact.message ?? ''),
  );
  const failures = left.filter(isPlain);
  const dispensable = failures.filter(({ id }) => !fixed.has(id));
  const oldest = [...dispensable, ...failures.filter(({ id }) => fixed.has(id))].slice(0, Math.max(0, surplusOf(left)));
  return without(left, oldest);
}

function without(facts: readonly Fact[], dropped: readonly Fact[]): readonly Fact[] {
  if (dropped.length === 0) return facts;
  const gone = new Set(dropped);
  return facts.filter((fact) => !gone.has(fact));
}

function withReplaced(facts: readonly Fact[], replaced: Replaced): readonly Fact[] {
  if (replaced.size === 0) return facts;
  return facts.flatMap((fact) => (replaced.has(fact.id) ? (replaced.get(fact.id) ?? []) : fact));
}

/** Merges failures, whatever they said, into the next one: of past streaks first, then those that leave the smallest gap. */
function closest(
  failures: readonly FailureFact[],
  surplus: number,
  isFree: (fact: FailureFact) => boolean,
  { observations, longest }: Compaction,
): Replaced {
  const left = [...failures];
  const replaced = new Map<string, FailureFact | undefined>();
  const streakOf = (fact: FailureFact | undefined): number | undefined => observations.get(fact?.id ?? '')?.streak;
  const running = streakOf(left.at(-1));
  for (let gone = 0; gone < surplus; gone += 1) {
    let best = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let i = 1; i < left.length - 1; i += 1) {
      const [before, one, after] = left.slice(i - 1, i + 2) as [FailureFact, FailureFact, FailureFact];
      const gap = after.at - before.at;
      const rank = streakOf(one) === running ? gap + longest : gap;
      if (gap > longest || rank >= smallest || !isFree(one)) continue;
      if (streakOf(before) !== streakOf(one) || streakOf(after) !== streakOf(one)) continue;
      best = i;
      smallest = rank;
    }
    if (best === 0) break;
    const [one, after] = left.slice(best, best + 2) as [FailureFact, FailureFact];
    const both = { ...after, merged: after.merged + 1 + one.merged };
    const stays = observations.get(one.id)?.role === 'counted' ? both : after;
    left.splice(best, 2, stays);
    replaced.set(one.id, undefined).set(stays.id, stays);
  }
  return replaced;
}

/** Counts for nothing; greylisting tells when the next one is overdue. */
function isIdle(fact: Fact, observations: Observations): boolean {
  if (!isPlain(fact)) return false;
  const place = observations.get(fact.id);
  if (place === undefined || place.extendsGreylisting) return false;
  return place.role === 'held_back' || place.role === 'while_suppressed' || place.role === 'not_counted';
}
