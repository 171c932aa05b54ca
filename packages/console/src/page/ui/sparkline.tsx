/** A line of a few points, for a table's cell. Its figures stand in the columns beside it. */
import type { JSX } from 'preact';

export function Sparkline({ values, top }: { readonly values: readonly (number | null)[]; readonly top?: number }): JSX.Element {
  const [width, height] = [96, 22];
  const most = Math.max(top ?? 0, ...values.map((value) => value ?? 0)) || 1;
  const points = values.map((value, index) => {
    const x = values.length < 2 ? width / 2 : (index / (values.length - 1)) * width;
    return value === null ? null : `${x.toFixed(1)},${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`;
  });
  const runs: string[][] = [[]];
  for (const point of points) {
    if (point === null) runs.push([]);
    else runs.at(-1)?.push(point);
  }
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      <line x1="0" x2={width} y1={height - 1.5} y2={height - 1.5} class="axis" />
      {runs
        .filter((run) => run.length > 0)
        .map((run, index) => (
          <polyline
            key={index}
            points={run.length === 1 ? `${run[0] ?? ''} ${run[0] ?? ''}` : run.join(' ')}
            fill="none"
            stroke="var(--series-1)"
            stroke-width="1.5"
            stroke-linejoin="round"
            stroke-linecap="round"
          />
        ))}
    </svg>
  );
}
