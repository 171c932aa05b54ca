/** What the machine makes of the kept facts: asked once before any of them goes. */
import { streamPolicy } from '../policy/policy.ts';
import type { TenantPolicy } from '../policy/policy.ts';
import type { Verdict } from '@desist/verdicts';
import { weightOf } from './fact.ts';
import type { Role, Transition, VoidedBy, MachineObserver } from './machine.ts';
import type { AmendFact, Fact, FailureFact, PreviousSuppression, Scope, SuppressionReason } from './types.ts';
import { ALL_STREAMS } from './types.ts';

/** Runs a new machine over these facts, watched by the observer. */
export type RunMachine = (facts: readonly Fact[], observer: MachineObserver, emit: (transition: Transition) => void) => void;

/** What a fact was to the machine. */
interface Observation {
  readonly role: Role;
  /** How often a streak had ended before it, whatever ended it ... */
  readonly streak: number;
  /** ... and how often everything had become void, remembered give-ups too. */
  readonly segment: number;
  /** Greylisting from which it follows when the next one is overdue. */
  readonly extendsGreylisting: boolean;
}

/** An entry that an `amend` changed. */
export interface Amended {
  readonly fact: AmendFact;
  readonly scope: Scope;
  readonly reason: SuppressionReason;
  /** When the entry began, ms. */
  readonly since: number;
  /** It said how long the entry lasts. */
  readonly isTimed: boolean;
  /** When the entry expired before it, ms; null: never. */
  readonly before: number | null;
}

/** Everything is named by the fact's id: a fact that stands for others is another one with the same id. */
export interface Observed {
  readonly observations: ReadonlyMap<string, Observation>;
  /** The facts that opened the entries that are still active, by scope and reason (`entryKey`). */
  readonly openedBy: ReadonlyMap<string, string>;
  /** Facts whose entries were raised to `*`. */
  readonly raised: ReadonlySet<string>;
  /** Scopes whose allowances are active. */
  readonly allowed: ReadonlySet<Scope>;
  /** Hard bounces and objections that opened an entry, or took away the end that an `amend` gave it. */
  readonly effective: ReadonlySet<string>;
  /** In their order; an `amend` may have changed several entries. */
  readonly amended: readonly Amended[];
  /** Segments in which failures brought about a suppression. */
  readonly proven: ReadonlySet<number>;
  /** Failures that suppressed by themselves, on probation after that suppression. */
  readonly again: ReadonlyMap<string, PreviousSuppression>;
  /** What ended each segment; the last one has not ended. */
  readonly ends: readonly VoidedBy[];
}

export function entryKey(scope: Scope, reason: SuppressionReason): string {
  return `${reason} ${scope}`;
}

export function observe(facts: readonly Fact[], policies: TenantPolicy, runMachine: RunMachine): Observed {
  const observations = new Map<string, Observation>();
  const openedBy = new Map<string, string>();
  const raised = new Set<string>();
  const allowed = new Set<Scope>();
  const amended: Amended[] = [];
  const effective = new Set<string>();
  let hasEffect = false;
  const proven = new Set<number>();
  const again = new Map<string, PreviousSuppression>();
  const ends: VoidedBy[] = [];
  const greylisting = greylistingOf(facts, policies);
  /** Active suppressions of all streams whose end makes everything void. */
  const blocking = new Set<SuppressionReason>();
  let streak = 0;
  let opened: string[] = [];
  const observer: MachineObserver = {
    fact(fact, role) {
      for (const key of opened) openedBy.set(key, fact.id);
      opened = [];
      if (hasEffect) effective.add(fact.id);
      hasEffect = false;
      const known = observations.get(fact.id);
      const extendsGreylisting = greylisting.has(fact.id) && role !== 'held_back' && blocking.size === 0;
      // A second time when its window has closed: it stays where it was.
      observations.set(fact.id, known === undefined ? { role, streak, segment: ends.length, extendsGreylisting } : { ...known, role });
    },
    // By a delivery, proof of life or a release also when there was nothing to void but the beginning of greylisting.
    voided(by) {
      streak += 1;
      if (by !== 'lapse') ends.push(by);
    },
    again(fact, previous) {
      again.set(fact.id, previous);
    },
    raised(fact) {
      raised.add(fact.id);
    },
    amended(fact, { scope, reason, since, expiresAt }, before) {
      amended.push({ fact, scope, reason, since, before, isTimed: expiresAt !== before });
    },
  };
  runMachine(facts, observer, ({ type, suppression, allowance }) => {
    if (type === 'allowed' && allowance !== null) allowed.add(allowance.scope);
    if (type === 'disallowed' && allowance !== null) allowed.delete(allowance.scope);
    if (suppression === null) return;
    const { scope, reason } = suppression;
    const key = entryKey(scope, reason);
    hasEffect ||= type === 'suppressed';
    if (type === 'released') openedBy.delete(key);
    else if (reason === 'persistent_deferral') proven.add(ends.length);
    // A second one that replaces the expiry opens nothing.
    else if (type === 'suppressed' && !openedBy.has(key)) opened.push(key);
    if (scope !== ALL_STREAMS || reason === 'operator') return;
    if (type === 'suppressed') blocking.add(reason);
    if (type === 'released') blocking.delete(reason);
  });
  return { observations, openedBy, raised, allowed, effective, amended, proven, again, ends };
}

/** Ids of the failures that are greylisting, by their own verdict or the one that `expired` takes over. */
function greylistingOf(facts: readonly Fact[], policies: TenantPolicy): ReadonlySet<string> {
  const causes = causesByMessage(facts);
  const found = new Set<string>();
  for (const fact of failuresOf(facts)) {
    const verdict: Verdict = (causes.get(fact.id) ?? fact).classified.verdict;
    if (weightOf(streamPolicy(policies, fact.stream), verdict) === 'greylisting') found.add(fact.id);
  }
  return found;
}

/** For each `expired` without a reply of its own: the latest deferral of its message at or before it. */
export function causesByMessage(facts: readonly Fact[]): ReadonlyMap<string, FailureFact> {
  const latest = new Map<string, FailureFact>();
  const found = new Map<string, FailureFact>();
  const failures = failuresOf(facts);
  let ahead = 0;
  for (const { id, at, message, causeUnknown } of failures) {
    // Those of its own instant too, wherever they stand in the order.
    for (; (failures[ahead]?.at ?? Number.POSITIVE_INFINITY) <= at; ahead += 1) {
      const fact = failures[ahead] as FailureFact;
      if (fact.type === 'deferred' && fact.message !== null) latest.set(fact.message, fact);
    }
    const cause = causeUnknown && message !== null ? latest.get(message) : undefined;
    if (cause !== undefined) found.set(id, cause);
  }
  return found;
}

export function failuresOf(facts: readonly Fact[]): readonly FailureFact[] {
  return facts.filter((fact) => fact.kind === 'failure');
}
