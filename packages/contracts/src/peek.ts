/**
 * Recognises a valid delivery or acceptance from its bytes. Nearly all records are one, and the engine needs only their key and
 * type, so no strings and no objects are created. One pass. Anything unusual (an escape, a character outside ASCII, a capital in the
 * address, a repeated field, a nested value) counts as doubt, and the caller then uses `decodeRecord`.
 *
 * Every index is checked against the length before it is read: V8 keeps a loop over bytes fast only while it never reads
 * beyond the end.
 */
import { SMTP_PHASES } from '@desist/verdicts';
import type { RecipientKey } from '@desist/domain';
import type { RawRecord } from '@desist/formats/event';
import { CLOCK_TOLERANCE, RECORD_LIMIT } from '@desist/formats/event';

export type PeekedType = 'delivered' | 'accepted';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const SLASH = 0x2f;
const AT = 0x40;
const DOT = 0x2e;
const HYPHEN = 0x2d;
const ZERO = 0x30;
const LETTER_C = 0x63;
/** Shorter than the shortest valid event, `{"version":1,"type":"accepted",…`. */
const SHORTEST = 80;
const DOUBT = -1;

const LOCAL_LIMIT = 64;
const DOMAIN_LIMIT = 255;
const LABEL_LIMIT = 63;
const NAME_LIMIT = 64;

// Character classes, as bits.
/** Printable ASCII that needs no escape in JSON. */
const PLAIN = 1;
/** In the name of a pool; in that of a tenant or stream, except its first character. */
const NAME = 2;
/** In the local part of a plain address (`isPlainAddress`). */
const LOCAL = 4;
/** In a label of a domain: lower-case letters and digits. */
const LABEL = 8;
const DIGIT = 16;
const LETTER = 32;
const SPACE = 64;
const CLASS = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (characters: string, bit: number): void => {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      table[code] = (table[code] as number) | bit;
    }
  };
  const lower = 'abcdefghijklmnopqrstuvwxyz';
  const digits = '0123456789';
  for (let code = 0x20; code <= 0x7e; code += 1) if (code !== QUOTE && code !== 0x5c) mark(String.fromCharCode(code), PLAIN);
  mark(`${lower}${lower.toUpperCase()}`, LETTER);
  mark(`${lower}${lower.toUpperCase()}${digits}._-`, NAME);
  mark(`${lower}${digits}.!#$%&'*+/=?^_\`{|}~-`, LOCAL);
  mark(`${lower}${digits}`, LABEL);
  mark(digits, DIGIT);
  mark(' \n\r\t', SPACE);
  return table;
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const DELIVERED = bytesOf('delivered');
const ACCEPTED = bytesOf('accepted');
const DEFAULT = bytesOf('default');
const PHASES: readonly Uint8Array[] = SMTP_PHASES.map(bytesOf);
const TRUE = bytesOf('true');
const FALSE = bytesOf('false');
const NULL = bytesOf('null');

/** Known members. Their length, first and second letter distinguish them; the index is the bit in `seen`. */
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
  'pool',
  // Not read here: an event that is not certain to concern this recipient is unusual.
  'certain',
] as const;
const FIELD_BYTES: readonly Uint8Array[] = FIELDS.map(bytesOf);
const [VERSION, TYPE, RECIPIENT, OCCURRED_AT, TENANT, STREAM, ID, MESSAGE_ID, ATTEMPT, SMTP, PHASE, REMOTE_HOST, SOURCE, PERMANENT, POOL] =
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] as const;
const REQUIRED = (1 << VERSION) | (1 << TYPE) | (1 << RECIPIENT) | (1 << OCCURRED_AT);
/** A perfect hash of the known names: from `hashOfName` to the index in `FIELDS`, or -1. The name is then compared in full. */
const FIELD_BY_HASH = fieldsByHash();

function hashOfName(length: number, first: number, second: number): number {
  return (length + first + second * 3) & 127;
}

