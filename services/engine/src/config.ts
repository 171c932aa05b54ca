import { policiesOf, readSettings } from '@desist/assembly';
import type { ServiceOptions } from '@desist/assembly';

/** One engine of several: reads a log, keeps the state in a Postgres server, serves its health. */
export function engineConfig(variables: NodeJS.ProcessEnv): ServiceOptions {
  const settings = readSettings(variables, { servers: true });
  return { name: 'engine', settings, policies: policiesOf(settings.policy, variables['DESIST_POLICY']), ingest: false };
}
