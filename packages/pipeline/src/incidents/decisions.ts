/** What is decided about an incident that is noticed by itself: that it opens, and that it closes. By whoever counted, however much. */
import { closingTimeOf, incidentIdOf, openingOf } from '@desist/domain';
import type { IncidentNotice, IncidentPolicy, IncidentSummary } from '@desist/domain';
import type { IncidentCount } from '../ports.ts';
import { summedCodes } from './codes.ts';

/** What is known of an incident before the log tells of it. */
export type Decided = Omit<IncidentNotice, 'announcedBy'>;

/** `counts`: of the provider, with the days before; `after`: where its last incident ended, ms; `now`: the clock, ms. */
export function openedBy(
  policy: IncidentPolicy,
  provider: string,
  counts: readonly IncidentCount[],
  after: number,
  now: number,
): Decided | undefined {
  const opening = openingOf(policy, counts, after);
  if (opening === undefined) return undefined;
  const { from, usualShare } = opening;
  return {
    id: incidentIdOf(provider, from),
    revision: 1,
    action: 'opened',
    holds: true,
    terms: { tenant: null, provider, domain: null, code: null, text: null, from, until: null },
    at: now,
    summary: summaryOf(counts, from, Number.POSITIVE_INFINITY, usualShare),
    by: null,
    note: null,
  };
}

/** The same incident, closed; undefined: it goes on. */
export function closedBy<T extends Decided>(
  policy: IncidentPolicy,
  incident: T,
  counts: readonly IncidentCount[],
  now: number,
): T | undefined {
  const { terms, summary, revision } = incident;
  const usual = summary?.usualShare ?? null;
  const until = closingTimeOf(policy, counts, terms.from, usual ?? 0, now);
  if (until === undefined) return undefined;
  const inside = summaryOf(counts, terms.from, until, usual);
  return { ...incident, revision: revision + 1, action: 'closed', terms: { ...terms, until }, at: now, summary: inside };
}

const CODES = 10;
const SAMPLES = 5;

function summaryOf(counts: readonly IncidentCount[], from: number, until: number, usualShare: number | null): IncidentSummary {
  const inside = counts.filter(({ at }) => at >= from && at < until);
  return {
    failing: inside.reduce((sum, { failing }) => sum + failing, 0),
    delivered: inside.reduce((sum, { delivered }) => sum + delivered, 0),
    usualShare,
    codes: summedCodes(inside.flatMap(({ codes }) => codes)).slice(0, CODES),
    samples: [...new Set(inside.flatMap(({ samples }) => samples))].slice(0, SAMPLES),
  };
}