function fieldsByHash(): Int8Array {
  const table = new Int8Array(128).fill(-1);
  for (const [index, bytes] of FIELD_BYTES.entries()) {
    const at = hashOfName(bytes.length, bytes[0] as number, bytes[1] as number);
    if (table[at] !== -1) throw new Error(`${FIELDS[index] ?? ''} has the hash of another field: choose another formula`);
    table[at] = index;
  }
  return table;
}

/** Where the fields of a peeked record stand in its value, as byte offsets. A field is absent when its end is not after its start. */
export interface PeekedOffsets {
  /** ms since the epoch; a value, not an offset. */
  occurredAt: number;
  messageStart: number;
  messageEnd: number;
  hostStart: number;
  hostEnd: number;
  streamStart: number;
  streamEnd: number;
  poolStart: number;
  poolEnd: number;
}

/** Where tenant and recipient stand in the value that was scanned last. */
const found = { tenantStart: 0, tenantLength: 0, recipientStart: 0, recipientLength: 0 };

/**
 * The type of a record that `decodeRecord` would read as a delivery or acceptance under exactly this key; undefined if there is
 * any doubt. Overwrites `offsets`, whose content is valid only when a type is returned.
 */
export function peekRecord({ key, value, recordTime }: RawRecord, offsets: PeekedOffsets): PeekedType | undefined {
  if (key === null || value === null) return undefined;
  const type = scan(value, recordTime, offsets);
  if (type === undefined) return undefined;
  const { tenantStart, tenantLength, recipientStart, recipientLength } = found;
  const named = tenantLength === -1 ? DEFAULT.length : tenantLength;
  if (key.length !== named + 1 + recipientLength || key[named] !== SLASH) return undefined;
  if (tenantLength === -1 ? !startsAt(key, 0, DEFAULT, named) : !startsAt(value, tenantStart, key, named)) return undefined;
  return isPlainAddressAt(value, recipientStart, key, named + 1) ? type : undefined;
}

/** An event that stands by itself, as in a file of events. */
export interface PeekedEvent {
  readonly type: PeekedType;
  /** Of its record: `tenant/address`. Overwritten by the next event. */
  readonly key: Uint8Array;
}

const KEY = new Uint8Array(NAME_LIMIT + 1 + LOCAL_LIMIT + 1 + DOMAIN_LIMIT);

/** As `peekRecord`, of an event without a record, and so without a key and a time of its record. */
export function peekEvent(value: Uint8Array, offsets: PeekedOffsets): PeekedEvent | undefined {
  const type = scan(value, Number.POSITIVE_INFINITY, offsets);
  if (type === undefined) return undefined;
  const { tenantStart, tenantLength, recipientStart, recipientLength } = found;
  const named = tenantLength === -1 ? DEFAULT.length : tenantLength;
  if (named + 1 + recipientLength > KEY.length) return undefined;
  const key = KEY.subarray(0, named + 1 + recipientLength);
  if (tenantLength === -1) key.set(DEFAULT);
  else for (let i = 0; i < named; i += 1) key[i] = value[tenantStart + i] as number;
  key[named] = SLASH;
  for (let i = 0; i < recipientLength; i += 1) key[named + 1 + i] = value[recipientStart + i] as number;
  return isPlainAddressAt(value, recipientStart, key, named + 1) ? { type, key } : undefined;
}

