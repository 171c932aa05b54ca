/** Notices incidents in one stream of events, as they come: what the coordinator does for a whole installation, for a replay. */
import { closingTimeOf, incidentIdOf, openingOf, quarterOf, QUARTER, shows } from '@desist/domain';
import type { IncidentNotice, IncidentPolicy } from '@desist/domain';
import type { IncidentCounts } from './counts.ts';
import { summaryOf } from './coordinator.ts';

export interface IncidentWatch {
  /** Somebody began to fail at this provider: does that make an incident? */
  failed(provider: string, at: number, clock: number): IncidentNotice | undefined;
  /** The incidents that are over at this clock. Costs nothing within a quarter of an hour. */
  over(clock: number): readonly IncidentNotice[];
}

export function createIncidentWatch(policy: IncidentPolicy, counts: IncidentCounts): IncidentWatch {
  const open = new Map<string, IncidentNotice>();
  const ends = new Map<string, number>();
  let looked = Number.NEGATIVE_INFINITY;

  return {
    failed(provider, at, clock) {
      if (!policy.detect || open.has(provider) || !mayBegin(policy, counts, provider, at)) return undefined;
      const all = counts.of(provider);
      const opening = openingOf(policy, all, ends.get(provider) ?? Number.NEGATIVE_INFINITY);
      if (opening === undefined) return undefined;
      const { from, usualShare } = opening;
      const notice: IncidentNotice = {
        id: incidentIdOf(provider, from),
        revision: 1,
        action: 'opened',
        holds: true,
        terms: { tenant: null, provider, domain: null, code: null, text: null, from, until: null },
        at: clock,
        announcedBy: 0,
        summary: summaryOf(
          all.filter((count) => count.at >= from),
          usualShare,
        ),
        by: null,
        note: null,
      };
      open.set(provider, notice);
      return notice;
    },
    over(clock) {
      if (clock < looked + QUARTER) return [];
      looked = quarterOf(clock);
      const closed: IncidentNotice[] = [];
      for (const [provider, notice] of open) {
        const { terms, summary } = notice;
        const all = counts.of(provider);
        const until = closingTimeOf(policy, all, terms.from, summary?.usualShare ?? 0, clock);
        if (until === undefined) continue;
        open.delete(provider);
        ends.set(provider, until);
        const inside = all.filter(({ at }) => at >= terms.from && at < until);
        const usual = summary?.usualShare ?? null;
        closed.push({ ...notice, revision: 2, action: 'closed', terms: { ...terms, until }, at: clock, summary: summaryOf(inside, usual) });
      }
      return closed;
    },
  };
}

/** Looked at for every recipient that begins to fail: the stretches that end with its quarter, without the days before. */
function mayBegin(policy: IncidentPolicy, counts: IncidentCounts, provider: string, at: number): boolean {
  const last = quarterOf(at);
  let failing = 0;
  let delivered = 0;
  for (let quarter = last; quarter > last - policy.window; quarter -= QUARTER) {
    const count = counts.at(provider, quarter);
    if (count === undefined) continue;
    failing += count.failing;
    delivered += count.delivered;
    if (shows(policy, { failing, delivered }, true)) return true;
  }
  return false;
}
