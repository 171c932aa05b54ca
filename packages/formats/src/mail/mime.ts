/**
 * Parses the structure of a mail (RFC 5322, RFC 2045, RFC 2046) as far as reports need it: header fields, parts, and bodies with the
 * transfer encoding decoded. The parser makes one pass over the bytes and copies nothing: a body is a view of the mail. Depth, parts
 * and fields are bounded. It tolerates a missing closing boundary, a missing boundary parameter and a missing blank line before the
 * body. docs/adr/0008 says why no library is used.
 */

/** Maximum bytes read of a mail. Reports can return whole mails, attachments included. */
export const MAIL_LIMIT = 32 * 1024 * 1024;
const DEPTH_LIMIT = 16;
const PARTS_LIMIT = 1_000;
const FIELDS_LIMIT = 2_000;
/** Maximum bytes read of a returned header, and of a status part. */
const HEAD_LIMIT = 256 * 1024;
const STATUS_LIMIT = 4 * 1024 * 1024;
/** Maximum bytes read of one field, including its folded lines. */
const FIELD_LIMIT = 32 * 1024;
const NAME_LIMIT = 128;
/** Maximum blanks between a field name and its colon (RFC 5322 section 4.5). */
const GAP_LIMIT = 16;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const HYPHEN = 0x2d;
const COLON = 0x3a;
const EQUALS = 0x3d;

export interface Field {
  /** In lower case. */
  readonly name: string;
  /** Unfolded. */
  readonly value: string;
}

export interface Part {
  readonly fields: readonly Field[];
  /** `multipart/report`, in lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** For a leaf: its raw bytes, still transfer-encoded. */
  readonly body: Uint8Array;
  readonly children: readonly Part[];
}

export function firstField(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}

export function allFields(fields: readonly Field[], name: string): readonly string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value);
}

/** A mail has at least one of these fields. */
const USUAL: ReadonlySet<string> = new Set(
  'from to date subject sender message-id received return-path delivered-to mime-version content-type'.split(' '),
);

const encoder = new TextEncoder();
const BYTE_ORDER_MARK = encoder.encode('\u{FEFF}');
const MAILBOX_LINES = ['From ', '>From '].map((text) => encoder.encode(text));

/** Returns undefined if the payload does not begin with mail header fields. */
export function parseMail(payload: Uint8Array): Part | undefined {
  // The payload can be a Node Buffer, whose methods are slower. A plain Uint8Array view avoids them.
  const bytes = new Uint8Array(payload.buffer, payload.byteOffset, Math.min(payload.byteLength, MAIL_LIMIT));
  const root = readParts(bytes, headerFrom(bytes));
  return root.fields.some(({ name }) => USUAL.has(name)) ? root : undefined;
}

