/** A policy's shadow, and where both differ, as lines for people. */
import { shadowDifferences } from '@desist/contracts';
import type { PolicySet } from '@desist/domain';

/** Nothing when there is none. */
export function shadowLines(policies: PolicySet): readonly string[] {
  const differences = shadowDifferences(policies);
  if (policies.shadow === undefined || differences === null) return [];
  const { name = '', version } = policies.shadow;
  return [
    `shadow policy ${name}: version ${version}, ${differences.length === 0 ? 'which decides alike' : 'which differs in'}`,
    ...differences.map(({ path, from, to }) => `  ${path}: ${from ?? NO_LINE} => ${to ?? NO_LINE}`),
  ];
}

const NO_LINE = '(as inherited)';
