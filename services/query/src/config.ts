import { parseArgs } from 'node:util';
import { policyFileOf, readSettings } from '@desist/runtime';
import type { ServiceOptions } from '@desist/runtime';

export const USAGE = `desist query

Read-only HTTP: checks, the list, explanations, the console. Any number may run beside the engines. Settings come from the environment
(docs/operations.md); DATABASE_URL is needed, DESIST_HTTP says where it listens (default 127.0.0.1:8425).`;

/** Configuration of the read-only HTTP service, which needs a Postgres server. @throws TypeError for unknown flags, ConfigError. */
export function queryConfig(args: readonly string[], variables: NodeJS.ProcessEnv): Pick<ServiceOptions, 'settings' | 'policyFile'> {
  parseArgs({ args: [...args], options: {} });
  const settings = readSettings(variables, { servers: true });
  return { settings, policyFile: policyFileOf(settings.policy, variables) };
}
