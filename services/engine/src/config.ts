import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { policiesOf, readSettings } from '@desist/assembly';
import type { ServiceOptions } from '@desist/assembly';

export const USAGE = `desist engine [--processes N|auto]

One engine of several: reads delivery events, decides, keeps the state in Postgres, publishes the changes. Engines of one group
share the partitions, one owner each. Settings come from the environment (docs/operations.md); DATABASE_URL is needed.

  --processes N      so many engines under this one process, started again when they die; auto: one for each processor.
                     The first serves HTTP at DESIST_HTTP, each further one at the next port`;

export interface EngineConfig extends ServiceOptions {
  readonly processes: number;
}

/** @throws TypeError for flags that are not known, ConfigError with every mistake of the settings. */
export function engineConfig(args: readonly string[], variables: NodeJS.ProcessEnv): EngineConfig {
  const { values } = parseArgs({ args: [...args], options: { processes: { type: 'string', default: '1' } } });
  const processes = values.processes === 'auto' ? availableParallelism() : Number(values.processes);
  if (!Number.isInteger(processes) || processes < 1 || processes > 256) {
    throw new TypeError(`--processes: ${values.processes} is neither a whole number from 1 to 256 nor auto`);
  }
  const settings = readSettings(variables, { servers: true });
  return { name: 'engine', settings, policies: policiesOf(settings.policy, variables['DESIST_POLICY']), ingest: false, processes };
}

/** What differs in the environment of the engine with this number: no two can listen at one port. */
export function environmentOf(index: number, { settings: { http } }: ServiceOptions): Record<string, string> {
  if (http === null || http.port === 0) return {};
  const host = http.host.includes(':') ? `[${http.host}]` : http.host;
  return { DESIST_HTTP: `${host}:${http.port + index}` };
}
