/** `/ui/`: is anything wrong, and what changed? */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { api, ApiError } from '../api/index.ts';
import type { Group, Measure, Series, Summary } from '../api/types.ts';
import { byGroup, byMetric, coarsen, halves, shares } from '../model/series.ts';
import type { Line } from '../model/series.ts';
import { duration, seconds } from '../model/time.ts';
import { compact, count, number, percent, words } from '../model/words.ts';
import { to } from '../router.ts';
import { seesAllTenants, tenant } from '../session.ts';
import { Figure } from '../ui/figure.tsx';
import { boundsOf, periodInView, PeriodPicker } from '../ui/period.tsx';
import type { Period } from '../ui/period.tsx';
import { Empty, Head, Loading, now, TableBox, Time, WhenLoaded } from '../ui/pieces.tsx';
import { Plot } from '../ui/plot.tsx';
import { Sparkline } from '../ui/sparkline.tsx';
import type { Loaded } from '../ui/use-data.ts';
import { useData } from '../ui/use-data.ts';
import { whatOf } from './incidents.tsx';

/** ms */
const REFRESH = 30_000;
const OUTCOMES = ['delivered', 'deferred', 'bounced', 'expired', 'rejected', 'complained', 'unsubscribed'];

export function Overview(): JSX.Element {
  const period = periodInView();
  const of = tenant.value;
  const summary = useSummary();
  const outcomes = useSeries('outcomes', period);
  return (
    <>
      <Head title="Overview" sub={<AsOf summary={summary.data} />}>
        <PeriodPicker />
      </Head>
      <OpenIncidents />
      <Tiles summary={summary.data} period={period} />
      {outcomes.data !== undefined && outcomes.data.series.length === 0 ? (
        <section class="panel">
          <Empty title={`No events in the last ${period.label}`}>
            <p>
              {of === undefined ? 'Nothing was sent' : `Nothing was sent for tenant ${of}`}. Send delivery events to{' '}
              <code>POST /v1/events</code>, set up a <a href="/docs/">webhook</a>, or see the sample with <code>npm run demo</code>.
            </p>
          </Empty>
        </section>
      ) : null}
      <div class="grid two">
        <Outcomes loaded={outcomes} period={period} />
        <DeferralShare period={period} />
        <Daily measure="suppressions" title="Suppressions by reason" period={period} />
        <Daily measure="releases" title="Releases by reason" period={period} />
      </div>
      <ProviderTable period={period} />
    </>
  );
}

/** Without the totals for a key or a view of some tenants: they are of the whole installation. */
export function useSummary(): Loaded<Summary | null> {
  const isWhole = seesAllTenants.value && tenant.value === undefined;
  return useData(
    `summary ${String(isWhole)}`,
    async () => {
      try {
        return isWhole ? await api.summary() : null;
      } catch (error) {
        if (error instanceof ApiError && error.status === 403) return null;
        throw error;
      }
    },
    REFRESH,
  );
}

function useSeries(measure: Measure, period: Period, by?: Group, back = 1): Loaded<Series> {
  const of = tenant.value;
  const key = `${measure} ${by ?? ''} ${period.name} ${back} ${of ?? ''}`;
  return useData(
    key,
    () =>
      api.series({
        measure,
        step: period.step,
        ...boundsOf(period, back),
        ...(by === undefined ? {} : { by }),
        ...(of === undefined ? {} : { tenant: of }),
      }),
    REFRESH,
  );
}

function AsOf({ summary }: { readonly summary: Summary | null | undefined }): JSX.Element {
  if (summary === null || summary === undefined)
    return <>{tenant.value === undefined ? 'What happens to your mail.' : `Tenant ${tenant.value}.`}</>;
  const { asOf, lag } = summary;
  return (
    <>
      As of <Time at={asOf} />
      {asOf === null ? null : `, ${duration(now.value - Date.parse(asOf))} behind the present`}
      {lag.records === null || lag.records === 0 ? '' : `, ${count(lag.records, 'record')} to go`}
      {lag.stopped === 0 ? '' : ` · ${count(lag.stopped, 'partition')} stopped`}
    </>
  );
}

