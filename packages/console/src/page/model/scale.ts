/** Linear scales, and ticks at round local times. */
import { DAY, HOUR, MINUTE } from './time.ts';

const STEPS = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  28 * DAY,
];

export interface Scale {
  readonly from: number;
  readonly to: number;
  (value: number): number;
}

/** From [from, to] to [low, high]; what is outside goes to the nearer end. */
export function scaleOf(from: number, to: number, low: number, high: number): Scale {
  const range = Math.max(1, to - from);
  const scale = (value: number): number => low + Math.min(1, Math.max(0, (value - from) / range)) * (high - low);
  return Object.assign(scale, { from, to });
}

/** At most `most` ticks between two times, at full hours or days of the zone whose offset is given (ms east of UTC). */
export function timeTicks(
  from: number,
  to: number,
  most: number,
  offset: number,
): { readonly step: number; readonly at: readonly number[] } {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? Math.ceil((to - from) / most / DAY) * DAY;
  const first = Math.ceil((from + offset) / step) * step - offset;
  const at: number[] = [];
  for (let time = first; time <= to && at.length <= most; time += step) at.push(time);
  return { step, at };
}

/** A round number at least as large: 1, 2, 2.5 or 5 times a power of ten. */
export function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((one) => one * power >= value) ?? 10) * power;
}
