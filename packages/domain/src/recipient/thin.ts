/**
 * Evidence is bounded. First goes what a delivery has voided, which changes no answer; then, above `CAP`, plain
 * deferrals between the first and the last of their bucket. What they were to the machine decides which ones may stand for each
 * other: those of one role, with nothing between them that voids evidence. A bucket spans 24 h at most, and no more than the gap
 * that ends a streak, so first, last, count and span of every streak stay what they were; docs/guarantees.md says what is left.
 */
import { HOUR } from '../policy/policy.ts';
import type { TenantPolicy } from '../policy/policy.ts';
import type { Role, Witness } from './machine.ts';
import { isGiveUp } from './machine.ts';
import type { DeliveredFact, Fact, FailureFact } from './types.ts';
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
export type Show = (facts: readonly Fact[], witness: Witness) => void;

/** What a fact was to the machine, and how often evidence had been voided before it. */
interface Place {
  readonly role: Role;
  readonly epoch: number;
}
/** By the fact's id: a fact that stands for others is another one with the same id. */
type Places = ReadonlyMap<string, Place>;

/** Sorted facts in, sorted facts out; the same array when nothing can go. */
export function thin(facts: readonly Fact[], policies: TenantPolicy, show: Show): readonly Fact[] {
  const kept = withoutVoided(facts);
  if (kept.length <= CAP) return kept;
  const places = placesOf(kept, show);
  let merged = bounded(kept, places);
  const fixed = fixedOf(merged, places, policies);
  const longest = longestBucket(policies);
  for (const bucket of BUCKETS) {
    if (merged.length <= CAP) return merged;
    if (bucket <= longest) merged = mergeDeferrals(merged, bucket, policies.base.contrast.window, places, fixed);
  }
  return merged.length <= CAP ? merged : withoutSurplus(merged, merged.length - CAP, places, fixed, longest);
}

function placesOf(facts: readonly Fact[], show: Show): Places {
  const places = new Map<string, Place>();
  let epoch = 0;
  show(facts, {
    fact(fact, role) {
      // A second time when its window has closed: it stays where it was.
      places.set(fact.id, { role, epoch: places.get(fact.id)?.epoch ?? epoch });
      // Also when there was nothing to void but the beginning of greylisting.
      if (fact.kind === 'delivered' || (fact.kind === 'release' && fact.scope === ALL_STREAMS)) epoch += 1;
    },
    voided() {
      epoch += 1;
    },
  });
  return places;
}

/** Kept failures of a streak are never further apart than this: a longer bucket would end it. */
function longestBucket({ base, streams }: TenantPolicy): number {
  const all = [base, ...streams.values()];
  return Math.min(24 * HOUR, ...all.flatMap(({ deferral, greylisting }) => [deferral.largestGap, greylisting.renewAfter]));
}

