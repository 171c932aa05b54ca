/**
 * Evidence is bounded. First goes what a delivery has voided, which changes no answer; then, above `CAP`, plain
 * deferrals between the first and the last of their bucket. What they were to the machine decides which ones may stand for each
 * other: those of one role, with nothing between them that voids evidence. A bucket spans 24 h at most, and no more than the gap
 * that ends a streak, so first, last, count and span of every streak stay what they were; docs/guarantees.md says what is left.
 */
import { HOUR } from '../policy/policy.ts';
import type { TenantPolicy } from '../policy/policy.ts';
import type { Role, Transition, Witness } from './machine.ts';
import type { Verdict } from '../verdict/index.ts';
import { weightOf } from './fact.ts';
import { isGiveUp } from './machine.ts';
import type { DeliveredFact, Fact, FailureFact, SuppressionReason } from './types.ts';
import { ALL_STREAMS } from './types.ts';

/** Facts kept per recipient before deferrals are merged. */
export const CAP = 96;
const BUCKETS = [6 * HOUR, 12 * HOUR, 24 * HOUR];
const CAUSES = 16;
const STREAMS = 8;
const HARD_BOUNCES = 32;
const OBJECTIONS = 32;
const COMMANDS = 64;
const WHILE_SUPPRESSED = 16;

/** Shows what the machine makes of these facts. */
export type Show = (facts: readonly Fact[], witness: Witness, emit: (transition: Transition) => void) => void;

/** What a fact was to the machine. */
interface Place {
  readonly role: Role;
  /** How often a streak had ended before it, whatever ended it ... */
  readonly epoch: number;
  /** ... and how often everything had become void, remembered give-ups too. */
  readonly era: number;
  /** Greylisting that tells when the next one is overdue. */
  readonly links: boolean;
}
/** By the fact's id: a fact that stands for others is another one with the same id. */
type Places = ReadonlyMap<string, Place>;

/** Sorted facts in, sorted facts out; the same array when nothing can go. */
export function thin(facts: readonly Fact[], policies: TenantPolicy, show: Show): readonly Fact[] {
  const kept = withoutVoided(facts);
  if (kept.length <= CAP) return kept;
  const places = placesOf(kept, policies, show);
  const fixed = fixedOf(kept, places, policies);
  let merged = bounded(kept, places, fixed);
  const longest = longestBucket(policies);
  for (const bucket of BUCKETS) {
    if (merged.length <= CAP) return merged;
    if (bucket <= longest) merged = mergeDeferrals(merged, bucket, policies.base.contrast.window, places, fixed);
  }
  return merged.length <= CAP ? merged : withoutSurplus(merged, merged.length - CAP, places, fixed, longest);
}

function placesOf(facts: readonly Fact[], policies: TenantPolicy, show: Show): Places {
  const places = new Map<string, Place>();
  const greylisting = greylistingOf(facts, policies);
  /** Suppressions of all streams that hold, and whose end makes everything void. */
  const blocking = new Set<SuppressionReason>();
  let epoch = 0;
  let era = 0;
  const witness: Witness = {
    fact(fact, role) {
      const known = places.get(fact.id);
      const links = greylisting.has(fact.id) && role !== 'held_back' && blocking.size === 0;
      // A second time when its window has closed: it stays where it was.
      places.set(fact.id, known === undefined ? { role, epoch, era, links } : { ...known, role });
    },
    // By a delivery or a release also when there was nothing to void but the beginning of greylisting.
    voided(by) {
      epoch += 1;
      if (by !== 'lapse') era += 1;
    },
  };
  show(facts, witness, ({ type, suppression }) => {
    if (suppression?.scope !== ALL_STREAMS || suppression.reason === 'operator') return;
    if (type === 'suppressed') blocking.add(suppression.reason);
    if (type === 'released') blocking.delete(suppression.reason);
  });
  return places;
}

/** Ids of the failures that are greylisting, by their own verdict or the one that `expired` takes over. */
function greylistingOf(facts: readonly Fact[], { base, streams }: TenantPolicy): ReadonlySet<string> {
  const causes = new Map<string, Verdict>();
  const found = new Set<string>();
  for (const { id, type, stream, message, causeUnknown, judged } of failuresOf(facts)) {
    if (type === 'deferred' && message !== null) causes.set(message, judged.verdict);
    const verdict = (causeUnknown ? causes.get(message ?? '') : undefined) ?? judged.verdict;
    if (weightOf(streams.get(stream) ?? base, verdict) === 'greylisting') found.add(id);
  }
  return found;
}

