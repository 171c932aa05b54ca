/** A file of any provider's payloads, element by element: what is one document a line is read line by line, the rest document by document. */
import { NAME, parseTime } from '@desist/contracts';
import {
  createJsonSplitter,
  detectFormat,
  FORMAT_NAMES,
  formatOf,
  isLineFormat,
  PAYLOAD_LIMIT,
  TOO_LARGE,
  zoneOf,
} from '@desist/contracts/formats';
import type { Format, NormaliseContext, Normalised } from '@desist/contracts/formats';
import { CommandError, EXIT } from './exit.ts';
import { chunksOf } from './lines.ts';

export interface FormatOptions {
  readonly format?: string;
  readonly tenant?: string;
  readonly stream?: string;
  readonly source?: string;
  readonly timezone?: string;
  readonly referenceTime?: string;
}

/** Every mistake in the options is told before anything is read. */
export function contextOf(options: FormatOptions): NormaliseContext {
  const { tenant = 'default', stream = 'default', source, timezone, referenceTime } = options;
  for (const [flag, name] of [
    ['--tenant', tenant],
    ['--stream', stream],
  ] as const) {
    if (!NAME.test(name)) throw new CommandError(EXIT.usage, `${flag}: ${name} is no name like ${NAME.source}`);
  }
  if (timezone !== undefined && zoneOf(timezone) === undefined)
    throw new CommandError(EXIT.usage, `--timezone: ${timezone} is neither a time zone (Europe/Paris) nor an offset (+02:00)`);
  const at = referenceTime === undefined ? Date.now() : parseTime(referenceTime);
  if (at === undefined) throw new CommandError(EXIT.usage, `--reference-time: ${String(referenceTime)} is no RFC 3339 time`);
  return {
    tenant,
    stream,
    referenceTime: at,
    ...(source === undefined ? {} : { source }),
    ...(timezone === undefined ? {} : { timezone }),
  };
}

/** Undefined for `auto`: each file says itself what it is. */
export function formatFor({ format = 'auto' }: FormatOptions): Format | undefined {
  if (format === 'auto') return undefined;
  const known = formatOf(format);
  if (known === undefined)
    throw new CommandError(
      EXIT.usage,
      `--format: ${format} is not known; known are auto, ${FORMAT_NAMES.filter((name) => formatOf(name) !== undefined).join(', ')}`,
    );
  return known;
}

export interface Element {
  readonly one: Normalised;
  /** `line 3`, `document 3`. */
  readonly place: string;
  /** Bytes read so far of this file. */
  readonly bytes: number;
}

const EMPTY = formatOf('canonical') as Format;
/** Bytes that are looked at to know a format. */
const HEAD = 64 * 1024;

export interface Opened {
  readonly format: Format;
  readonly chunks: AsyncIterable<Buffer>;
}

/** Opens a file and finds out its format, unless that is given. */
export async function openPayloads(file: string, given: Format | undefined): Promise<Opened> {
  const chunks = chunksOf(file)[Symbol.asyncIterator]();
  const kept: Buffer[] = [];
  let size = 0;
  let format = given;
  while (format === undefined) {
    const next = await chunks.next();
    if (next.done !== true) {
      kept.push(next.value);
      size += next.value.length;
      format = detectFormat(Buffer.concat(kept));
    }
    if (format !== undefined || (next.done !== true && size < HEAD)) continue;
    // Nothing is no event of any format.
    if (next.done === true && Buffer.concat(kept).toString('utf8').trim() === '') return { format: EMPTY, chunks: joined([], chunks) };
    await chunks.return?.();
    throw new CommandError(
      EXIT.usage,
      `${file === '-' ? 'standard input' : file}: its beginning is in no format that is known; --format says which it is`,
    );
  }
  return { format, chunks: joined(kept, chunks) };
}

