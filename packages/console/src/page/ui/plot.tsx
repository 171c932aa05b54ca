/** Time series on uPlot, in the colours of the page, with a legend that follows the pointer. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Line } from '../model/series.ts';
import { stacked } from '../model/series.ts';
import { localClock, localDay, localTime, utcTime } from '../model/time.ts';
import { now } from './pieces.tsx';

const dark = matchMedia('(prefers-color-scheme: dark)');
/** Charts are drawn again when the scheme changes. */
export const scheme = signal(dark.matches ? 'dark' : 'light');
dark.addEventListener('change', () => (scheme.value = dark.matches ? 'dark' : 'light'));

const NAMED: Readonly<Record<string, string>> = {
  delivered: '--mark-ok',
  accepted: '--series-8',
  deferred: '--mark-warn',
  bounced: '--mark-bad',
  expired: '--mark-late',
  rejected: '--mark-quiet',
  complained: '--series-4',
  unsubscribed: '--series-6',
  engaged: '--series-2',
  hard_bounce: '--mark-bad',
  persistent_deferral: '--mark-late',
  complaint: '--series-4',
  unsubscribe: '--series-6',
  operator: '--series-1',
  suppressed: '--mark-bad',
  released: '--mark-ok',
  other: '--series-other',
  recipient: '--mark-bad',
  system: '--series-2',
  sender: '--series-1',
  message: '--series-4',
  greylisting: '--series-7',
  local: '--series-other',
  unknown: '--mark-quiet',
  usual: '--series-other',
};

/** The token for a group: its own where it has one, otherwise the next of the palette. */
export function tokenFor(name: string, index: number): string {
  return NAMED[name] ?? `--series-${(index % 8) + 1}`;
}

export function colourOf(token: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}

interface PlotProps {
  /** RFC 3339, the begin of each step. */
  readonly times: readonly string[];
  readonly lines: readonly Line[];
  readonly kind: 'stacked' | 'lines';
  readonly format: (value: number) => string;
  readonly label: (name: string) => string;
  /** A shaded band behind the lines: least and greatest usual value. */
  readonly band?: readonly ({ readonly low: number; readonly high: number } | null)[];
  readonly height?: number;
  /** Distances between the marks of the vertical axis; default: whole numbers for stacked counts. */
  readonly marks?: readonly number[];
  /** Accessible name. */
  readonly name: string;
}

export function Plot({ times, lines, kind, format, label, band, height = 220, marks, name }: PlotProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const tokens = lines.map((line, index) => tokenFor(line.name, index));
  const theme = scheme.value;

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const plot = draw(element, {
      times,
      lines,
      kind,
      format,
      height,
      tokens,
      onCursor: setAt,
      ...(band === undefined ? {} : { band }),
      ...(marks === undefined ? {} : { marks }),
    });
    nameTimes(element, plot, times);
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) plot.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, lines, kind, height, theme]);

  const shownAt = at === null ? null : times[at];
  return (
    <>
      <div class="plot" ref={box} role="img" aria-label={`${name}. The button Table shows the figures.`} />
      <ul class="legend">
        {shownAt === undefined || shownAt === null ? null : (
          <li>
            <b>{localTime(Date.parse(shownAt), now.value)}</b> <span class="quiet">{utcTime(Date.parse(shownAt))}</span>
          </li>
        )}
        {lines.map((line, index) => {
          const value = at === null ? line.total : line.values[at];
          return (
            <li key={line.name}>
              <span class="swatch" style={{ background: `var(${tokens[index] ?? '--series-1'})` }} />
              {label(line.name)} <b>{value === null || value === undefined ? '–' : format(value)}</b>
            </li>
          );
        })}
        {band === undefined ? null : (
          <li>
            <span class="swatch" style={{ background: 'var(--shade)' }} />
            usual range
          </li>
        )}
      </ul>
    </>
  );
}

/** The axis of times says in UTC what the pointer is at. */
function nameTimes(element: HTMLElement, plot: uPlot, times: readonly string[]): void {
  const axis = element.querySelector<HTMLElement>('.u-axis');
  axis?.addEventListener('mousemove', ({ clientX }) => {
    const at = times[plot.posToIdx(clientX - plot.over.getBoundingClientRect().left)];
    if (at !== undefined) axis.title = utcTime(Date.parse(at));
  });
}

interface Drawing extends Pick<PlotProps, 'times' | 'lines' | 'kind' | 'format' | 'band' | 'marks'> {
  readonly height: number;
  readonly tokens: readonly string[];
  readonly onCursor: (index: number | null) => void;
}

function draw(element: HTMLElement, drawing: Drawing): uPlot {
  const { times, lines, kind, format, height, tokens, band, marks, onCursor } = drawing;
  const x = times.map((time) => Date.parse(time) / 1_000);
  const ink = colourOf('--ink-3');
  const grid = { stroke: colourOf('--grid'), width: 1 };
  const isStacked = kind === 'stacked';
  // The tallest sum is drawn first, and each smaller one over it.
  const values = isStacked ? [...stacked(lines)].reverse() : lines.map((line) => line.values);
  const colours = (isStacked ? [...tokens].reverse() : tokens).map(colourOf);
  const bars = uPlot.paths.bars?.({ size: [0.82, 48], align: 1 });
  const bandValues = band === undefined ? [] : [band.map((one) => one?.high ?? null), band.map((one) => one?.low ?? null)];
  const shade = colourOf('--shade');
  const font = `500 11px ${getComputedStyle(document.body).fontFamily}`;
  const step = (x[1] ?? 0) - (x[0] ?? 0);

  return new uPlot(
    {
      width: Math.max(200, element.clientWidth),
      height,
      padding: [10, 20, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: !isStacked, size: 7 }, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: (_, low, high) => [low, high + (isStacked ? step : 0)] },
        y: { range: (_, __, high) => [0, high > 0 ? high * 1.05 : 1] },
      },
      axes: [
        {
          stroke: ink,
          font,
          grid: { show: false },
          ticks: { ...grid, size: 4 },
          space: 64,
          size: 28,
          values: (_, splits) => timeLabels(splits),
        },
        {
          stroke: ink,
          font,
          grid,
          ticks: { show: false },
          size: (_, labels) => Math.max(34, ...(labels ?? []).map((label) => label.length * 6.4 + 16)),
          values: (_, splits) => splits.map(format),
          ...(marks === undefined && !isStacked ? {} : { incrs: [...(marks ?? WHOLE)] }),
        },
      ],
      series: [
        {},
        ...bandValues.map(() => ({ stroke: 'transparent', width: 0, points: { show: false } })),
        ...values.map((_, index): uPlot.Series => {
          const colour = colours[index] ?? ink;
          if (isStacked && bars !== undefined) return { stroke: colour, fill: colour, width: 0, paths: bars, points: { show: false } };
          return { stroke: colour, width: 1.75, points: { show: false }, spanGaps: false };
        }),
      ],
      ...(band === undefined ? {} : { bands: [{ series: [1, 2], fill: shade }] }),
      hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
    } satisfies uPlot.Options,
    [x, ...bandValues, ...values] as uPlot.AlignedData,
    element,
  );
}

/** Counts have no fractions. */
const WHOLE = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

/** Days where midnight is, otherwise the hour. */
function timeLabels(splits: readonly number[]): string[] {
  const gap = ((splits[1] ?? 0) - (splits[0] ?? 0)) * 1_000;
  return splits.map((seconds) => {
    const at = seconds * 1_000;
    const isMidnight = localClock(at) === '00:00';
    if (gap >= 86_400_000 || isMidnight) return localDay(at);
    return localClock(at);
  });
}
