/**
 * The fold of one recipient: facts as they arrive, in any order and any number of times, into what the sequential
 * machine says of all of them in order, and into the changes to publish.
 *
 *   addFact ──> in order: the machine goes on        ──┐
 *          └──> late: the machine runs again from       ├──> changes, each with the recipient's next version
 *               the first fact; what differs from what ─┘
 *               was published becomes corrections
 */
import type { TenantPolicy } from '../policy/policy.ts';
import type { AskContrast } from './contrast.ts';
import { incidentOf, marked } from '../incident/incident.ts';
import type { Incident } from '../incident/incident.ts';
import { compareFacts, positionOf } from './fact.ts';
import type { Machine, Transition, Witness } from './machine.ts';
import { advance, apply, look, newMachine, nextDue } from './machine.ts';
import type { Standing } from './standing.ts';
import { holdsAfter, isOpener, keyOf } from './standing.ts';
import { CAP, thin } from './thin.ts';
import type { Change, Fact, RecipientStateName } from './types.ts';

/** What is kept of one recipient. Owned by one fold at a time, which changes it in place. */
export interface Recipient {
  /** In folding order, without duplicates, bounded (`thin`). */
  facts: readonly Fact[];
  /** Evaluated up to this partition clock, ms. */
  clock: number;
  /** `recipientVersion` of the last change. */
  version: number;
  /** Version of the policy of the last fold. */
  policy: string;
  /** What was published and holds still. */
  standing: readonly Standing[];
  /** As of the last fold. */
  state: RecipientStateName;
  /** The machine after the last fold: lost and made again at will. */
  live: Live | undefined;
}

interface Live {
  readonly machine: Machine;
  /** The transitions of the step that is being made. */
  readonly trace: Transition[];
  /** Some fact lies after the clock: timers before it have not fired yet, so the machine can not go on from here. */
  readonly ahead: boolean;
  readonly due: number;
}

export interface FoldContext {
  readonly policies: TenantPolicy;
  /** Version (hash) of the policy file: stands on every change. */
  readonly policyVersion: string;
  /** Asked when a window has closed on the clock. Without it no window says anything. */
  readonly contrast?: AskContrast;
}

export function newRecipient(): Recipient {
  return {
    facts: [],
    clock: Number.NEGATIVE_INFINITY,
    version: 0,
    policy: '',
    standing: [],
    state: 'healthy',
    live: undefined,
  };
}

/** Fires what is due up to `clock`, in order. A clock that is not later changes nothing, unless the policy is another one. */
export function advanceTo(r: Recipient, clock: number, context: FoldContext): readonly Change[] {
  const changes: Change[] = [];
  if (r.policy !== context.policyVersion) changes.push(...refold(r, r.clock, context));
  for (;;) {
    const now = Math.max(clock, r.clock);
    const { machine, trace, ahead, due } = liveOf(r, context);
    if (now < due) {
      r.clock = now;
      return changes;
    }
    if (ahead) {
      changes.push(...refold(r, Math.max(Math.min(due, now), r.clock + 1), context));
      continue;
    }
    trace.length = 0;
    machine.clock = now;
    advance(machine, now);
    keepAnswers(r, machine);
    changes.push(...publishTrace(r, now, context));
  }
}

/** What a window said is kept with the failure: folded again, it is not asked a second time. */
function keepAnswers(r: Recipient, machine: Machine): void {
  if (machine.answered.length === 0) return;
  const answers = new Map(machine.answered.map(({ fact, answer }) => [fact.id, answer]));
  r.facts = r.facts.map((fact) => {
    const contrast = fact.kind === 'failure' ? answers.get(fact.id) : undefined;
    return contrast === undefined ? fact : ({ ...fact, contrast } as Fact);
  });
  machine.answered = [];
}

/**
 * Folds one more fact, at this partition clock (never before the recipient's own). A fact known by its id changes nothing: 'duplicate'.
 */
