/**
 * When the incidents of single tenants at one provider are an incident of the whole installation: enough tenants show it by themselves, and
 * none of them gives more than half of the recipients that fail. So what one tenant sends, or invents, decides about nobody else.
 *
 *   own incidents ──> opening: at least `tenants` of them are open, none outweighs the others
 *                └──> closing: fewer than `tenants` of them go on
 */
import type { IncidentPolicy } from '../policy/policy.ts';
import type { Tenant } from '../keys.ts';

/** One tenant's own incident. */
export interface OwnIncident {
  readonly tenant: Tenant;
  /** ms */
  readonly from: number;
  /** Null: it goes on. */
  readonly until: number | null;
  /** Recipients that began to fail in it. */
  readonly failing: number;
}

/** `own`: those of one provider that are open. Answers when so many of them had begun, ms; undefined: too few, or one outweighs the others. */
export function installationWideFrom({ tenants }: IncidentPolicy, own: readonly OwnIncident[]): number | undefined {
  const begins = balanced(own)
    .map(({ from }) => from)
    .sort((a, b) => a - b);
  return begins[tenants - 1];
}

/**
 * The tenants of whom none gives more than half of what fails. Whoever does is left out, and the others are looked at again: a tenant that
 * invents failures must not prevent an incident of the others, either.
 */
function balanced(own: readonly OwnIncident[]): readonly OwnIncident[] {
  const largestFirst = own.toSorted((a, b) => b.failing - a.failing);
  let rest = largestFirst.reduce((sum, { failing }) => sum + failing, 0);
  let first = 0;
  for (const { failing } of largestFirst) {
    if (failing * 2 <= rest) break;
    rest -= failing;
    first += 1;
  }
  return largestFirst.slice(first);
}

/**
 * When an incident of the whole installation was over; undefined: it goes on. `own`: those of its provider that were open at some time
 * since it began. It ends with the one after which fewer than `tenants` went on; at `now` when there never were so many.
 */
export function installationWideUntil(
  { tenants }: IncidentPolicy,
  own: readonly Omit<OwnIncident, 'failing'>[],
  now: number,
): number | undefined {
  const ends = new Map<string, number>();
  for (const { tenant, until } of own) {
    ends.set(tenant, Math.max(until ?? Number.POSITIVE_INFINITY, ends.get(tenant) ?? Number.NEGATIVE_INFINITY));
  }
  const end = [...ends.values()].sort((a, b) => b - a)[tenants - 1] ?? now;
  return Number.isFinite(end) ? end : undefined;
}
