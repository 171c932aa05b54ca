/**
 * Recognises a valid delivery or acceptance on its bytes. Nearly all records are one, and the engine needs no more of them than
 * recipient and type, so neither text nor objects are made. One pass; whatever is unusual (an escape, a character outside of
 * ASCII, a capital in the address, a field given twice, a nested value) is a doubt, and the doubt is for `decodeRecord`.
 */
import { SMTP_PHASES } from '@desist/domain';
import { isPlainAddress } from './address.ts';
import type { RawRecord } from './event.ts';
import { CLOCK_TOLERANCE, RECORD_LIMIT } from './event.ts';

export interface PeekedRecord {
  /** `tenant/address`. */
  readonly key: string;
  readonly type: 'delivered' | 'accepted';
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const SLASH = 0x2f;
const ZERO = 0x30;
const NINE = 0x39;
/** Shorter than the shortest valid event, `{"version":1,"type":"accepted",…`. */
const SHORTEST = 80;
const DOUBT = -1;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const DELIVERED = bytesOf('delivered');
const ACCEPTED = bytesOf('accepted');
const DEFAULT = bytesOf('default');
const PHASES: readonly Uint8Array[] = SMTP_PHASES.map(bytesOf);
const TRUE = bytesOf('true');
const FALSE = bytesOf('false');
const NULL = bytesOf('null');

/** Members that mean something, by length and first two letters. The numbers are bits of `seen`. */
const FIELDS = [
  'version',
  'type',
  'recipient',
  'occurredAt',
  'tenant',
  'stream',
  'id',
  'messageId',
  'attempt',
  'smtp',
  'phase',
  'remoteHost',
  'source',
  'permanent',
] as const;
type Field = (typeof FIELDS)[number];
const signature = (length: number, first: number, second: number): number => (length << 16) | (first << 8) | second;
const BY_SIGNATURE = new Map(
  FIELDS.map((name, bit) => {
    const bytes = bytesOf(name);
    return [signature(bytes.length, bytes[0] as number, bytes[1] as number), { name, bytes, bit: 1 << bit }];
  }),
);
const REQUIRED = 0b1111;

/** What the pass found, as places in the value. Used again for each record: nothing is kept between two. */
let at = 0;
let start = 0;
let end = 0;

/** The key and type of a record that `decodeRecord` would take as a delivery or acceptance; undefined in any doubt. */
export function peekRecord({ key, value, recordTime }: RawRecord): PeekedRecord | undefined {
  if (key === null || value === null || value.length < SHORTEST || value.length > RECORD_LIMIT) return undefined;
  at = skipSpace(value, 0);
  if (value[at] !== OPEN) return undefined;
  at += 1;
  let seen = 0;
  let type: PeekedRecord['type'] | undefined;
  let tenantStart = -1;
  let tenantEnd = 0;
  let recipientStart = 0;
  let recipientEnd = 0;
  for (;;) {
    at = skipSpace(value, at);
    if (!readString(value)) return undefined;
    const length = end - start;
    const found = length < 2 ? undefined : BY_SIGNATURE.get(signature(length, value[start] as number, value[start + 1] as number));
    const field = found !== undefined && same(value, start, found.bytes) ? found : undefined;
    at = skipSpace(value, at);
    if (value[at] !== COLON) return undefined;
    at = skipSpace(value, at + 1);
    if (field === undefined) {
      if (!skipScalar(value)) return undefined;
    } else {
      if ((seen & field.bit) !== 0) return undefined;
      seen |= field.bit;
      if (!readField(value, field.name, recordTime)) return undefined;
      if (field.name === 'type') type = typeAt(value);
      else if (field.name === 'tenant') {
        tenantStart = start;
        tenantEnd = end;
      } else if (field.name === 'recipient') {
        recipientStart = start;
        recipientEnd = end;
      }
    }
    at = skipSpace(value, at);
    if (value[at] === COMMA) at += 1;
    else if (value[at] === CLOSE) break;
    else return undefined;
  }
  if (skipSpace(value, at + 1) !== value.length) return undefined;
  if ((seen & REQUIRED) !== REQUIRED || type === undefined) return undefined;
  const tenantLength = tenantStart < 0 ? DEFAULT.length : tenantEnd - tenantStart;
  if (key.length !== tenantLength + 1 + recipientEnd - recipientStart || key[tenantLength] !== SLASH) return undefined;
  if (tenantStart < 0 ? !same(key, 0, DEFAULT) : !equal(key, 0, value, tenantStart, tenantLength)) return undefined;
  if (!equal(key, tenantLength + 1, value, recipientStart, recipientEnd - recipientStart)) return undefined;
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
  return isPlainAddress(text.slice(tenantLength + 1)) ? { key: text, type } : undefined;
}

/** One value of a known field; leaves its content between `start` and `end`. False: doubtful. */
function readField(value: Uint8Array, name: Field, recordTime: number): boolean {
  switch (name) {
    case 'version':
      return readInteger(value) === 1;
    case 'type':
    case 'recipient':
    case 'id':
    case 'messageId':
    case 'remoteHost':
    case 'source':
      return readString(value);
    case 'tenant':
    case 'stream':
      return readString(value) && isName(value);
    case 'occurredAt':
      return readString(value) && isTime(value, recordTime);
    case 'attempt': {
      const attempt = readInteger(value);
      return attempt >= 0 && attempt <= 1_000_000;
    }
    case 'phase':
      return readString(value) && PHASES.some((phase) => end - start === phase.length && same(value, start, phase));
    case 'permanent':
      return readWord(value, TRUE) || readWord(value, FALSE);
    case 'smtp':
      return readReply(value);
    default:
      name satisfies never;
      return false;
  }
}

function typeAt(value: Uint8Array): PeekedRecord['type'] | undefined {
  const length = end - start;
  if (length === DELIVERED.length && same(value, start, DELIVERED)) return 'delivered';
  return length === ACCEPTED.length && same(value, start, ACCEPTED) ? 'accepted' : undefined;
}

/** `smtp`: a flat object of a code and texts. */
function readReply(value: Uint8Array): boolean {
  if (value[at] !== OPEN) return false;
  at = skipSpace(value, at + 1);
  if (value[at] === CLOSE) {
    at += 1;
    return true;
  }
  for (;;) {
    at = skipSpace(value, at);
    if (!readString(value)) return false;
    const from = start;
    const length = end - start;
    at = skipSpace(value, at);
    if (value[at] !== COLON) return false;
    at = skipSpace(value, at + 1);
    if (length === 4 && value[from] === 0x63) {
      const code = readInteger(value);
      if (code < 200 || code > 599) return false;
    } else if (!readString(value)) return false;
    at = skipSpace(value, at);
    if (value[at] === COMMA) at += 1;
    else if (value[at] === CLOSE) {
      at += 1;
      return true;
    } else return false;
  }
}

/** 1: printable ASCII that needs no second look inside a string. */
const PLAIN_BYTE = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte <= 0x7e && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** A string of printable ASCII without escapes; `at` goes behind it. */
function readString(value: Uint8Array): boolean {
  const from = at + 1;
  const last = value.length;
  if (from >= last || value[at] !== QUOTE) return false;
  let place = from;
  while (place < last && PLAIN_BYTE[value[place] as number] === 1) place += 1;
  if (place >= last || value[place] !== QUOTE) return false;
  start = from;
  end = place;
  at = place + 1;
  return true;
}

/** A whole number of at most nine digits; `DOUBT` for anything else. */
function readInteger(value: Uint8Array): number {
  let number = 0;
  const from = at;
  for (; at - from < 10; at += 1) {
    const byte = value[at] as number;
    if (!(byte >= ZERO && byte <= NINE)) break;
    number = number * 10 + byte - ZERO;
  }
  const length = at - from;
  if (length === 0 || length > 9 || (length > 1 && value[from] === ZERO)) return DOUBT;
  const next = value[at];
  return next === 0x2e || next === 0x65 || next === 0x45 ? DOUBT : number;
}

function readWord(value: Uint8Array, word: Uint8Array): boolean {
  if (!same(value, at, word)) return false;
  at += word.length;
  return true;
}

function skipScalar(value: Uint8Array): boolean {
  if (value[at] === QUOTE) return readString(value);
  if (readWord(value, TRUE) || readWord(value, FALSE) || readWord(value, NULL)) return true;
  return readInteger(value) !== DOUBT;
}

function skipSpace(value: Uint8Array, from: number): number {
  let place = from;
  for (;;) {
    const byte = value[place];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return place;
    place += 1;
  }
}

/** `[A-Za-z0-9][A-Za-z0-9._-]{0,63}` */
function isName(value: Uint8Array): boolean {
  if (end === start || end - start > 64) return false;
  for (let place = start; place < end; place += 1) {
    const byte = value[place] as number;
    const letter = (byte >= ZERO && byte <= NINE) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
    if (!letter && (place === start || (byte !== 0x2e && byte !== 0x5f && byte !== 0x2d))) return false;
  }
  return true;
}

/** `2026-03-01T10:00:00.000Z` or without the fraction, not in the future of the record. Day 29 and later of February is a doubt. */
function isTime(value: Uint8Array, recordTime: number): boolean {
  const length = end - start;
  if (length !== 24 && length !== 20) return false;
  if (value[start + 4] !== 0x2d || value[start + 7] !== 0x2d || value[start + 10] !== 0x54) return false;
  if (value[start + 13] !== COLON || value[start + 16] !== COLON || value[end - 1] !== 0x5a) return false;
  if (length === 24 && value[start + 19] !== 0x2e) return false;
  const year = digits(value, start, 4);
  const month = digits(value, start + 5, 2);
  const day = digits(value, start + 8, 2);
  const hour = digits(value, start + 11, 2);
  const minute = digits(value, start + 14, 2);
  const second = digits(value, start + 17, 2);
  const fraction = length === 24 ? digits(value, start + 20, 3) : 0;
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= (month === 2 ? 28 : 30))) return false;
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 && fraction >= 0)) return false;
  return Date.UTC(year, month - 1, day, hour, minute, second, fraction) <= recordTime + CLOCK_TOLERANCE;
}

/** NaN when one of them is no digit: every comparison with it is false. */
function digits(value: Uint8Array, from: number, count: number): number {
  let number = 0;
  for (let place = from; place < from + count; place += 1) {
    const byte = value[place] as number;
    if (!(byte >= ZERO && byte <= NINE)) return Number.NaN;
    number = number * 10 + byte - ZERO;
  }
  return number;
}

function same(value: Uint8Array, from: number, wanted: Uint8Array): boolean {
  return equal(value, from, wanted, 0, wanted.length);
}

function equal(a: Uint8Array, fromA: number, b: Uint8Array, fromB: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (a[fromA + i] !== b[fromB + i]) return false;
  return true;
}
