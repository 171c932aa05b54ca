/**
 * Notices incidents in one stream of events, as they come: what the coordinator does for a whole installation, for a replay.
 *
 *   a recipient begins to fail ──> its tenant's own incident ──> do enough tenants show it? ──> one of the whole installation
 */
import { quarterOf, QUARTER, shows } from '@desist/domain';
import type { IncidentNotice, IncidentPolicy, Tenant } from '@desist/domain';
import type { IncidentCounts } from '../traffic/incident-counts.ts';
import type { Beginning } from '../traffic/traffic.ts';
import { closedBy, closedByAll, openedBy, openedByAll, ownIncident } from './decisions.ts';

export interface IncidentWatch {
  /** The incidents that open because somebody began to fail. `clock`: ms. */
  failed(beginning: Beginning, clock: number): readonly IncidentNotice[];
  /** The incidents that are over at this clock. Costs nothing within a quarter of an hour. */
  over(clock: number): readonly IncidentNotice[];
}

/** The incidents of one tenant, or of all, at one provider. */
interface Place {
  readonly tenant: Tenant | null;
  readonly provider: string;
  open: IncidentNotice | undefined;
  /** The last one that ended. */
  last: IncidentNotice | undefined;
}

export function createIncidentWatch(policy: IncidentPolicy, counts: Pick<IncidentCounts, 'of' | 'at'>): IncidentWatch {
  /** By provider and tenant; of all under null. Those of which there never was an incident are not here. */
  const places = new Map<string, Map<Tenant | null, Place>>();
  let looked = Number.NEGATIVE_INFINITY;

  function find(tenant: Tenant | null, provider: string): Place | undefined {
    return places.get(provider)?.get(tenant);
  }

  function open(tenant: Tenant | null, provider: string, notice: IncidentNotice): IncidentNotice {
    let ofProvider = places.get(provider);
    if (ofProvider === undefined) places.set(provider, (ofProvider = new Map<Tenant | null, Place>()));
    ofProvider.set(tenant, { tenant, provider, open: notice, last: ofProvider.get(tenant)?.last });
    return notice;
  }

  function openOwn({ tenant, provider, at }: Beginning, now: number): IncidentNotice | undefined {
    const place = find(tenant, provider);
    if (place?.open !== undefined || !mayBegin(policy, counts, { tenant, provider, at })) return undefined;
    const decided = openedBy(policy, counts.of(tenant, provider), { tenant, provider, after: endOf(place), now });
    return decided === undefined ? undefined : open(tenant, provider, { ...decided, announcedBy: 0 });
  }

  /** Looked at while several tenants have an incident there: the balance between them changes with everybody who begins to fail. */
  function openForAll(provider: string, now: number): IncidentNotice | undefined {
    const shared = find(null, provider);
    if (shared?.open !== undefined) return undefined;
    const own = [...(places.get(provider)?.values() ?? [])].flatMap((one) =>
      one.tenant === null || one.open === undefined ? [] : [ownIncident(one.tenant, one.open.terms, counts.of(one.tenant, provider))],
    );
    if (own.length < policy.tenants) return undefined;
    const decided = openedByAll(policy, own, counts.of(null, provider), { provider, after: endOf(shared), now });
    return decided === undefined ? undefined : open(null, provider, { ...decided, announcedBy: 0 });
  }

  function close(place: Place, clock: number): IncidentNotice[] {
    const { tenant, provider, open: notice } = place;
    if (notice === undefined) return [];
    const counted = counts.of(tenant, provider);
    const decided =
      tenant === null
        ? closedByAll(policy, notice, { own: ownSince(provider, notice.terms.from), counts: counted, now: clock })
        : closedBy(policy, notice, counted, clock);
    if (decided === undefined) return [];
    Object.assign(place, { open: undefined, last: decided });
    return [decided];
  }

  function ownSince(provider: string, since: number): { tenant: Tenant; from: number; until: number | null }[] {
    return [...(places.get(provider)?.values() ?? [])].flatMap(({ tenant, open: going, last }) => {
      if (tenant === null) return [];
      return [going, last].flatMap((one) => {
        if (one === undefined || (one.terms.until !== null && one.terms.until <= since)) return [];
        return [{ tenant, from: one.terms.from, until: one.terms.until }];
      });
    });
  }

  return {
    failed(beginning, clock) {
      if (!policy.detect) return [];
      const own = openOwn(beginning, clock);
      const shared = openForAll(beginning.provider, clock);
      return [own, shared].filter((one) => one !== undefined);
    },
    over(clock) {
      if (clock < looked + QUARTER) return [];
      looked = quarterOf(clock);
      const all = [...places.values()].flatMap((ofProvider) => [...ofProvider.values()]);
      // Those of the whole installation last: they end with the tenants' own.
      return all.toSorted((a, b) => Number(a.tenant === null) - Number(b.tenant === null)).flatMap((place) => close(place, clock));
    },
  };
}

function endOf(place: Place | undefined): number {
  return place?.last?.terms.until ?? Number.NEGATIVE_INFINITY;
}

/** Looked at for every recipient that begins to fail: the stretches that end with its quarter, without the days before. */
function mayBegin(policy: IncidentPolicy, counts: Pick<IncidentCounts, 'at'>, { tenant, provider, at }: Beginning): boolean {
  const last = quarterOf(at);
  let failing = 0;
  let delivered = 0;
  for (let quarter = last; quarter > last - policy.window; quarter -= QUARTER) {
    const count = counts.at(tenant, provider, quarter);
    if (count === undefined) continue;
    failing += count.failing;
    delivered += count.delivered;
    if (shows(policy, { failing, delivered }, true)) return true;
  }
  return false;
}
