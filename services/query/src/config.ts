import { policiesOf, readSettings } from '@desist/assembly';
import type { ServiceOptions } from '@desist/assembly';

/** HTTP that only answers, from a Postgres server. */
export function queryConfig(variables: NodeJS.ProcessEnv): Pick<ServiceOptions, 'settings' | 'policies'> {
  const settings = readSettings(variables, { servers: true });
  return { settings, policies: policiesOf(settings.policy, variables['DESIST_POLICY']) };
}
