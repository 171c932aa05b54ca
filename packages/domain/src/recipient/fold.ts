/**
 * The fold of one recipient: facts as they arrive, in any order and any number of times, into what the sequential
 * machine says of all of them in order, and into the changes to publish.
 *
 *   addFact ──> in order: the machine goes on        ──┐
 *          └──> late: the machine runs again from       ├──> changes, each with the recipient's next version
 *               the first fact; what differs from what ─┘
 *               was published becomes corrections
 */
import { incidentOf, marked } from '../incident/incident.ts';
import type { Incident } from '../incident/incident.ts';
import { CAP, compact, SLACK } from './compact.ts';
import { compareFacts, positionOf } from './fact.ts';
import { advance, apply, nextDue, noteDeferrals } from './machine.ts';
import type { Machine, MachineObserver, Transition } from './machine.ts';
import { isPublished, publishedAfter, restates } from './published.ts';
import type { FoldContext, Live, Recipient } from './recipient.ts';
import { changeOf, refoldForEvidence, refoldForIncident } from './refold.ts';
import { lastResets } from './resets.ts';
import { keepAnswers, liveOf, machineFor, run } from './run.ts';
import type { Change, Fact } from './types.ts';

/** Fires what is due up to `clock`, in order. A clock that is not later changes nothing, unless the policy is another one. */
export function advanceTo(r: Recipient, clock: number, context: FoldContext): readonly Change[] {
  const changes: Change[] = [];
  if (r.policy !== context.policyVersion) changes.push(...refoldForEvidence(r, r.clock, context, Math.max(clock, r.clock)));
  for (;;) {
    const now = Math.max(clock, r.clock);
    const { machine, trace, ahead, due } = liveOf(r, context);
    if (now < due) {
      r.clock = now;
      return changes;
    }
    if (ahead) {
      changes.push(...refoldForEvidence(r, Math.max(Math.min(due, now), r.clock + 1), context, now));
      continue;
    }
    trace.length = 0;
    machine.clock = now;
    advance(machine, now);
    keepAnswers(r, machine);
    changes.push(...publishTrace(r, now, context));
  }
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
    noteDeferrals(machine, [fact], 0);
    apply(machine, fact);
    advance(machine, now);
    keepAnswers(r, machine);
    changes.push(...publishTrace(r, now, context));
  } else {
    changes.push(...refoldForEvidence(r, r.clock, context, now));
    changes.push(...advanceTo(r, now, context));
  }
  // Only now: what is voided has just been announced as ended.
  const runMachine = (facts: readonly Fact[], observer: MachineObserver, emit: (transition: Transition) => void): void => {
    run(facts, r.clock, machineFor(context, emit, observer));
  };
  r.facts = compact(r.facts, context.policies, runMachine, SLACK);
  if (isOutgrown(machine)) r.live = undefined;
  return changes;
}

/** The machine remembers far more than the kept facts. It is made again from these; otherwise each step would cost more than the last. */
function isOutgrown({ counted, waiting, deferrals }: Machine): boolean {
  return Math.max(counted.length + waiting.length, deferrals.size) > 4 * CAP;
}

/**
 * Reduces a recipient that was healthy for long (`RecipientView.untrackable`) to its last resets: a repetition of older events must not
 * suppress it again. When nothing was ever published of it, only the operators' commands are kept.
 */
export function keepLastResets(r: Recipient, wasPublished: boolean, { policies }: Pick<FoldContext, 'policies'>): void {
  r.facts = lastResets(r.facts, wasPublished, policies);
  r.measured = [];
  r.live = undefined;
}

/** In order: what the machine announced is what is published. */
function publishTrace(r: Recipient, clock: number, context: FoldContext): readonly Change[] {
  const live = r.live as Live;
  const changes: Change[] = [];
  for (const transition of live.trace) {
    if (!isPublished(r.published, transition, context.policies.base)) continue;
    r.version += 1;
    const change = changeOf(transition, r.version, clock, context);
    changes.push(restates(r.published, transition) ? { ...change, counts: [] } : change);
    r.published = publishedAfter(r.published, transition, r.version, context.policyVersion);
  }
  r.clock = clock;
  r.policy = context.policyVersion;
  r.state = live.machine.state;
  r.live = { machine: live.machine, trace: live.trace, ahead: false, due: nextDue(live.machine) };
  return changes;
}

/** What is known of incidents that concern this recipient (`concerning`). */
export interface Exclusions {
  readonly incidents: readonly Incident[];
  readonly known: (id: string) => boolean;
}

/**
 * Marks the failures that incidents exclude, unmarks those that they no longer exclude, and folds again. Others see one change for each
 * suppression that ends or begins, or a single one when only the streak differs. No mark changes: nothing is published.
 */
export function applyExclusions(r: Recipient, { incidents, known }: Exclusions, clock: number, context: FoldContext): readonly Change[] {
  let by: string | undefined;
  const facts = r.facts.map((fact) => {
    const now = marked(fact, incidents, known);
    if (now !== fact) by ??= incidentOf(now) ?? incidentOf(fact);
    return now;
  });
  if (by === undefined) return [];
  // First what another policy changes: the incident is not the reason for that.
  const now = Math.max(clock, r.clock);
  const changes = r.policy === context.policyVersion ? [] : [...refoldForEvidence(r, r.clock, context, now)];
  r.facts = facts;
  changes.push(...refoldForIncident(r, r.clock, context, { recordedAt: now, incident: by }), ...advanceTo(r, now, context));
  return changes;
}