/** The type of an event that is valid but for its tenant and recipient, which must be looked at: they are in `found`. */
function scan(value: Uint8Array, recordTime: number, offsets: PeekedOffsets): PeekedType | undefined {
  if (value.length < SHORTEST || value.length > RECORD_LIMIT) return undefined;
  const last = value.length;
  let at = skipSpace(value, 0, last);
  if (value[at] !== OPEN) return undefined;
  let seen = 0;
  let type: PeekedType | undefined;
  let tenantStart = 0;
  let tenantLength = -1;
  let recipientStart = 0;
  let recipientLength = 0;
  offsets.messageStart = offsets.messageEnd = offsets.hostStart = offsets.hostEnd = 0;
  offsets.streamStart = offsets.streamEnd = offsets.poolStart = offsets.poolEnd = 0;
  do {
    const name = skipSpace(value, at + 1, last);
    const nameEnd = stringEnd(value, name, last);
    if (nameEnd === DOUBT) return undefined;
    at = skipSpace(value, nameEnd, last);
    if (at >= last || value[at] !== COLON) return undefined;
    const start = skipSpace(value, at + 1, last);
    if (start >= last) return undefined;
    const field = fieldAt(value, name + 1, nameEnd - name - 2);
    let end = DOUBT;
    if (field === -1) end = scalarEnd(value, start, last);
    else {
      if ((seen & (1 << field)) !== 0) return undefined;
      seen |= 1 << field;
      switch (field) {
        case VERSION:
          if (value[start] === ZERO + 1 && integerEnd(value, start, last) === start + 1) end = start + 1;
          break;
        case TYPE:
          end = stringEnd(value, start, last);
          type = typeAt(value, start + 1, end - start - 2);
          break;
        case RECIPIENT:
          end = stringEnd(value, start, last);
          recipientStart = start + 1;
          recipientLength = end - start - 2;
          break;
        case TENANT:
          end = nameEndAt(value, start, last);
          tenantStart = start + 1;
          tenantLength = end - start - 2;
          break;
        case STREAM:
          end = nameEndAt(value, start, last);
          offsets.streamStart = start + 1;
          offsets.streamEnd = end - 1;
          break;
        case POOL:
          end = poolEndAt(value, start, last);
          offsets.poolStart = start + 1;
          offsets.poolEnd = end - 1;
          break;
        case ID:
        case SOURCE:
          end = stringEnd(value, start, last);
          break;
        case MESSAGE_ID:
          end = stringEnd(value, start, last);
          offsets.messageStart = start + 1;
          offsets.messageEnd = end - 1;
          break;
        case REMOTE_HOST:
          end = stringEnd(value, start, last);
          offsets.hostStart = start + 1;
          offsets.hostEnd = end - 1;
          break;
        case OCCURRED_AT:
          end = timeEnd(value, start, last, offsets);
          // A time in the future of the record is a doubt.
          if (offsets.occurredAt > recordTime + CLOCK_TOLERANCE) return undefined;
          break;
        case ATTEMPT: {
          const after = integerEnd(value, start, last);
          // Up to 999,999; larger numbers are a doubt.
          if (after - start <= 6) end = after;
          break;
        }
        case PHASE:
          end = phaseEnd(value, start, last);
          break;
        case PERMANENT:
          end = wordEnd(value, start, TRUE);
          if (end === DOUBT) end = wordEnd(value, start, FALSE);
          break;
        case SMTP:
          end = replyEnd(value, start, last);
          break;
        default:
      }
    }
    if (end === DOUBT) return undefined;
    at = skipSpace(value, end, last);
    if (at >= last) return undefined;
  } while (value[at] === COMMA);
  if (value[at] !== CLOSE || skipSpace(value, at + 1, last) !== last) return undefined;
  if ((seen & REQUIRED) !== REQUIRED || type === undefined) return undefined;
  found.tenantStart = tenantStart;
  found.tenantLength = tenantLength;
  found.recipientStart = recipientStart;
  found.recipientLength = recipientLength;
  return type;
}

/** The key of a record that was peeked at, as text. */
export function keyText(key: Uint8Array): RecipientKey {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1') as RecipientKey;
}

/** Whether the bytes of `key` after `from` are a plain address (see `isPlainAddress`) and equal those of `value` after `start`. */
function isPlainAddressAt(value: Uint8Array, start: number, key: Uint8Array, from: number): boolean {
  const length = key.length - from;
  let local = 0;
  for (; local < length; local += 1) {
    const byte = value[start + local] as number;
    if (byte === AT) break;
    if (((CLASS[byte] as number) & LOCAL) === 0 || key[from + local] !== byte) return false;
  }
  const domain = length - local - 1;
  if (local === 0 || local > LOCAL_LIMIT || domain < 1 || domain > DOMAIN_LIMIT || key[from + local] !== AT) return false;
  let labels = 0;
  let label = 0;
  let before = DOT;
  for (let i = local + 1; i < length; i += 1) {
    const byte = value[start + i] as number;
    if (key[from + i] !== byte) return false;
    if (byte === DOT) {
      if (before === HYPHEN || label === 0 || label > LABEL_LIMIT) return false;
      labels += 1;
      label = 0;
    } else {
      if (byte === HYPHEN ? label === 0 : ((CLASS[byte] as number) & LABEL) === 0) return false;
      label += 1;
    }
    before = byte;
  }
  return labels > 0 && label > 0 && label <= LABEL_LIMIT && before !== HYPHEN;
}

