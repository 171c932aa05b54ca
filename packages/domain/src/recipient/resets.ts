/** What voids evidence (deliveries, releases), and what of the past it leaves to be kept. */
import { isHardBounce } from '@desist/verdicts';
import type { CommandFact, DeliveredFact, Fact, FailureFact } from './types.ts';

/** Messages whose latest deferral is kept. */
export const CAUSES = 16;
/** Streams of which deliveries and commands are remembered beyond what they reset. */
const STREAMS = 8;

/** May be a hard bounce under some policy: it can outlast a delivery. */
export function mayBeHard(fact: Fact): fact is FailureFact {
  return fact.kind === 'failure' && fact.type === 'bounced' && isHardBounce(fact.classified.verdict);
}

/** Without what the last delivery voids: it is asked by nothing any more. Objections and commands stay. The same array when nothing goes. */
export function withoutVoided(facts: readonly Fact[]): readonly Fact[] {
  const last = facts.findLastIndex((fact) => fact.kind === 'delivered');
  if (last <= 0) return facts;
  const before = facts.slice(0, last + 1);
  const needed = new Set<Fact>([...latestDeferrals(before.slice(0, last)), ...neededDeliveries(before), ...endsOfBounces(before)]);
  const kept = facts.filter((fact, index) => {
    if (index >= last || needed.has(fact)) return true;
    return fact.kind === 'failure' ? mayBeHard(fact) : fact.kind !== 'delivered';
  });
  return kept.length === facts.length ? facts : kept;
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
function neededDeliveries(facts: readonly Fact[]): readonly DeliveredFact[] {
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

/** The deliveries that released a hard bounce that is kept: without them it would last until a later one. */
function endsOfBounces(facts: readonly Fact[]): readonly Fact[] {
  return facts.flatMap((bounce, index) => {
    if (!mayBeHard(bounce)) return [];
    const isEnd = (fact: Fact): fact is DeliveredFact =>
      fact.kind === 'delivered' && (fact.message === null || fact.message !== bounce.message);
    const first = facts.findIndex((fact, other) => other > index && isEnd(fact));
    // A bounce that concerns its stream only is released by that stream's deliveries.
    const own = facts.find((fact, other) => other > index && isEnd(fact) && fact.stream === bounce.stream);
    return [facts[first], own].filter((fact) => fact !== undefined);
  });
}

/**
 * Of a recipient that was healthy for long: the deliveries and commands that void what came before them, and nothing of that. The
 * deliveries only when something of the recipient was published: a row for everybody who was ever deferred would stay otherwise.
 */
export function lastResets(facts: readonly Fact[], published: boolean): readonly Fact[] {
  const kept = new Set<Fact>([...(published ? neededDeliveries(facts) : []), ...lastCommands(facts)]);
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
