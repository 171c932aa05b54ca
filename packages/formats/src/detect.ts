/** Samples the beginning of a payload for `--format auto`. All formats share the same samples. */
import { uncarried } from './carrier.ts';
import type { Format } from './format.ts';
import { createJsonSplitter, fieldsOf, parseJson, TOO_LARGE } from './json.ts';
import type { Fields } from './json.ts';

export interface Sample {
  /** The first 64 Ki bytes. */
  readonly text: string;
  /** The first JSON object: the document, the first element of an array, or the first line. Empty if there is none. */
  readonly first: Fields;
}

export interface DetectableFormat extends Format {
  /** True if the payload has this format. The formats of the registry are mutually exclusive: no payload matches two. */
  readonly looksLike: (sample: Sample) => boolean;
}

const LOOKED_AT = 64 * 1024;
const lenient = new TextDecoder();

/** Yields a sample of the whole payload, then samples of its first lines, because the first line can be corrupt. */
export function* samplesOf(payload: Uint8Array): Generator<Sample> {
  const text = lenient.decode(payload.subarray(0, LOOKED_AT));
  yield { text, first: firstObject(text) };
  if (MAIL.test(text)) return;
  const lines = text.split('\n', LINES + 1).slice(0, LINES);
  for (const line of lines) {
    const first = firstObject(line);
    if (Object.keys(first).length > 0) yield { text, first };
  }
  const log = uncarried(text);
  if (log !== undefined && log !== text) yield { text: log, first: {} };
}

/** Maximum number of lines sampled individually. */
const LINES = 20;
const MAIL = /^(?:From |[\w-]{1,76}:\s)/;

function firstObject(text: string): Fields {
  const start = text.trimStart();
  if (start.startsWith('"')) {
    const inner = parseJson(start);
    return typeof inner === 'string' && /^\s*[{[]/.test(inner) ? firstObject(inner) : {};
  }
  if (!/^[{[]/.test(start)) return {};
  // The truncated start of a long array is not a document, so its first element is searched for after the bracket.
  for (const candidate of [start, start.replace(/^\[\s*/, '')]) {
    const value = firstValue(candidate);
    const element: unknown = Array.isArray(value) ? (value as unknown[]).find((one) => typeof one === 'object') : value;
    const fields = fieldsOf(element);
    if (Object.keys(fields).length > 0) return fields;
  }
  return {};
}

function firstValue(text: string): unknown {
  const splitter = createJsonSplitter(LOOKED_AT);
  const piece = [...splitter.push(text), ...splitter.end()].find((one) => one !== TOO_LARGE && /^[{[]/.test(one));
  return typeof piece === 'string' ? parseJson(piece) : undefined;
}
