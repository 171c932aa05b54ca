/** `/ui/providers/{p}`: one provider: how much it defers and whether that is usual, why, how long mail waits, and what it asks for. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { api } from '../api/index.ts';
import type { Group, Measure, Provider, Series } from '../api/types.ts';
import { byGroup, shares, usualBand } from '../model/series.ts';
import type { Line } from '../model/series.ts';
import { HOUR, localClock, localDay, seconds, utcTime } from '../model/time.ts';
import { compact, number, percent, words } from '../model/words.ts';
import { to } from '../router.ts';
import { tenant } from '../session.ts';
import { Figure } from '../ui/figure.tsx';
import { HeatMap } from '../ui/heat-map.tsx';
import { Chip, Empty, Failure, Head, Loading, TableBox, Waiting } from '../ui/pieces.tsx';
import { Plot } from '../ui/plot.tsx';
import type { Loaded } from '../ui/use-data.ts';
import { useData } from '../ui/use-data.ts';
import { SeriesFigure } from './overview.tsx';
import { whatOf } from './incidents.tsx';

const DAYS = 7;

export function ProviderView({ name }: { readonly name: string }): JSX.Element {
  const of = tenant.value;
  const { data, error, reload } = useData(`provider ${name} ${of ?? ''}`, () => api.provider(name, of), 60_000);
  const share = useSeries(name, 'deferral_share', { days: 2 * DAYS });
  return (
    <>
      <Head
        title={data?.title ?? name}
        crumbs={<a href={to(['providers'])}>Providers</a>}
        sub={data === undefined ? undefined : <Known provider={data} />}
      />
      {error === undefined ? null : <Failure error={error} retry={reload} />}
      {data?.openIncidents.map((one) => (
        <div class="banner bad" key={one.id}>
          <div class="grow">
            <strong>Open incident</strong> at {whatOf(one)}.
          </div>
          <a class="button small" href={to(['incidents', one.id])}>
            Look at it
          </a>
        </div>
      ))}
      <ShareFigure loaded={share} name={name} />
      <div class="grid two">
        <Categories name={name} by="category" title="Why it failed" />
        <Categories name={name} by="attribution" title="Whose fault it was" />
        <Waits name={name} />
        <WaitHeat name={name} />
        <Greylisting name={name} />
        <Heat loaded={share} name={name} />
      </div>
      {data === undefined ? (
        error === undefined ? (
          <Waiting>Reading what is known of {name} …</Waiting>
        ) : null
      ) : (
        <Knowledge provider={data} />
      )}
    </>
  );
}

function Known({ provider }: { readonly provider: Provider }): JSX.Element {
  const { known, domains, provider: name } = provider;
  if (!known) return <>{name} is not in the table of providers: the advice is that for small domains.</>;
  const shown = domains.slice(0, 6).join(', ');
  return (
    <>
      {shown}
      {domains.length > 6 ? ` and ${domains.length - 6} more domains` : ''}
    </>
  );
}

/** Hours, so that the same hour of other days can be compared. */
function useSeries(
  name: string,
  measure: Measure,
  { days, by, step = '1h' }: { readonly days: number; readonly by?: Group; readonly step?: '1h' | '1d' },
): Loaded<Series> {
  const of = tenant.value;
  return useData(
    `${measure} ${by ?? ''} ${name} ${of ?? ''} ${days}`,
    () => {
      const unit = step === '1h' ? HOUR : 24 * HOUR;
      const end = Math.ceil(Date.now() / unit) * unit;
      const range = { from: new Date(end - days * 24 * HOUR).toISOString(), to: new Date(end).toISOString() };
      return api.series({
        measure,
        provider: name,
        step,
        ...range,
        ...(by === undefined ? {} : { by }),
        ...(of === undefined ? {} : { tenant: of }),
      });
    },
    60_000,
  );
}