export function addFact(r: Recipient, fact: Fact, clock: number, context: FoldContext): readonly Change[] | 'duplicate' {
  if (r.facts.some((known) => known.id === fact.id)) return 'duplicate';
  const now = Math.max(clock, r.clock);
  // What was due before it has happened before it.
  const changes = [...advanceTo(r, Math.min(fact.at - 1, now), context)];
  const { machine, trace, ahead } = liveOf(r, context);
  const last = r.facts.at(-1);
  const inOrder = !ahead && fact.at <= now && fact.at > machine.lastTimerAt && (last === undefined || compareFacts(last, fact) < 0);
  const position = positionOf(r.facts, fact);
  r.facts = [...r.facts.slice(0, position), fact, ...r.facts.slice(position)];
  if (inOrder) {
    trace.length = 0;
    machine.clock = now;
    apply(machine, fact);
    advance(machine, now);
    keepAnswers(r, machine);
    changes.push(...publishTrace(r, now, context));
  } else {
    changes.push(...refold(r, r.clock, context));
    changes.push(...advanceTo(r, now, context));
  }
  // Only now: what is voided has just been announced as ended.
  r.facts = thin(r.facts, context.policies, (facts, witness, emit) => run(facts, r.clock, machineFor(context, emit, witness)));
  // Made again of what was thinned: it would keep every failure otherwise.
  if (machine.counted.length > 4 * CAP) r.live = undefined;
  return changes;
}

/** Moment at which something happens by itself, ms on the partition clock; null: never. */
export function dueOf(r: Recipient, context: FoldContext): number | null {
  const { due } = liveOf(r, context);
  return due === Number.POSITIVE_INFINITY ? null : due;
}

/** The machine as it is at the recipient's clock. */
export function machineOf(r: Recipient, context: FoldContext): Machine {
  return liveOf(r, context).machine;
}

/** From the first fact on, timers in between up to the clock. The one definition of a recipient's state. */
export function run(facts: readonly Fact[], clock: number, machine: Machine): { readonly ahead: boolean; readonly due: number } {
  let due = Number.POSITIVE_INFINITY;
  machine.clock = clock;
  for (const fact of facts) {
    if (fact.at > clock) {
      // A producer's clock is fast: the fact is known and counts at its own time, but no timer beyond the clock fires.
      if (machine.at <= clock) advance(machine, clock);
      else if (machine.pending && fact.at > machine.at) look(machine, machine.at);
      due = Math.min(due, nextDue(machine), fact.at);
    } else {
      advance(machine, fact.at - 1);
    }
    apply(machine, fact);
  }
  const ahead = machine.at > clock;
  if (!ahead) advance(machine, clock);
  else if (machine.pending) look(machine, machine.at);
  return { ahead, due: Math.min(due, nextDue(machine)) };
}

function liveOf(r: Recipient, context: FoldContext): Live {
  r.live ??= evaluate(r, r.clock, context);
  return r.live;
}

function evaluate(r: Recipient, clock: number, context: FoldContext): Live {
  const trace: Transition[] = [];
  const machine = machineFor(context, (transition) => trace.push(transition));
  const { ahead, due } = run(r.facts, clock, machine);
  keepAnswers(r, machine);
  return { machine, trace, ahead, due };
}

function machineFor({ policies, contrast }: FoldContext, emit: (transition: Transition) => void, witness?: Witness): Machine {
  return newMachine((stream) => policies.streams.get(stream) ?? policies.base, emit, witness, contrast);
}

/** In order: what the machine announced is what is published. */
function publishTrace(r: Recipient, clock: number, context: FoldContext): readonly Change[] {
  const live = r.live as Live;
  const changes: Change[] = [];
  for (const transition of live.trace) {
    if (!isPublished(r.standing, transition, context)) continue;
    r.version += 1;
    changes.push(changeOf(transition, r.version, clock, context));
    r.standing = holdsAfter(r.standing, transition, r.version, context.policyVersion);
  }
  r.clock = clock;
  r.policy = context.policyVersion;
  r.state = live.machine.state;
  r.live = { machine: live.machine, trace: live.trace, ahead: false, due: nextDue(live.machine) };
  return changes;
}

/** What is known of incidents that concern this recipient (`concerning`). */
export interface HoldingBack {
  readonly incidents: readonly Incident[];
  readonly known: (id: string) => boolean;
}

/**
 * Marks the failures that incidents hold back, frees those that they hold no longer, and folds again: what others see of it is one change
 * for each suppression that ends or begins, or one in all when only the streak is another. Nothing at all when no mark changes.
 */
export function holdBack(r: Recipient, { incidents, known }: HoldingBack, clock: number, context: FoldContext): readonly Change[] {
  let by: string | undefined;
  const facts = r.facts.map((fact) => {
    const now = marked(fact, incidents, known);
    if (now !== fact) by ??= incidentOf(now) ?? incidentOf(fact);
    return now;
  });
  if (by === undefined) return [];
  // What another policy changes is not the incident's doing.
  const changes = r.policy === context.policyVersion ? [] : [...refold(r, r.clock, context)];
  r.facts = facts;
  const now = Math.max(clock, r.clock);
  changes.push(...refold(r, r.clock, context, { recordedAt: now, incident: by }), ...advanceTo(r, now, context));
  return changes;
}

