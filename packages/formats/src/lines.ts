/** Line-based log formats. Every non-blank line of a payload gives a result or becomes part of one. */
import { createCarrier } from './carrier.ts';
import type { DetectableFormat, Sample } from './detect.ts';
import { ignored, problem, tooMany } from './draft.ts';
import type { LineFormat, LineReader, NormaliseContext, Normalised } from './format.ts';
import type { FormatName } from './names.ts';
import { isObject, PAYLOAD_LIMIT } from './json.ts';

/** Maximum number of characters read of one line. syslog truncates at 1 or 2 KiB; Exim and Haraka write longer lines. */
export const LINE_LIMIT = 64 * 1024;

const decoder = new TextDecoder('utf-8');

/** Decodes a log. Invalid UTF-8 (a quoted reply in Latin-1) becomes U+FFFD, because the codes in the line are still useful. */
export function logText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export interface LogFormat {
  readonly name: FormatName;
  readonly looksLike: (sample: Sample) => boolean;
  readonly open: (context: NormaliseContext, state?: unknown) => LineReader;
}

export function lineFormat({ name, looksLike, open }: LogFormat): LineFormat & DetectableFormat {
  return { name, looksLike, open, normalise: (payload, context) => readLines(payload, open(context), context) };
}

/** True if one of the first lines matches. */
export function anyLine({ text }: Sample, form: RegExp): boolean {
  return text.split('\n', LOOKED_AT).some((line) => line.length <= LINE_LIMIT && form.test(line));
}

const LOOKED_AT = 100;

/** What a line of a program other than the format's is ignored as. A log of nothing else was given under the wrong name. */
export const ANOTHER_PROGRAM = 'a line of another program';

/** Reads the log's own lines from lines as they were carried here. The state is the reader's own unless a carried line is incomplete. */
export function carriedReader(state: unknown, open: (state: unknown) => LineReader): LineReader {
  const given = isObject(state) && 'carrier' in state ? state : { carrier: undefined, reader: state };
  const carrier = createCarrier(given.carrier);
  const reader = open(given['reader']);
  const pushed = (lines: readonly string[]): readonly Normalised[] =>
    lines.length === 1 ? reader.push(lines[0] as string) : lines.flatMap((line) => reader.push(line));
  return {
    push: (line) => pushed(carrier.push(line)),
    end: () => [...pushed(carrier.end()), ...reader.end()],
    state() {
      const incomplete = carrier.state();
      return incomplete === undefined ? reader.state() : { carrier: incomplete, reader: reader.state() };
    },
  };
}

/** A reader without state between lines. */
export function statelessReader(read: (line: string) => readonly Normalised[]): LineReader {
  return { push: (line) => checkedLine(line, read), end: () => [], state: () => null };
}

function readLines(payload: Uint8Array, reader: LineReader, context: NormaliseContext): readonly Normalised[] {
  if (payload.length > PAYLOAD_LIMIT) return [problem('too_large', `${payload.length} bytes, at most ${PAYLOAD_LIMIT}`, '')];
  const results: Normalised[] = [];
  const text = logText(payload);
  if (hasMoreLines(text, context.elementLimit)) return [tooMany(context, text)];
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end === -1 ? text.length : end);
    for (const result of reader.push(line)) results.push(result);
    from = end === -1 ? text.length : end + 1;
  }
  for (const result of reader.end()) results.push(result);
  return results.length === 0 ? [problem('unreadable', 'an empty payload', '')] : results;
}

function hasMoreLines(text: string, most = Number.POSITIVE_INFINITY): boolean {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1 && lines <= most; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines > most;
}

/**
 * Applies the line rules: a blank line gives no result, a trailing carriage return is removed, and a line over the limit is reported
 * as a problem without being read.
 */
export function checkedLine(given: string, read: (line: string) => readonly Normalised[]): readonly Normalised[] {
  const line = given.endsWith('\r') ? given.slice(0, -1) : given;
  if (line.length > LINE_LIMIT)
    return [problem('too_large', `a line of ${line.length} characters, at most ${LINE_LIMIT}`, line.slice(0, LINE_LIMIT))];
  return line.trim() === '' ? NOTHING : read(line);
}

export const NOTHING: readonly Normalised[] = [];

/** A shared result for all ignored lines of one kind. Most log lines do not concern a delivery. */
export function ignoredLine(what: string): readonly Normalised[] {
  return [ignored(what)];
}

// What the readers of several logs ignore.
export const OTHER_PROGRAM = ignoredLine(ANOTHER_PROGRAM);
export const NO_DELIVERY = ignoredLine('no delivery attempt');
export const OWN_BOUNCE = ignoredLine('the delivery of a bounce');
export const HAND_OVER = ignoredLine('handed over on this host');
export const CARRIERS_LINE = ignoredLine('a line of what carried the log');

/**
 * Matches the start of a JSON document, or of a string that contains one. A log level in brackets, with which some logs begin, does
 * not match.
 */
const JSON_BEGINS = /^\s*(?:"\s*)?(?:\{|\[(?![A-Z]{2,10}\]))/;

/** True if the payload begins as JSON. Used by formats that exist both as lines and as JSON. */
export function beginsAsJson(payload: Uint8Array): boolean {
  const at = payload.findIndex((byte) => byte > 0x20);
  return at !== -1 && JSON_BEGINS.test(decoder.decode(payload.subarray(at, at + 64)));
}
