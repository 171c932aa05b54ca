/**
 * From a world that fails to a small one that fails too: faults, records and hosts are left out as long as something still does
 * not hold. Leaving one thing out moves all later choices, so each smaller world is tried with several schedules.
 */
import type { Scenario } from './scenario.ts';
import type { Outcome, RunOptions } from './world.ts';
import { simulate } from './world.ts';

export interface Shrunk {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
  /** Worlds that were run on the way. */
  readonly tried: number;
}

const SCHEDULES = 12;

/** `tries`: worlds run at most. */
export async function shrink(failing: Scenario, options: RunOptions = {}, tries = 3_000): Promise<Shrunk> {
  let scenario = failing;
  let tried = 0;

  /** A schedule with which the candidate fails becomes the one to go on from. */
  async function takes(candidate: Scenario): Promise<boolean> {
    for (let n = 0; n < SCHEDULES && tried < tries; n += 1) {
      tried += 1;
      const attempt = { ...candidate, schedule: n === 0 ? scenario.schedule : n };
      if ((await simulate(attempt, options)).failure === null) continue;
      scenario = attempt;
      return true;
    }
    return false;
  }

  /** Halves first, then ever smaller parts, down to single ones. */
  async function without(field: 'faults' | 'records'): Promise<boolean> {
    let smaller = false;
    for (let size = Math.ceil(scenario[field].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < scenario[field].length;) {
        const list: readonly unknown[] = scenario[field];
        if (await takes({ ...scenario, [field]: [...list.slice(0, from), ...list.slice(from + size)] })) smaller = true;
        else from += size;
      }
    }
    return smaller;
  }

  async function simpler(): Promise<boolean> {
    let smaller = false;
    for (const candidate of plainer(scenario)) if (await takes(candidate)) smaller = true;
    return smaller;
  }

  while (tried < tries) {
    const smaller = [await without('faults'), await without('records'), await simpler()];
    if (!smaller.includes(true)) break;
  }
  const outcome = await simulate(scenario, { ...options, told: true });
  return { scenario, outcome, tried };
}

function* plainer(scenario: Scenario): Generator<Scenario> {
  const { hosts, partitions } = scenario;
  if (hosts.length > 1) yield { ...scenario, hosts: hosts.slice(0, -1) };
  if (hosts.some(({ skew, from }) => skew !== 0 || from !== 0)) {
    yield { ...scenario, hosts: hosts.map((host) => ({ ...host, skew: 0, from: 0 })) };
  }
  if (partitions > 1) yield { ...scenario, partitions: partitions - 1 };
  if (scenario.after > 3_600_000) yield { ...scenario, after: 3_600_000 };
}

/** What is told of a failing seed. */
export function storyOf({ scenario, outcome, tried }: Shrunk): string {
  const { hosts, partitions, records, faults } = scenario;
  return [
    `seed ${scenario.seed}: ${outcome.failure ?? 'nothing fails any more'}`,
    `smallest of ${tried} worlds that fail: ${hosts.length} hosts, ${partitions} partitions, ${records.length} records, ${faults.length} faults, ${outcome.steps} steps`,
    ...outcome.story,
  ].join('\n');
}