async function* joined(kept: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* kept;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

export async function* elementsOf({ format, chunks }: Opened, context: NormaliseContext): AsyncGenerator<Element> {
  let bytes = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  const normalise = (piece: Piece): readonly Normalised[] =>
    piece === TOO_LARGE ? [tooLarge()] : format.normalise(Buffer.from(piece), context);

  const begun = await peeked(counted());
  if (isLineFormat(format) && !JSON_DOCUMENT.test(begun.head)) {
    const reader = format.open(context);
    let number = 0;
    for await (const piece of linesOfChunks(begun.chunks)) {
      number += 1;
      for (const one of piece === TOO_LARGE ? [tooLarge()] : reader.push(piece)) yield { one, place: `line ${number}`, bytes };
    }
    for (const one of reader.end()) yield { one, place: `line ${number}`, bytes };
    return;
  }
  if (MAIL.has(format.name)) {
    for (const one of format.normalise(await whole(begun.chunks), context)) yield { one, place: 'the mail', bytes };
    return;
  }
  let number = 0;
  const shape = await shapeOf(begun.chunks);
  for await (const piece of shape.pieces) {
    number += 1;
    if (piece !== TOO_LARGE && piece.trim() === '') continue;
    for (const one of normalise(piece)) yield { one, place: `${shape.of} ${number}`, bytes };
  }
}

const MAIL: ReadonlySet<string> = new Set(['dsn', 'arf']);
/** Some logs come as JSON, too, and a document may go over many lines. A level in brackets begins none. */
const JSON_DOCUMENT = /^\s*(?:"\s*)?(?:\{|\[\s*[{\]])/;

/** Up to the first letters. */
async function peeked(chunks: AsyncGenerator<Buffer>): Promise<{ readonly head: string; readonly chunks: AsyncGenerator<Buffer> }> {
  const kept: Buffer[] = [];
  let head = '';
  while (head.trim().length < 2 && head.length < HEAD) {
    const next = await chunks.next();
    if (next.done === true) break;
    kept.push(next.value);
    head += next.value.subarray(0, HEAD).toString('latin1');
  }
  return { head, chunks: joined(kept, chunks) };
}

type Piece = string | typeof TOO_LARGE;

function tooLarge(): Normalised {
  return { kind: 'problem', reason: 'too_large', detail: `longer than ${PAYLOAD_LIMIT} bytes`, raw: '' };
}

/** At most one byte more than the limit: the format says what it thinks of that. */
async function whole(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    kept.push(chunk);
    size += chunk.length;
    if (size > PAYLOAD_LIMIT) break;
  }
  return Buffer.concat(kept);
}

interface Shape {
  readonly of: 'line' | 'document';
  readonly pieces: AsyncIterable<Piece>;
}

/** One document a line, if the first line is one; forms too; otherwise documents, wherever their lines end. */
async function shapeOf(chunks: AsyncGenerator<Buffer>): Promise<Shape> {
  const kept: Buffer[] = [];
  let size = 0;
  let ended: readonly string[] = [];
  while (ended.length === 0 && size <= PAYLOAD_LIMIT) {
    const next = await chunks.next();
    if (next.done === true) break;
    kept.push(next.value);
    size += next.value.length;
    if (next.value.includes(0x0a)) ended = endedLines(Buffer.concat(kept).toString('utf8'));
  }
  const all = joined(kept, chunks);
  const [first] = ended;
  const start = first ?? Buffer.concat(kept).subarray(0, HEAD).toString('utf8').trimStart();
  if (start.startsWith('--')) return { of: 'document', pieces: one(all) };
  const lines = !/^[{[]/.test(start) || isJson(first) || (start.length > LONGER_THAN_A_BRACKET && ended.some(isJson));
  return lines ? { of: 'line', pieces: linesOfChunks(all) } : { of: 'document', pieces: documents(all) };
}

/** A first line that is damaged and one that begins a document over many lines differ in length. */
const LONGER_THAN_A_BRACKET = 20;

/** Lines that have ended and are not blank. */
function endedLines(text: string): readonly string[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return lines
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

async function* one(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const bytes = await whole(chunks);
  yield bytes.length > PAYLOAD_LIMIT ? TOO_LARGE : bytes.toString('utf8');
}

async function* documents(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const decoder = new TextDecoder();
  const splitter = createJsonSplitter(PAYLOAD_LIMIT);
  for await (const chunk of chunks) yield* splitter.push(decoder.decode(chunk, { stream: true }));
  yield* splitter.push(decoder.decode());
  yield* splitter.end();
}

/** Lines without their end; one that is too long is told once and dropped. */
async function* linesOfChunks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let size = 0;
  const take = (): Piece => {
    const line = size > PAYLOAD_LIMIT ? TOO_LARGE : parts.join('').replace(/\r$/, '');
    parts = [];
    size = 0;
    return line;
  };
  const keep = (part: string): void => {
    size += part.length;
    if (size <= PAYLOAD_LIMIT) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      keep(text.slice(from, end));
      from = end + 1;
      yield take();
    }
    keep(text.slice(from));
  }
  keep(decoder.decode());
  if (size > 0) yield take();
}
