/** Logs: a payload is its lines; every line that is not blank is accounted for. */
import type { DetectableFormat, Glimpse } from './detect.ts';
import { ignored, problem } from './draft.ts';
import type { FormatName, LineFormat, LineReader, NormaliseContext, Normalised } from './format.ts';
import { PAYLOAD_LIMIT } from './json.ts';

/** Characters of one line that are read; syslog cuts at 1 or 2 KiB, Exim and Haraka write longer ones. */
export const LINE_LIMIT = 64 * 1024;

const decoder = new TextDecoder('utf-8');

/** Bytes that are no UTF-8 (a quoted reply in Latin-1) become U+FFFD: a log line is still worth its codes. */
export function logText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export interface LogFormat {
  readonly name: FormatName;
  readonly looksLike: (glimpse: Glimpse) => boolean;
  readonly open: (context: NormaliseContext, state?: unknown) => LineReader;
}

export function lineFormat({ name, looksLike, open }: LogFormat): LineFormat & DetectableFormat {
  return { name, looksLike, open, normalise: (payload, context) => readLines(payload, open(context)) };
}

/** Is one of the first lines of this form? */
export function anyLine({ text }: Glimpse, form: RegExp): boolean {
  return text.split('\n', LOOKED_AT).some((line) => line.length <= LINE_LIMIT && form.test(line));
}

const LOOKED_AT = 100;

/** A reader that keeps nothing between lines. */
export function statelessReader(read: (line: string) => readonly Normalised[]): LineReader {
  return { push: (line) => guarded(line, read), end: () => [], state: () => null };
}

export function readLines(payload: Uint8Array, reader: LineReader): readonly Normalised[] {
  if (payload.length > PAYLOAD_LIMIT) return [problem('too_large', `${payload.length} bytes, at most ${PAYLOAD_LIMIT}`, '')];
  const results: Normalised[] = [];
  const text = logText(payload);
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end === -1 ? text.length : end);
    for (const result of reader.push(line)) results.push(result);
    from = end === -1 ? text.length : end + 1;
  }
  for (const result of reader.end()) results.push(result);
  return results.length === 0 ? [problem('unreadable', 'an empty payload', '')] : results;
}

/** Blank lines are nothing; a carriage return belongs to the line's end; a line beyond the limit is told and not read. */
export function guarded(given: string, read: (line: string) => readonly Normalised[]): readonly Normalised[] {
  const line = given.endsWith('\r') ? given.slice(0, -1) : given;
  if (line.length > LINE_LIMIT)
    return [problem('too_large', `a line of ${line.length} characters, at most ${LINE_LIMIT}`, line.slice(0, LINE_LIMIT))];
  return line.trim() === '' ? NOTHING : read(line);
}

export const NOTHING: readonly Normalised[] = [];

/** One answer for all lines of a kind: most lines of a log are not about a delivery. */
export function ignoredLine(what: string): readonly Normalised[] {
  return [ignored(what)];
}

/** A document, or one within a string. A level in brackets, as some logs begin with, is none. */
const JSON_BEGINS = /^(?:\u00ef\u00bb\u00bf)?\s*(?:"\s*)?(?:\{|\[(?![A-Z]{2,10}\]))/;

/** Formats that come as lines and as JSON are told apart by their first letter. */
export function beginsAsJson(payload: Uint8Array): boolean {
  const at = payload.findIndex((byte) => byte > 0x20);
  return at !== -1 && JSON_BEGINS.test(Buffer.from(payload.subarray(at, at + 64)).toString('latin1'));
}