/** Why something is folded again, when it was not a late fact: what differs is said briefly, and with the incident's id. */
interface Occasion {
  readonly recordedAt: number;
  readonly incident: string;
}

/** Late evidence, another policy or an incident: run again, and publish the difference to what stands published. */
export function refold(r: Recipient, clock: number, context: FoldContext, occasion?: Occasion): readonly Change[] {
  const live = evaluate(r, clock, context);
  const { trace } = live;
  const old = r.standing;
  const openers = new Map<string, number>();
  let fresh: readonly Standing[] = [];
  for (const [index, transition] of trace.entries()) {
    if (!isPublished(fresh, transition, context)) continue;
    if (isOpener(transition)) openers.set(keyOf(transition), index);
    fresh = holdsAfter(fresh, transition, 0, context.policyVersion);
  }
  const changes: Change[] = [];
  let state = r.state;
  const to = live.machine.state;
  const recordedAt = occasion?.recordedAt ?? clock;
  const publish = (transition: Omit<Transition, 'type' | 'from' | 'to'> & { type: Change['type'] }, corrects: number | null): number => {
    r.version += 1;
    const stated = { ...transition, from: state, to };
    const change = { ...changeOf(stated, r.version, recordedAt, context), corrects };
    changes.push(occasion === undefined ? change : { ...change, incident: occasion.incident });
    state = to;
    return r.version;
  };
  const correct = (item: Standing): number =>
    publish({ ...item.opener, type: 'corrected', cause: 'correction', at: recordedAt }, item.version);

  const freshByKey = new Map(fresh.map((item) => [item.key, item]));
  const ended = old.filter((item) => !freshByKey.has(item.key));
  const closed = new Set<Transition>();
  for (const item of ended) {
    if (occasion !== undefined && item.stage) continue;
    const opened = openers.get(item.key);
    const closer = opened === undefined ? undefined : closerOf(trace, opened, item);
    if (closer === undefined) correct(item);
    else if (!closed.has(closer)) {
      closed.add(closer);
      publish(closer, null);
    }
  }
  const oldByKey = new Map(old.map((item) => [item.key, item]));
  const kept = (item: Standing): Standing | undefined => {
    const known = oldByKey.get(item.key);
    return known?.expiresAt === item.expiresAt ? known : undefined;
  };
  const begun = new Map<string, number>();
  for (const item of fresh) {
    if (kept(item) !== undefined || (occasion !== undefined && item.stage)) continue;
    begun.set(item.key, publish({ ...item.opener, cause: 'correction' }, null));
  }
  if (occasion !== undefined && changes.length === 0) {
    // Nothing that is held against the recipient is another: the furthest stage of the streak says how it is now.
    const stage = fresh.findLast((item) => kept(item) === undefined);
    const last = ended.at(-1);
    if (stage !== undefined) publish({ ...stage.opener, cause: 'correction' }, null);
    else if (last !== undefined) correct(last);
  }
  r.standing = fresh.map((item) => kept(item) ?? { ...item, version: begun.get(item.key) ?? r.version });
  r.clock = clock;
  r.policy = context.policyVersion;
  r.state = to;
  r.live = live;
  return changes;
}

/** The transition that ended what the transition at `opened` began. */
function closerOf(trace: readonly Transition[], opened: number, item: Standing): Transition | undefined {
  let standing: readonly Standing[] = [item];
  for (let i = opened + 1; i < trace.length; i += 1) {
    const transition = trace[i] as Transition;
    standing = holdsAfter(standing, transition, 0, '');
    if (!standing.some(({ key }) => key === item.key)) return transition;
  }
  return undefined;
}

/** A plain `deferred` is published when configured; the end of a streak only when its beginning was. */
function isPublished(standing: readonly Standing[], transition: Transition, context: FoldContext): boolean {
  if (transition.type === 'deferred') return context.policies.base.publish.deferred;
  if (transition.type === 'recovered') return standing.some(({ stage }) => stage);
  return true;
}

export function changeOf(
  transition: Omit<Transition, 'type'> & { type: Change['type'] },
  version: number,
  clock: number,
  context: FoldContext,
): Change {
  const { type, from, to, suppression, allowance, cause, at, evidence } = transition;
  return {
    type,
    from,
    to,
    suppression,
    allowance,
    cause,
    effectiveAt: at,
    recordedAt: clock,
    evidence,
    version,
    corrects: null,
    policy: context.policyVersion,
  };
}
