/** Times and durations for people: in the viewer's zone, with UTC at hand. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const made = formats.get(name) ?? new Intl.DateTimeFormat('en-GB', options);
  formats.set(name, made);
  return made;
}

const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

/** `24 Nov 12:27`; with the year when it is not that of `now`. */
export function localTime(at: number, now: number): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return sameYear
    ? format('short', { day: 'numeric', month: 'short', ...clock })
        .format(at)
        .replace(',', '')
    : format('long', { day: 'numeric', month: 'short', year: 'numeric', ...clock })
        .format(at)
        .replace(',', '');
}

/** `24 Nov`. */
export function localDay(at: number): string {
  return format('day', { day: 'numeric', month: 'short' }).format(at);
}

/** `12:27`. */
export function localClock(at: number): string {
  return format('clock', clock).format(at);
}

/** `2026-11-24 11:27:56 UTC`. */
export function utcTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `45 s`, `12 min`, `5 h 10 min`, `3 d 4 h`, `40 d`. The two largest units, of which the second is left out where it says little. */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < MINUTE) return `${Math.round(whole / 1_000)} s`;
  if (whole < HOUR) return `${Math.round(whole / MINUTE)} min`;
  if (whole < DAY) return two(Math.floor(whole / HOUR), 'h', Math.round((whole % HOUR) / MINUTE), 'min');
  const days = Math.floor(whole / DAY);
  return days >= 10 ? `${Math.round(whole / DAY)} d` : two(days, 'd', Math.floor((whole % DAY) / HOUR), 'h');
}

function two(most: number, unit: string, less: number, lesser: string): string {
  return less === 0 ? `${most} ${unit}` : `${most} ${unit} ${less} ${lesser}`;
}

/** `in 3 h`, `2 d ago`, `just now`. */
export function relative(at: number, now: number): string {
  const away = at - now;
  if (Math.abs(away) < MINUTE) return 'just now';
  const short = coarse(Math.abs(away));
  return away > 0 ? `in ${short}` : `${short} ago`;
}

function coarse(ms: number): string {
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} d`;
}

/** Seconds as in waits: `40 s`, `3 min`, `2.5 h`. */
export function seconds(value: number | null): string {
  return value === null ? '–' : duration(value * 1_000);
}
