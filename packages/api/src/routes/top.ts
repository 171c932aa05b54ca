/** `GET /v1/top`: where mail is deferred now, compared with what is usual. */
import { DAY, HOUR, hourOf, QUARTER, quarterOf } from '@desist/domain';
import { formatTime } from '@desist/formats/event';
import type { SeriesPoint, TrafficReader } from '@desist/pipeline';
import { providerOf } from '@desist/verdicts';
import { tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { putNewest } from '../newest.ts';
import type { ApiOptions } from '../options.ts';
import { GET_TOP } from '../schemas/top.ts';
import type { TopBy } from '../schemas/top.ts';
import { seriesOf } from '../series.ts';
import { isSender, openIncidentsOf } from './incidents.ts';

const LIMIT = 20;
/** Groups that are counted by name; the listed ones are the worst of these. */
const GROUPS = 200;
const USUAL = 7 * DAY;
/** What is usual changes slowly, and costs a look at a week. */
const USUAL_KEPT_FOR = 15 * 60_000;
const MOST_KEPT = 100;

interface Tenants {
  readonly tenants: readonly string[] | undefined;
}

export async function topRoutes(app: HttpApp, { traffic, incidents, senderIncidents: senders, time }: ApiOptions): Promise<void> {
  if (traffic === undefined) return;
  const usualOf = createUsual(traffic);

  app.get('/v1/top', { schema: GET_TOP, config: { role: 'reader' } }, async ({ query, caller }) => {
    const { by = 'provider', limit = LIMIT } = query;
    const tenants = tenantsOf(caller, query.tenant);
    const to = quarterOf(time.now()) + QUARTER;
    const from = to - HOUR;
    const span = { by, from, to, tenants };
    const counted = named(await pointsOf(traffic, { ...span, types: ['delivered', 'deferred', 'bounced'] }));
    const worst = [...counted]
      .map(([name, points]) => ({ name, ...triesOf(points) }))
      .sort((a, b) => b.deferred - a.deferred || b.tries - a.tries || ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
      .slice(0, limit);
    const names = worst.map(({ name }) => name ?? '');
    const reasons = new Map((await traffic.reasons({ ...span, names })).map(({ name, ...reason }) => [name, reason]));
    const waits = by === 'pool' ? undefined : named(await waitsOf(traffic, { ...span, by }));
    const usual = await usualOf(by, tenants, from);
    const open = await openIncidentsOf({ incidents, senders }, tenants);
    const items = worst.map(({ name, ...tries }) => {
      const reason = reasons.get(name ?? '');
      return {
        name,
        ...tries,
        deferralShare: shareOf(tries),
        usualShare: usual.get(name) ?? null,
        reason: reason === undefined ? null : { category: reason.category, count: reason.events },
        medianWait: medianOf(waits?.get(name) ?? []),
        openIncidents: open.filter((one) => concerns(one, by, name)).map(({ id }) => id),
      };
    });
    return { by, from: formatTime(from), to: formatTime(to), items };
  });
}

interface Wanted extends Tenants {
  readonly by: TopBy;
  readonly from: number;
  readonly to: number;
  readonly types: readonly string[];
}

/** One step over the whole span. */
function pointsOf(
  traffic: TrafficReader,
  { by, ...wanted }: Wanted,
  table: 'quarters' | 'hours' = 'quarters',
): Promise<readonly SeriesPoint[]> {
  const family = by === 'domain' ? 'domains' : 'events';
  return traffic.series({ ...wanted, family, table, by, step: wanted.to - wanted.from, groups: GROUPS });
}

function waitsOf(traffic: TrafficReader, span: Omit<Wanted, 'types'>): Promise<readonly SeriesPoint[]> {
  return traffic.series({ ...span, family: 'waits', table: 'quarters', types: ['delivery'], step: span.to - span.from, groups: GROUPS });
}

/** Without the rest, which is nobody's. */
function named(points: readonly SeriesPoint[]): ReadonlyMap<string | null, readonly SeriesPoint[]> {
  return Map.groupBy(
    points.filter(({ rest }) => !rest),
    ({ group }) => group,
  );
}

interface Tries {
  readonly tries: number;
  readonly delivered: number;
  readonly deferred: number;
  readonly bounced: number;
}

function triesOf(points: readonly SeriesPoint[]): Tries {
  const of = (type: string): number => points.reduce((sum, one) => (one.type === type ? sum + one.events : sum), 0);
  const [delivered, deferred, bounced] = [of('delivered'), of('deferred'), of('bounced')];
  return { tries: delivered + deferred + bounced, delivered, deferred, bounced };
}

function shareOf({ delivered, deferred }: Pick<Tries, 'delivered' | 'deferred'>): number | null {
  return delivered + deferred === 0 ? null : deferred / (delivered + deferred);
}

function medianOf(points: readonly SeriesPoint[]): number | null {
  return seriesOf('time_to_delivery', points, 1).find(({ metric }) => metric === 'p50')?.total ?? null;
}

function concerns(incident: Awaited<ReturnType<typeof openIncidentsOf>>[number], by: TopBy, name: string | null): boolean {
  if (by === 'pool') return isSender(incident) && name !== null && incident.place.pool === name;
  if (name === null) return false;
  const provider = by === 'provider' ? name : providerOf(name);
  if (isSender(incident)) return incident.place.provider === provider;
  const { terms } = incident;
  return terms.provider === provider || (by === 'domain' && terms.domain === name);
}

/** The usual shares by name, kept for some minutes for each grouping and tenants. */
function createUsual(
  traffic: TrafficReader,
): (by: TopBy, tenants: readonly string[] | undefined, before: number) => Promise<ReadonlyMap<string | null, number | null>> {
  const kept = new Map<string, { readonly at: number; readonly shares: ReadonlyMap<string | null, number | null> }>();
  return async (by, tenants, before) => {
    const to = hourOf(before);
    const key = JSON.stringify([by, tenants]);
    const known = kept.get(key);
    if (known !== undefined && before - known.at < USUAL_KEPT_FOR) return known.shares;
    const points = await pointsOf(traffic, { by, tenants, from: to - USUAL, to, types: ['delivered', 'deferred'] }, 'hours');
    const shares = new Map([...named(points)].map(([name, of]) => [name, shareOf(triesOf(of))]));
    putNewest(kept, [key, { at: before, shares }], MOST_KEPT);
    return shares;
  };
}