function ShareFigure({ loaded, name }: { readonly loaded: Loaded<Series>; readonly name: string }): JSX.Element {
  const { times, line, band } = useMemo(() => {
    const [all] = loaded.data === undefined ? [] : shares(loaded.data);
    const shown = DAYS * 24;
    if (loaded.data === undefined || all === undefined) return { times: [], line: undefined, band: [] };
    return {
      times: loaded.data.times.slice(-shown),
      line: { name: 'deferred', values: all.values.slice(-shown), total: all.total } satisfies Line,
      band: usualBand(all.values, 24, shown),
    };
  }, [loaded.data]);
  const table = useMemo(
    () => ({
      columns: ['time', 'deferral share', 'usual from', 'usual to'],
      rows: times.map((time, at) => [time, line?.values[at] ?? null, band[at]?.low ?? null, band[at]?.high ?? null]),
    }),
    [times, line, band],
  );
  return (
    <Figure
      title="Deferral share"
      sub={`deferred of deferred and delivered, by hour; the band is what is usual at this hour`}
      table={table}
      file={`deferral-${name}`}
    >
      <Loading loaded={loaded} waiting="Comparing with the days before …">
        {line === undefined ? (
          <Empty title="Nothing was tried">
            <p>No event of the last {DAYS} days was for this provider.</p>
          </Empty>
        ) : (
          <Plot name={`Deferral share of ${name}`} times={times} lines={[line]} band={band} kind="lines" format={percent} label={words} />
        )}
      </Loading>
    </Figure>
  );
}

function Categories({
  name,
  by,
  title,
}: {
  readonly name: string;
  readonly by: 'category' | 'attribution';
  readonly title: string;
}): JSX.Element {
  const loaded = useSeries(name, 'outcomes', { days: 14, by, step: '1d' });
  const { times, lines } = useMemo(() => {
    if (loaded.data === undefined) return { times: [], lines: [] };
    const groups = new Map<string, Line>();
    for (const metric of ['deferred', 'bounced', 'expired']) {
      for (const line of byGroup(loaded.data, metric)) {
        if (line.name === 'all') continue;
        const sum = groups.get(line.name);
        groups.set(line.name, {
          name: line.name,
          total: (sum?.total ?? 0) + (line.total ?? 0),
          values: line.values.map((value, at) => (value ?? 0) + (sum?.values[at] ?? 0)),
        });
      }
    }
    return { times: loaded.data.times, lines: [...groups.values()].filter(({ total }) => (total ?? 0) > 0).slice(0, 8) };
  }, [loaded.data]);
  return (
    <SeriesFigure
      loaded={loaded}
      title={title}
      sub="failures per day"
      file={`${by}-${name}`}
      times={times}
      lines={lines}
      kind="stacked"
      format={compact}
      nothing="Nothing failed in the last 14 days."
    />
  );
}

/** Seconds: from five minutes to days. */
const MARKS = [60, 300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 604_800];

function Waits({ name }: { readonly name: string }): JSX.Element {
  const loaded = useSeries(name, 'time_to_delivery', { days: 14, step: '1d' });
  const lines = useMemo((): readonly Line[] => {
    if (loaded.data === undefined) return [];
    return loaded.data.series
      .filter(({ metric }) => metric !== 'count')
      .map(({ metric, values, total }) => ({ name: metric, values, total }));
  }, [loaded.data]);
  return (
    <SeriesFigure
      loaded={loaded}
      title="Time to delivery"
      sub="of mail that was deferred first: median, 90 % and 99 %"
      file={`waits-${name}`}
      times={loaded.data?.times ?? []}
      lines={lines}
      kind="lines"
      format={seconds}
      marks={MARKS}
      height={290}
      nothing="No mail that was deferred first has arrived in the last 14 days."
    />
  );
}

