/** Times are RFC 3339 in records, and milliseconds since the epoch in memory. */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Returns milliseconds since the epoch; finer fractions are truncated. Returns undefined if the text is not a valid RFC 3339 date-time. */
export function parseTime(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match;
  const ms = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  // A leap second is mapped to second 59 of its minute.
  const seconds = Math.min(Number(second), second === '60' ? 59 : 60);
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), seconds, ms);
  const exists =
    new Date(time).getUTCDate() === Number(day) && Number(month) <= 12 && Number(hour) < 24 && Number(minute) < 60 && seconds < 60;
  if (!exists || Number(year) < 1970) return undefined;
  if (sign === undefined) return time;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return sign === '+' ? time - offset : time + offset;
}

/** Formats as RFC 3339 in UTC with milliseconds. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** Parses `15m`, `6h`, `30d`, `90s` to milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(d|h|m|s)$/.exec(text);
  const unit = UNITS.find(([name]) => name === match?.[2]);
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit[1];
}

/** Formats milliseconds in the shortest form that `parseDuration` accepts. */
export function formatDuration(ms: number): string {
  const [name, size] = UNITS.find(([, unit]) => ms % unit === 0) ?? ['s', 1_000];
  return `${Math.round(ms / size)}${name}`;
}