/** Returns the offset of the header: after a byte order mark, blank lines and a mailbox "From " line, if present. */
function headerFrom(bytes: Uint8Array): number {
  let at = startsWith(bytes, 0, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  for (let end = lineEnd(bytes, at); at < end && isBlankLine(bytes, at, end); end = lineEnd(bytes, at)) at = end;
  return MAILBOX_LINES.some((line) => startsWith(bytes, at, line)) ? lineEnd(bytes, at) : at;
}

/** Returns all non-multipart parts, in order. */
export function leaves(part: Part): readonly Part[] {
  return part.children.length === 0 ? [part] : part.children.flatMap(leaves);
}

// ------------------------------------------------------------------------------------------------------------- parts

interface OpenPart {
  readonly fields: readonly Field[];
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Undefined for a leaf. */
  boundary: Uint8Array | undefined;
  readonly children: Part[];
  readonly bodyFrom: number;
}

/**
 * The stack contains the open multiparts, outermost first. Its top is the part that receives lines: a leaf, or the preamble of a
 * multipart.
 */
function readParts(bytes: Uint8Array, start: number): Part {
  const root = openPart(bytes, start);
  const stack: OpenPart[] = [root];
  let parts = 1;
  let at = root.bodyFrom;
  while (at < bytes.length) {
    const end = lineEnd(bytes, at);
    const level = bytes[at] === HYPHEN && bytes[at + 1] === HYPHEN ? boundaryLevel(bytes, at, end, stack) : undefined;
    if (level === undefined) {
      at = end;
      continue;
    }
    closeInside(bytes, at, stack, level.index);
    at = end;
    if (level.final || parts >= PARTS_LIMIT) continue;
    parts += 1;
    const child = openPart(bytes, at);
    // Deeper nesting does not occur in real mail; the part is treated as a leaf.
    if (stack.length >= DEPTH_LIMIT) child.boundary = undefined;
    stack.push(child);
    at = child.bodyFrom;
  }
  closeInside(bytes, bytes.length, stack, 0);
  return closedPart(root, bytes, bytes.length);
}

function openPart(bytes: Uint8Array, start: number): OpenPart {
  const { fields, bodyFrom } = readFields(bytes, start, true);
  const { type, parameters } = contentType(firstField(fields, 'content-type'));
  return { fields, type, parameters, boundary: boundaryOf(type, parameters, bytes, bodyFrom), children: [], bodyFrom };
}

function boundaryOf(type: string, parameters: ReadonlyMap<string, string>, bytes: Uint8Array, bodyFrom: number): Uint8Array | undefined {
  if (!type.startsWith('multipart/')) return undefined;
  const boundary = parameters.get('boundary') ?? guessedBoundary(utf8.decode(bytes.subarray(bodyFrom, bodyFrom + 8 * 1024)));
  return boundary === undefined ? undefined : encoder.encode(boundary);
}

/** Some mails omit the boundary parameter. The first line that looks like a boundary is used then. */
function guessedBoundary(body: string): string | undefined {
  return /(?:^|\n)--([^\s-][^\n]{0,200}|[^\n]{3,200})\r?\n/.exec(body)?.[1]?.trim();
}

interface Level {
  /** Index of the multipart in the stack. */
  readonly index: number;
  readonly final: boolean;
}

function boundaryLevel(bytes: Uint8Array, at: number, end: number, stack: readonly OpenPart[]): Level | undefined {
  for (let index = stack.length - 1; index >= 0; index--) {
    const boundary = stack[index]?.boundary;
    if (boundary === undefined || !startsWith(bytes, at + 2, boundary)) continue;
    const from = at + 2 + boundary.length;
    const rest = trimmedEnd(bytes, from, end) - from;
    if (rest === 0) return { index, final: false };
    if (rest === 2 && bytes[from] === HYPHEN && bytes[from + 1] === HYPHEN) return { index, final: true };
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

/** Closes all parts nested in the multipart at `level`. */
function closeInside(bytes: Uint8Array, at: number, stack: OpenPart[], level: number): void {
  while (stack.length > level + 1) {
    const part = stack.pop() as OpenPart;
    (stack.at(-1) as OpenPart).children.push(closedPart(part, bytes, at));
  }
}

function closedPart({ fields, type, parameters, children, bodyFrom }: OpenPart, bytes: Uint8Array, end: number): Part {
  return { fields, type, parameters, children, body: bytes.subarray(bodyFrom, children.length === 0 ? Math.max(end, bodyFrom) : bodyFrom) };
}

/** Returns the offset after the next line feed, or the end of the bytes. */
function lineEnd(bytes: Uint8Array, at: number): number {
  const end = bytes.indexOf(LINE_FEED, at);
  return end === -1 ? bytes.length : end + 1;
}

/** Returns the offset after the last byte that is not white space or a control character; `from` if there is none. */
function trimmedEnd(bytes: Uint8Array, from: number, end: number): number {
  let stop = end;
  while (stop > from && (bytes[stop - 1] as number) <= SPACE) stop -= 1;
  return Math.max(stop, from);
}

// ------------------------------------------------------------------------------------------------------------ fields

interface Head {
  readonly fields: readonly Field[];
  readonly bodyFrom: number;
}

/**
 * Reads fields up to a blank line. With `inMail`, a line that is not a field also ends the header and starts the body. Otherwise such
 * a line is skipped.
 */
function readFields(bytes: Uint8Array, start: number, inMail: boolean): Head {
  const fields: Field[] = [];
  let at = start;
  while (at < bytes.length) {
    const end = lineEnd(bytes, at);
    if (isBlankLine(bytes, at, end)) return { fields, bodyFrom: end };
    const nameTo = nameEnd(bytes, at, end);
    if (nameTo === undefined) {
      if (inMail) return { fields, bodyFrom: at };
      at = end;
      continue;
    }
    const next = foldedEnd(bytes, end);
    if (fields.length < FIELDS_LIMIT) fields.push(fieldOf(bytes, at, nameTo, next));
    at = next;
  }
  return { fields, bodyFrom: bytes.length };
}

function fieldOf(bytes: Uint8Array, from: number, nameTo: number, end: number): Field {
  // The name is ASCII, so byte and character offsets agree up to the colon.
  const text = textOf(bytes.subarray(from, Math.min(end, from + FIELD_LIMIT)));
  const name = text.slice(0, nameTo - from).toLowerCase();
  return { name, value: unfolded(text.slice(text.indexOf(':', name.length) + 1)) };
}

function unfolded(value: string): string {
  const text = value.trim();
  if (!text.includes('\n')) return text;
  return text
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
}

/** Returns the offset after the folded lines: lines that begin with a blank continue the field above them. */
function foldedEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isBlank(bytes[at])) {
    const end = lineEnd(bytes, at);
    if (isBlankLine(bytes, at, end)) break;
    at = end;
  }
  return at;
}

function isBlankLine(bytes: Uint8Array, at: number, end: number): boolean {
  return trimmedEnd(bytes, at, end) === at;
}

/**
 * Returns the end of the field name: visible ASCII without a colon, then optional blanks, then a colon. Undefined if the line is not a
 * field.
 */
function nameEnd(bytes: Uint8Array, from: number, end: number): number | undefined {
  let at = from;
  while (at < end && at - from <= NAME_LIMIT && isNameByte(bytes[at] as number)) at += 1;
  const nameTo = at;
  while (at < end && at - nameTo <= GAP_LIMIT && isBlank(bytes[at])) at += 1;
  const given = nameTo > from && nameTo - from <= NAME_LIMIT && at - nameTo <= GAP_LIMIT && bytes[at] === COLON && at < end;
  return given ? nameTo : undefined;
}

function isNameByte(byte: number): boolean {
  return byte > SPACE && byte < 0x7f && byte !== COLON;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Decodes UTF-8 (RFC 6532), otherwise Latin-1. It does not rely on exceptions: a mail can have a million such lines, and exceptions
 * are slow.
 */
function textOf(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  if (!text.includes('\u{FFFD}')) return text;
  const other = latin1(bytes);
  // The text already contained U+FFFD in UTF-8: an earlier system had replaced the character.
  return other.includes('\u00ef\u00bf\u00bd') ? text : other;
}

/** Maps each byte to one character. `TextDecoder` cannot do this: its "latin1" is windows-1252. Only for the bytes of one field. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

const PARAMETER = /;\s*([A-Za-z0-9_*'-]{1,64})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/g;

function contentType(value: string | undefined): { readonly type: string; readonly parameters: ReadonlyMap<string, string> } {
  const text = (value ?? '').slice(0, 4 * 1024);
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(PARAMETER)) {
    const key = (name as string).toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  const boundary = parameters.get('boundary');
  if (boundary === '') parameters.delete('boundary');
  return { type: /^\s*([\w.+-]{1,64}\/[\w.+-]{1,64})/.exec(text)?.[1]?.toLowerCase() ?? 'text/plain', parameters };
}

// ------------------------------------------------------------------------------------------------------------ bodies

/** Decodes the first `limit` bytes of the body. */
export function bodyBytes(part: Part, limit: number): Uint8Array {
  const body = part.body.subarray(0, limit);
  const encoding = firstField(part.fields, 'content-transfer-encoding')?.toLowerCase();
  if (encoding === 'base64') return unbase64(body);
  return encoding === 'quoted-printable' ? unquotedPrintable(body) : body;
}

/** `bodyBytes` as text; invalid UTF-8 becomes U+FFFD. */
export function bodyText(part: Part, limit = STATUS_LIMIT): string {
  return utf8.decode(bodyBytes(part, limit));
}

/** The six-bit value of each base64 letter; 64 for any other byte. */
const BASE64 = base64Values();

function base64Values(): Uint8Array {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const values = new Uint8Array(256).fill(64);
  for (let value = 0; value < letters.length; value += 1) values[letters.charCodeAt(value)] = value;
  return values;
}

/**
 * Decodes base64. Other characters are skipped (RFC 2045 section 6.8). Padding ends a unit, and some encoders pad every line. `atob`
 * accepts neither.
 */
function unbase64(body: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil((body.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let count = 0;
  for (const byte of body) {
    const value = BASE64[byte] as number;
    if (byte === EQUALS) count = 0;
    if (value === 64) continue;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out[length] = (bits >> count) & 0xff;
    length += 1;
  }
  return out.subarray(0, length);
}

function unquotedPrintable(body: Uint8Array): Uint8Array {
  const out = new Uint8Array(body.length);
  let length = 0;
  for (let at = 0; at < body.length;) {
    const soft = body[at] === EQUALS ? softBreakEnd(body, at + 1) : undefined;
    if (soft !== undefined) {
      at = soft;
      continue;
    }
    const high = body[at] === EQUALS ? hexDigit(body[at + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(body[at + 2]);
    out[length] = low === -1 ? (body[at] as number) : high * 16 + low;
    length += 1;
    at += low === -1 ? 1 : 3;
  }
  return out.subarray(0, length);
}

/** Returns the offset after a soft line break; blanks can follow the equals sign. Undefined if there is no soft line break. */
function softBreakEnd(body: Uint8Array, from: number): number | undefined {
  let at = from;
  while (at < from + GAP_LIMIT && isBlank(body[at])) at += 1;
  if (body[at] === CARRIAGE_RETURN) at += 1;
  return body[at] === LINE_FEED ? at + 1 : undefined;
}

/** Returns -1 for a byte that is not a hexadecimal digit. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte & 0xdf;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}

/** Header fields of the returned mail, from the beginning of the part's body. */
export function returnedFields(part: Part): readonly Field[] {
  const bytes = bodyBytes(part, HEAD_LIMIT);
  const start = bytes.findIndex((byte) => byte > SPACE);
  return start === -1 ? [] : readFields(bytes, start, true).fields;
}

/** Groups of fields separated by blank lines (RFC 3464 section 2.1, RFC 5965 section 3). */
export function fieldGroups(part: Part): readonly (readonly Field[])[] {
  const bytes = bodyBytes(part, STATUS_LIMIT);
  const groups: (readonly Field[])[] = [];
  for (let at = 0; at < bytes.length && groups.length < PARTS_LIMIT;) {
    const { fields, bodyFrom } = readFields(bytes, at, false);
    if (fields.length > 0) groups.push(fields);
    at = bodyFrom;
  }
  return groups;
}
