/**
 * Reads JSON as providers send it: one document, an array, one document per line, or concatenated documents without a separator
 * (Firehose). Integers beyond the safe range, 2^53 - 1, become strings of their digits. Each broken piece is reported separately.
 */

/** Maximum size of one payload, in bytes. */
export const PAYLOAD_LIMIT = 64 * 1024 * 1024;

export type Fields = Readonly<Record<string, unknown>>;

export type JsonPiece =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly text: string };

const decoder = new TextDecoder();
/** The replacement character, which marks invalid UTF-8. */
export const DAMAGED = '\uFFFD';

/** Decodes UTF-8 without a byte order mark. Invalid bytes become U+FFFD, so that one bad reply does not lose the rest of the batch. */
export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Detects sixteen digits where a number can begin. Only such text needs the slower parse. */
const LONG_INTEGER = /[[:,\s]-?\d{16}/;
const INTEGER = /^-?\d{16,}$/;

/** Returns undefined if the text is not JSON. JSON has no undefined value, so the result is unambiguous. */
export function parseJson(text: string): unknown {
  // Text that cannot be JSON by its first character is not parsed, because a failed parse is slow.
  if (!/^\s*[[{"\dtfn-]/.test(text)) return undefined;
  try {
    return LONG_INTEGER.test(text) ? (JSON.parse(text, keepDigits) as unknown) : (JSON.parse(text) as unknown);
  } catch {
    // SyntaxError, or RangeError if the text is nested thousands of levels deep.
    return undefined;
  }
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source) ? source : value;
}

/** Result for text with more elements than the limit. */
export const TOO_MANY = Symbol('too many');

/**
 * Returns all documents of a text, in order; none for blank text. `most` bounds documents and their contents together, before they are
 * processed.
 */
export function jsonPieces(text: string): readonly JsonPiece[];
export function jsonPieces(text: string, most: number | undefined): readonly JsonPiece[] | typeof TOO_MANY;
export function jsonPieces(text: string, most = Number.POSITIVE_INFINITY): readonly JsonPiece[] | typeof TOO_MANY {
  const whole = parseJson(text);
  if (whole !== undefined) return hasMoreEntries([whole], most) ? TOO_MANY : [{ ok: true, value: whole, text }];
  const cut = cutUp(text);
  if (cut.length > most) return TOO_MANY;
  const documents = cut.map(pieceOf);
  const pieces = documents.every(({ ok }) => ok) ? documents : (lines(text, most) ?? documents);
  if (pieces === TOO_MANY) return TOO_MANY;
  return hasMoreEntries(
    pieces.map((piece) => (piece.ok ? piece.value : null)),
    most,
  )
    ? TOO_MANY
    : pieces;
}

/** True if the values together have more than `most` array entries, objects and arrays. */
function hasMoreEntries(values: readonly unknown[], most: number): boolean {
  if (most === Number.POSITIVE_INFINITY) return false;
  const waiting: unknown[] = [values];
  let count = 0;
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    count += Array.isArray(value) ? value.length : 1;
    if (count > most) return true;
    for (const inner of Object.values(value as object)) if (typeof inner === 'object' && inner !== null) waiting.push(inner);
  }
  return false;
}

/** Reads one document per line if at least one line is a document. A broken line is then a separate problem. */
function lines(text: string, most: number): readonly JsonPiece[] | typeof TOO_MANY | undefined {
  const given = text.split('\n').filter((line) => line.trim() !== '');
  if (given.length < 2) return undefined;
  if (given.length > most) return TOO_MANY;
  const pieces = given.map(pieceOf);
  const documents = pieces.some((piece) => piece.ok && /^[{["]./.test(piece.text));
  return documents ? pieces.flatMap((piece) => (piece.ok ? [piece] : concatenated(piece.text))) : undefined;
}

function concatenated(text: string): readonly JsonPiece[] {
  return cutUp(text).map(pieceOf);
}

function cutUp(text: string): readonly string[] {
  const splitter = createJsonSplitter(text.length + 1);
  return [...splitter.push(text), ...splitter.end()].map((piece) => (piece === TOO_LARGE ? text : piece));
}

/**
 * Matches an object, an array, or a string that contains a document. Text without these delimiters is not parsed, because a failed
 * parse is slow.
 */
const DOCUMENT = /^\s*(?:\{[^]*\}|\[[^]*\]|"[^]*")\s*$/;

function pieceOf(text: string): JsonPiece {
  const value = DOCUMENT.test(text) ? parseJson(text) : undefined;
  return value === undefined ? { ok: false, problem: 'not JSON', text } : { ok: true, value, text };
}

/** Result for a piece longer than the limit. */
export const TOO_LARGE = Symbol('too large');

export interface JsonSplitter {
  push(chunk: string): readonly (string | typeof TOO_LARGE)[];
  /** Returns the incomplete document, unchanged. */
  end(): readonly (string | typeof TOO_LARGE)[];
}

/** The characters that affect nesting. Outside a document every other character counts too, so that text that is not JSON is reported. */
const INSIDE = /["{}[\]]/g;
const IN_STRING = /["\\]/g;
const OUTSIDE = /[^\s,]/g;

/** Splits a stream of text into its top-level documents in one pass. It buffers at most `limit` characters. */
export function createJsonSplitter(limit: number): JsonSplitter {
  let kept = '';
  let depth = 0;
  let inString = false;
  let escaped = false;
  let dropping = false;

  /** Buffers `part`, unless the document exceeds the limit. */
  function keep(part: string): void {
    if (dropping) return;
    kept += part;
    if (kept.length <= limit) return;
    dropping = true;
    kept = '';
  }

  function finishPiece(): string | typeof TOO_LARGE {
    const piece = dropping ? TOO_LARGE : kept;
    kept = '';
    dropping = false;
    depth = 0;
    inString = false;
    return piece;
  }

  return {
    push(chunk) {
      const pieces: (string | typeof TOO_LARGE)[] = [];
      // An empty chunk has no character to complete a pending escape.
      if (chunk === '') return pieces;
      let from = 0;
      let at = 0;
      if (escaped) {
        escaped = false;
        at = 1;
      }
      while (at < chunk.length) {
        if (depth === 0) {
          at = search(OUTSIDE, chunk, at);
          from = at;
          if (at === chunk.length) break;
          const letter = chunk[at];
          if (letter === '{' || letter === '[') {
            depth = 1;
            at += 1;
            continue;
          }
          // This cannot begin a document. The rest of the line is one piece, to be reported.
          const lineEnd = chunk.indexOf('\n', at);
          at = lineEnd === -1 ? chunk.length : lineEnd;
          keep(chunk.slice(from, at));
          from = at;
          pieces.push(finishPiece());
          continue;
        }
        if (inString) {
          at = search(IN_STRING, chunk, at);
          if (at === chunk.length) break;
          if (chunk[at] === '"') {
            inString = false;
            at += 1;
          } else if (at + 1 === chunk.length) {
            escaped = true;
            at += 1;
          } else at += 2;
          continue;
        }
        at = search(INSIDE, chunk, at);
        if (at === chunk.length) break;
        const letter = chunk[at];
        at += 1;
        if (letter === '"') inString = true;
        else if (letter === '{' || letter === '[') depth += 1;
        else depth -= 1;
        if (depth > 0) continue;
        keep(chunk.slice(from, at));
        from = at;
        pieces.push(finishPiece());
      }
      if (depth > 0) keep(chunk.slice(from));
      return pieces;
    },
    end() {
      return kept === '' && !dropping ? [] : [finishPiece()];
    },
  };
}

function search(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  return match === null ? text.length : match.index;
}

// ------------------------------------------------------------------------------------- members, whatever their type is

const NONE: Fields = {};

/** Returns the members of an object; empty for any other value. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NONE;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns trimmed text; undefined if it is blank or not text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' ? undefined : text;
}

/** Returns an id: text, or the digits of a number. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : textOf(value);
}

/** Returns a number, or a numeric string as a number. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const text = textOf(value);
  return text !== undefined && /^-?\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/** Returns an integer from 0 to 1,000,000. */
export function countOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isInteger(number) && number >= 0 && number <= 1_000_000 ? number : undefined;
}

/** Returns the elements of an array, a single value as one element, and no element for null or undefined. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : value === undefined || value === null ? [] : [value];
}

/** Serialises the value for a dead letter. Returns `otherwise` if the value is nested too deep to serialise. */
export function rawOf(value: unknown, otherwise: string): string {
  try {
    return JSON.stringify(value) ?? otherwise;
  } catch {
    return otherwise;
  }
}
