import { policiesOf, readSettings } from '@desist/runtime';
import type { ServiceOptions } from '@desist/runtime';

/** Configuration of the read-only HTTP service, which needs a Postgres server. */
export function queryConfig(variables: NodeJS.ProcessEnv): Pick<ServiceOptions, 'settings' | 'policies'> {
  const settings = readSettings(variables, { servers: true });
  return { settings, policies: policiesOf(settings.policy, variables['DESIST_POLICY']) };
}
