/** May this be sent? What is held against a recipient, for one stream at one moment. */
import { ALL_STREAMS } from '@desist/domain';
import type { Checked } from './reader.ts';

export interface Decision {
  readonly allowed: boolean;
  /** Reasons of the suppressions that forbid it, each once; empty when it is allowed. */
  readonly reasons: readonly string[];
  /** When the last of them ends by itself, ms; null: never, or nothing forbids it. */
  readonly expiresAt: number | null;
}

const NOTHING_FORBIDS: Decision = { allowed: true, reasons: [], expiresAt: null };

/** `now`: ms. What ends at this moment holds no longer. */
export function decide(checked: Pick<Checked, 'suppressions' | 'allowed'>, stream: string, now: number): Decision {
  // Nearly everybody.
  if (checked.suppressions.length === 0) return NOTHING_FORBIDS;
  const holds = ({ scope, expiresAt }: { readonly scope: string; readonly expiresAt: number | null }): boolean =>
    (scope === ALL_STREAMS || scope === stream) && (expiresAt === null || expiresAt > now);
  const overridden = checked.allowed.some(holds);
  const forbidding = checked.suppressions.filter(holds).filter(({ reason }) => !overridden || !MAY_BE_OVERRIDDEN.has(reason));
  const last = Math.max(...forbidding.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY));
  return {
    allowed: forbidding.length === 0,
    reasons: [...new Set(forbidding.map(({ reason }) => reason))],
    expiresAt: Number.isFinite(last) ? last : null,
  };
}

/** By `allow`: never what the recipient or an operator said. */
const MAY_BE_OVERRIDDEN: ReadonlySet<string> = new Set(['persistent_deferral', 'hard_bounce']);