function OpenIncidents(): JSX.Element | null {
  const { data } = useData(`open incidents ${tenant.value ?? ''}`, () => api.incidents(tenant.value, 'open'), REFRESH);
  const open = data?.items ?? [];
  if (open.length === 0) return null;
  return (
    <div class="stack">
      {open.map((one) => (
        <div class={`banner ${one.kind === 'sender' ? 'note' : 'bad'}`} key={one.id}>
          {one.sender === null ? (
            <div class="grow">
              <strong>Incident at {whatOf(one)}</strong>, since <Time at={one.from} mode="both" />.{' '}
              {one.counts === null ? '' : `${count(one.counts.failing, 'recipient')} failed, ${number(one.counts.delivered)} deliveries. `}
              {one.holds ? 'What fails inside counts against nobody.' : 'Failures inside count.'}
            </div>
          ) : (
            <div class="grow">
              <strong>{whatOf(one)} refuses your mail</strong>, since <Time at={one.from} mode="both" />. {percent(one.sender.share)} of{' '}
              {count(one.sender.tries, 'try', 'tries')}, usually {percent(one.sender.usualShare)}. {one.sender.replies[0]?.meaning ?? ''}
            </div>
          )}
          <a class="button small" href={to(['incidents', one.id])}>
            Look at it
          </a>
        </div>
      ))}
    </div>
  );
}

function Tiles({ summary, period }: { readonly summary: Summary | null | undefined; readonly period: Period }): JSX.Element {
  const suppressions = useSeries('suppressions', period, undefined, 2).data;
  const releases = useSeries('releases', period, undefined, 2).data;
  const persistent = useSeries('persistent', period, undefined, 2).data;
  const regret = useSeries('regret', period, undefined, 2).data;
  return (
    <div class="tiles">
      {summary === null || summary === undefined ? null : (
        <a class="tile" href={to(['list'])}>
          <span class="name">Suppressed now</span>
          <span class="value">{compact(summary.recipients['suppressed'] ?? 0)}</span>
          <span class="change">
            {count(
              summary.suppressions.reduce((sum, one) => sum + one.count, 0),
              'entry',
              'entries',
            )}{' '}
            on the list
          </span>
        </a>
      )}
      <ChangeTile
        name="New suppressions"
        series={suppressions}
        period={period}
        isBad
        href={to(['list'], { since: period.name === '24h' ? '1d' : '7d' })}
      />
      <ChangeTile name="Released" series={releases} period={period} />
      <RegretTile series={regret} period={period} />
      <ChangeTile name="Became persistent" series={persistent} period={period} isBad />
      {summary === null || summary === undefined ? null : (
        <a class="tile" href={to(['risk'])}>
          <span class="name">At risk within 24 h</span>
          <span class="value">{compact(summary.atRisk)}</span>
          <span class="change">suppressed unless something is delivered</span>
        </a>
      )}
      {summary === null || summary === undefined ? null : (
        <a class="tile" href={to(['ops'])}>
          <span class="name">Dead letters waiting</span>
          <span class="value">{compact(summary.lag.deadLetters)}</span>
          <span class="change">
            {summary.lag.stopped === 0
              ? `${count(summary.lag.partitions, 'partition')} running`
              : `${number(summary.lag.stopped)} of ${number(summary.lag.partitions)} stopped`}
          </span>
        </a>
      )}
    </div>
  );
}

interface ChangeProps {
  readonly name: string;
  readonly series: Series | undefined;
  readonly period: Period;
  readonly isBad?: boolean;
  readonly href?: string;
  /** Default: `count`. */
  readonly metric?: string;
  readonly title?: string;
}

/** Suppressed addresses that took mail again in this time; of those suppressed in it, the share that has by now. */
function RegretTile({ series, period }: { readonly series: Series | undefined; readonly period: Period }): JSX.Element {
  const isEmpty = series !== undefined && series.series.every(({ total }) => (total ?? 0) === 0);
  if (!isEmpty) {
    const [, suppressed] = series === undefined ? [0, 0] : halves(series, 'suppressed');
    const [, regretted] = series === undefined ? [0, 0] : halves(series, 'regretted');
    const title =
      suppressed === 0
        ? `Nobody was suppressed in the last ${period.label}.`
        : `Of ${count(suppressed, 'address', 'addresses')} suppressed in the last ${period.label}, ${percent(Math.min(1, regretted / suppressed))} took mail again so far.`;
    return <ChangeTile name="Regretted" series={series} metric="mail_taken" title={title} period={period} isBad />;
  }
  return (
    <div
      class="tile"
      title="Suppressed addresses that took mail again: a delivery ended the suppression, or came within 30 days of its expiry."
    >
      <span class="name">Regretted</span>
      <span class="value">–</span>
      <span class="change">nobody was suppressed by bounces or deferrals</span>
    </div>
  );
}

