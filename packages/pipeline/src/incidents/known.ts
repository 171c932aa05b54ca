/** What a partition knows of incidents: what its log has told it so far. Durable with the checkpoint. */
import { concerning, MINUTE } from '@desist/domain';
import type { Incident, IncidentNotice } from '@desist/domain';
import type { Concerned, KnownIncident } from '../ports.ts';

export interface Incidents {
  /** Those that concern a recipient; the same array as long as nothing is decided. */
  concerning(tenant: string, address: string): readonly Incident[];
  isKnown(id: string): boolean;
  size(): number;
  /** Changes with everything that is told. 0: nothing is known. */
  version(): number;
  /** `news`: it is to be carried out and published; `unfinished`: carried out only (the process died on the way); `known`: neither. */
  told(notice: IncidentNotice): 'news' | 'unfinished' | 'known';
  /** How far carrying it out has come; with `done` it is known from here on. */
  progress(notice: IncidentNotice, looked: number, changed: number, done: boolean): KnownIncident;
}

/** Most of them ended long ago: only so many, the latest told, are looked at. */
const MOST = 1_000;

export function createIncidents(stored: readonly KnownIncident[]): Incidents {
  const known = new Map<string, KnownIncident>(stored.map((one) => [one.incident.id, one]));
  let incidents: readonly Incident[] = listOf();
  let version = stored.length;

  function listOf(): readonly Incident[] {
    return [...known.values()].map(({ incident }) => incident).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  return {
    concerning: (tenant, address) =>
      incidents.length === 0 ? incidents : concerning(incidents, tenant, address.slice(address.lastIndexOf('@') + 1)),
    isKnown: (id) => known.has(id),
    size: () => known.size,
    version: () => version,
    told({ id, revision, holds, terms }) {
      const before = known.get(id);
      if (before !== undefined && revision <= before.incident.revision) {
        return revision === before.incident.revision && !before.done ? 'unfinished' : 'known';
      }
      known.delete(id);
      known.set(id, { incident: { id, revision, holds, terms }, done: false, looked: 0, changed: 0 });
      for (const oldest of known.keys()) {
        if (known.size <= MOST) break;
        known.delete(oldest);
      }
      incidents = listOf();
      version += 1;
      return 'news';
    },
    progress({ id, revision, holds, terms }, looked, changed, done) {
      const one = { incident: { id, revision, holds, terms }, done, looked, changed };
      known.set(id, one);
      return one;
    },
  };
}

/** Where to look for what a decision may change: no row is older than its newest evidence. Rows of before that was so lie up to the tolerance of clocks behind. */
export function concernedBy({ terms }: IncidentNotice): Concerned {
  const { from, tenant, domain, provider } = terms;
  return { since: from - TOLERANCE, tenant, domain, mention: provider === null ? null : JSON.stringify(provider) };
}
const TOLERANCE = 10 * MINUTE;
