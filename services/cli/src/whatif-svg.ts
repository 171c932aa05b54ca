/** The picture of a grid: regret against waste, one point for each policy, with 95 % intervals. Plain SVG that a page can show as it is. */

export interface GridPoint {
  /** The varied values, as they are written. */
  readonly label: string;
  /** Shares with their intervals; null: not known. */
  readonly regret: Share | null;
  readonly waste: Share | null;
  /** The policy in force, or the defaults. */
  readonly isBase: boolean;
}

interface Share {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

const WIDTH = 760;
const HEIGHT = 480;
const LEFT = 70;
const RIGHT = 30;
const TOP = 40;
const BOTTOM = 60;

export function gridSvg(title: string, points: readonly GridPoint[]): string {
  const known = points.filter(
    (point): point is GridPoint & { regret: Share; waste: Share } => point.regret !== null && point.waste !== null,
  );
  const xs = axis(known.flatMap(({ waste }) => [waste.low, waste.high]));
  const ys = axis(known.flatMap(({ regret }) => [regret.low, regret.high]));
  const x = (share: number): string => (LEFT + ((share - xs.from) / (xs.to - xs.from)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (share: number): string => (HEIGHT - BOTTOM - ((share - ys.from) / (ys.to - ys.from)) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const byWaste = [...known].sort((a, b) => a.waste.share - b.waste.share);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${WIDTH / 2}" y="22" text-anchor="middle" font-size="14" fill="#1a1a1a">${escaped(title)}</text>`,
    ...xs.ticks.map(
      (tick) =>
        `<g stroke="#dddddd"><line x1="${x(tick)}" y1="${TOP}" x2="${x(tick)}" y2="${HEIGHT - BOTTOM}"/></g><text x="${x(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#444444">${tickText(tick)}</text>`,
    ),
    ...ys.ticks.map(
      (tick) =>
        `<g stroke="#dddddd"><line x1="${LEFT}" y1="${y(tick)}" x2="${WIDTH - RIGHT}" y2="${y(tick)}"/></g><text x="${LEFT - 8}" y="${Number(y(tick)) + 4}" text-anchor="end" fill="#444444">${tickText(tick)}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 18}" text-anchor="middle" fill="#1a1a1a">waste: attempts in vain that the policy makes, of all in vain</text>`,
    `<text x="18" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" fill="#1a1a1a" transform="rotate(-90 18 ${(TOP + HEIGHT - BOTTOM) / 2})">regret: suppressed, and took mail within 30 days</text>`,
    `<polyline points="${byWaste.map(({ waste, regret }) => `${x(waste.share)},${y(regret.share)}`).join(' ')}" fill="none" stroke="#8aa4c8"/>`,
    ...byWaste.flatMap(({ label, waste, regret, isBase }, i) => {
      const colour = isBase ? '#b3261e' : '#1f4e8c';
      return [
        `<g stroke="${colour}" stroke-opacity="0.45"><line x1="${x(waste.low)}" y1="${y(regret.share)}" x2="${x(waste.high)}" y2="${y(regret.share)}"/><line x1="${x(waste.share)}" y1="${y(regret.low)}" x2="${x(waste.share)}" y2="${y(regret.high)}"/></g>`,
        `<circle cx="${x(waste.share)}" cy="${y(regret.share)}" r="${isBase ? 6 : 4}" fill="${colour}"><title>${escaped(`${label}: regret ${share(regret)}, waste ${share(waste)}`)}</title></circle>`,
        `<text x="${Number(x(waste.share)) + 8}" y="${Number(y(regret.share)) + (i % 2 === 0 ? -7 : 15)}" fill="${colour}">${escaped(label)}</text>`,
      ];
    }),
    ...(known.length === 0
      ? [`<text x="${WIDTH / 2}" y="${HEIGHT / 2}" text-anchor="middle" fill="#444444">nothing is known of any policy</text>`]
      : []),
    '</svg>',
    '',
  ];
  return lines.join('\n');
}

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
const MOST_TICKS = 8;

/** Whole steps around all values. */
function axis(values: readonly number[]): Axis {
  const [low, high] = values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const step = STEPS.find((one) => (high - low) / one <= MOST_TICKS - 2) ?? 0.2;
  const from = Math.floor(low / step);
  const to = Math.max(from + 1, Math.ceil(high / step));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step);
  return { from: from * step, to: to * step, ticks };
}

function tickText(value: number): string {
  return `${Number((100 * value).toFixed(1))} %`;
}

function share({ share: of, low, high }: Share): string {
  return `${(100 * of).toFixed(1)} % (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %)`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
