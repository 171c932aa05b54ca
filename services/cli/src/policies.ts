/** Loads the policy file of a command, or the defaults. */
import { defaultPolicies } from '@desist/contracts/policy-version';
import { CONFIGURATION_LIMIT, readBounded, whyNotRead } from '@desist/contracts/read-bounded';
import type { PolicySet } from '@desist/domain';
import { CommandError, EXIT } from './exit.ts';

/** `file`, otherwise DESIST_POLICY, otherwise the defaults. @throws ConfigError with every mistake of the file. */
export async function policiesFrom(file: string | undefined): Promise<PolicySet> {
  const path = file ?? process.env['DESIST_POLICY'];
  if (path === undefined || path === '') return defaultPolicies();
  let text: string;
  try {
    text = readBounded(path, CONFIGURATION_LIMIT).toString('utf8');
  } catch (error) {
    throw new CommandError(EXIT.missing, `${path} ${whyNotRead(error)}`);
  }
  // Imported on demand, because it loads all adapters.
  const { policiesOf } = await import('@desist/runtime');
  return policiesOf(text, path);
}