/** Index in `FIELDS` of the name at `at`; -1: unknown. */
function fieldAt(value: Uint8Array, at: number, length: number): number {
  if (length < 2) return -1;
  const field = FIELD_BY_HASH[hashOfName(length, value[at] as number, value[at + 1] as number)] as number;
  if (field === -1) return -1;
  const bytes = FIELD_BYTES[field] as Uint8Array;
  return bytes.length === length && startsAt(value, at, bytes, length) ? field : -1;
}

function typeAt(value: Uint8Array, at: number, length: number): PeekedType | undefined {
  if (length === DELIVERED.length && startsAt(value, at, DELIVERED, length)) return 'delivered';
  return length === ACCEPTED.length && startsAt(value, at, ACCEPTED, length) ? 'accepted' : undefined;
}

// Each of these returns the index after what it read, or `DOUBT`. `last`: length of `value`.

/** `smtp`: a flat object of a code and texts. */
function replyEnd(value: Uint8Array, from: number, last: number): number {
  if (value[from] !== OPEN) return DOUBT;
  let at = from;
  const empty = skipSpace(value, at + 1, last);
  if (empty < last && value[empty] === CLOSE) return empty + 1;
  do {
    const name = skipSpace(value, at + 1, last);
    const nameEnd = stringEnd(value, name, last);
    if (nameEnd === DOUBT) return DOUBT;
    at = skipSpace(value, nameEnd, last);
    if (at >= last || value[at] !== COLON) return DOUBT;
    const start = skipSpace(value, at + 1, last);
    if (start >= last) return DOUBT;
    const end = nameEnd - name === 6 && value[name + 1] === LETTER_C ? codeEnd(value, start, last) : stringEnd(value, start, last);
    if (end === DOUBT) return DOUBT;
    at = skipSpace(value, end, last);
    if (at >= last) return DOUBT;
  } while (value[at] === COMMA);
  return value[at] === CLOSE ? at + 1 : DOUBT;
}

/** A reply code, 200 to 599. */
function codeEnd(value: Uint8Array, at: number, last: number): number {
  const first = value[at] as number;
  return first >= ZERO + 2 && first <= ZERO + 5 && integerEnd(value, at, last) === at + 3 ? at + 3 : DOUBT;
}

function phaseEnd(value: Uint8Array, at: number, last: number): number {
  const end = stringEnd(value, at, last);
  if (end === DOUBT) return DOUBT;
  for (const phase of PHASES) if (end - at - 2 === phase.length && startsAt(value, at + 1, phase, phase.length)) return end;
  return DOUBT;
}

/** A string of printable ASCII without escapes. */
function stringEnd(value: Uint8Array, from: number, last: number): number {
  if (from >= last || value[from] !== QUOTE) return DOUBT;
  let at = from + 1;
  while (at < last && ((CLASS[value[at] as number] as number) & PLAIN) !== 0) at += 1;
  return at < last && value[at] === QUOTE ? at + 1 : DOUBT;
}

/** A string `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
function nameEndAt(value: Uint8Array, from: number, last: number): number {
  const end = poolEndAt(value, from, last);
  return end === DOUBT || ((CLASS[value[from + 1] as number] as number) & (LETTER | DIGIT)) === 0 ? DOUBT : end;
}

/** A string `[A-Za-z0-9._-]{1,64}`. */
function poolEndAt(value: Uint8Array, from: number, last: number): number {
  if (value[from] !== QUOTE) return DOUBT;
  let at = from + 1;
  while (at < last && ((CLASS[value[at] as number] as number) & NAME) !== 0) at += 1;
  const length = at - from - 1;
  return at >= last || value[at] !== QUOTE || length === 0 || length > NAME_LIMIT ? DOUBT : at + 1;
}