/** Kept failures of a streak are never further apart than this: a longer bucket would end it. */
function longestBucket({ base, streams }: TenantPolicy): number {
  const all = [base, ...streams.values()];
  return Math.min(24 * HOUR, ...all.flatMap(({ deferral, greylisting }) => [deferral.largestGap, greylisting.renewAfter]));
}

/** What never goes for another's sake: causes, and what a streak, a suppression or the memory of give-ups begins with. */
function fixedOf(facts: readonly Fact[], places: Places, policies: TenantPolicy): ReadonlySet<string> {
  const counted = facts.filter((fact): fact is FailureFact => fact.kind === 'failure' && places.get(fact.id)?.role === 'counted');
  const all = [...latestDeferrals(facts), ...causesOf(facts), ...firstOfStreaks(counted, places, policies)];
  return new Set([...all, ...firstGiveUps(counted, places, policies)].map(({ id }) => id));
}

/** The first failure of each streak, and the first that gives it the span that suppresses. */
function firstOfStreaks(counted: readonly FailureFact[], places: Places, { base, streams }: TenantPolicy): readonly Fact[] {
  let epoch: number | undefined;
  let proven = Number.NEGATIVE_INFINITY;
  return counted.filter((fact) => {
    const known = places.get(fact.id)?.epoch;
    if (known !== epoch) {
      epoch = known;
      proven = fact.at + (streams.get(fact.stream) ?? base).deferral.evidenceSpan;
      return true;
    }
    if (fact.at < proven) return false;
    proven = Number.POSITIVE_INFINITY;
    return true;
  });
}

/** The first give-up of each message, of as many as suppress, and the first that gives them the span for it. */
function firstGiveUps(counted: readonly FailureFact[], places: Places, { base, streams }: TenantPolicy): readonly Fact[] {
  let era: number | undefined;
  let proven = Number.NEGATIVE_INFINITY;
  let wanted = 0;
  const messages = new Set<string>();
  return counted.filter((fact) => {
    const { at, id, stream, message } = fact;
    if (!isGiveUp(fact, fact.judged)) return false;
    const { giveUp } = streams.get(stream) ?? base;
    const known = places.get(id)?.era;
    if (known !== era) {
      era = known;
      proven = at + giveUp.span;
      wanted = Math.min(giveUp.messages, CAUSES);
      messages.clear();
    }
    if (message !== null && messages.has(message)) return false;
    if (message !== null) messages.add(message);
    // A later give-up of a message whose first one is gone would stand for it, and might give the span too early.
    const isNamed = message !== null && messages.size <= CAUSES;
    if (wanted === 0 && at < proven && !isNamed) return false;
    if (at >= proven) proven = Number.POSITIVE_INFINITY;
    wanted = Math.max(0, wanted - 1);
    return true;
  });
}

function withoutVoided(facts: readonly Fact[]): readonly Fact[] {
  const last = facts.findLastIndex((fact) => fact.kind === 'delivered');
  if (last <= 0) return facts;
  const before = facts.slice(0, last + 1);
  const needed = new Set<Fact>([...latestDeferrals(before.slice(0, last)), ...neededDeliveries(before), ...endsOfBounces(before)]);
  const kept = facts.filter((fact, index) => {
    if (index >= last || needed.has(fact)) return true;
    return fact.kind === 'failure' ? isPermanentBounce(fact) : fact.kind !== 'delivered';
  });
  return kept.length === facts.length ? facts : kept;
}

/** `expired` without a reply asks for the latest deferral of its message: kept for the latest messages. */
function latestDeferrals(facts: readonly Fact[]): readonly Fact[] {
  const messages = new Set<string>();
  const found: Fact[] = [];
  for (let i = facts.length - 1; i >= 0 && found.length < CAUSES; i -= 1) {
    const fact = facts[i] as Fact;
    if (fact.kind !== 'failure' || fact.type !== 'deferred' || fact.message === null || messages.has(fact.message)) continue;
    messages.add(fact.message);
    found.push(fact);
  }
  return found;
}

