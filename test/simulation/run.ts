/**
 * `npm run test:simulation -- [SEEDS] [--from N] [--hostile]`: so many worlds; the smallest story of each that fails.
 * `npm run test:simulation -- --seed N [--hostile]`: one world, told in full. `--hostile`: with a tenant that invents what it sends;
 * `--restored`: the database goes back in time.
 */
import { parseArgs } from 'node:util';
import { hostileScenarioOf, restoredScenarioOf, scenarioOf } from './scenario.ts';
import { shrink, storyOf } from './shrink.ts';
import type { Seen } from './world.ts';
import { simulate } from './world.ts';

const { values, positionals } = parseArgs({
  options: {
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    hostile: { type: 'boolean', default: false },
    restored: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const worldOf = values.hostile ? hostileScenarioOf : values.restored ? restoredScenarioOf : scenarioOf;

async function tell(seed: number): Promise<void> {
  const { story, hash, failure } = await simulate(worldOf(seed), { told: true });
  console.log([...story, `trace ${hash}`].join('\n'));
  if (failure !== null) process.exitCode = 1;
}

async function many(from: number, seeds: number): Promise<void> {
  const began = performance.now();
  const total = new Map<Seen, number>();
  let steps = 0;
  let failed = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const outcome = await simulate(worldOf(seed));
    steps += outcome.steps;
    for (const [what, count] of Object.entries(outcome.seen)) total.set(what as Seen, (total.get(what as Seen) ?? 0) + count);
    if (outcome.failure !== null) {
      failed += 1;
      console.log(storyOf(await shrink(worldOf(seed))));
    }
    const done = seed - from + 1;
    if (done % 10_000 === 0 && done < seeds) console.log(`${done} of ${seeds} seeds, ${failed} failed`);
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const seen = [...total].map(([what, count]) => `${count} ${what}`).join(', ');
  console.log(`${seeds} seeds from ${from}, ${failed} failed, ${seconds} s: ${steps} steps, ${seen}`);
  if (failed > 0) process.exitCode = 1;
}

const count = Number(positionals[0] ?? 1_000);
if (values.seed !== undefined) await tell(Number(values.seed));
else if (Number.isSafeInteger(count) && count > 0) await many(Number(values.from), count);
else {
  console.error(`not a number of seeds: ${positionals[0] ?? ''}`);
  process.exitCode = 2;
}
