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
const ONE = 0x31;
const NINE = 0x39;
/** Shorter than the shortest valid event, `{"version":1,"type":"accepted",…`. */
const SHORTEST = 80;
const DOUBT = -1;
const LETTER_C = 0x63;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const DELIVERED = bytesOf('delivered');
const ACCEPTED = bytesOf('accepted');
const DEFAULT = bytesOf('default');
const PHASES: readonly Uint8Array[] = SMTP_PHASES.map(bytesOf);
const TRUE = bytesOf('true');
const FALSE = bytesOf('false');
const WORDS: readonly Uint8Array[] = [TRUE, FALSE, bytesOf('null')];

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
  'certain',
] as const;
type Field = (typeof FIELDS)[number];
const signature = (length: number, first: number, second: number): number => (length << 16) | (first << 8) | second;
const BY_SIGNATURE: ReadonlyMap<number, { readonly name: Field; readonly bytes: Uint8Array; readonly bit: number }> = new Map(
  FIELDS.map((name, bit) => {
    const bytes = bytesOf(name);
    return [signature(bytes.length, bytes[0] as number, bytes[1] as number), { name, bytes, bit: 1 << bit }];
  }),
);
const REQUIRED = 0b1111;

/** The key and type of a record that `decodeRecord` would take as a delivery or acceptance; undefined in any doubt. */
export function peekRecord({ key, value, recordTime }: RawRecord): PeekedRecord | undefined {
  if (key === null || value === null || value.length < SHORTEST || value.length > RECORD_LIMIT) return undefined;
  let at = skipSpace(value, 0);
  if (value[at] !== OPEN) return undefined;
  let seen = 0;
  let type: PeekedRecord['type'] | undefined;
  let tenantStart = DOUBT;
  let tenantEnd = DOUBT;
  let recipientStart = DOUBT;
  let recipientEnd = DOUBT;
  do {
    const name = skipSpace(value, at + 1);
    const nameEnd = stringEnd(value, name);
    if (nameEnd === DOUBT) return undefined;
    at = skipSpace(value, nameEnd);
    if (value[at] !== COLON) return undefined;
    const start = skipSpace(value, at + 1);
    const length = nameEnd - name - 2;
    const found = length < 2 ? undefined : BY_SIGNATURE.get(signature(length, value[name + 1] as number, value[name + 2] as number));
    let end: number;
    if (found === undefined || !same(value, name + 1, found.bytes)) end = scalarEnd(value, start);
    else {
      if ((seen & found.bit) !== 0) return undefined;
      seen |= found.bit;
      end = fieldEnd(value, found.name, start, recordTime);
      if (found.name === 'type') type = typeAt(value, start, end);
      else if (found.name === 'tenant') {
        tenantStart = start + 1;
        tenantEnd = end - 1;
      } else if (found.name === 'recipient') {
        recipientStart = start + 1;
        recipientEnd = end - 1;
      }
    }
    if (end === DOUBT) return undefined;
    at = skipSpace(value, end);
  } while (value[at] === COMMA);
  if (value[at] !== CLOSE || skipSpace(value, at + 1) !== value.length) return undefined;
  if ((seen & REQUIRED) !== REQUIRED || type === undefined) return undefined;
  const tenantLength = tenantStart === DOUBT ? DEFAULT.length : tenantEnd - tenantStart;
  if (key.length !== tenantLength + 1 + recipientEnd - recipientStart || key[tenantLength] !== SLASH) return undefined;
  if (tenantStart === DOUBT ? !same(key, 0, DEFAULT) : !equal(key, 0, value, tenantStart, tenantLength)) return undefined;
  if (!equal(key, tenantLength + 1, value, recipientStart, recipientEnd - recipientStart)) return undefined;
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
  return isPlainAddress(text.slice(tenantLength + 1)) ? { key: text, type } : undefined;
}

// Each of these answers the place behind what it read, or `DOUBT`.

/** One value of a known field. */
function fieldEnd(value: Uint8Array, name: Field, at: number, recordTime: number): number {
  switch (name) {
    case 'version': {
      const end = integerEnd(value, at);
      return end === at + 1 && value[at] === ONE ? end : DOUBT;
    }
    case 'type':
    case 'recipient':
    case 'id':
    case 'messageId':
    case 'remoteHost':
    case 'source':
      return stringEnd(value, at);
    case 'tenant':
    case 'stream': {
      const end = stringEnd(value, at);
      return end !== DOUBT && isName(value, at + 1, end - 1) ? end : DOUBT;
    }
    case 'occurredAt': {
      const end = stringEnd(value, at);
      return end !== DOUBT && isTime(value, at + 1, end - 1, recordTime) ? end : DOUBT;
    }
    case 'attempt': {
      const end = integerEnd(value, at);
      // Up to 999,999; the million itself is a doubt.
      return end !== DOUBT && end - at <= 6 ? end : DOUBT;
    }
    case 'phase': {
      const end = stringEnd(value, at);
      return end !== DOUBT && PHASES.some((phase) => end - at - 2 === phase.length && same(value, at + 1, phase)) ? end : DOUBT;
    }
    case 'permanent':
      return same(value, at, TRUE) ? at + TRUE.length : same(value, at, FALSE) ? at + FALSE.length : DOUBT;
    case 'certain':
      // What is not certain to be about this recipient is not the usual case.
      return same(value, at, TRUE) ? at + TRUE.length : DOUBT;
    case 'smtp':
      return replyEnd(value, at);
    default:
      name satisfies never;
      return DOUBT;
  }
}