/** What never goes for another's sake: causes, give-ups, and what a streak or a suppression begins with. */
function fixedOf(facts: readonly Fact[], places: Places, { base, streams }: TenantPolicy): ReadonlySet<string> {
  const fixed = new Set(latestDeferrals(facts).map(({ id }) => id));
  let epoch = -1;
  let provenFrom = Number.NEGATIVE_INFINITY;
  for (const fact of facts) {
    const place = places.get(fact.id);
    if (fact.kind !== 'failure' || place?.role !== 'counted') continue;
    if (isGiveUp(fact, fact.judged)) fixed.add(fact.id);
    if (place.epoch !== epoch) {
      fixed.add(fact.id);
      epoch = place.epoch;
      provenFrom = fact.at + (streams.get(fact.stream) ?? base).deferral.evidenceSpan;
    } else if (fact.at >= provenFrom) {
      fixed.add(fact.id);
      provenFrom = Number.POSITIVE_INFINITY;
    }
  }
  return fixed;
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

function bounded(facts: readonly Fact[], places: Places): readonly Fact[] {
  // Failures that came while suppressed extend nothing: they go before those that the suppression rests on.
  const idle = facts.filter((fact) => places.get(fact.id)?.role === 'while_suppressed');
  const hard = facts.filter((fact) => fact.kind === 'failure' && isPermanentBounce(fact));
  const objections = facts.filter((fact) => fact.kind === 'complained' || fact.kind === 'unsubscribed');
  const commands = facts.filter(({ kind }) => kind === 'suppress' || kind === 'release' || kind === 'allow' || kind === 'disallow');
  const dropped = new Set<Fact>([
    ...idle.slice(0, -WHILE_SUPPRESSED).filter((fact) => !hard.includes(fact) && !isGreylisting(fact)),
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
  const replaced = new Map<Fact, FailureFact | undefined>();
  for (const group of groups.values()) mergeGroup(group, fixed, replaced);
  return facts.flatMap((fact) => (replaced.has(fact) ? (replaced.get(fact) ?? []) : fact));
}

/** Merged failures must get the same answer: before there is one, those of one window and provider do. */
function placeKey(fact: FailureFact, window: number, places: Places): string {
  const { at, judged, contrast, incident } = fact;
  const { role, epoch } = places.get(fact.id) ?? { role: '', epoch: '' };
  const answer = role === 'waiting' ? `${Math.floor(at / window)} ${judged.provider ?? ''}` : String(contrast?.holds);
  return `${epoch} ${role} ${answer} ${incident ?? ''}`;
}

function mergeGroup(group: readonly FailureFact[], fixed: ReadonlySet<string>, replaced: Map<Fact, FailureFact | undefined>): void {
  let waiting = 0;
  for (const [index, fact] of group.entries()) {
    if (index === 0) continue;
    if (index < group.length - 1 && !fixed.has(fact.id)) {
      waiting += 1 + fact.merged;
      replaced.set(fact, undefined);
    } else if (waiting > 0) {
      replaced.set(fact, { ...fact, merged: fact.merged + waiting });
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
  const idle = facts.filter((fact) => isIdle(fact, places)).slice(0, surplus);
  const left = without(facts, idle);
  const closer = mergeClosest(left, surplus - idle.length, places, fixed, longest);
  const failures = closer.filter((fact) => fact.kind === 'failure' && !isPermanentBounce(fact));
  const dispensable = failures.filter((fact) => !fixed.has(fact.id));
  const oldest = [...dispensable, ...failures.filter((fact) => fixed.has(fact.id))].slice(0, Math.max(0, closer.length - CAP));
  return without(closer, oldest);
}

function without(facts: readonly Fact[], dropped: readonly Fact[]): readonly Fact[] {
  const gone = new Set(dropped);
  return facts.filter((fact) => !gone.has(fact));
}

/** Merges counted deferrals, whatever they said, into the next one: those first that leave the smallest gap. */
function mergeClosest(facts: readonly Fact[], surplus: number, places: Places, fixed: ReadonlySet<string>, longest: number): readonly Fact[] {
  const counted = facts.filter((fact): fact is FailureFact => fact.kind === 'failure' && places.get(fact.id)?.role === 'counted');
  const kept = new Map(counted.map((fact) => [fact.id, fact]));
  for (let gone = 0; gone < surplus; gone += 1) {
    let best = -1;
    let smallest = longest + 1;
    for (let i = 1; i < counted.length - 1; i += 1) {
      const [before, one, after] = [counted[i - 1] as FailureFact, counted[i] as FailureFact, counted[i + 1] as FailureFact];
      const gap = after.at - before.at;
      if (gap < smallest && one.type === 'deferred' && !fixed.has(one.id) && inOneStreak(before, one, after, places)) {
        best = i;
        smallest = gap;
      }
    }
    if (best === -1) break;
    const [one, after] = counted.slice(best, best + 2) as [FailureFact, FailureFact];
    const both = { ...after, merged: after.merged + 1 + one.merged };
    counted.splice(best, 2, both);
    kept.delete(one.id);
    kept.set(both.id, both);
  }
  return facts.flatMap((fact) => (places.get(fact.id)?.role === 'counted' && fact.kind === 'failure' ? (kept.get(fact.id) ?? []) : fact));
}

function inOneStreak(before: Fact, one: Fact, after: Fact, places: Places): boolean {
  const epoch = places.get(one.id)?.epoch;
  return places.get(before.id)?.epoch === epoch && places.get(after.id)?.epoch === epoch;
}

/** Counts for nothing: what it is not needed for either is when the next greylisting is overdue. */
function isIdle(fact: Fact, places: Places): boolean {
  const role = places.get(fact.id)?.role;
  if (role === 'held_back' || role === 'while_suppressed') return fact.kind === 'failure' && !isPermanentBounce(fact);
  return role === 'not_counted' && !isGreylisting(fact) && fact.kind === 'failure' && !isPermanentBounce(fact);
}

function isGreylisting(fact: Fact): boolean {
  return fact.kind === 'failure' && fact.judged.verdict.attribution === 'greylisting';
}
