/** Notices incidents in one stream of events, as they come: what the coordinator does for a whole installation, for a replay. */
import { quarterOf, QUARTER, shows } from '@desist/domain';
import type { IncidentNotice, IncidentPolicy } from '@desist/domain';
import type { IncidentCounts } from './counts.ts';
import { closedBy, openedBy } from './decisions.ts';

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
      const decided = openedBy(policy, provider, counts.of(provider), ends.get(provider) ?? Number.NEGATIVE_INFINITY, clock);
      if (decided === undefined) return undefined;
      const notice = { ...decided, announcedBy: 0 };
      open.set(provider, notice);
      return notice;
    },
    over(clock) {
      if (clock < looked + QUARTER) return [];
      looked = quarterOf(clock);
      const closed: IncidentNotice[] = [];
      for (const [provider, notice] of open) {
        const decided = closedBy(policy, notice, counts.of(provider), clock);
        if (decided === undefined) continue;
        open.delete(provider);
        ends.set(provider, decided.terms.until ?? clock);
        closed.push(decided);
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
