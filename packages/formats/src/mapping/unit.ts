/** Units of time in a mapping: ISO 8601, seconds, milliseconds, microseconds, or a pattern such as `dd.MM.yyyy HH:mm:ss`. */
import { DateTime } from 'luxon';
import type { NormaliseContext } from '../format.ts';
import { numberOf, textOf } from '../json.ts';
import { believable, momentAt, momentOf } from '../time.ts';
import type { Moment } from '../time.ts';

/** `auto`: ISO 8601, or a number whose size tells its unit. */
export const UNITS = ['auto', 'iso', 's', 'ms', 'us'] as const;
/** One of `UNITS`, or a pattern. */
export type Unit = string;

const PER_UNIT: ReadonlyMap<Unit, number> = new Map([
  ['s', 1_000],
  ['ms', 1],
  ['us', 0.001],
]);
const LONGEST_PATTERN = 64;
const LONGEST_TEXT = 100;
/** In patterns of other libraries day and year; here they stand for whole dates in the style of a country. */
const OTHER_DIALECT = /[DYfFtT]/;
/** A moment in which no two parts are equal, so that a pattern that leaves one out or swaps two is noticed. */
const PROBE = { year: 2019, month: 4, day: 23, hour: 17, minute: 36 } as const;

/** True if a time that is written by the pattern is read again to the minute. */
export function isUnit(unit: Unit): boolean {
  if ((UNITS as readonly string[]).includes(unit)) return true;
  if (unit.length > LONGEST_PATTERN || OTHER_DIALECT.test(unit.replaceAll(/'[^']*'/g, ''))) return false;
  const options = { locale: 'en', zone: 'utc' };
  const probe = DateTime.fromObject(PROBE, options);
  const read = DateTime.fromFormat(probe.toFormat(unit), unit, options);
  return read.isValid && read.toMillis() === probe.toMillis();
}

export function timeOf(value: unknown, unit: Unit, context: NormaliseContext): Moment {
  if (unit === 'auto') return momentOf(value, context);
  const size = PER_UNIT.get(unit);
  if (size !== undefined) {
    const number = typeof value === 'string' && /^\d{16,19}$/.test(value) ? Number(value) : numberOf(value);
    return number === undefined ? { ok: false, problem: `must be a number (${unit})` } : believable(Math.trunc(number * size), context);
  }
  const text = textOf(value);
  if (text === undefined || text.length > LONGEST_TEXT) return { ok: false, problem: 'must be a time as text' };
  if (unit === 'iso') return /^\d{4}-/.test(text) ? momentOf(text, context) : { ok: false, problem: 'must be a time of ISO 8601' };
  return byPattern(text, unit, context);
}

const READ_BY = { locale: 'en', zone: 'utc', setZone: true } as const;
const parsers = new Map<string, ReturnType<typeof DateTime.buildFormatParser>>();

function parserOf(pattern: string): ReturnType<typeof DateTime.buildFormatParser> {
  let parser = parsers.get(pattern);
  if (parser === undefined) {
    if (parsers.size >= 100) parsers.clear();
    parser = DateTime.buildFormatParser(pattern, READ_BY);
    parsers.set(pattern, parser);
  }
  return parser;
}

function byPattern(text: string, pattern: string, context: NormaliseContext): Moment {
  const read = DateTime.fromFormatParser(text, parserOf(pattern), READ_BY);
  if (!read.isValid) return { ok: false, problem: `must be a time like ${pattern}` };
  // Z: an offset; z: a name of a zone; X and x: a number since the epoch.
  if (/[ZzXx]/.test(pattern.replaceAll(/'[^']*'/g, ''))) return believable(read.toMillis(), context);
  const { year, month, day, hour, minute, second, millisecond } = read;
  return momentAt({ year, month, day, hour, minute, second, millisecond }, undefined, context);
}
