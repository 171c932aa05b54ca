/**
 * Decides when a detected incident opens and closes: that of one tenant by the tenant's counts, that of the whole installation by the
 * tenants' own incidents. Pure, and the same for the coordinator (counts of all partitions) and a replay (its own counts).
 */
import { closingTimeOf, incidentIdOf, installationWideFrom, installationWideUntil, openingOf, shareOf } from '@desist/domain';
import type { IncidentNotice, IncidentPolicy, IncidentSummary, OwnIncident, Tenant } from '@desist/domain';
import type { SummedCount } from '../ports/incidents.ts';
import { summedCodes } from './codes.ts';

/** A decision before it is announced in the log. */
export type Decided = Omit<IncidentNotice, 'announcedBy'>;

/** Whose incident, and when it is looked at. */
export interface Opening {
  readonly tenant: Tenant;
  readonly provider: string;
  /** Where its last incident ended, ms. */
  readonly after: number;
  /** The clock, ms. */
  readonly now: number;
}

/** A tenant's own incident. `counts`: of the tenant and provider, with the days before. */
export function openedBy(
  policy: IncidentPolicy,
  counts: readonly SummedCount[],
  { tenant, provider, after, now }: Opening,
): Decided | undefined {
  const opening = openingOf(policy, counts, after);
  if (opening === undefined) return undefined;
  const { from, usualShare } = opening;
  return opened({ tenant, provider, from }, summaryOf(counts, from, Number.POSITIVE_INFINITY, usualShare), now);
}

/**
 * An incident of the whole installation. `own`: the tenants' that are open at the provider; `counts`: of all tenants together, with the
 * days before. Undefined: too few show it, or one of them outweighs the others.
 */
export function openedByAll(
  policy: IncidentPolicy,
  own: readonly OwnIncident[],
  counts: readonly SummedCount[],
  { provider, after, now }: Omit<Opening, 'tenant'>,
): Decided | undefined {
  const begin = installationWideFrom(policy, own);
  if (begin === undefined) return undefined;
  const from = Math.max(begin, after);
  const before = totalOf(counts, from - policy.baseline, from);
  return opened({ tenant: null, provider, from }, summaryOf(counts, from, Number.POSITIVE_INFINITY, shareOf(before)), now);
}

function opened(
  { tenant, provider, from }: { readonly tenant: Tenant | null; readonly provider: string; readonly from: number },
  summary: IncidentSummary,
  now: number,
): Decided {
  return {
    id: incidentIdOf(tenant, provider, from),
    revision: 1,
    action: 'opened',
    excludes: true,
    terms: { tenant, provider, domain: null, code: null, text: null, from, until: null },
    at: now,
    summary,
    by: null,
    note: null,
  };
}

/** A tenant's own incident, closed; undefined: it goes on. */
export function closedBy<T extends Decided>(
  policy: IncidentPolicy,
  incident: T,
  counts: readonly SummedCount[],
  now: number,
): T | undefined {
  const until = closingTimeOf(policy, counts, { from: incident.terms.from, usual: incident.summary?.usualShare ?? 0, now });
  return until === undefined ? undefined : closed(incident, until, counts, now);
}

/** What an incident of the whole installation is closed by. */
export interface Closing {
  /** The tenants' own incidents at its provider that were open since it began. */
  readonly own: readonly Omit<OwnIncident, 'failing'>[];
  /** Of all tenants together. */
  readonly counts: readonly SummedCount[];
  /** The clock, ms. */
  readonly now: number;
}

/** An incident of the whole installation, closed; undefined: it goes on. */
export function closedByAll<T extends Decided>(policy: IncidentPolicy, incident: T, { own, counts, now }: Closing): T | undefined {
  const until = installationWideUntil(policy, own, now);
  // It lasts for a moment at least: a window of nothing is none.
  return until === undefined ? undefined : closed(incident, Math.max(until, incident.terms.from + 1), counts, now);
}

function closed<T extends Decided>(incident: T, until: number, counts: readonly SummedCount[], now: number): T {
  const { terms, summary, revision } = incident;
  const inside = summaryOf(counts, terms.from, until, summary?.usualShare ?? null);
  return { ...incident, revision: revision + 1, action: 'closed', terms: { ...terms, until }, at: now, summary: inside };
}

/** A tenant's incident, as those of the whole installation rest on it. `counts`: of the tenant and provider. */
export function ownIncident(tenant: Tenant, { from, until }: IncidentNotice['terms'], counts: readonly SummedCount[]): OwnIncident {
  return { tenant, from, until, failing: totalOf(counts, from, until ?? Number.POSITIVE_INFINITY).failing };
}

const CODES = 10;
const SAMPLES = 5;

function totalOf(counts: readonly SummedCount[], from: number, until: number): { readonly failing: number; readonly delivered: number } {
  const inside = counts.filter(({ at }) => at >= from && at < until);
  return {
    failing: inside.reduce((sum, { failing }) => sum + failing, 0),
    delivered: inside.reduce((sum, { delivered }) => sum + delivered, 0),
  };
}

function summaryOf(counts: readonly SummedCount[], from: number, until: number, usualShare: number | null): IncidentSummary {
  const inside = counts.filter(({ at }) => at >= from && at < until);
  return {
    ...totalOf(inside, from, until),
    usualShare,
    codes: summedCodes(inside.flatMap(({ codes }) => codes)).slice(0, CODES),
    samples: [...new Set(inside.flatMap(({ samples }) => samples))].slice(0, SAMPLES),
  };
}
