/**
 * Parses times as providers write them, to milliseconds UTC: seconds, milliseconds, digits as text, ISO 8601 with any fraction, with
 * an offset or in a configured zone. An implausible time is a problem and is never guessed.
 */
import { DateTime, FixedOffsetZone, IANAZone } from 'luxon';
import type { Zone } from 'luxon';
import type { NormaliseContext } from './format.ts';

export type Moment = { readonly ok: true; readonly at: number } | { readonly ok: false; readonly problem: string };

/**
 * 1 January 1990, ms since the epoch. Logs and reports are kept for decades. An earlier time is a number in another unit, or comes
 * from a clock that was never set.
 */
const EARLIEST = 631_152_000_000;
const DAY = 86_400_000;
/** Larger numbers are milliseconds; 1e11 seconds are the year 5138. */
const MILLISECONDS_FROM = 1e11;
const MICROSECONDS_FROM = 1e14;

export const NO_ZONE = 'a time without a zone, and no time zone is configured for this source';

/** Parses a number as seconds or milliseconds (microseconds above 1e14), by its size. Text is such a number or ISO 8601. */
export function momentOf(value: unknown, context: NormaliseContext): Moment {
  if (value === undefined || value === null || value === '') return wrong('missing');
  if (typeof value === 'number') return believable(fromNumber(value), context);
  if (typeof value !== 'string') return wrong('must be a time');
  const text = value.trim();
  if (/^\d{1,19}(?:\.\d{1,18})?$/.test(text)) return believable(fromNumber(Number(text)), context);
  return fromIso(text, context);
}

function fromNumber(value: number): number {
  if (value > MICROSECONDS_FROM) return Math.trunc(value / 1_000);
  return Math.trunc(value > MILLISECONDS_FROM ? value : value * 1_000);
}

/** Accepts times from 1990 up to one day after `referenceTime`. */
export function believable(at: number, { referenceTime }: NormaliseContext): Moment {
  if (!Number.isFinite(at)) return wrong('the time does not exist');
  if (at < EARLIEST) return wrong('before the year 1990');
  return at > referenceTime + DAY ? wrong('more than a day in the future') : { ok: true, at };
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt]|\s+)(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?\s*([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/;

function fromIso(text: string, context: NormaliseContext): Moment {
  const match = ISO.exec(text);
  if (match === null) return wrong('not a time in a known form');
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const millisecond = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  return momentAt({ year, month, day, hour, minute, second, millisecond }, match[8], context);
}

export interface Clock {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Converts a local time to UTC, using `offset` (`Z`, `+0200`, `-04:00`, `+02`) or else the configured zone. */
export function momentAt(clock: Clock, offset: string | undefined, context: NormaliseContext): Moment {
  const at = utc(clock);
  if (at === undefined) return wrong('the time does not exist');
  if (offset !== undefined) {
    const minutes = offsetMinutes(offset);
    return minutes === undefined ? wrong('the offset does not exist') : believable(at - minutes * 60_000, context);
  }
  const zone = zoneOf(context.timezone);
  if (zone === undefined) return wrong(NO_ZONE);
  return believable(at - offsetAt(clock, zone), context);
}

/**
 * Maximum number of cached zone offsets. They are cached per quarter of an hour, which the lines of a log share. Zone offsets have
 * only ever changed at quarter-hour boundaries.
 */
const KEPT_OFFSETS = 1_000;
const offsets = new Map<string, number>();

/**
 * Offset of local time from UTC, ms. Luxon resolves gaps and overlaps. It is slower than all other processing of a line, hence the
 * cache.
 */
function offsetAt({ year, month, day, hour, minute }: Clock, zone: Zone): number {
  const quarter = Math.floor(minute / 15) * 15;
  const key = `${zone.name} ${year}-${month}-${day} ${hour}:${quarter}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    if (offsets.size >= KEPT_OFFSETS) offsets.clear();
    const local = DateTime.fromObject({ year, month, day, hour, minute: quarter }, { zone });
    offset = Date.UTC(year, month - 1, day, hour, quarter) - local.toMillis();
    offsets.set(key, offset);
  }
  return offset;
}

function utc({ year, month, day, hour, minute, second, millisecond }: Clock): number | undefined {
  // A leap second is mapped to second 59 of its minute.
  const at = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59), millisecond);
  const exists = month <= 12 && hour < 24 && minute < 60 && second <= 60 && new Date(at).getUTCDate() === day;
  return exists ? at : undefined;
}

/** Parses an offset to minutes east of Greenwich. */
export function offsetMinutes(text: string): number | undefined {
  if (/^(?:z|utc|gmt)$/i.test(text)) return 0;
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hours, minutes] = match;
  const size = Number(hours) * 60 + Number(minutes ?? 0);
  return Number(hours) > 14 || Number(minutes ?? 0) > 59 ? undefined : sign === '-' ? -size : size;
}

const zones = new Map<string, Zone | undefined>();

/** Resolves an IANA name or `+hh:mm`. Returns undefined if it is neither. */
export function zoneOf(name: string | undefined): Zone | undefined {
  if (name === undefined) return undefined;
  if (!zones.has(name)) {
    if (zones.size > 1_000) zones.clear();
    const minutes = offsetMinutes(name);
    const zone = minutes === undefined ? IANAZone.create(name) : FixedOffsetZone.instance(minutes);
    zones.set(name, zone.isValid ? zone : undefined);
  }
  return zones.get(name);
}

function wrong(problem: string): Moment {
  return { ok: false, problem };
}
