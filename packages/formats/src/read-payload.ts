/**
 * Reads a file of any provider's payloads, element by element, as its bytes arrive: line by line if each line is a document, otherwise
 * document by document. No Node API: the same for files, standard input and a page in a browser.
 */
import { joinedBytes } from './chunks.ts';
import type { Format, NormaliseContext, Normalised } from './format.ts';
import { detectFormat, formatOf, hasFormat, isLineFormat } from './index.ts';
import { createJsonSplitter, PAYLOAD_LIMIT, TOO_LARGE } from './json.ts';

export interface PayloadElement {
  readonly one: Normalised;
  /** `line 3`, `document 3`. */
  readonly place: string;
  /** Bytes read so far. */
  readonly bytes: number;
}

export interface OpenedPayload {
  readonly format: Format;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Leading bytes from which the format is detected. */
const HEAD = 64 * 1024;
const EMPTY = formatOf('canonical') as Format;
const utf8 = new TextDecoder();
const encoder = new TextEncoder();

export type Opening =
  | ({ readonly kind: 'opened' } & OpenedPayload)
  | { readonly kind: 'unknown' }
  /** It is the log of another program than the given format is of. */
  | { readonly kind: 'another'; readonly format: Format };

/** Detects the format, or compares the beginning with the one that is given. An empty file has no events in any format. */
export async function openPayload(source: AsyncIterable<Uint8Array>, given?: Format): Promise<Opening> {
  const chunks = source[Symbol.asyncIterator]();
  const kept: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const next = await chunks.next();
    if (next.done !== true) {
      kept.push(next.value);
      size += next.value.length;
    }
    const head = joinedBytes(kept);
    const format = formatIn(head, given);
    if (format !== undefined) return { kind: 'opened', format, chunks: joined(kept, chunks) };
    if (next.done !== true && size < HEAD) continue;
    const other = given === undefined ? undefined : detectFormat(head);
    if (given !== undefined && (other === undefined || !isLineFormat(given)))
      return { kind: 'opened', format: given, chunks: joined(kept, chunks) };
    if (given === undefined && next.done === true && utf8.decode(head).trim() === '')
      return { kind: 'opened', format: EMPTY, chunks: joined([], chunks) };
    await chunks.return?.();
    return other === undefined ? { kind: 'unknown' } : { kind: 'another', format: other };
  }
}

/** The format that is given, if the beginning has it; without one, the format that the beginning has. */
function formatIn(head: Uint8Array, given: Format | undefined): Format | undefined {
  if (given === undefined) return detectFormat(head);
  return !isLineFormat(given) || hasFormat(given, head) ? given : undefined;
}

/** The states of readers of logs, by format: a later file goes on where an earlier one ended. */
export type ReaderStates = Map<string, unknown>;

export async function* payloadElements(
  opened: OpenedPayload,
  context: NormaliseContext,
  states: ReaderStates = new Map(),
): AsyncGenerator<PayloadElement> {
  for await (const { elements, of, bytes } of payloadBatches(opened, context, states)) {
    for (const { one, number } of elements) yield { one, place: placeOf(of, number), bytes };
  }
}

/** What came with some bytes of a file, in order. */
export interface PayloadBatch {
  readonly elements: readonly { readonly one: Normalised; readonly number: number }[];
  readonly of: 'line' | 'document' | 'mail';
  /** Bytes read so far. */
  readonly bytes: number;
}

/** `line 3`, `document 3`, `the mail`. */
export function placeOf(of: PayloadBatch['of'], number: number): string {
  return of === 'mail' ? 'the mail' : `${of} ${number}`;
}

/** As `payloadElements`, as many at once as are at hand: waiting for each costs more than reading it. */
export async function* payloadBatches(
  { format, chunks }: OpenedPayload,
  context: NormaliseContext,
  states: ReaderStates = new Map(),
): AsyncGenerator<PayloadBatch> {
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  const normalise = (piece: Piece): readonly Normalised[] =>
    piece === TOO_LARGE ? [tooLarge()] : format.normalise(encoder.encode(piece), context);

  const begun = await peeked(counted());
  if (isLineFormat(format) && (LINES_ONLY.has(format.name) || !JSON_DOCUMENT.test(begun.head))) {
    const reader = format.open(context, states.get(format.name));
    let number = 0;
    for await (const pieces of linesOfChunks(begun.chunks)) {
      const elements = pieces.flatMap((piece) => {
        number += 1;
        return (piece === TOO_LARGE ? [tooLarge()] : reader.push(piece)).map((one) => ({ one, number }));
      });
      yield { elements, of: 'line', bytes };
    }
    yield { elements: reader.end().map((one) => ({ one, number })), of: 'line', bytes };
    states.set(format.name, reader.state());
    return;
  }
  if (MAIL.has(format.name)) {
    const elements = format.normalise(await whole(begun.chunks), context).map((one) => ({ one, number: 1 }));
    yield { elements, of: 'mail', bytes };
    return;
  }
  let number = 0;
  const shape = await shapeOf(begun.chunks);
  for await (const pieces of shape.pieces) {
    const elements = pieces.flatMap((piece) => {
      number += 1;
      return piece !== TOO_LARGE && piece.trim() === '' ? [] : normalise(piece).map((one) => ({ one, number }));
    });
    yield { elements, of: shape.of, bytes };
  }
}