function typeAt(value: Uint8Array, at: number, end: number): PeekedRecord['type'] | undefined {
  const length = end - at - 2;
  if (length === DELIVERED.length && same(value, at + 1, DELIVERED)) return 'delivered';
  return length === ACCEPTED.length && same(value, at + 1, ACCEPTED) ? 'accepted' : undefined;
}

/** `smtp`: a flat object of a code and texts. */
function replyEnd(value: Uint8Array, from: number): number {
  if (value[from] !== OPEN) return DOUBT;
  let at = from;
  if (value[skipSpace(value, at + 1)] === CLOSE) return skipSpace(value, at + 1) + 1;
  do {
    const name = skipSpace(value, at + 1);
    const nameEnd = stringEnd(value, name);
    if (nameEnd === DOUBT) return DOUBT;
    at = skipSpace(value, nameEnd);
    if (value[at] !== COLON) return DOUBT;
    const start = skipSpace(value, at + 1);
    const end = nameEnd - name === 6 && value[name + 1] === LETTER_C ? codeEnd(value, start) : stringEnd(value, start);
    if (end === DOUBT) return DOUBT;
    at = skipSpace(value, end);
  } while (value[at] === COMMA);
  return value[at] === CLOSE ? at + 1 : DOUBT;
}

/** A reply code, 200 to 599. */
function codeEnd(value: Uint8Array, at: number): number {
  const first = value[at] as number;
  return first >= ZERO + 2 && first <= ZERO + 5 && integerEnd(value, at) === at + 3 ? at + 3 : DOUBT;
}

/** A string of printable ASCII without escapes. */
function stringEnd(value: Uint8Array, from: number): number {
  const last = value.length;
  if (from >= last || value[from] !== QUOTE) return DOUBT;
  for (let at = from + 1; at < last; at += 1) {
    const byte = value[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return DOUBT;
  }
  return DOUBT;
}

/** A whole number of at most nine digits, without a sign. */
function integerEnd(value: Uint8Array, from: number): number {
  let at = from;
  while (at - from < 10 && isDigit(value[at])) at += 1;
  const length = at - from;
  if (length === 0 || length > 9 || (length > 1 && value[from] === ZERO)) return DOUBT;
  const next = value[at];
  // A fraction or an exponent follows.
  return next === 0x2e || next === 0x65 || next === 0x45 ? DOUBT : at;
}

function scalarEnd(value: Uint8Array, at: number): number {
  if (value[at] === QUOTE) return stringEnd(value, at);
  for (const word of WORDS) if (same(value, at, word)) return at + word.length;
  return integerEnd(value, at);
}

function skipSpace(value: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = value[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at += 1;
  }
}

/** `[A-Za-z0-9][A-Za-z0-9._-]{0,63}` */
function isName(value: Uint8Array, start: number, end: number): boolean {
  if (end === start || end - start > 64) return false;
  for (let at = start; at < end; at += 1) {
    const byte = value[at] as number;
    const letter = (byte >= ZERO && byte <= NINE) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
    if (!letter && (at === start || (byte !== 0x2e && byte !== 0x5f && byte !== 0x2d))) return false;
  }
  return true;
}

/** `2026-03-01T10:00:00.000Z` or without the fraction, not in the future of the record. Day 31, and 29 of February, are doubts. */
function isTime(value: Uint8Array, start: number, end: number, recordTime: number): boolean {
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
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > (month === 2 ? 28 : 30)) return false;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || fraction < 0) return false;
  return Date.UTC(year, month - 1, day, hour, minute, second, fraction) <= recordTime + CLOCK_TOLERANCE;
}

/** Below zero when one of them is no digit. */
function digits(value: Uint8Array, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at += 1) {
    if (!isDigit(value[at])) return -10_000;
    number = number * 10 + (value[at] as number) - ZERO;
  }
  return number;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function same(value: Uint8Array, from: number, wanted: Uint8Array): boolean {
  return equal(value, from, wanted, 0, wanted.length);
}

function equal(a: Uint8Array, fromA: number, b: Uint8Array, fromB: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (a[fromA + i] !== b[fromB + i]) return false;
  return true;
}
