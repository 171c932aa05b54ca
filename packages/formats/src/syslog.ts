/**
 * Parses the header of a syslog line: time, host, program and its process id, in classic syslog (no year, no zone), RFC 3339 (rsyslog,
 * journald's short-iso) and RFC 5424 form, and in those of BusyBox and Solaris.
 */
import { bareLine, isCarriersLine } from './carrier.ts';
import { problem } from './draft.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { CARRIERS_LINE, ignoredLine } from './lines.ts';
import { believable, momentAt, momentOf, NO_ZONE, zoneOf } from './time.ts';
import type { Moment } from './time.ts';

export interface SyslogLine {
  /** As written. It is parsed only when needed. */
  readonly time: string;
  /** Empty if the line names none. */
  readonly host: string;
  /** For example `postfix/smtp` or `exim`. */
  readonly program: string;
  readonly message: string;
}

const TIME = String.raw`([A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)`;
const CLASSIC = new RegExp(
  String.raw`^(?:<\d{1,3}>)?${TIME} (?!\d{4}[-/]\d)([^\s:]{1,255}|[\da-fA-F:.]{2,45}) {1,8}([^\s:[\]]{1,128})(?:\[\d{1,10}\])?: ?`,
);
const RFC5424 = new RegExp(
  String.raw`^(?:<\d{1,3}>)?1 ${TIME} (\S{1,255}) (\S{1,128}) \S{1,128} \S{1,32} (?:-|\[[^\]]{0,1024}\]) ?` + '\u{FEFF}?',
);
/** BusyBox puts facility and priority before the program, and can leave the host out; so do small loggers in containers. */
const HOSTLESS = new RegExp(
  String.raw`^(?:<\d{1,3}>)?${TIME} (?:([^\s:[\]]{1,255}) )?(?:[a-z]{3,8}\d?\.[a-z]{3,7} )?([^\s:[\]]{1,128})(?:\[\d{1,10}\]): ?`,
);
/** Solaris puts a message id before the text. */
const SOLARIS = /^\[ID \d{1,10} [a-z]{3,8}\d?\.[a-z]{3,7}\] /;
/** Matches "last message repeated 3 times", which stands in place of the program. */
const REPEATED = new RegExp(String.raw`^(?:<\d{1,3}>)?${TIME} \S{1,255} (?:[^\s:]{1,128}: )?(?:last )?message repeated \d{1,10} times`);

/** What a carrier put before the line is left out. */
export function syslogLine(line: string): SyslogLine | undefined {
  const found = headOf(line);
  if (found !== undefined) return found;
  const bare = bareLine(line);
  return bare === line ? hostlessHead(line) : (headOf(bare) ?? hostlessHead(bare));
}

function headOf(line: string): SyslogLine | undefined {
  return lineOf(CLASSIC.exec(line) ?? RFC5424.exec(line), line);
}

function hostlessHead(line: string): SyslogLine | undefined {
  return lineOf(HOSTLESS.exec(line), line);
}

function lineOf(match: RegExpExecArray | null, line: string): SyslogLine | undefined {
  if (match === null) return undefined;
  const [whole, time, host, program] = match as unknown as [string, string, string | undefined, string];
  const message = line.slice(whole.length);
  return { time, host: host ?? '', program, message: message.startsWith('[ID ') ? message.replace(SOLARIS, '') : message };
}

/** The result of a line that is none of a program: a carrier's own, or one for repeated lines; undefined for any other. */
export function betweenLines(line: string): readonly Normalised[] | undefined {
  if (isCarriersLine(line)) return CARRIERS_LINE;
  return REPEATED.test(line) || REPEATED.test(bareLine(line)) ? REPETITION : undefined;
}

const REPETITION = ignoredLine('a repeated line');

/** The result of a line without a header of syslog. */
export function headlessLine(line: string): readonly Normalised[] {
  return betweenLines(line) ?? [problem('unreadable', 'not a syslog line: it does not begin with time, host and program', line)];
}

const YEARLESS = /^([A-Z][a-z]{2}) ([ \d]?\d) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = 86_400_000;

export function syslogMoment(time: string, context: NormaliseContext): Moment {
  const match = YEARLESS.exec(time);
  if (match === null) return momentOf(time, context);
  const [, month, day, year, hour, minute, second, fraction] = match as unknown as (string | undefined)[];
  const number = MONTHS.indexOf(month as string) + 1;
  if (number === 0) return { ok: false, problem: 'the month does not exist' };
  const millisecond = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  const clock = { month: number, day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second), millisecond };
  return year === undefined ? latestYear(clock, context) : momentAt({ ...clock, year: Number(year) }, undefined, context);
}

type Yearless = Omit<Parameters<typeof momentAt>[0], 'year'>;

/** Uses the latest year that puts the line at most one day in the future. 29 February can be eight years back. */
function latestYear(clock: Yearless, context: NormaliseContext): Moment {
  if (zoneOf(context.timezone) === undefined) return { ok: false, problem: NO_ZONE };
  const latest = new Date(context.referenceTime + DAY).getUTCFullYear() + 1;
  for (let year = latest; year > latest - 10; year--) {
    // Too late in every zone, so the zone lookup is skipped.
    if (Date.UTC(year, clock.month - 1, clock.day) > context.referenceTime + 2 * DAY) continue;
    const moment = momentAt({ ...clock, year }, undefined, context);
    if (moment.ok && believable(moment.at, context).ok) return moment;
  }
  return { ok: false, problem: 'the time does not exist' };
}