function ChangeTile({ name, series, metric = 'count', period, isBad = false, href, title }: ChangeProps): JSX.Element {
  const [before, after] = series === undefined ? [0, 0] : halves(series, metric);
  const change = after - before;
  const tone = change === 0 ? '' : change > 0 === isBad ? 'up-bad' : 'up-good';
  const inside = (
    <>
      <span class="name">{name}</span>
      <span class="value">{series === undefined ? '…' : compact(after)}</span>
      <span class="change">
        {series === undefined ? (
          'counting'
        ) : (
          <span class={tone}>{change === 0 ? 'as many' : `${change > 0 ? '▲' : '▼'} ${number(Math.abs(change))}`}</span>
        )}
        {series === undefined ? '' : ` ${change === 0 ? 'as' : 'against'} the ${period.label} before`}
      </span>
    </>
  );
  return href === undefined ? (
    <div class="tile" title={title}>
      {inside}
    </div>
  ) : (
    <a class="tile" href={href}>
      {inside}
    </a>
  );
}

function tableOf(times: readonly string[], lines: readonly Line[]) {
  return {
    columns: ['time', ...lines.map(({ name }) => name)],
    rows: times.map((time, at) => [time, ...lines.map(({ values }) => values[at] ?? null)]),
  };
}

interface ChartProps {
  readonly loaded: Loaded<Series>;
  readonly title: string;
  readonly sub: string;
  readonly file: string;
  readonly lines: readonly Line[];
  readonly times: readonly string[];
  readonly kind: 'stacked' | 'lines';
  readonly format: (value: number) => string;
  readonly nothing: string;
  readonly marks?: readonly number[];
  readonly height?: number;
}

export function SeriesFigure({
  loaded,
  title,
  sub,
  file,
  lines,
  times,
  kind,
  format,
  nothing,
  marks,
  height = 220,
}: ChartProps): JSX.Element {
  const table = useMemo(() => tableOf(times, lines), [times, lines]);
  return (
    <Figure title={title} sub={sub} table={table} file={file}>
      <Loading loaded={loaded} waiting={`Reading ${title.toLowerCase()} …`}>
        {lines.length === 0 ? (
          <Empty title="Nothing to draw">
            <p>{nothing}</p>
          </Empty>
        ) : (
          <Plot
            name={title}
            times={times}
            lines={lines}
            kind={kind}
            format={format}
            label={words}
            height={height}
            {...(marks === undefined ? {} : { marks })}
          />
        )}
      </Loading>
    </Figure>
  );
}

function Outcomes({ loaded, period }: { readonly loaded: Loaded<Series>; readonly period: Period }): JSX.Element {
  const { times, lines } = useMemo(() => {
    if (loaded.data === undefined) return { times: [], lines: [] };
    const answer = coarsen(loaded.data, period.merged);
    return { times: answer.times, lines: byMetric(answer, OUTCOMES) };
  }, [loaded.data, period]);
  return (
    <SeriesFigure
      loaded={loaded}
      title="Outcomes"
      sub="events, stacked"
      file="outcomes"
      times={times}
      lines={lines}
      kind="stacked"
      format={compact}
      nothing="No events arrived in this time."
    />
  );
}

function DeferralShare({ period }: { readonly period: Period }): JSX.Element {
  const loaded = useSeries('deferral_share', period, 'provider');
  const { times, lines } = useMemo(() => {
    if (loaded.data === undefined) return { times: [], lines: [] };
    const answer = coarsen(loaded.data, period.merged);
    return { times: answer.times, lines: topOf(shares(answer)) };
  }, [loaded.data, period]);
  return (
    <SeriesFigure
      loaded={loaded}
      title="Deferral share"
      sub="deferred of deferred and delivered, by provider"
      file="deferral-share"
      times={times}
      lines={lines}
      kind="lines"
      format={percent}
      nothing="Nothing was tried in this time."
    />
  );
}

/** The eight largest, and the rest. */
function topOf(lines: readonly Line[]): readonly Line[] {
  const named = lines.filter(({ name }) => name !== 'other').slice(0, 8);
  const other = lines.filter(({ name }) => name === 'other');
  return [...named, ...other];
}

function Daily({
  measure,
  title,
  period,
}: {
  readonly measure: 'suppressions' | 'releases';
  readonly title: string;
  readonly period: Period;
}): JSX.Element {
  const daily: Period =
    period.name === '24h' ? { ...period, step: '1h', merged: 1 } : { ...period, step: '1d', merged: 1, name: `${period.name} daily` };
  const loaded = useSeries(measure, daily, 'reason');
  const lines = useMemo(() => (loaded.data === undefined ? [] : byGroup(loaded.data, 'count')), [loaded.data]);
  return (
    <SeriesFigure
      loaded={loaded}
      title={title}
      sub={daily.step === '1d' ? 'per day' : 'per hour'}
      file={measure}
      times={loaded.data?.times ?? []}
      lines={lines}
      kind="stacked"
      format={compact}
      nothing={measure === 'suppressions' ? 'Nobody was suppressed in this time.' : 'Nobody was released in this time.'}
    />
  );
}

