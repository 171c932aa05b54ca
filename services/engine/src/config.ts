import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { policyFileOf, readSettings } from '@desist/runtime';
import type { ServiceOptions } from '@desist/runtime';

export const USAGE = `desist engine [--processes N|auto]

One of several engines: reads delivery events, decides, keeps the state in Postgres, publishes the changes. Engines of one group
share the partitions, one owner each. Settings come from the environment (docs/operations.md); DATABASE_URL is needed.

  --processes N      number of engine processes, restarted when they die; auto: one for each processor.
                     The first serves HTTP at DESIST_HTTP, each further one at the next port`;

export interface EngineConfig extends ServiceOptions {
  readonly processes: number;
}

/** @throws TypeError for unknown flags, ConfigError with every mistake of the settings. */
export function engineConfig(args: readonly string[], variables: NodeJS.ProcessEnv): EngineConfig {
  const { values } = parseArgs({ args: [...args], options: { processes: { type: 'string', default: '1' } } });
  const processes = values.processes === 'auto' ? availableParallelism() : Number(values.processes);
  if (!Number.isInteger(processes) || processes < 1 || processes > 256) {
    throw new TypeError(`--processes: ${values.processes} is neither a whole number from 1 to 256 nor auto`);
  }
  const settings = readSettings(variables, { servers: true });
  return { name: 'engine', settings, policyFile: policyFileOf(settings.policy, variables), ingest: false, processes };
}

/** Environment of the engine with this index: each listens at a port of its own. */
export function environmentOf(index: number, { settings: { http } }: ServiceOptions): Record<string, string> {
  if (http === null || http.port === 0) return {};
  const host = http.host.includes(':') ? `[${http.host}]` : http.host;
  return { DESIST_HTTP: `${host}:${http.port + index}` };
}
