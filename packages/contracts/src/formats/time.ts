/**
 * Times as providers write them, to milliseconds UTC: seconds, milliseconds, digits as text, ISO 8601 with any fraction, with an
 * offset or in a configured zone. A time that is not believable is a problem and never a guess.
 */
import { DateTime, FixedOffsetZone, IANAZone } from 'luxon';
import type { Zone } from 'luxon';
import type { NormaliseContext } from './format.ts';

export type Moment = { readonly ok: true; readonly at: number } | { readonly ok: false; readonly problem: string };

/** 1 January 1990: logs and reports are kept for decades; what is older is a number in another unit, or a clock that was never set. */
const EARLIEST = 631_152_000_000;
const DAY = 86_400_000;
/** Numbers above are milliseconds; 1e11 seconds are the year 5138. */
const MILLISECONDS_FROM = 1e11;
const MICROSECONDS_FROM = 1e14;

export const NO_ZONE = 'a time without a zone, and no time zone is configured for this source';

/** A number is seconds or milliseconds, by its size; text is such a number or ISO 8601. */
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

/** Not before 1990, not later than a day after the caller's present. */
export function believable(at: number, { referenceTime }: NormaliseContext): Moment {
  if (!Number.isFinite(at)) return wrong('no time that exists');
  if (at < EARLIEST) return wrong('before the year 1990');
  return at > referenceTime + DAY ? wrong('more than a day in the future') : { ok: true, at };
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt]|\s+)(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?\s*([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/;

function fromIso(text: string, context: NormaliseContext): Moment {
  const match = ISO.exec(text);
  if (match === null) return wrong('no time in a form that is known');
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

/** What a clock on a wall shows, there where `offset` (`Z`, `+0200`, `-04:00`, `+02`) or else the configured zone holds. */
export function momentAt(clock: Clock, offset: string | undefined, context: NormaliseContext): Moment {
  const at = utc(clock);
  if (at === undefined) return wrong('no time that exists');
  if (offset !== undefined) {
    const minutes = offsetMinutes(offset);
    return minutes === undefined ? wrong('no offset that exists') : believable(at - minutes * 60_000, context);
  }
  const zone = zoneOf(context.timezone);
  if (zone === undefined) return wrong(NO_ZONE);
  return believable(at - offsetAt(clock, zone), context);
}

/** Quarters of an hour whose offsets are kept: the lines of a log share them. No zone has ever changed between them. */
const KEPT_OFFSETS = 1_000;
const offsets = new Map<string, number>();

/** ms between the clock and UTC. The library settles gaps and overlaps; it takes longer than all the rest of a line. */
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
  // A leap second is the last one of its minute.
  const at = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59), millisecond);
  const exists = month <= 12 && hour < 24 && minute < 60 && second <= 60 && new Date(at).getUTCDate() === day;
  return exists ? at : undefined;
}

/** Minutes east of Greenwich. */
export function offsetMinutes(text: string): number | undefined {
  if (/^(?:z|utc|gmt)$/i.test(text)) return 0;
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hours, minutes] = match;
  const size = Number(hours) * 60 + Number(minutes ?? 0);
  return Number(hours) > 14 || Number(minutes ?? 0) > 59 ? undefined : sign === '-' ? -size : size;
}

const zones = new Map<string, Zone | undefined>();

/** An IANA name or `+hh:mm`; undefined when it is neither. */
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
