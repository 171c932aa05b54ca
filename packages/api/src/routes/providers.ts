/** `GET /v1/providers` and `/{provider}`: how to send to a provider, and how that goes at the moment. */
import { explainedReplies } from '@desist/contracts';
import { asTenant, DAY, HOUR, QUARTER, quarterOf } from '@desist/domain';
import { formatTime } from '@desist/formats/event';
import { summedCodes } from '@desist/pipeline';
import type { IncidentStore, SenderIncidentStore, SummedCount, TrafficReader } from '@desist/pipeline';
import {
  adviceFor,
  CODE_KNOWLEDGE,
  GIVE_UP_AFTER_HOURS,
  hintsIn,
  isKnownProvider,
  placesOf,
  PROVIDERS,
  RETRY_LADDER,
  RETRY_SOURCE,
} from '@desist/verdicts';
import { tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import type { ApiOptions } from '../options.ts';
import { GET_PROVIDER, LIST_PROVIDERS } from '../schemas/verdicts.ts';
import { anyIncidentValue, isSender, openIncidentsOf } from './incidents.ts';
import { copied } from './verdicts.ts';
import { seriesOf } from '../series.ts';

/** ms: what `recent` is about. */
const RECENT = HOUR;
const CODES = 10;
const SAMPLES = 5;
const LIMITS = 5;
/** ms: what `seen.greylisting` is about. */
const WAITS = 7 * DAY;

interface Recent {
  readonly counts: readonly SummedCount[];
  readonly since: number;
}

export async function providerRoutes(app: HttpApp, { incidents, senderIncidents: senders, traffic, time }: ApiOptions): Promise<void> {
  const config = { role: 'reader' } as const;

  app.get('/v1/providers', { schema: LIST_PROVIDERS, config }, async ({ query, caller }) => {
    const tenants = tenantsOf(caller, query.tenant);
    const open = await openIncidentsOf({ incidents, senders }, tenants);
    const names = [...new Set([...PROVIDERS, ...open.flatMap((one) => providerOf(one) ?? [])])].sort();
    const recent = await recentOf(incidents, names, tenants, time.now());
    const items = names.map((provider) => {
      const counts = recent.get(provider)?.counts ?? [];
      return {
        provider,
        ...headOf(provider),
        recent: counts.length === 0 ? null : sumOf(counts),
        openIncidents: open.filter((one) => providerOf(one) === provider).length,
      };
    });
    return { items };
  });

  app.get('/v1/providers/:provider', { schema: GET_PROVIDER, config }, async ({ params, query, caller }) => {
    const provider = params.provider.toLowerCase();
    const tenants = tenantsOf(caller, query.tenant);
    const open = await openIncidentsOf({ incidents, senders }, tenants);
    const now = (await incidents?.progressOfAll())?.clock ?? time.now();
    const recent = (await recentOf(incidents, [provider], tenants, time.now())).get(provider);
    const { domains, hosts } = placesOf(provider);
    const { title, connections } = headOf(provider);
    const { notes, source, asOf } = adviceFor(provider);
    return {
      provider,
      title,
      known: isKnownProvider(provider) && (domains.length > 0 || hosts.length > 0),
      domains: [...domains],
      hosts: [...hosts],
      advice: { connections, notes: [...notes], source, asOf },
      retry: { minutes: [...RETRY_LADDER], giveUpAfterHours: GIVE_UP_AFTER_HOURS, source: RETRY_SOURCE },
      recent: recent === undefined ? null : detailOf(recent),
      seen: {
        limits: await limitsOf(senders, provider, { tenants, from: now - DAY }),
        greylisting: await greylistingOf(traffic, { provider, tenants, to: now }),
      },
      openIncidents: open.filter((one) => providerOf(one) === provider).map(anyIncidentValue),
      codes: CODE_KNOWLEDGE.filter((one) => one.provider === provider).map(copied),
    };
  });
}

function headOf(provider: string): { title: string; connections: { least: number; most: number } } {
  const advice = adviceFor(provider);
  const [least, most] = advice.connections;
  return { title: advice.provider === provider ? advice.title : provider, connections: { least, most } };
}

interface Which {
  readonly tenants: readonly string[] | undefined;
  /** ms */
  readonly from: number;
}

/** Replies that refuse mail for the sender's fault, with what they mean and what they advise themselves. */
async function limitsOf(senders: SenderIncidentStore | undefined, provider: string, which: Which) {
  const replies = (await senders?.repliesOf(provider, { ...which, limit: LIMITS })) ?? [];
  return explainedReplies(provider, replies).map(({ actions, ...one }) => ({
    ...one,
    actions: [...actions],
    hints: hintsIn(one.reply ?? ''),
  }));
}

/** How long it took until what was greylisted was delivered; null: nothing was. */
async function greylistingOf(
  traffic: TrafficReader | undefined,
  { provider, tenants, to }: { readonly provider: string; readonly tenants: readonly string[] | undefined; readonly to: number },
) {
  const end = Math.ceil(to / HOUR) * HOUR;
  const span = { from: end - WAITS, to: end, step: WAITS };
  const of = { family: 'waits', types: ['greylisting'], table: 'hours', by: null, groups: 1 } as const;
  const points = (await traffic?.series({ ...of, ...span, provider, tenants })) ?? [];
  const waits = new Map(seriesOf('time_to_delivery', points, 1).map(({ metric, total }) => [metric, total]));
  const [count, p50, p90] = [waits.get('count') ?? 0, waits.get('p50') ?? null, waits.get('p90') ?? null];
  return p50 === null || p90 === null ? null : { count, p50, p90 };
}

function providerOf(incident: Awaited<ReturnType<typeof openIncidentsOf>>[number]): string | null {
  return (isSender(incident) ? incident.place : incident.terms).provider;
}

/** By the partition clocks, so that a log that is behind has a present of its own. Of whom nothing was counted, no entry. */
async function recentOf(
  incidents: IncidentStore | undefined,
  providers: readonly string[],
  tenants: readonly string[] | undefined,
  now: number,
): Promise<ReadonlyMap<string, Recent>> {
  if (incidents === undefined) return new Map();
  const clock = (await incidents.progressOfAll())?.clock ?? now;
  const since = quarterOf(clock - RECENT);
  const wanted = providers.flatMap((provider) => (tenants?.map(asTenant) ?? [null]).map((tenant) => ({ tenant, provider })));
  const byProvider = Map.groupBy(await incidents.counts(wanted, since), ({ by }) => by.provider);
  return new Map([...byProvider].map(([provider, all]) => [provider, { since, counts: all.flatMap(({ counts }) => counts) }]));
}

function sumOf(counts: readonly SummedCount[]): { failing: number; delivered: number } {
  return {
    failing: counts.reduce((sum, { failing }) => sum + failing, 0),
    delivered: counts.reduce((sum, { delivered }) => sum + delivered, 0),
  };
}

function detailOf({ counts, since }: Recent) {
  return {
    from: formatTime(since),
    to: formatTime(Math.max(...counts.map(({ at }) => at)) + QUARTER),
    ...sumOf(counts),
    codes: summedCodes(counts.flatMap(({ codes }) => codes))
      .slice(0, CODES)
      .map((one) => ({ ...one })),
    samples: [...new Set(counts.flatMap(({ samples }) => samples))].slice(0, SAMPLES),
  };
}
