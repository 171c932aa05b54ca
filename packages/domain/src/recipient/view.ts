/** What others see of a recipient's fold: the columns of the status table and what is active now. */
import { incidentOf } from '../incident/incident.ts';
import { DAY } from '../policy/policy.ts';
import type { FoldContext, Recipient } from './recipient.ts';
import { dueOf, machineOf } from './run.ts';
import { entryOf, streakEvidence, suppressAt } from './machine.ts';
import { regrettableUntil } from './regret.ts';
import { activeAllowances, activeSuppressions } from './published.ts';
import type { EntryDetails, Evidence, RecipientStateName, SuppressionTerms, Allowance } from './types.ts';

/** A recipient that is healthy in every respect stays tracked this long after its last event or timer, for late events. */
export const UNTRACKED_AFTER = 7 * DAY;
/** The same for a recipient with failures that an incident excludes: an operator may restore them so long. */
export const RESTORABLE_FOR = 30 * DAY;

export interface RecipientView {
  readonly state: RecipientStateName;
  readonly streak: Evidence | null;
  readonly provider: string | null;
  /** The deadline that will suppress if nothing changes, ms. */
  readonly suppressAt: number | null;
  /** On probation until then, ms; null: it is not. */
  readonly probationUntil: number | null;
  readonly suppressions: readonly ActiveSuppression[];
  readonly allowed: readonly Allowance[];
  /** When to look again, ms on the partition clock. */
  readonly due: number | null;
  /** The recipient needs no tracking any more: nothing of it must be kept but its version, if it has one. */
  readonly untrackable: boolean;
}

export interface ActiveSuppression extends SuppressionTerms, EntryDetails {
  readonly evidence: Evidence | null;
  readonly policy: string;
  /** When the probation after its expiry will end, ms; null: none follows. */
  readonly probationUntil: number | null;
}

export function viewOf(r: Recipient, context: FoldContext): RecipientView {
  const machine = machineOf(r, context);
  const { streak } = machine;
  const suppressions = activeSuppressions(r.published).map(({ openedBy, policy, expiresAt }) => {
    const { scope, reason, since, subdomains } = openedBy.suppression as SuppressionTerms;
    // Not stored: the kept facts say it, also those that an earlier version kept.
    const entry = entryOf(machine, scope, reason);
    const { by = null, note = null, source = null, provider = null } = entry?.details ?? {};
    const length = entry?.probation?.length ?? 0;
    const probationUntil = expiresAt === null || length === 0 ? null : expiresAt + length;
    return {
      ...{ scope, reason, since, expiresAt, by, note, source, provider, evidence: openedBy.evidence, policy, probationUntil },
      ...(subdomains === undefined ? {} : { subdomains }),
    };
  });
  const allowed = activeAllowances(r.published).map(({ openedBy, expiresAt }) => {
    return { scope: (openedBy.allowance as Allowance).scope, expiresAt };
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
  const untrackAt =
    newest === undefined
      ? r.clock
      : Math.max(
          Math.max(newest.at, machine.lastTimerAt) +
            (r.facts.some((fact) => incidentOf(fact) !== undefined) ? RESTORABLE_FOR : UNTRACKED_AFTER),
          // A delivery of that very moment still tells that the suppression was wrong.
          regrettableUntil(r) + 1,
        );
  const untrackable = idle && untrackAt <= r.clock;
  return {
    state: machine.state,
    streak: streak === undefined ? null : streakEvidence(streak),
    provider: streak?.lastClassified.provider ?? null,
    suppressAt: suppressAt(machine),
    probationUntil: machine.probation?.until ?? null,
    suppressions: suppressions.sort(byScopeAndReason),
    allowed: allowed.sort((a, b) => (a.scope < b.scope ? -1 : 1)),
    due: idle && !untrackable ? Math.min(timer ?? untrackAt, untrackAt) : timer,
    untrackable,
  };
}

function byScopeAndReason(a: SuppressionTerms, b: SuppressionTerms): number {
  if (a.scope !== b.scope) return a.scope < b.scope ? -1 : 1;
  return a.reason < b.reason ? -1 : 1;
}