/** A whole number of at most nine digits, without a sign. */
function integerEnd(value: Uint8Array, from: number, last: number): number {
  let at = from;
  while (at < last && isDigit(value[at] as number)) at += 1;
  const length = at - from;
  if (at >= last || length === 0 || length > 9 || (length > 1 && value[from] === ZERO)) return DOUBT;
  const next = value[at];
  // A fraction or an exponent follows.
  return next === DOT || next === 0x65 || next === 0x45 ? DOUBT : at;
}

function scalarEnd(value: Uint8Array, at: number, last: number): number {
  if (value[at] === QUOTE) return stringEnd(value, at, last);
  for (const word of [TRUE, FALSE, NULL]) {
    const end = wordEnd(value, at, word);
    if (end !== DOUBT) return end;
  }
  return integerEnd(value, at, last);
}

function wordEnd(value: Uint8Array, at: number, word: Uint8Array): number {
  const end = at + word.length;
  return end <= value.length && startsAt(value, at, word, word.length) ? end : DOUBT;
}

/** May return `last`. */
function skipSpace(value: Uint8Array, from: number, last: number): number {
  let at = from;
  while (at < last && ((CLASS[value[at] as number] as number) & SPACE) !== 0) at += 1;
  return at;
}

/** A string `2026-03-01T10:00:00.000Z` or without the fraction. Day 31, and 29 of February, are doubts. */
function timeEnd(value: Uint8Array, from: number, last: number, offsets: PeekedOffsets): number {
  if (from + 22 > last || value[from] !== QUOTE) return DOUBT;
  const at = from + 1;
  if (value[at + 4] !== HYPHEN || value[at + 7] !== HYPHEN || value[at + 10] !== 0x54) return DOUBT;
  if (value[at + 13] !== COLON || value[at + 16] !== COLON) return DOUBT;
  const fine = value[at + 19] === DOT;
  const end = at + (fine ? 24 : 20);
  if (end + 1 > last || value[end - 1] !== 0x5a || value[end] !== QUOTE) return DOUBT;
  const year = twoDigits(value, at) * 100 + twoDigits(value, at + 2);
  const month = twoDigits(value, at + 5);
  const day = twoDigits(value, at + 8);
  const hour = twoDigits(value, at + 11);
  const minute = twoDigits(value, at + 14);
  const second = twoDigits(value, at + 17);
  const fraction = fine ? threeDigits(value, at + 20) : 0;
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > (month === 2 ? 28 : 30)) return DOUBT;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || fraction < 0) return DOUBT;
  const ms = ((daysBefore(year, month) + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000 + fraction;
  offsets.occurredAt = ms;
  return end + 1;
}

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;

/** Days from 1970-01-01 to the first of this month (proleptic Gregorian calendar, as in RFC 3339). */
function daysBefore(year: number, month: number): number {
  const past = year - 1;
  const leapDays = ((past / 4) | 0) - ((past / 100) | 0) + ((past / 400) | 0) - 477;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return (year - 1970) * 365 + leapDays + (DAYS_BEFORE_MONTH[month - 1] as number) + (isLeap && month > 2 ? 1 : 0);
}

/** Far below zero when a byte is no digit. */
function twoDigits(value: Uint8Array, at: number): number {
  const tens = value[at] as number;
  const ones = value[at + 1] as number;
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + ones - ZERO : -1_000_000;
}

function threeDigits(value: Uint8Array, at: number): number {
  const ones = value[at + 2] as number;
  return isDigit(ones) ? twoDigits(value, at) * 10 + ones - ZERO : -1;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

/** Whether the first `length` bytes of `word` stand in `value` at `at`. */
function startsAt(value: Uint8Array, at: number, word: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (value[at + i] !== word[i]) return false;
  return true;
}
