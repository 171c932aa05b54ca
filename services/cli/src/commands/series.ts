/** `desist series`: what happened over time, as `/v1/series` says it. */
import { createClient, queryOf } from '../client.ts';
import { defineCommand, limit, required, SERVICE_OPTIONS, value } from '../command.ts';
import { momentBefore } from '../moments.ts';
import { minute } from '../print-page.ts';
import { percent, say, sayJson, table } from '../terminal.ts';

export const command = defineCommand({
  name: 'series',
  section: 'Services and set-up',
  summary: 'show what happened over time: deferral rates, waits, suppressions, regret; by provider, domain, pool',
  options: {
    measure: required(
      'MEASURE',
      'outcomes, deferral_share, delivered_after_deferral, time_to_delivery, suppressions, releases, persistent, regret, waste, shadow',
    ),
    by: value('GROUP', 'provider, domain, category, attribution, stream, pool, reason or tenant; not every measure has every one'),
    from: momentBefore('begin; default a day before --to'),
    to: momentBefore('end, exclusive; default now'),
    step: value('STEP', '15m, 1h or 1d; default: the smallest that gives 100 steps or so'),
    tenant: value('TENANT', 'only this tenant; default all'),
    provider: value('PROVIDER', 'only this provider'),
    pool: value('POOL', 'only this pool; with outcomes and deferral_share'),
    stream: value('STREAM', 'only this stream; with outcomes and deferral_share'),
    groups: limit('largest groups that stand by themselves'),
    ...SERVICE_OPTIONS,
  },
  examples: [
    'desist series --measure deferral_share --by provider --from 7d --step 1d',
    'desist series --measure time_to_delivery --by domain --from 24h',
    'desist series --measure regret --by reason --from 90d --step 1d',
    'desist series --measure delivered_after_deferral --by provider --from 30d --json | jq \'.series[] | select(.metric == "share")\'',
  ],
  run: async ({ options: { url, json, groups, ...asked } }) => {
    const query = queryOf({ ...asked, groups: groups === undefined ? undefined : String(groups) });
    const series = (await createClient(url).get(`/v1/series${query}`)) as Series;
    if (json) sayJson(series);
    else say(...seriesLines(series));
  },
});

interface Series {
  readonly measure: string;
  readonly by: string | null;
  readonly step: string;
  readonly from: string;
  readonly to: string;
  readonly times: readonly string[];
  readonly series: readonly {
    readonly group: string | null;
    readonly metric: string;
    readonly values: readonly (number | null)[];
    readonly total: number | null;
  }[];
}

/** A row for each step and group in which something happened, and one for the whole span. */
function seriesLines({ measure, by, step, from, to, times, series }: Series): readonly string[] {
  const metrics = [...new Set(series.map(({ metric }) => metric))];
  const groups = [...Map.groupBy(series, ({ group }) => group)];
  const figures = (of: Series['series'], value: (one: Series['series'][number]) => number | null): readonly (number | null)[] =>
    metrics.map((name) => {
      const found = of.find(({ metric }) => metric === name);
      return found === undefined ? null : value(found);
    });
  const row = (time: string, group: string | null, values: readonly (number | null)[]): readonly string[] => [
    time,
    ...(by === null ? [] : [group ?? '(none)']),
    ...values.map((value, index) => cell(metrics[index] ?? '', value)),
  ];
  const steps = times.flatMap((time, slot) =>
    groups.flatMap(([group, of]) => {
      const values = figures(of, (one) => one.values[slot] ?? null);
      return values.every((value) => value === null || value === 0) ? [] : [row(minute(time), group, values)];
    }),
  );
  const head = `${measure}${by === null ? '' : ` by ${by}`}, ${minute(from)} to ${minute(to)}, step ${step}`;
  if (steps.length === 0) return [head, 'nothing happened'];
  const totals = groups.map(([group, of]) =>
    row(
      'all',
      group,
      figures(of, ({ total }) => total),
    ),
  );
  return [
    head,
    ...table(['TIME', ...(by === null ? [] : [by.toUpperCase()]), ...metrics.map((name) => name.toUpperCase())], [...steps, ...totals]),
  ];
}

function cell(metric: string, value: number | null): string {
  if (value === null) return '';
  if (metric === 'share' || metric === 'low' || metric === 'high') return percent(value);
  return /^p\d+$/.test(metric) ? `${value} s` : String(value);
}
