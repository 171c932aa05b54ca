/** Durations as files and flags write them: a whole number and a unit, `15m`, `6h`, `30d`. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** Milliseconds, or undefined when the text is not a whole number followed by ms, s, m, h or d, or is above 2^53. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(\d{1,16})(ms|s|m|h|d)$/.exec(text);
  if (parts === null) return undefined;
  const size = UNITS.find(([unit]) => unit === parts[2])?.[1];
  if (size === undefined) return undefined;
  const milliseconds = Number(parts[1]) * size;
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

/** In the largest unit that needs no fraction: 90 minutes are `90m`, 48 hours `2d`. Takes whole milliseconds, not negative. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  for (const [unit, size] of UNITS) {
    if (milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}
