/** A table of coloured cells, drawn by ourselves: the redder, the more. */
import type { JSX } from 'preact';

export interface HeatRow {
  readonly label: string;
  readonly cells: readonly {
    /** Column, from 0. */
    readonly at: number;
    /** 0 to 1; null: there is nothing. */
    readonly share: number | null;
    readonly title: string;
  }[];
}

interface HeatMapProps {
  readonly rows: readonly HeatRow[];
  /** Names of columns, where there is room for one. */
  readonly columns: readonly { readonly at: number; readonly label: string; readonly title?: string }[];
  readonly width: number;
  readonly name: string;
}

const CELL = { height: 11, labels: 46, head: 16 };
/** Units of the drawing; the browser scales it. */
const ACROSS = 288;

export function HeatMap({ rows, columns, width, name }: HeatMapProps): JSX.Element {
  const step = ACROSS / width;
  return (
    <>
      <svg
        class="chart"
        viewBox={`${-CELL.labels} ${-CELL.head} ${ACROSS + CELL.labels} ${rows.length * CELL.height + CELL.head + 2}`}
        role="img"
        aria-label={`${name}. The button Table shows the figures.`}
      >
        {columns.map(({ at, label, title }) => (
          <text key={at} x={at * step} y={-5} class="heat-label">
            {label}
            {title === undefined ? null : <title>{title}</title>}
          </text>
        ))}
        {rows.map(({ label, cells }, index) => (
          <g key={label}>
            <text x={-CELL.labels} y={index * CELL.height + 8} class="heat-label">
              {label}
            </text>
            {cells.map(({ at, share, title }) => (
              <rect
                key={at}
                x={at * step}
                y={index * CELL.height}
                width={step - 1}
                height={CELL.height - 2}
                rx={2}
                fill={share === null ? 'transparent' : heatOf(share)}
              >
                <title>{title}</title>
              </rect>
            ))}
          </g>
        ))}
      </svg>
      <ul class="legend">
        {STEPS.map(([, token, label]) => (
          <li key={token}>
            <span class="swatch" style={{ background: `var(${token})` }} />
            {label}
          </li>
        ))}
      </ul>
    </>
  );
}

const STEPS: readonly (readonly [number, string, string])[] = [
  [0.01, '--heat-0', 'under 1 %'],
  [0.05, '--heat-1', '5 %'],
  [0.15, '--heat-2', '15 %'],
  [0.35, '--heat-3', '35 %'],
  [0.65, '--heat-4', '65 %'],
  [Infinity, '--heat-5', 'more'],
];

function heatOf(share: number): string {
  return `var(${STEPS.find(([below]) => share < below)?.[1] ?? '--heat-5'})`;
}
