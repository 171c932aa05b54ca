/** Applies a policy file to a recipient's facts. A hostile file takes long to read, so this runs in a thread (`run.ts`). */
import { policyValues, readPolicyFile } from '@desist/contracts';
import type { PolicyProblem, PolicyValue } from '@desist/contracts';
import { decodeRecipient, machineOf, suppressAt, tenantPolicy } from '@desist/domain';
import type { RecipientStateName, SuppressionTerms, Tenant } from '@desist/domain';

/** The first message of a thread; the result is the second. */
export const STARTED = 'started';

/** Plain data, because it is sent to another thread. */
export interface TrialInput {
  /** Text of the policy file. */
  readonly policy: string;
  readonly tenant: Tenant;
  /** Null: the recipient is not known. */
  readonly recipient: { readonly evidence: string; readonly version: number } | null;
}

export type TrialResult =
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] }
  | {
      readonly ok: true;
      /** Version of the policy. */
      readonly policy: string;
      readonly values: readonly PolicyValue[];
      readonly state: RecipientStateName;
      readonly suppressions: readonly SuppressionTerms[];
      /** ms; null: no deadline. */
      readonly suppressAt: number | null;
    };

export function tryPolicy({ policy, tenant, recipient }: TrialInput): TrialResult {
  const read = readPolicyFile(policy);
  if (!read.ok) return read;
  const { version } = read.policies;
  const values = policyValues(read.policies);
  if (recipient === null) return { ok: true, policy: version, values, state: 'healthy', suppressions: [], suppressAt: null };
  const decoded = decodeRecipient(recipient.evidence, recipient.version);
  if (decoded === undefined) throw new Error('the evidence is of a format that this version does not read');
  const machine = machineOf(decoded, { policies: tenantPolicy(read.policies, tenant), policyVersion: version });
  const suppressions = machine.suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt }));
  return { ok: true, policy: version, values, state: machine.state, suppressions, suppressAt: suppressAt(machine) };
}
