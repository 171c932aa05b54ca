import { defaultPolicies, readPolicyFile } from '@desist/contracts';
import type { PolicySet } from '@desist/domain';
import { ConfigError } from './environment.ts';

/** The policies in the text of a policy file; the defaults when there is none. @throws ConfigError with every mistake of the file. */
export function policiesOf(text: string | undefined, name = 'policy file'): PolicySet {
  if (text === undefined) return defaultPolicies();
  const read = readPolicyFile(text);
  if (read.ok) return read.policies;
  throw new ConfigError(
    read.problems.map(({ line, column, path, problem, hint }) => {
      return `${name}:${line}:${column}: ${path === '' ? '' : `${path}: `}${problem}${hint === undefined ? '' : ` (${hint})`}`;
    }),
  );
}
