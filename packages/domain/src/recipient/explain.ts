/**
 * Why a recipient is in its state: every fact that is kept, and what it did. Folding only the facts that are listed as
 * counted or deciding gives the same state. Codes and values only: the edge that shows an explanation makes the sentences.
 */
import type { FoldContext, Recipient } from './recipient.ts';
import { machineFor, run } from './run.ts';
import type { Machine, Role, Transition, VoidedBy } from './machine.ts';
import { AMENDS, SCOPES } from './machine.ts';
import type { BaselineAnswer, Fact, FailureFact, Scope, SuppressionReason, SuppressionTerms } from './types.ts';
import type { Category } from '@desist/verdicts';
import { streamPolicy } from '../policy/policy.ts';
import type { Policy, TenantPolicy } from '../policy/policy.ts';
import { viewOf } from './view.ts';
import type { RecipientView } from './view.ts';

/** Why a fact does not count, or counts no longer. */
export type FactReason =
  | { readonly code: 'while_suppressed' }
  | { readonly code: 'no_effect' }
  /** An allowance more than the `limit` of streams with allowances; more than `limit` ends that were given to what has none by itself. */
  | { readonly code: 'too_many_allowances' | 'too_many_amends'; readonly limit: number }
  /** Of an `amend`: no such entry is active; or it needs force to end an entry earlier. */
  | { readonly code: 'nothing_active' | 'needs_force' }
  | { readonly code: 'voided'; readonly by: VoidedBy }
  | { readonly code: 'excluded'; readonly incident: string }
  /** It counts by contrast, and its window is open. */
  | { readonly code: 'window_open' }
  /** Void, and kept for an `expired` of its message that has no reply of its own. */
  | { readonly code: 'cause_only' }
  /** By contrast: the provider failed for others too, or had too little mail to tell. */
  | { readonly code: 'provider_failing' | 'too_little_mail'; readonly deliveries: number; readonly failing: number }
  /** The reply of a suppression list. */
  | { readonly code: 'upstream_suppressed' }
  | { readonly code: 'recipient_rate_limited' }
  | { readonly code: 'by_policy' }
  | { readonly code: 'greylisting' }
  /** A click, under a policy that believes none. */
  | { readonly code: 'click_ignored' }
  | { readonly code: 'sender' | 'message' | 'local' | 'says_nothing'; readonly category: Category };

/** What would change the state. */
export type Outlook =
  /** An active suppression: its reason says what ends it. */
  | { readonly code: 'suppression'; readonly reason: SuppressionReason; readonly scope: Scope; readonly expiresAt: number | null }
  /** It will be suppressed at this moment, ms, if nothing changes. */
  | { readonly code: 'deadline'; readonly at: number }
  /** Until then, ms, one counted failure of one of these categories suppresses again. */
  | { readonly code: 'probation'; readonly until: number; readonly categories: readonly string[] }
  /** A streak that leads to no suppression as it is. */
  | { readonly code: 'no_deadline' };

export interface ExplainedFact {
  readonly fact: Fact;
  readonly role: Role;
  /** It counted once, and something made it void since. */
  readonly voidedBy: VoidedBy | null;
  /** Null: it counts, or it decided something. */
  readonly why: FactReason | null;
  /** Of proof of life that voids what was before it; null: it is none, or it changes nothing. */
  readonly effect: EngagementEffect | null;
}

/** What proof of life did to the list, as the kept facts tell it: what was released long ago is no longer known. */
export interface EngagementEffect {
  readonly released: readonly ListedEntry[];
  /** What it left as it was. */
  readonly standing: readonly ListedEntry[];
}

type ListedEntry = Pick<SuppressionTerms, 'scope' | 'reason'>;

export interface Explanation {
  readonly view: RecipientView;
  readonly facts: readonly ExplainedFact[];
  /** Everything that happened, in order, as the kept facts tell it. */
  readonly transitions: readonly Transition[];
  readonly whatWouldChangeIt: readonly Outlook[];
}

export function explain(r: Recipient, context: FoldContext): Explanation {
  const { policies } = context;
  const facts: { fact: Fact; role: Role; voidedBy: VoidedBy | null; effect: EngagementEffect | null }[] = [];
  const transitions: Transition[] = [];
  /** Transitions before the fact that is applied. */
  let before = 0;
  const machine = machineFor(context, (transition) => transitions.push(transition), {
    fact(fact, role) {
      // A second time when its window has closed.
      const known = facts.find((one) => one.fact === fact);
      const effect = fact.kind === 'engaged' && role === 'decided' ? effectOf(transitions.slice(before), machine) : null;
      before = transitions.length;
      if (known === undefined) facts.push({ fact, role, voidedBy: null, effect });
      else Object.assign(known, { role, voidedBy: null });
    },
    voided(by) {
      for (const one of facts) if (one.role === 'counted' || (one.role === 'waiting' && by !== 'lapse')) one.voidedBy ??= by;
    },
  });
  run(r.facts, r.clock, machine);
  const view = viewOf(r, context);
  return {
    view,
    facts: facts.map((one) => ({ ...one, why: whyNot(one, policies) })),
    transitions,
    whatWouldChangeIt: [...outlookOf(view), ...outlookOnProbation(machine)],
  };
}

