/**
 * Parses mail dates (RFC 5322 section 3.3, with the obsolete forms of section 4.3): two-digit years, named zones, comments, wrong
 * weekdays. Any other form gives undefined, and the caller tries another field of the report.
 */
import { momentAt, momentOf } from '../time.ts';
import type { NormaliseContext } from '../format.ts';
import type { Moment } from '../time.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NUMBER_FIRST =
  /^(?:[A-Za-z]{2,9}\.?,?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]{0,6}[\s-]+(\d{2,4}),?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:\s*([+-]\d{4}|[A-Za-z]{1,5}))?/;
/** `ctime` form: "Wed Mar 11 10:00:00 2026", with a zone before or after the year. */
const MONTH_FIRST =
  /^[A-Za-z]{3,9},?\s+([A-Za-z]{3})[A-Za-z]{0,6}\s+(\d{1,2})\s+(\d{1,2}):(\d\d):(\d\d)\s+(?:([+-]\d{4}|[A-Z]{1,5})\s+)?(\d{4})(?:\s+([+-]\d{4}|[A-Z]{1,5}))?/;

/** Offsets of named zones in use, as `+hhmm` east of UTC. Unlisted names count as UTC (RFC 5322 section 4.3). */
const ZONES: Readonly<Record<string, string>> = {
  EST: '-0500',
  EDT: '-0400',
  CST: '-0600',
  CDT: '-0500',
  MST: '-0700',
  MDT: '-0600',
  PST: '-0800',
  PDT: '-0700',
  AKST: '-0900',
  AKDT: '-0800',
  HST: '-1000',
  WET: '+0000',
  WEST: '+0100',
  CET: '+0100',
  CEST: '+0200',
  MET: '+0100',
  MEST: '+0200',
  EET: '+0200',
  EEST: '+0300',
  MSK: '+0300',
  JST: '+0900',
  KST: '+0900',
  AEST: '+1000',
  AEDT: '+1100',
  NZST: '+1200',
  NZDT: '+1300',
};

export function mailDate(value: string | undefined, context: NormaliseContext): Moment | undefined {
  if (value === undefined) return undefined;
  const text = value.slice(0, 200).trim();
  const clock = clockOf(text);
  if (clock === undefined) return /^\d{4}-\d\d-\d\d[T ]/.test(text) ? isoDate(text, context) : undefined;
  const [year, month, day, hour, minute, second, zone] = clock;
  const monthNumber = MONTHS.indexOf(month.toLowerCase()) + 1;
  if (monthNumber === 0) return undefined;
  const moment = momentAt(
    {
      year: fullYear(year),
      month: monthNumber,
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
      millisecond: 0,
    },
    offsetOf(zone),
    context,
  );
  return moment.ok ? moment : undefined;
}

function isoDate(text: string, context: NormaliseContext): Moment | undefined {
  const moment = momentOf(text, context);
  return moment.ok ? moment : undefined;
}

type Clock = readonly [year: string, month: string, day: string, hour: string, minute: string, second: string, zone: string | undefined];

function clockOf(text: string): Clock | undefined {
  const usual = NUMBER_FIRST.exec(text) as unknown as (string | undefined)[] | null;
  if (usual !== null) {
    const [, day, month, year, hour, minute, second, zone] = usual as [string, string, string, string, string, string, string?, string?];
    return [year, month, day, hour, minute, second ?? '0', zone];
  }
  const other = MONTH_FIRST.exec(text) as unknown as (string | undefined)[] | null;
  if (other === null) return undefined;
  const [, month, day, hour, minute, second, before, year, behind] = other as [
    string,
    string,
    string,
    string,
    string,
    string,
    string?,
    string?,
    string?,
  ];
  return [year as string, month, day, hour, minute, second, before ?? behind];
}

/** Expands a short year (RFC 5322 section 4.3): 00 to 49 become 2000 to 2049; other short years are added to 1900. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length >= 4) return year;
  return year < 50 ? 2000 + year : 1900 + year;
}

function offsetOf(zone: string | undefined): string {
  if (zone === undefined) return '+0000';
  return /^[+-]/.test(zone) ? zone : (ZONES[zone.toUpperCase()] ?? '+0000');
}
