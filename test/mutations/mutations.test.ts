/** The simulation finds bugs: each of these it has found, by name. */
import { describe, expect, it } from 'vitest';
import { scenarioOf } from '../simulation/scenario.ts';
import { simulate } from '../simulation/world.ts';
import { MUTATIONS } from './mutations.ts';

describe('a fault in the protocol is found', () => {
  it.each(MUTATIONS.map((mutation) => [mutation.name, mutation] as const))(
    '%s',
    async (_, mutation) => {
      const { from = 0, seeds } = mutation;
      for (let number = 0; number < seeds; number += 1) {
        const seed = (from + number) % seeds;
        const plain = scenarioOf(seed);
        const scenario = mutation.narrowed?.(plain) ?? plain;
        if (mutation.where?.(scenario) === false) continue;
        const { failure } = await simulate(scenario, { mutation });
        if (failure !== null) return;
      }
      expect.fail(`not found in ${seeds} worlds`);
    },
    300_000,
  );
});
