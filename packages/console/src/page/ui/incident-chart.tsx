/** What an incident is decided from: per quarter of an hour who began to fail against what was delivered, and from where on it is one. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Incident } from '../api/types.ts';
import { niceTop, scaleOf, timeTicks } from '../model/scale.ts';
import { HOUR, localClock, localDay, localTime, MINUTE, utcTime } from '../model/time.ts';
import { compact, number, percent } from '../model/words.ts';
import { Figure } from './figure.tsx';
import { now } from './pieces.tsx';
import { useWidth } from './use-width.ts';

const QUARTER = 15 * MINUTE;
const HEIGHT = 220;
const FLOOR = HEIGHT - 24;
const LEFT = 44;

type Counted = NonNullable<Incident['counted']>;

export function CountedFigure({ incident, counted }: { readonly incident: Incident; readonly counted: Counted }): JSX.Element {
  const { quarters, threshold } = counted;
  const table = useMemo(
    () => ({
      columns: ['time', 'began to fail', 'delivered', 'share', 'threshold'],
      rows: quarters.map(({ at, failing, delivered }) => [
        at,
        failing,
        delivered,
        failing / Math.max(1, failing + delivered),
        threshold.share,
      ]),
    }),
    [quarters, threshold],
  );
  return (
    <Figure
      title="Failing against delivered"
      sub={`by the quarter of an hour; it is an incident from ${percent(threshold.share)} failing on, and ${number(threshold.recipients)} recipients`}
      table={table}
      file={`incident-counts-${incident.id}`}
    >
      <Chart incident={incident} counted={counted} />
      <ul class="legend">
        <li>
          <span class="swatch" style={{ background: 'var(--mark-bad)' }} />
          recipients that began to fail
        </li>
        <li>
          <span class="swatch" style={{ background: 'var(--mark-ok)' }} />
          delivered
        </li>
        <li>
          <span class="swatch threshold" />
          threshold: where the red must reach
        </li>
      </ul>
    </Figure>
  );
}

function Chart({ incident, counted: { quarters, threshold } }: { readonly incident: Incident; readonly counted: Counted }): JSX.Element {
  const [box, width] = useWidth<HTMLDivElement>();
  const times = quarters.map(({ at }) => Date.parse(at));
  const from = Math.min(...times, Date.parse(incident.from) - HOUR);
  const to = Math.max(...times) + QUARTER;
  const top = niceTop(Math.max(...quarters.map(({ failing, delivered }) => failing + delivered)));
  const x = scaleOf(from, to, LEFT, width - 4);
  const y = scaleOf(0, top, FLOOR, 8);
  const ticks = timeTicks(from, to, Math.max(3, Math.floor(width / 92)), -new Date(to).getTimezoneOffset() * MINUTE);
  const wide = Math.max(1, x(from + QUARTER) - x(from) - 1);
  const [begin, end] = [x(Date.parse(incident.from)), x(incident.until === null ? to : Date.parse(incident.until))];
  return (
    <div ref={box}>
      <svg
        class="chart"
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={`Failing against delivered by the quarter of an hour, with the threshold of ${percent(threshold.share)}. The button Table shows the figures.`}
      >
        <rect x={begin} y={8} width={Math.max(1, end - begin)} height={FLOOR - 8} fill="var(--shade)">
          <title>the incident</title>
        </rect>
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={width - 4} y1={y(value)} y2={y(value)} class="gridline" />
            <text x={LEFT - 6} y={y(value) + 4} text-anchor="end">
              {compact(value)}
            </text>
          </g>
        ))}
        {ticks.at.map((at) => (
          <text key={at} x={x(at)} y={HEIGHT - 6} text-anchor="middle">
            {localClock(at) === '00:00' ? localDay(at) : localClock(at)}
            <title>{utcTime(at)}</title>
          </text>
        ))}
        {quarters.map(({ at, failing, delivered }) => {
          const left = x(Date.parse(at));
          const all = failing + delivered;
          return (
            <g key={at}>
              <title>
                {`${localTime(Date.parse(at), now.value)} (${utcTime(Date.parse(at))}): ${number(failing)} began to fail, ${number(delivered)} delivered, ${percent(failing / Math.max(1, all))}`}
              </title>
              <rect x={left} y={y(failing)} width={wide} height={FLOOR - y(failing)} fill="var(--mark-bad)" />
              <rect x={left} y={y(all)} width={wide} height={y(failing) - y(all)} fill="var(--mark-ok)" />
              <line
                x1={left - 0.5}
                x2={left + wide + 0.5}
                y1={y(threshold.share * all)}
                y2={y(threshold.share * all)}
                stroke="var(--ink)"
                stroke-width={2}
              />
            </g>
          );
        })}
        <line x1={LEFT} x2={width - 4} y1={FLOOR} y2={FLOOR} class="axis" />
      </svg>
    </div>
  );
}