const MAIL: ReadonlySet<string> = new Set(['dsn', 'arf']);
/** Logs whose JSON is that of a carrier, one line for one line. */
const LINES_ONLY: ReadonlySet<string> = new Set(['postfix', 'exim', 'sendmail', 'opensmtpd', 'exchange']);
/** The start of a JSON document, which some logs use and which may span several lines. A log level in brackets does not match. */
const JSON_DOCUMENT = /^\s*(?:"\s*)?(?:\{|\[\s*[{\]])/;

async function* joined(kept: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* kept;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

/** Reads up to the first two non-blank characters. */
async function peeked(chunks: AsyncGenerator<Uint8Array>): Promise<{ readonly head: string; readonly chunks: AsyncGenerator<Uint8Array> }> {
  const kept: Uint8Array[] = [];
  let head = '';
  while (head.trim().length < 2 && head.length < HEAD) {
    const next = await chunks.next();
    if (next.done === true) break;
    kept.push(next.value);
    head += utf8.decode(next.value.subarray(0, HEAD));
  }
  return { head, chunks: joined(kept, chunks) };
}

/** A line or document, or the note that it was too long to be read. */
export type Piece = string | typeof TOO_LARGE;

function tooLarge(): Normalised {
  return { kind: 'problem', reason: 'too_large', detail: `longer than ${PAYLOAD_LIMIT} bytes`, raw: '' };
}

/** Reads everything, but stops beyond the limit; the format then reports the size. */
async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    kept.push(chunk);
    size += chunk.length;
    if (size > PAYLOAD_LIMIT) break;
  }
  return joinedBytes(kept);
}

interface Shape {
  readonly of: 'line' | 'document';
  readonly pieces: AsyncIterable<readonly Piece[]>;
}

/** Lines, if the first line is a complete document or a form; otherwise documents that may span several lines. */
async function shapeOf(chunks: AsyncGenerator<Uint8Array>): Promise<Shape> {
  const kept: Uint8Array[] = [];
  let size = 0;
  let ended: readonly string[] = [];
  while (ended.length === 0 && size <= PAYLOAD_LIMIT) {
    const next = await chunks.next();
    if (next.done === true) break;
    kept.push(next.value);
    size += next.value.length;
    if (next.value.includes(0x0a)) ended = endedLines(utf8.decode(joinedBytes(kept)));
  }
  const all = joined(kept, chunks);
  const [first] = ended;
  const start = first ?? utf8.decode(joinedBytes(kept).subarray(0, HEAD)).trimStart();
  if (start.startsWith('--')) return { of: 'document', pieces: one(all) };
  const lines = !/^[{[]/.test(start) || isJson(first) || (start.length > LONGER_THAN_A_BRACKET && ended.some(isJson));
  return lines ? { of: 'line', pieces: linesOfChunks(all) } : { of: 'document', pieces: documents(all) };
}

/** Length that distinguishes a damaged first line from the opening line of a multi-line document. */
const LONGER_THAN_A_BRACKET = 20;

/** Complete lines that are not blank. */
function endedLines(text: string): readonly string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .slice(0, -1)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function isJson(text: string | undefined): boolean {
  if (text === undefined || !/^[{[]./.test(text)) return false;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

async function* one(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Piece[]> {
  const bytes = await whole(chunks);
  yield [bytes.length > PAYLOAD_LIMIT ? TOO_LARGE : utf8.decode(bytes)];
}

async function* documents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Piece[]> {
  const decoder = new TextDecoder();
  const splitter = createJsonSplitter(PAYLOAD_LIMIT);
  for await (const chunk of chunks) yield [...splitter.push(decoder.decode(chunk, { stream: true }))];
  yield [...splitter.push(decoder.decode()), ...splitter.end()];
}

/** Lines without their line ends, chunk by chunk. A line that is too long is reported once and dropped. */
export async function* linesOfChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Piece[]> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let size = 0;
  const finishLine = (): Piece => {
    const line = parts.length === 1 ? (parts[0] as string) : parts.join('');
    const isTooLarge = size > PAYLOAD_LIMIT;
    parts = [];
    size = 0;
    if (isTooLarge) return TOO_LARGE;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  };
  const keep = (part: string): void => {
    size += part.length;
    if (size <= PAYLOAD_LIMIT) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    const lines: Piece[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      keep(text.slice(from, end));
      from = end + 1;
      lines.push(finishLine());
    }
    keep(text.slice(from));
    yield lines;
  }
  keep(decoder.decode());
  if (size > 0) yield [finishLine()];
}