/** Share of deferrals by day and hour. */
function Heat({ loaded, name }: { readonly loaded: Loaded<Series>; readonly name: string }): JSX.Element {
  const days = useMemo(() => {
    const [line] = loaded.data === undefined ? [] : shares(loaded.data);
    if (loaded.data === undefined || line === undefined) return [];
    const cells = loaded.data.times.map((time, at) => ({ at: Date.parse(time), share: line.values[at] ?? null }));
    const first = cells.findIndex(({ share }) => share !== null);
    return first < 0 ? [] : [...Map.groupBy(cells.slice(first), ({ at }) => localDay(at))];
  }, [loaded.data]);
  const table = useMemo(
    () => ({
      columns: ['time', 'deferral share'],
      rows: days.flatMap(([, cells]) => cells.map(({ at, share }) => [new Date(at).toISOString(), share])),
    }),
    [days],
  );
  const rows = days.map(([label, cells]) => ({
    label,
    cells: cells.map(({ at, share }) => ({
      at: new Date(at).getHours(),
      share,
      title: `${label} ${localClock(at)} (${utcTime(at)}): ${percent(share)}`,
    })),
  }));
  const [newest] = days.at(-1)?.[1] ?? [];
  const columns = [0, 6, 12, 18].map((hour) => ({
    at: hour,
    label: `${String(hour).padStart(2, '0')}:00`,
    ...(newest === undefined ? {} : { title: utcTime(new Date(newest.at).setHours(hour, 0, 0, 0)).slice(11, 16) + ' UTC' }),
  }));
  return (
    <Figure title="Deferral share by day and hour" sub="the redder, the more" table={table} file={`heat-${name}`}>
      {days.length === 0 ? (
        <Empty title="Nothing to draw">
          <p>Nothing was tried in the last 14 days.</p>
        </Empty>
      ) : (
        <HeatMap rows={rows} columns={columns} width={24} name="Deferral share by day and hour" />
      )}
    </Figure>
  );
}

/** Longest waits on top. */
const WAITED = [
  ['longer', 'over 1 d'],
  ['to_1d', '≤ 1 d'],
  ['to_12h', '≤ 12 h'],
  ['to_4h', '≤ 4 h'],
  ['to_1h', '≤ 1 h'],
  ['to_15m', '≤ 15 min'],
  ['to_5m', '≤ 5 min'],
  ['to_1m', '≤ 1 min'],
] as const;

/** How long mail that was deferred first has waited: of each day the shares of the waits. */
function WaitHeat({ name }: { readonly name: string }): JSX.Element {
  const loaded = useSeries(name, 'wait_distribution', { days: 14, step: '1d' });
  const { days, rows, table } = useMemo(() => {
    const times = loaded.data?.times ?? [];
    const of = (metric: string, at: number): number => loaded.data?.series.find((one) => one.metric === metric)?.values[at] ?? 0;
    const all = times.map((_, at) => WAITED.reduce((sum, [metric]) => sum + of(metric, at), 0));
    return {
      days: all.some((n) => n > 0) ? times.map((time) => Date.parse(time)) : [],
      rows: WAITED.map(([metric, label]) => ({
        label,
        cells: times.map((time, at) => {
          const share = (all[at] ?? 0) === 0 ? null : of(metric, at) / (all[at] ?? 1);
          return {
            at,
            share,
            title: `${localDay(Date.parse(time))} (from ${utcTime(Date.parse(time))}), ${label}: ${number(of(metric, at))}, ${percent(share)}`,
          };
        }),
      })),
      table: {
        columns: ['day', ...WAITED.map(([, label]) => label).toReversed()],
        rows: times.map((time, at) => [time, ...WAITED.map(([metric]) => of(metric, at)).toReversed()]),
      },
    };
  }, [loaded.data]);
  const columns = days.flatMap((at, index) => (index % 3 === 0 ? [{ at: index, label: localDay(at), title: utcTime(at) }] : []));
  return (
    <Figure
      title="How long mail waited"
      sub="of mail that was deferred first: its share by the time to delivery, each day"
      table={table}
      file={`waited-${name}`}
    >
      <Loading loaded={loaded} waiting="Reading waits …">
        {days.length === 0 ? (
          <Empty title="Nothing to draw">
            <p>No mail that was deferred first has arrived in the last 14 days.</p>
          </Empty>
        ) : (
          <HeatMap rows={rows} columns={columns} width={days.length} name="Shares of the times to delivery by day" />
        )}
      </Loading>
    </Figure>
  );
}

