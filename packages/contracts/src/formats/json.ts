/**
 * JSON as providers send it: one document, an array, one document a line, or documents one behind the other without anything
 * between (Firehose). Integers above 2^53 come out as strings of their digits. What is broken is told piece by piece.
 */

/** Bytes of one payload. */
export const PAYLOAD_LIMIT = 64 * 1024 * 1024;

export type Fields = Readonly<Record<string, unknown>>;

export type JsonPiece =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly text: string };

const decoder = new TextDecoder();
/** Stands where bytes were that are no UTF-8. */
export const DAMAGED = '\uFFFD';

/** The text without a byte order mark. What is no UTF-8 is marked: one bad reply in a batch must not lose its neighbours. */
export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Sixteen digits in a row where a number may begin: only then the slower reading is needed. */
const LONG_INTEGER = /[[:,\s]-?\d{16}/;
const INTEGER = /^-?\d{16,}$/;

/** Undefined when the text is no JSON: JSON itself has no such value. */
export function parseJson(text: string): unknown {
  // What can not be JSON by its first letter is not tried: a failed try is dear.
  if (!/^\s*[[{"\dtfn-]/.test(text)) return undefined;
  try {
    return LONG_INTEGER.test(text) ? (JSON.parse(text, keepDigits) as unknown) : (JSON.parse(text) as unknown);
  } catch {
    // A SyntaxError; or, nested thousands deep, a RangeError.
    return undefined;
  }
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source) ? source : value;
}

/** All documents of a text, in order. A text of blanks has none. */
export function jsonPieces(text: string): readonly JsonPiece[] {
  const whole = parseJson(text);
  if (whole !== undefined) return [{ ok: true, value: whole, text }];
  const documents = concatenated(text);
  return documents.every(({ ok }) => ok) ? documents : (lines(text) ?? documents);
}

/** One document a line, if any line is one: then a broken line is a problem of its own. */
function lines(text: string): readonly JsonPiece[] | undefined {
  const given = text.split('\n').filter((line) => line.trim() !== '');
  if (given.length < 2) return undefined;
  const pieces = given.map(pieceOf);
  const documents = pieces.some((piece) => piece.ok && /^[{["]./.test(piece.text));
  return documents ? pieces.flatMap((piece) => (piece.ok ? [piece] : concatenated(piece.text))) : undefined;
}

function concatenated(text: string): readonly JsonPiece[] {
  const splitter = createJsonSplitter(text.length + 1);
  return [...splitter.push(text), ...splitter.end()].map((piece) => (piece === TOO_LARGE ? pieceOf(text) : pieceOf(piece)));
}

/** A document is an object, an array, or a string that holds one: what does not begin and end like that is not tried, for a failed try is dear. */
const DOCUMENT = /^\s*(?:\{[^]*\}|\[[^]*\]|"[^]*")\s*$/;

function pieceOf(text: string): JsonPiece {
  const value = DOCUMENT.test(text) ? parseJson(text) : undefined;
  return value === undefined ? { ok: false, problem: 'not JSON', text } : { ok: true, value, text };
}

/** Stands for a piece that was longer than the limit. */
export const TOO_LARGE = Symbol('too large');

export interface JsonSplitter {
  push(chunk: string): readonly (string | typeof TOO_LARGE)[];
  /** What was begun and not ended, as it is. */
  end(): readonly (string | typeof TOO_LARGE)[];
}

/** What matters to nesting. Outside of a document also every other letter, for what is no JSON must not vanish. */
const INSIDE = /["{}[\]]/g;
const IN_STRING = /["\\]/g;
const OUTSIDE = /[^\s,]/g;

/** Cuts a stream of text into its top-level documents. One pass; what is kept is bounded by `limit` characters. */
export function createJsonSplitter(limit: number): JsonSplitter {
  let kept = '';
  let depth = 0;
  let inString = false;
  let escaped = false;
  let dropping = false;

  /** Keeps `part`, unless the document has grown too long. */
  function keep(part: string): void {
    if (dropping) return;
    kept += part;
    if (kept.length <= limit) return;
    dropping = true;
    kept = '';
  }

  function take(): string | typeof TOO_LARGE {
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
      // An empty chunk holds no letter that an escape could be ended by.
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
          // No document begins like this: the rest of the line is one piece, to be told.
          const lineEnd = chunk.indexOf('\n', at);
          at = lineEnd === -1 ? chunk.length : lineEnd;
          keep(chunk.slice(from, at));
          from = at;
          pieces.push(take());
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
        pieces.push(take());
      }
      if (depth > 0) keep(chunk.slice(from));
      return pieces;
    },
    end() {
      return kept === '' && !dropping ? [] : [take()];
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

/** The members of an object; none of anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NONE;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text that is not blank, trimmed. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' ? undefined : text;
}

/** An id: text, or a number as its digits. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : textOf(value);
}

/** A number, or text that is one. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const text = textOf(value);
  return text !== undefined && /^-?\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/** A whole number from 0 on. */
export function countOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isInteger(number) && number >= 0 && number <= 1_000_000 ? number : undefined;
}

/** The elements of an array; one value stands for itself; none of nothing. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : value === undefined || value === null ? [] : [value];
}

/** The value as text, for a dead letter. `otherwise`: when it is nested too deep to be written. */
export function rawOf(value: unknown, otherwise: string): string {
  try {
    return JSON.stringify(value) ?? otherwise;
  } catch {
    return otherwise;
  }
}
