/** The incidents that a partition has applied so far, from the records in its log. Durable with the checkpoint. */
import { concerning, domainOf, MINUTE } from '@desist/domain';
import type { Incident, IncidentNotice, Tenant, Address } from '@desist/domain';
import type { KnownIncident } from '../ports/commit-plan.ts';
import type { IncidentScope } from '../ports/incidents.ts';

export interface Incidents {
  /** The incidents that concern a recipient. The same array until another one is applied. */
  concerning(tenant: Tenant, address: Address): readonly Incident[];
  isKnown(id: string): boolean;
  size(): number;
  /** Changes whenever an incident is applied. 0: none is known. */
  version(): number;
  /**
   * `new`: fold its recipients again and publish it; `unfinished`: only fold them again, because the process died before that was
   * complete; `known`: do nothing.
   */
  apply(notice: IncidentNotice): 'new' | 'unfinished' | 'known';
  /** Recipients that applying it has changed so far, with the commits of former owners. */
  changed(id: string): number;
  /** Records how many recipients were examined and changed. `done`: all of them were folded again. */
  progress(notice: IncidentNotice, looked: number, changed: number, done: boolean): KnownIncident;
}

/** Incidents that are kept; most ended long ago. Above it, the owner with the most (a tenant, or all together) loses its oldest. */
const MOST = 1_000;

export function createIncidents(stored: readonly KnownIncident[]): Incidents {
  const known = new Map<string, KnownIncident>(stored.map((one) => [one.incident.id, one]));
  let incidents: readonly Incident[] = listOf();
  let version = stored.length;

  function listOf(): readonly Incident[] {
    return [...known.values()].map(({ incident }) => incident).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  return {
    concerning: (tenant, address) => (incidents.length === 0 ? incidents : concerning(incidents, tenant, domainOf(address))),
    isKnown: (id) => known.has(id),
    size: () => known.size,
    version: () => version,
    apply({ id, revision, excludes, terms }) {
      const before = known.get(id);
      if (before !== undefined && revision <= before.incident.revision) {
        return revision === before.incident.revision && !before.done ? 'unfinished' : 'known';
      }
      known.delete(id);
      known.set(id, { incident: { id, revision, excludes, terms }, done: false, looked: 0, changed: 0 });
      if (known.size > MOST) known.delete(oldestOfMost(known));
      incidents = listOf();
      version += 1;
      return 'new';
    },
    changed: (id) => known.get(id)?.changed ?? 0,
    progress({ id, revision, excludes, terms }, looked, changed, done) {
      const one = { incident: { id, revision, excludes, terms }, done, looked, changed };
      known.set(id, one);
      return one;
    },
  };
}

/** The id of the incident that was applied first, of the owner that has the most. */
function oldestOfMost(known: ReadonlyMap<string, KnownIncident>): string {
  const byTenant = Map.groupBy(known.values(), ({ incident }) => incident.terms.tenant);
  const [most = []] = [...byTenant.values()].sort((a, b) => b.length - a.length);
  return most[0]?.incident.id ?? '';
}

/** Where to look for what a decision may change: no row is older than its newest evidence, and none of before that was so lies further behind than clocks may. */
export function scopeOf({ terms }: IncidentNotice): IncidentScope {
  const { from, tenant, domain, provider } = terms;
  return { since: from - TOLERANCE, tenant, domain, mention: provider === null ? null : JSON.stringify(provider) };
}
const TOLERANCE = 10 * MINUTE;
