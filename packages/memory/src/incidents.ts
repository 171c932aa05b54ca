/** In-memory incident store for tests. From the data in `given` it returns the same answers as the database store. */
import { summedCodes } from '@desist/pipeline';
import type {
  AuditTrail,
  CountedBy,
  IncidentCount,
  IncidentRow,
  IncidentStore,
  KnownIncident,
  ProviderCounts,
  StoredRecipient,
  SummedCount,
} from '@desist/pipeline';
import { pageOf } from './page-of.ts';
import { createMemoryTrail } from './audit-trail.ts';

export interface MemoryIncidents extends IncidentStore {
  /** The input: what the partitions counted, knew and committed. */
  readonly given: {
    clock: number | null;
    /** Records that were folded so far. */
    records: number;
    leader: string | null;
    counts: (IncidentCount & { readonly partition: number })[];
    known: (KnownIncident & { readonly partition: number })[];
    partitions: number;
    recipients: StoredRecipient[];
  };
}

export function createMemoryIncidents(trail: Pick<AuditTrail, 'note'> = createMemoryTrail()): MemoryIncidents {
  const rows = new Map<string, IncidentRow>();
  const given: MemoryIncidents['given'] = { clock: null, records: 0, leader: null, counts: [], known: [], partitions: 1, recipients: [] };

  function summed<By extends CountedBy>(all: readonly By[], since: number): readonly ProviderCounts<By>[] {
    return all.flatMap((by) => {
      const quarters = new Map<number, SummedCount>();
      for (const { at, failing, delivered, codes, samples } of given.counts.filter((one) => one.at >= since && isBy(one, by))) {
        const before = quarters.get(at) ?? { at, failing: 0, delivered: 0, codes: [], samples: [] };
        quarters.set(at, {
          at,
          failing: before.failing + failing,
          delivered: before.delivered + delivered,
          codes: summedCodes([...before.codes, ...codes]),
          samples: [...new Set([...before.samples, ...samples])],
        });
      }
      return quarters.size === 0 ? [] : [{ by, counts: [...quarters.values()].sort((a, b) => a.at - b.at) }];
    });
  }

  return {
    given,
    async suspects({ since, recipients, share, baseline }) {
      const counted = new Map(given.counts.map(({ tenant, provider }) => [`${tenant} ${provider}`, { tenant, provider }]));
      const sum = (counts: readonly SummedCount[]): number => counts.reduce((failing, one) => failing + one.failing, 0);
      const isHigh = ({ failing, delivered }: SummedCount): boolean => failing > 0 && failing / (failing + delivered) >= share / 4;
      const found = summed([...counted.values()], since).filter(({ counts }) => {
        return sum(counts) >= recipients && sum(counts.filter(isHigh)) >= recipients / 2;
      });
      return summed(
        found.map(({ by }) => by),
        since - baseline,
      );
    },
    counts: async (by, since) => summed(by, since),
    progressOfAll: async () => (given.clock === null ? null : { clock: given.clock, records: given.records, leader: given.leader }),
    async insert(row, entry) {
      const { tenant, provider } = row.terms;
      const isSame = ({ open, terms }: IncidentRow): boolean => open && terms.tenant === tenant && terms.provider === provider;
      const taken = rows.has(row.id) || (row.open && [...rows.values()].some(isSame));
      if (!taken) rows.set(row.id, row);
      if (!taken && entry !== undefined) await trail.note([entry]);
      return !taken;
    },
    async update(row, revision, entry) {
      if (rows.get(row.id)?.revision !== revision) return false;
      rows.set(row.id, row);
      if (entry !== undefined) await trail.note([entry]);
      return true;
    },
    find: async (id) => rows.get(id) ?? null,
    async list({ tenants, limit, before }) {
      const all = [...rows.values()].filter(
        ({ terms }) => tenants === undefined || (terms.tenant !== null && tenants.includes(terms.tenant)),
      );
      return pageOf(all, before, limit);
    },
    open: async () => [...rows.values()].filter(({ open }) => open).sort((a, b) => (a.id < b.id ? -1 : 1)),
    async detected(providers, since) {
      return [...rows.values()]
        .filter(({ origin, terms }) => origin === 'detected' && terms.provider !== null && providers.includes(terms.provider))
        .filter(({ open, terms }) => open || (terms.until ?? Number.POSITIVE_INFINITY) > since)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    unannounced: async () =>
      [...rows.values()].filter(({ announcedRevision: told, revision }) => told < revision).sort((a, b) => (a.id < b.id ? -1 : 1)),
    async markAnnounced(id, revision) {
      const row = rows.get(id);
      if (row !== undefined) rows.set(id, { ...row, announcedRevision: Math.max(row.announcedRevision, revision) });
    },
    async progress(id, revision) {
      const of = given.known.filter(({ incident }) => incident.id === id && incident.revision === revision);
      return {
        partitions: given.partitions,
        done: of.filter(({ done }) => done).length,
        looked: of.reduce((sum, { looked }) => sum + looked, 0),
        changed: of.reduce((sum, { changed }) => sum + changed, 0),
      };
    },
    async evidence({ tenant, domain, provider }, { cursor, limit }) {
      const from = cursor === null ? 0 : Number(cursor);
      const all = given.recipients
        .filter((one) => (tenant ?? one.tenant) === one.tenant && (domain === null || one.address.endsWith(`@${domain}`)))
        .filter(({ evidence }) => provider === null || evidence.includes(JSON.stringify(provider)));
      return { recipients: all.slice(from, from + limit), cursor: from + limit < all.length ? String(from + limit) : null };
    },
    async prune({ counts, incidents }) {
      given.counts = given.counts.filter(({ at }) => at >= counts);
      const isOld = ({ terms: { until } }: KnownIncident['incident'], row: IncidentRow | undefined): boolean =>
        row !== undefined && until !== null && until < incidents && row.at < incidents && row.announcedRevision === row.revision;
      given.known = given.known.filter(({ done, incident }) => !done || !isOld(incident, rows.get(incident.id)));
    },
  };
}

function isBy(count: IncidentCount, { tenant, provider }: CountedBy): boolean {
  return count.provider === provider && (tenant ?? count.tenant) === count.tenant;
}
