/** What voids evidence (deliveries, proof of life, releases), and what of the past it leaves to be kept. */
import { isHardBounce } from '@desist/verdicts';
import { streamPolicy } from '../policy/policy.ts';
import type { TenantPolicy } from '../policy/policy.ts';
import { voidedByEngagement } from './fact.ts';
import type { Voids } from './fact.ts';
import type { CommandFact, DeliveredFact, EngagedFact, Fact, FailureFact } from './types.ts';

/** Messages whose latest deferral is kept. */
export const CAUSES = 16;
/** Streams of which deliveries, clicks and commands are remembered beyond what they reset. */
const STREAMS = 8;

/** May be a hard bounce under some policy: it can outlast a delivery. */
export function mayBeHard(fact: Fact): fact is FailureFact {
  return fact.kind === 'failure' && fact.type === 'bounced' && isHardBounce(fact.classified.verdict);
}

/** A delivery, or an event that does what a delivery does: it ends bounces, too. */
type Reset = DeliveredFact | EngagedFact;

/** What this fact voids, if it is a delivery or proof of life. */
export function resetBy(fact: Fact, policies: TenantPolicy): Voids {
  if (fact.kind === 'delivered') return 'everything';
  return fact.kind === 'engaged' ? voidedByEngagement(streamPolicy(policies, fact.stream), fact) : 'nothing';
}

/**
 * Without what the last delivery (or what voids like one) voids: it is asked by nothing any more. Objections and commands stay. The same array
 * when nothing goes.
 */
export function withoutVoided(facts: readonly Fact[], policies: TenantPolicy): readonly Fact[] {
  const voids = (fact: Fact): boolean => resetBy(fact, policies) !== 'nothing';
  const last = facts.findLastIndex(voids);
  const clicks = idleClicks(facts, policies);
  if (last <= 0 && clicks.size === 0) return facts;
  const before = facts.slice(0, last + 1);
  const needed = new Set<Fact>([
    ...latestDeferrals(before.slice(0, Math.max(0, last))),
    ...neededResets(before, policies),
    ...endsOfBounces(before, policies),
  ]);
  const kept = facts.filter((fact, index) => {
    if (clicks.has(fact)) return false;
    if (index >= last || needed.has(fact)) return true;
    return fact.kind === 'failure' ? mayBeHard(fact) : !voids(fact);
  });
  return kept.length === facts.length ? facts : kept;
}

function isReset(fact: Fact, policies: TenantPolicy): fact is Reset {
  return resetBy(fact, policies) === 'everything';
}

/** Clicks that void nothing, but for the latest of each stream: those are shown, and mean something under a policy that believes clicks. */
function idleClicks(facts: readonly Fact[], policies: TenantPolicy): ReadonlySet<Fact> {
  const streams = new Set<string>();
  const idle = new Set<Fact>();
  for (let i = facts.length - 1; i >= 0; i -= 1) {
    const fact = facts[i] as Fact;
    if (fact.kind !== 'engaged' || resetBy(fact, policies) !== 'nothing') continue;
    if (streams.has(fact.stream) || streams.size >= STREAMS) idle.add(fact);
    else streams.add(fact.stream);
  }
  return idle;
}

/** `expired` without a reply asks for the latest deferral of its message: kept for the latest messages. */
export function latestDeferrals(facts: readonly Fact[]): readonly FailureFact[] {
  const messages = new Set<string>();
  const found: FailureFact[] = [];
  for (let i = facts.length - 1; i >= 0 && found.length < CAUSES; i -= 1) {
    const fact = facts[i] as Fact;
    if (fact.kind !== 'failure' || fact.type !== 'deferred' || fact.message === null || messages.has(fact.message)) continue;
    messages.add(fact.message);
    found.push(fact);
  }
  return found;
}

/** A late hard bounce asks whether another message was delivered after it: the latest two messages of each stream answer. */
function neededResets(facts: readonly Fact[], policies: TenantPolicy): readonly Reset[] {
  const byStream = new Map<string, Reset[]>();
  for (let i = facts.length - 1; i >= 0; i -= 1) {
    const fact = facts[i] as Fact;
    if (!isReset(fact, policies)) continue;
    const known = byStream.get(fact.stream);
    if (known === undefined) {
      if (byStream.size < STREAMS) byStream.set(fact.stream, [fact]);
    } else if (known.length === 1 && known[0]?.message !== fact.message) {
      known.push(fact);
    }
  }
  return [...byStream.values()].flat();
}

/** The deliveries, clicks and replies that released a hard bounce that is kept: without them it would last until a later one. */
function endsOfBounces(facts: readonly Fact[], policies: TenantPolicy): readonly Fact[] {
  return facts.flatMap((bounce, index) => {
    if (!mayBeHard(bounce)) return [];
    const isEnd = (fact: Fact): fact is Reset =>
      isReset(fact, policies) && (fact.message === null || fact.message !== bounce.message);
    const first = facts.findIndex((fact, other) => other > index && isEnd(fact));
    // A bounce that concerns its stream only is released by that stream's deliveries.
    const own = facts.find((fact, other) => other > index && isEnd(fact) && fact.stream === bounce.stream);
    return [facts[first], own].filter((fact) => fact !== undefined);
  });
}

/**
 * Of a recipient that was healthy for long: the deliveries, proof of life and commands that void what came before them, and nothing of that.
 * The commands only, when nothing of the recipient was published: a row for everybody who was ever deferred would stay otherwise.
 */
export function lastResets(facts: readonly Fact[], published: boolean, policies: TenantPolicy): readonly Fact[] {
  // It may be one that leaves hard bounces standing.
  const last = facts.filter((fact) => resetBy(fact, policies) !== 'nothing').slice(-1);
  const kept = new Set<Fact>([...(published ? [...neededResets(facts, policies), ...last] : []), ...lastCommands(facts)]);
  return facts.filter((fact) => kept.has(fact));
}

/** The last release of each scope, with force and without, and the last `disallow`. */
function lastCommands(facts: readonly Fact[]): readonly Fact[] {
  const found = new Map<string, CommandFact>();
  for (const fact of facts.toReversed()) {
    if (fact.kind !== 'release' && fact.kind !== 'disallow') continue;
    const key = `${fact.kind} ${String(fact.force)} ${fact.scope}`;
    if (!found.has(key) && found.size < 4 * STREAMS) found.set(key, fact);
  }
  return [...found.values()];
}
