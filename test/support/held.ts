/** What is kept of a recipient, as the oracle says it. */
import { machineOf, viewOf } from '@desist/domain';
import type { FoldContext, Recipient } from '@desist/domain';
import type { OracleAnswer } from './oracle/machine.ts';

export function heldOf(recipient: Recipient, context: FoldContext): Omit<OracleAnswer, 'streak' | 'transitions'> {
  const { state, suppressions, allowed, probationUntil } = viewOf(recipient, context);
  return {
    state,
    suppressions: suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt })),
    details: suppressions.map(({ scope, reason, by, note, source, subdomains = false }) => {
      return { scope, reason, by, note, source, subdomains };
    }),
    allowed,
    probationUntil,
  };
}

export function outcomeOf(recipient: Recipient, context: FoldContext): Omit<OracleAnswer, 'transitions'> {
  const { streak } = machineOf(recipient, context);
  return {
    ...heldOf(recipient, context),
    streak: streak === undefined ? null : { startedAt: streak.firstAt, lastAt: streak.lastAt, failures: streak.failures },
  };
}
