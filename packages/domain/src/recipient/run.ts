/** The machine of a recipient: made of its facts, and kept until something makes it outdated. */
import { streamPolicy } from '../policy/policy.ts';
import { advance, apply, look, newMachine, nextDue, noteDeferrals } from './machine.ts';
import type { Machine, MachineObserver, Transition } from './machine.ts';
import type { FoldContext, Live, Recipient } from './recipient.ts';
import type { Fact } from './types.ts';

/** Moment at which something happens by itself, ms on the partition clock; null: never. */
export function dueOf(r: Recipient, context: FoldContext): number | null {
  const { due } = liveOf(r, context);
  return due === Number.POSITIVE_INFINITY ? null : due;
}

/** The machine as it is at the recipient's clock. */
export function machineOf(r: Recipient, context: FoldContext): Machine {
  return liveOf(r, context).machine;
}

/**
 * Applies all facts in order and fires the timers between them, up to the clock (ms). This is the one definition of a recipient's state.
 * `ahead`: some fact lies after the clock; `due`: the next moment at which something happens by itself, ms.
 */
export function run(facts: readonly Fact[], clock: number, machine: Machine): { readonly ahead: boolean; readonly due: number } {
  let due = Number.POSITIVE_INFINITY;
  machine.clock = clock;
  for (const [index, fact] of facts.entries()) {
    if (facts[index - 1]?.at !== fact.at) noteDeferrals(machine, facts, index);
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

export function liveOf(r: Recipient, context: FoldContext): Live {
  r.live ??= evaluate(r, r.clock, context);
  return r.live;
}

export function evaluate(r: Recipient, clock: number, context: FoldContext): Live {
  const trace: Transition[] = [];
  const machine = machineFor(context, (transition) => trace.push(transition));
  const { ahead, due } = run(r.facts, clock, machine);
  keepAnswers(r, machine);
  return { machine, trace, ahead, due };
}

export function machineFor(
  { policies, askBaseline }: FoldContext,
  emit: (transition: Transition) => void,
  observer?: MachineObserver,
): Machine {
  return newMachine((stream) => streamPolicy(policies, stream), emit, observer, askBaseline);
}

/** Keeps the answers of baseline windows with their failures: a later fold does not ask again. */
export function keepAnswers(r: Recipient, machine: Machine): void {
  if (machine.answered.length === 0) return;
  const answers = new Map(machine.answered.map(({ fact, answer }) => [fact.id, answer]));
  r.facts = r.facts.map((fact) => {
    const baseline = fact.kind === 'failure' ? answers.get(fact.id) : undefined;
    return baseline === undefined ? fact : ({ ...fact, baseline } as Fact);
  });
  machine.answered = [];
}
