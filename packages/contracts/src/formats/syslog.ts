/**
 * The beginning of a syslog line: time, host, program and its process, in the forms of classic syslog (no year, no zone), RFC 3339
 * (rsyslog, journald's short-iso) and RFC 5424.
 */
import type { NormaliseContext } from './format.ts';
import { believable, momentAt, momentOf, NO_ZONE, zoneOf } from './time.ts';
import type { Moment } from './time.ts';

export interface SyslogLine {
  /** As written: it is read only where it matters. */
  readonly time: string;
  readonly host: string;
  /** `postfix/smtp`, `exim`. */
  readonly program: string;
  readonly message: string;
}

const TIME = String.raw`([A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)`;
const CLASSIC = new RegExp(String.raw`^(?:<\d{1,3}>)?${TIME} ([^\s:]{1,255}|[\da-fA-F:.]{2,45}) ([^\s:[\]]{1,128})(?:\[\d{1,10}\])?: ?`);
const RFC5424 = new RegExp(
  String.raw`^<\d{1,3}>1 ${TIME} (\S{1,255}) (\S{1,128}) \S{1,128} \S{1,32} (?:-|\[[^\]]{0,1024}\]) ?` + '\u{FEFF}?',
);
/** "last message repeated 3 times" stands where the program would. */
const REPEATED = new RegExp(String.raw`^(?:<\d{1,3}>)?${TIME} \S{1,255} (?:[^\s:]{1,128}: )?(?:last )?message repeated \d{1,10} times`);

export function syslogLine(line: string): SyslogLine | undefined {
  const match = CLASSIC.exec(line) ?? RFC5424.exec(line);
  if (match === null) return undefined;
  const [whole, time, host, program] = match as unknown as [string, string, string, string];
  return { time, host, program, message: line.slice(whole.length) };
}

export function isRepetition(line: string): boolean {
  return REPEATED.test(line);
}

const YEARLESS = /^([A-Z][a-z]{2}) ([ \d]?\d) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = 86_400_000;

export function syslogMoment(time: string, context: NormaliseContext): Moment {
  const match = YEARLESS.exec(time);
  if (match === null) return momentOf(time, context);
  const [, month, day, year, hour, minute, second, fraction] = match as unknown as (string | undefined)[];
  const number = MONTHS.indexOf(month as string) + 1;
  if (number === 0) return { ok: false, problem: 'no month that exists' };
  const millisecond = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  const clock = { month: number, day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second), millisecond };
  return year === undefined ? latestYear(clock, context) : momentAt({ ...clock, year: Number(year) }, undefined, context);
}

type Yearless = Omit<Parameters<typeof momentAt>[0], 'year'>;

/** The latest year that does not put the line more than a day into the future. 29 February may be eight years back. */
function latestYear(clock: Yearless, context: NormaliseContext): Moment {
  if (zoneOf(context.timezone) === undefined) return { ok: false, problem: NO_ZONE };
  const latest = new Date(context.referenceTime + DAY).getUTCFullYear() + 1;
  for (let year = latest; year > latest - 10; year--) {
    // Too late in every zone: not worth asking for one.
    if (Date.UTC(year, clock.month - 1, clock.day) > context.referenceTime + 2 * DAY) continue;
    const moment = momentAt({ ...clock, year }, undefined, context);
    if (moment.ok && believable(moment.at, context).ok) return moment;
  }
  return { ok: false, problem: 'no time that exists' };
}
