/**
 * Evidence is bounded. First goes what a delivery has voided, which changes no answer; then, above `CAP`, plain
 * deferrals between the first and the last of their bucket. A bucket spans 24 h at most and no gap that joins a streak is
 * that short, so first, last, count and span of every streak stay what they were; docs/guarantees.md says what is left.
 */
import type { DeliveredFact, Fact, FailureFact } from './types.ts';
import { HOUR } from '../policy/policy.ts';

/** Facts kept per recipient before deferrals are merged. */
export const CAP = 96;
const BUCKETS = [6 * HOUR, 12 * HOUR, 24 * HOUR];
const CAUSES = 16;
const STREAMS = 8;
const HARD_BOUNCES = 32;
const OBJECTIONS = 32;
const COMMANDS = 64;
const WHILE_SUPPRESSED = 16;

/**
 * `window`: of contrast, ms. `blockedSince`: since when a suppression of all streams holds, null: none does. Sorted facts in, sorted
 * facts out; the same array when nothing can go.
 */
export function thin(facts: readonly Fact[], window: number, blockedSince: number | null): readonly Fact[] {
  const kept = withoutVoided(facts);
  if (kept.length <= CAP) return kept;
  let merged = bounded(kept, blockedSince);
  for (const bucket of BUCKETS) {
    if (merged.length <= CAP) return merged;
    merged = mergeDeferrals(merged, bucket, window, blockedSince ?? Number.POSITIVE_INFINITY);
  }
  return merged.length <= CAP ? merged : withoutOldest(merged, merged.length - CAP);
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

function bounded(facts: readonly Fact[], blockedSince: number | null): readonly Fact[] {
  // Failures that came while suppressed extend nothing: they go before those that the suppression rests on.
  const idle = facts.filter(({ kind, at }) => kind === 'failure' && blockedSince !== null && at > blockedSince);
  const hard = facts.filter((fact) => fact.kind === 'failure' && isPermanentBounce(fact));
  const objections = facts.filter((fact) => fact.kind === 'complained' || fact.kind === 'unsubscribed');
  const commands = facts.filter(({ kind }) => kind === 'suppress' || kind === 'release' || kind === 'allow' || kind === 'disallow');
  const dropped = new Set<Fact>([
    ...idle.slice(0, -WHILE_SUPPRESSED).filter((fact) => !hard.includes(fact)),
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

/** Keeps the first and the last deferral of each bucket, category and stream; the last carries how many were between. */
function mergeDeferrals(facts: readonly Fact[], bucket: number, window: number, blockedSince: number): readonly Fact[] {
  const causes = new Set(latestDeferrals(facts));
  const groups = new Map<string, FailureFact[]>();
  for (const fact of facts) {
    if (fact.kind !== 'failure' || fact.type !== 'deferred') continue;
    const { at, stream, judged } = fact;
    const counts = at > blockedSince ? 'too late' : byContrast(fact, window);
    const key = `${Math.floor(at / bucket)} ${judged.verdict.category} ${stream} ${counts} ${fact.incident ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fact]);
    else group.push(fact);
  }
  const replaced = new Map<Fact, FailureFact | undefined>();
  for (const group of groups.values()) mergeGroup(group, causes, replaced);
  return facts.flatMap((fact) => (replaced.has(fact) ? (replaced.get(fact) ?? []) : fact));
}

/** Merged failures must get the same answer: before there is one, those of one window and provider do. */
function byContrast({ at, judged, contrast }: FailureFact, window: number): string {
  if (contrast !== undefined) return contrast.holds ? 'holds' : 'does not';
  const { attribution } = judged.verdict;
  return attribution === 'recipient' ? '' : `${Math.floor(at / window)} ${judged.provider ?? ''}`;
}

function mergeGroup(group: readonly FailureFact[], causes: ReadonlySet<Fact>, replaced: Map<Fact, FailureFact | undefined>): void {
  let waiting = 0;
  for (const [index, fact] of group.entries()) {
    if (index === 0) continue;
    if (index < group.length - 1 && !causes.has(fact)) {
      waiting += 1 + fact.merged;
      replaced.set(fact, undefined);
    } else if (waiting > 0) {
      replaced.set(fact, { ...fact, merged: fact.merged + waiting });
      waiting = 0;
    }
  }
}

/** What counts for nothing goes before what counts. */
function withoutOldest(facts: readonly Fact[], surplus: number): readonly Fact[] {
  const failures = facts.filter((fact): fact is FailureFact => fact.kind === 'failure' && !isPermanentBounce(fact));
  const dropped = new Set([...failures.filter(isIdle), ...failures.filter((fact) => !isIdle(fact))].slice(0, surplus));
  return facts.filter((fact) => fact.kind !== 'failure' || !dropped.has(fact));
}

function isIdle({ judged, contrast, incident }: FailureFact): boolean {
  if (incident !== undefined) return true;
  const { attribution } = judged.verdict;
  // Greylisting tells when the next one is overdue.
  if (attribution === 'greylisting') return false;
  return contrast?.holds === false || attribution === 'sender' || attribution === 'message' || attribution === 'local';
}