/** Providers in the table. */
const SHOWN = 8;

interface ProviderRow {
  readonly name: string;
  readonly tries: number;
  readonly share: number | null;
  readonly usual: number | null;
  readonly wait: number | null;
  readonly points: readonly (number | null)[];
  readonly reason: string | null;
}

function ProviderTable({ period }: { readonly period: Period }): JSX.Element {
  const of = tenant.value;
  const loaded = useData(`provider table ${period.name} ${of ?? ''}`, () => providerRows(period, of), 2 * REFRESH);
  const table = useMemo(
    () => ({
      columns: ['provider', 'tries', 'deferred', 'before', 'top reason', 'median wait s'],
      rows: (loaded.data ?? []).map((one) => [one.name, one.tries, one.share, one.usual, one.reason, one.wait]),
    }),
    [loaded.data],
  );
  return (
    <Figure title="Providers" sub={`last ${period.label}; “before” is the ${period.label} before that`} table={table} file="providers">
      <WhenLoaded loaded={loaded} waiting="Comparing providers …">
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No provider has been tried">
              <p>As soon as events arrive, each provider has a line here.</p>
            </Empty>
          ) : (
            <TableBox label="Providers">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Provider</th>
                    <th scope="col" class="num">
                      Tries
                    </th>
                    <th scope="col" class="num">
                      Deferred
                    </th>
                    <th scope="col" class="num">
                      Before
                    </th>
                    <th scope="col">Top reason</th>
                    <th scope="col" class="num">
                      Median wait
                    </th>
                    <th scope="col">Deferred over time</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((one) => (
                    <tr key={one.name}>
                      <td>
                        {one.name === 'other' ? (
                          <span class="quiet">all others</span>
                        ) : (
                          <a class="address" href={to(['providers', one.name])}>
                            {one.name}
                          </a>
                        )}
                      </td>
                      <td class="num">{number(one.tries)}</td>
                      <td class="num">
                        <span
                          class={one.share !== null && one.usual !== null && one.share > 0.02 && one.share > 2 * one.usual ? 'up-bad' : ''}
                        >
                          {percent(one.share)}
                        </span>
                      </td>
                      <td class="num quiet">{percent(one.usual)}</td>
                      <td>{one.reason === null ? '–' : words(one.reason)}</td>
                      <td class="num">{seconds(one.wait)}</td>
                      <td>
                        <Sparkline values={one.points} top={0.05} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </WhenLoaded>
    </Figure>
  );
}

async function providerRows(period: Period, of: string | undefined): Promise<readonly ProviderRow[]> {
  const whose = of === undefined ? {} : { tenant: of };
  const both = boundsOf(period, 2);
  const half = boundsOf(period);
  const [answer, earlier, waits] = await Promise.all([
    api.series({ measure: 'deferral_share', by: 'provider', step: period.step, ...half, ...whose, groups: SHOWN }),
    api.series({ measure: 'deferral_share', by: 'provider', step: '1d', from: both.from, to: half.from, ...whose, groups: 50 }),
    api.series({ measure: 'time_to_delivery', by: 'provider', step: period.step, ...half, ...whose, groups: 50 }),
  ]);
  const before = shares(earlier);
  const rows = shares(coarsen(answer, period.merged)).map((line): ProviderRow => {
    const tries = answer.series
      .filter((one) => one.group === line.name && one.metric !== 'share')
      .reduce((sum, { total }) => sum + (total ?? 0), 0);
    const wait = waits.series.find((one) => one.group === line.name && one.metric === 'p50')?.total ?? null;
    return {
      name: line.name,
      tries,
      share: line.total,
      usual: before.find(({ name }) => name === line.name)?.total ?? null,
      wait,
      points: line.values,
      reason: null,
    };
  });
  const reasons = await Promise.all(
    rows.map(({ name }) => (name === 'other' ? Promise.resolve(null) : topReason(name, { ...half, ...whose }))),
  );
  return rows.map((row, index) => ({ ...row, reason: reasons[index] ?? null }));
}

async function topReason(
  provider: string,
  query: { readonly from: string; readonly to: string; readonly tenant?: string },
): Promise<string | null> {
  const { series } = await api.series({ measure: 'outcomes', by: 'category', step: '1d', provider, groups: 5, ...query });
  const failing = series.filter(
    ({ group, metric }) => group !== null && group !== 'other' && (metric === 'deferred' || metric === 'bounced'),
  );
  return failing.toSorted((a, b) => (b.total ?? 0) - (a.total ?? 0))[0]?.group ?? null;
}
