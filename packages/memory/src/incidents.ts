/** The store of incidents in memory, for tests of what stands on it: the same answers as the database's, of what it was given. */
import { summedCodes } from '@desist/pipeline';
import type { IncidentCount, IncidentRow, IncidentStore, KnownIncident, ProviderCounts, StoredRecipient } from '@desist/pipeline';

export interface MemoryIncidents extends IncidentStore {
  /** What the partitions counted, knew and committed. */
  readonly given: {
    clock: number | null;
    counts: (IncidentCount & { readonly partition: number })[];
    known: (KnownIncident & { readonly partition: number })[];
    partitions: number;
    recipients: StoredRecipient[];
  };
}

export function createMemoryIncidents(): MemoryIncidents {
  const rows = new Map<string, IncidentRow>();
  const given: MemoryIncidents['given'] = { clock: null, counts: [], known: [], partitions: 1, recipients: [] };

  function summed(providers: readonly string[], since: number): readonly ProviderCounts[] {
    return [...new Set(providers)].sort().flatMap((provider) => {
      const quarters = new Map<number, IncidentCount>();
      for (const count of given.counts.filter((one) => one.provider === provider && one.at >= since)) {
        const { at, failing, delivered, codes, samples } = count;
        const before = quarters.get(at) ?? { provider, at, failing: 0, delivered: 0, codes: [], samples: [] };
        quarters.set(at, {
          provider,
          at,
          failing: before.failing + failing,
          delivered: before.delivered + delivered,
          codes: summedCodes([...before.codes, ...codes]),
          samples: [...new Set([...before.samples, ...samples])],
        });
      }
      return quarters.size === 0 ? [] : [{ provider, counts: [...quarters.values()].sort((a, b) => a.at - b.at) }];
    });
  }

  return {
    given,
    async suspects({ since, recipients, share, baseline }) {
      const failing = new Map<string, number>();
      for (const one of given.counts) {
        if (one.at >= since) failing.set(one.provider, (failing.get(one.provider) ?? 0) + one.failing);
      }
      const providers = [...failing].filter(([, count]) => count >= recipients).map(([provider]) => provider);
      const high = ({ failing, delivered }: IncidentCount): boolean => failing > 0 && failing / (failing + delivered) >= share / 4;
      const found = summed(providers, since).filter(({ counts }) => {
        return counts.filter(high).reduce((sum, { failing: some }) => sum + some, 0) >= recipients / 2;
      });
      return summed(
        found.map(({ provider }) => provider),
        since - baseline,
      );
    },
    counts: async (providers, since) => summed(providers, since),
    clock: async () => given.clock,
    async insert(row) {
      const taken =
        rows.has(row.id) || (row.open && [...rows.values()].some((one) => one.open && one.terms.provider === row.terms.provider));
      if (!taken) rows.set(row.id, row);
      return !taken;
    },
    async update(row, revision) {
      if (rows.get(row.id)?.revision !== revision) return false;
      rows.set(row.id, row);
      return true;
    },
    find: async (id) => rows.get(id) ?? null,
    async list({ tenants, limit, before }) {
      const all = [...rows.values()]
        .filter(({ terms }) => tenants === undefined || (terms.tenant !== null && tenants.includes(terms.tenant)))
        .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
      const from = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1;
      return all.slice(from, from + limit);
    },
    open: async () => [...rows.values()].filter(({ open }) => open).sort((a, b) => (a.id < b.id ? -1 : 1)),
    async lastEnds(providers) {
      const ends = new Map<string, number | null>();
      for (const { origin, open, terms } of rows.values()) {
        const { provider, until } = terms;
        if (origin !== 'detected' || provider === null || !providers.includes(provider)) continue;
        const before = ends.get(provider);
        ends.set(provider, open || before === null || until === null ? null : Math.max(until, before ?? until));
      }
      return ends;
    },
    untold: async () => [...rows.values()].filter(({ told, revision }) => told < revision).sort((a, b) => (a.id < b.id ? -1 : 1)),
    async markTold(id, revision) {
      const row = rows.get(id);
      if (row !== undefined) rows.set(id, { ...row, told: Math.max(row.told, revision) });
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
        row !== undefined && until !== null && until < incidents && row.at < incidents && row.told === row.revision;
      given.known = given.known.filter(({ done, incident }) => !done || !isOld(incident, rows.get(incident.id)));
    },
  };
}