function effectOf(transitions: readonly Transition[], { suppressions }: Machine): EngagementEffect {
  const entry = ({ scope, reason }: ListedEntry): ListedEntry => ({ scope, reason });
  const released = transitions.flatMap(({ type, cause, suppression }) => {
    return type === 'released' && cause === 'engaged' && suppression !== null ? [entry(suppression)] : [];
  });
  return { released, standing: suppressions.map(entry) };
}

/** Why a command changed nothing although it was to change something; undefined: it was not refused. */
export type CommandRefusal = 'too_many_allowances' | 'too_many_amends' | 'nothing_active' | 'needs_force';

/** Why the command with this id is refused, as the facts are known now. */
export function refusalOf(r: Recipient, id: string, context: FoldContext): CommandRefusal | undefined {
  let refusal: CommandRefusal | undefined;
  const machine = machineFor(context, () => undefined, {
    fact(fact, role) {
      if (fact.id !== id) return;
      if (role === 'refused') refusal = fact.kind === 'amend' ? 'too_many_amends' : 'too_many_allowances';
      if (role === 'nothing_active' || role === 'needs_force') refusal = role;
    },
    voided: () => undefined,
  });
  run(r.facts, r.clock, machine);
  return refusal;
}

function whyNot({ fact, role, voidedBy }: Omit<ExplainedFact, 'why' | 'effect'>, policies: TenantPolicy): FactReason | null {
  switch (role) {
    case 'no_effect':
      return { code: fact.kind === 'engaged' ? 'click_ignored' : role };
    case 'while_suppressed':
    case 'nothing_active':
    case 'needs_force':
      return { code: role };
    case 'refused':
      return fact.kind === 'amend' ? { code: 'too_many_amends', limit: AMENDS } : { code: 'too_many_allowances', limit: SCOPES };
    case 'counted':
      return voidedBy === null ? null : { code: 'voided', by: voidedBy };
    case 'waiting':
      return voidedBy === null ? { code: 'window_open' } : { code: 'voided', by: voidedBy };
    case 'held_back':
      return fact.kind === 'failure' ? { code: 'excluded', incident: fact.incident ?? '' } : null;
    case 'not_counted':
      return fact.kind === 'failure' ? whyNotCounted(fact, policies) : null;
    case 'hard_bounce':
    case 'decided':
      return null;
    default:
      role satisfies never;
      return null;
  }
}

function whyNotCounted(fact: FailureFact, policies: TenantPolicy): FactReason | null {
  if (fact.causeOnly === true) return { code: 'cause_only' };
  if (fact.baseline !== undefined) return whyNotByContrast(fact.baseline, policies.base);
  const { attribution, category } = fact.classified.verdict;
  if (category === 'upstream_suppressed' || category === 'recipient_rate_limited') return { code: category };
  if (streamPolicy(policies, fact.stream).attribution[category] !== undefined) return { code: 'by_policy' };
  switch (attribution) {
    case 'sender':
    case 'message':
    case 'local':
      return { code: attribution, category };
    case 'greylisting':
      return { code: 'greylisting' };
    case 'system':
    case 'unknown':
    case 'recipient':
      return { code: 'says_nothing', category };
    default:
      attribution satisfies never;
      return null;
  }
}

function whyNotByContrast({ deliveries, failing }: BaselineAnswer, { contrast }: Policy): FactReason {
  const share = failing === 0 ? 0 : failing / (failing + deliveries);
  return { code: share >= contrast.failingShare ? 'provider_failing' : 'too_little_mail', deliveries, failing };
}

function outlookOnProbation({ probation }: Machine): readonly Outlook[] {
  return probation === undefined ? [] : [{ code: 'probation', until: probation.until, categories: [...probation.categories].sort() }];
}

function outlookOf({ suppressions, suppressAt, streak }: RecipientView): readonly Outlook[] {
  const ends = suppressions.map(({ reason, scope, expiresAt }): Outlook => ({ code: 'suppression', reason, scope, expiresAt }));
  if (suppressAt !== null) return [...ends, { code: 'deadline', at: suppressAt }];
  return streak !== null && suppressions.length === 0 ? [{ code: 'no_deadline' }] : ends;
}
