/** What others see of a recipient's fold: the columns of the status table and what holds now. */
import { incidentOf } from '../incident/incident.ts';
import { DAY } from '../policy/policy.ts';
import type { FoldContext, Recipient } from './fold.ts';
import { dueOf, machineOf } from './fold.ts';
import { streakEvidence, suppressAt } from './machine.ts';
import { activeAllowances, activeSuppressions } from './standing.ts';
import type { Evidence, RecipientStateName, SuppressionTerms, Allowance } from './types.ts';

/** A recipient that is healthy in every respect is remembered this long after its last event or timer, for late events. */
export const QUIET_AFTER = 7 * DAY;
/** ... and one of whom an incident holds something back so long, for whoever restores it. */
export const HELD_FOR = 30 * DAY;

export interface RecipientView {
  readonly state: RecipientStateName;
  readonly streak: Evidence | null;
  readonly provider: string | null;
  /** The deadline that will suppress if nothing changes, ms. */
  readonly suppressAt: number | null;
  readonly suppressions: readonly HeldSuppression[];
  readonly allowed: readonly Allowance[];
  /** When to look again, ms on the partition clock. */
  readonly due: number | null;
  /** Nothing about it needs to be kept, except the version if it has one. */
  readonly quiet: boolean;
}

export interface HeldSuppression extends SuppressionTerms {
  readonly evidence: Evidence | null;
  readonly policy: string;
}

export function viewOf(r: Recipient, context: FoldContext): RecipientView {
  const machine = machineOf(r, context);
  const { streak } = machine;
  const suppressions = activeSuppressions(r.standing).map(({ opener, policy, expiresAt }) => {
    const { scope, reason, since } = opener.suppression as SuppressionTerms;
    return { scope, reason, since, expiresAt, evidence: opener.evidence, policy };
  });
  const allowed = activeAllowances(r.standing).map(({ opener, expiresAt }) => {
    return { scope: (opener.allowance as Allowance).scope, expiresAt };
  });
  const idle =
    machine.state === 'healthy' &&
    streak === undefined &&
    suppressions.length === 0 &&
    allowed.length === 0 &&
    machine.giveUps.length === 0 &&
    machine.waiting.length === 0 &&
    machine.episodes === 0;
  const timer = dueOf(r, context);
  const newest = r.facts.at(-1);
  // A timer that made it healthy is looked at again when a late event comes: it counts like an event.
  const quietAt =
    newest === undefined
      ? r.clock
      : Math.max(newest.at, machine.lastTimerAt) + (r.facts.some((fact) => incidentOf(fact) !== undefined) ? HELD_FOR : QUIET_AFTER);
  const quiet = idle && quietAt <= r.clock;
  return {
    state: machine.state,
    streak: streak === undefined ? null : streakEvidence(streak),
    provider: streak?.lastJudged.provider ?? null,
    suppressAt: suppressAt(machine),
    suppressions: suppressions.sort(byScopeAndReason),
    allowed: allowed.sort((a, b) => (a.scope < b.scope ? -1 : 1)),
    due: idle && !quiet ? Math.min(timer ?? quietAt, quietAt) : timer,
    quiet,
  };
}

function byScopeAndReason(a: SuppressionTerms, b: SuppressionTerms): number {
  if (a.scope !== b.scope) return a.scope < b.scope ? -1 : 1;
  return a.reason < b.reason ? -1 : 1;
}