/** ... and what the kept ones among them have found stays theirs. */
function causesOf(facts: readonly Fact[]): readonly Fact[] {
  return facts.flatMap((expired, index) => {
    if (expired.kind !== 'failure' || !expired.causeUnknown || expired.message === null) return [];
    const before = facts.slice(0, index);
    return before.findLast((fact) => fact.kind === 'failure' && fact.type === 'deferred' && fact.message === expired.message) ?? [];
  });
}

/** A late hard bounce asks whether another message was delivered after it: the latest two messages of each stream answer. */
function neededDeliveries(facts: readonly Fact[]): readonly Fact[] {
  const byStream = new Map<string, DeliveredFact[]>();
  for (let i = facts.length - 1; i >= 0; i -= 1) {
    const fact = facts[i] as Fact;
    if (fact.kind !== 'delivered') continue;
    const known = byStream.get(fact.stream);
    if (known === undefined) {
      if (byStream.size < STREAMS) byStream.set(fact.stream, [fact]);
    } else if (known.length === 1 && known[0]?.message !== fact.message) {
      known.push(fact);
    }
  }
  return [...byStream.values()].flat();
}

/** The deliveries that released a permanent bounce that is kept: without them it would last until a later one. */
function endsOfBounces(facts: readonly Fact[]): readonly Fact[] {
  return facts.flatMap((bounce, index) => {
    if (bounce.kind !== 'failure' || !isPermanentBounce(bounce)) return [];
    const ends = facts
      .slice(index + 1)
      .filter((fact) => fact.kind === 'delivered' && (fact.message === null || fact.message !== bounce.message)) as DeliveredFact[];
    // A bounce that holds for its stream only is released by that stream's deliveries.
    return [ends[0], ends.find(({ stream }) => stream === bounce.stream)].filter((fact) => fact !== undefined);
  });
}

/** May be a hard bounce under some policy: kept whatever was delivered since. */
function isPermanentBounce(fact: FailureFact): boolean {
  return fact.type === 'bounced' && fact.judged.verdict.permanence === 'permanent';
}

function bounded(facts: readonly Fact[], places: Places, fixed: ReadonlySet<string>): readonly Fact[] {
  // Failures that came while suppressed extend nothing: they go before those that the suppression rests on.
  const idle = facts.filter((fact) => places.get(fact.id)?.role === 'while_suppressed');
  const hard = facts.filter((fact) => fact.kind === 'failure' && isPermanentBounce(fact));
  const objections = facts.filter((fact) => fact.kind === 'complained' || fact.kind === 'unsubscribed');
  const commands = facts.filter(({ kind }) => kind === 'suppress' || kind === 'release' || kind === 'allow' || kind === 'disallow');
  const dropped = new Set<Fact>([
    ...idle
      .slice(0, -WHILE_SUPPRESSED)
      .filter((fact) => !hard.includes(fact) && !fixed.has(fact.id) && places.get(fact.id)?.links !== true),
    ...middle(hard, HARD_BOUNCES),
    ...middle(objections, OBJECTIONS),
    ...commands.slice(0, Math.max(0, commands.length - COMMANDS)),
  ]);
  return dropped.size === 0 ? facts : facts.filter((fact) => !dropped.has(fact));
}

/** What lies between the first and the last `limit / 2`. */
function middle(facts: readonly Fact[], limit: number): readonly Fact[] {
  return facts.length <= limit ? [] : facts.slice(limit / 2, facts.length - limit / 2);
}