/** From a first attempt that was greylisted to the delivery. */
function Greylisting({ name }: { readonly name: string }): JSX.Element {
  const loaded = useSeries(name, 'greylisting_delay', { days: 14, step: '1d' });
  const lines = useMemo((): readonly Line[] => {
    const count = loaded.data?.series.find(({ metric }) => metric === 'count')?.total ?? 0;
    if (loaded.data === undefined || count === 0) return [];
    return loaded.data.series
      .filter(({ metric }) => metric !== 'count')
      .map(({ metric, values, total }) => ({ name: metric, values, total }));
  }, [loaded.data]);
  return (
    <SeriesFigure
      loaded={loaded}
      title="Greylisting delay"
      sub="from the first attempt to the delivery: median, 90 % and 99 %"
      file={`greylisting-${name}`}
      times={loaded.data?.times ?? []}
      lines={lines}
      kind="lines"
      format={seconds}
      marks={MARKS}
      height={290}
      nothing="It has greylisted nothing that arrived in the last 14 days."
    />
  );
}

function Knowledge({ provider }: { readonly provider: Provider }): JSX.Element {
  const { advice, retry, recent, codes } = provider;
  return (
    <>
      <div class="grid two">
        <section class="panel stack" aria-labelledby="advice">
          <h2 id="advice">How to send to it</h2>
          <dl class="facts">
            <div>
              <dt>Connections at once</dt>
              <dd>
                {advice.connections.least}–{advice.connections.most}
              </dd>
            </div>
            <div>
              <dt>Try again after</dt>
              <dd>{retry.minutes.map((minutes) => seconds(minutes * 60)).join(', ')}</dd>
            </div>
            <div>
              <dt>Give up after</dt>
              <dd>{retry.giveUpAfterHours} h</dd>
            </div>
          </dl>
          <ul class="bullets">
            {advice.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
          <p class="quiet small">
            {advice.source}, {advice.asOf}
          </p>
        </section>
        <section class="panel stack" aria-labelledby="wordings">
          <h2 id="wordings">What it says lately</h2>
          {recent === null || (recent.codes.length === 0 && recent.samples.length === 0) ? (
            <p class="quiet">Nothing failed lately.</p>
          ) : (
            <>
              <div class="chips">
                {recent.codes.map(({ code, count: n }) => (
                  <Chip key={code}>
                    <span class="mono">{code}</span> {number(n)}
                  </Chip>
                ))}
              </div>
              {recent.samples.map((sample) => (
                <div class="reply" key={sample}>
                  {sample}
                </div>
              ))}
            </>
          )}
        </section>
      </div>
      {codes.length === 0 ? null : (
        <section class="panel flush" aria-labelledby="codes">
          <header>
            <h2 id="codes">What its codes mean</h2>
          </header>
          <TableBox label="What its codes mean" tall>
            <table>
              <thead>
                <tr>
                  <th scope="col">Code</th>
                  <th scope="col">Category</th>
                  <th scope="col">Meaning</th>
                  <th scope="col">What to do</th>
                </tr>
              </thead>
              <tbody>
                {codes.map((one) => (
                  <tr key={`${one.code} ${one.meaning}`}>
                    <td class="mono nowrap">{one.code}</td>
                    <td>{words(one.category)}</td>
                    <td>{one.meaning}</td>
                    <td>{one.actions.join('; ')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableBox>
        </section>
      )}
    </>
  );
}
