/** Stand-in with the signature of the pipeline's own: to be deleted. */
import { ALL_STREAMS } from '@desist/domain';
import type { Checked } from '@desist/pipeline';

export interface Decision {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  readonly expiresAt: number | null;
}

export function decide(checked: Checked, stream: string, now: number): Decision {
  const holds = ({ scope, expiresAt }: { readonly scope: string; readonly expiresAt: number | null }): boolean =>
    (scope === ALL_STREAMS || scope === stream) && (expiresAt === null || expiresAt > now);
  const overridden = checked.allowed.some(holds);
  const blocking = checked.suppressions
    .filter(holds)
    .filter(({ reason }) => !overridden || (reason !== 'persistent_deferral' && reason !== 'hard_bounce'));
  const ends = blocking.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY);
  const last = Math.max(...ends);
  return {
    allowed: blocking.length === 0,
    reasons: [...new Set(blocking.map(({ reason }) => reason))],
    expiresAt: Number.isFinite(last) ? last : null,
  };
}