/** Keeps the first and the last deferral of each bucket, category, stream and place; the last carries how many were between. */
function mergeDeferrals(
  facts: readonly Fact[],
  bucket: number,
  window: number,
  places: Places,
  fixed: ReadonlySet<string>,
): readonly Fact[] {
  const groups = new Map<string, FailureFact[]>();
  for (const fact of facts) {
    if (fact.kind !== 'failure' || fact.type !== 'deferred') continue;
    const { at, stream, judged } = fact;
    const key = `${Math.floor(at / bucket)} ${judged.verdict.category} ${stream} ${placeKey(fact, window, places)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fact]);
    else group.push(fact);
  }
  const replaced = new Map<string, FailureFact | undefined>();
  for (const group of groups.values()) mergeGroup(group, fixed, replaced);
  return withReplaced(facts, replaced);
}

/** Merged failures must get the same answer: before there is one, those of one window and provider do. */
function placeKey(fact: FailureFact, window: number, places: Places): string {
  const { at, judged, contrast, incident } = fact;
  const { role, epoch } = places.get(fact.id) ?? { role: '', epoch: '' };
  const answer = role === 'waiting' ? `${Math.floor(at / window)} ${judged.provider ?? ''}` : String(contrast?.holds);
  return `${epoch} ${role} ${answer} ${incident ?? ''}`;
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
function withoutSurplus(
  facts: readonly Fact[],
  surplus: number,
  places: Places,
  fixed: ReadonlySet<string>,
  longest: number,
): readonly Fact[] {
  const idle = facts.filter((fact) => isIdle(fact, places) && !fixed.has(fact.id)).slice(0, surplus);
  let left = without(facts, idle);
  const links = failuresOf(left).filter(({ id }) => places.get(id)?.links === true);
  const isSpare = ({ id }: Fact): boolean => !fixed.has(id) && places.get(id)?.role !== 'counted' && places.get(id)?.role !== 'waiting';
  left = withReplaced(left, closest(links, left.length - CAP, places, longest, isSpare));
  const counted = failuresOf(left).filter(({ id }) => places.get(id)?.role === 'counted');
  const isPlain = ({ id, type }: FailureFact): boolean => !fixed.has(id) && type === 'deferred' && places.get(id)?.links !== true;
  left = withReplaced(left, closest(counted, left.length - CAP, places, longest, isPlain));
  const failures = failuresOf(left).filter((fact) => !isPermanentBounce(fact));
  const dispensable = failures.filter(({ id }) => !fixed.has(id));
  const oldest = [...dispensable, ...failures.filter(({ id }) => fixed.has(id))].slice(0, Math.max(0, left.length - CAP));
  return without(left, oldest);
}

function without(facts: readonly Fact[], dropped: readonly Fact[]): readonly Fact[] {
  const gone = new Set(dropped);
  return facts.filter((fact) => !gone.has(fact));
}

function failuresOf(facts: readonly Fact[]): readonly FailureFact[] {
  return facts.filter((fact) => fact.kind === 'failure');
}

function withReplaced(facts: readonly Fact[], replaced: ReadonlyMap<string, FailureFact | undefined>): readonly Fact[] {
  return facts.flatMap((fact) => (replaced.has(fact.id) ? (replaced.get(fact.id) ?? []) : fact));
}

/** Merges failures, whatever they said, into the next one: of past streaks first, then those that leave the smallest gap. */
function closest(
  failures: readonly FailureFact[],
  surplus: number,
  places: Places,
  longest: number,
  isFree: (fact: FailureFact) => boolean,
): ReadonlyMap<string, FailureFact | undefined> {
  const left = [...failures];
  const replaced = new Map<string, FailureFact | undefined>();
  const epochOf = (fact: FailureFact | undefined): number | undefined => places.get(fact?.id ?? '')?.epoch;
  const running = epochOf(left.at(-1));
  for (let gone = 0; gone < surplus; gone += 1) {
    let best = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let i = 1; i < left.length - 1; i += 1) {
      const [before, one, after] = left.slice(i - 1, i + 2) as [FailureFact, FailureFact, FailureFact];
      const gap = after.at - before.at;
      const rank = epochOf(one) === running ? gap + longest : gap;
      if (gap > longest || rank >= smallest || !isFree(one)) continue;
      if (epochOf(before) !== epochOf(one) || epochOf(after) !== epochOf(one)) continue;
      best = i;
      smallest = rank;
    }
    if (best === 0) break;
    const [one, after] = left.slice(best, best + 2) as [FailureFact, FailureFact];
    const both = { ...after, merged: after.merged + 1 + one.merged };
    const stays = places.get(one.id)?.role === 'counted' ? both : after;
    left.splice(best, 2, stays);
    replaced.set(one.id, undefined).set(stays.id, stays);
  }
  return replaced;
}

/** Counts for nothing; greylisting tells when the next one is overdue. */
function isIdle(fact: Fact, places: Places): boolean {
  if (fact.kind !== 'failure' || isPermanentBounce(fact)) return false;
  const place = places.get(fact.id);
  if (place === undefined || place.links) return false;
  return place.role === 'held_back' || place.role === 'while_suppressed' || place.role === 'not_counted';
}
