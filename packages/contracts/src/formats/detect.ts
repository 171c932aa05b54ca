/** What a payload shows at its beginning, for `--format auto`: made once, looked at by every format. */
import type { Format } from './format.ts';
import { createJsonSplitter, fieldsOf, parseJson, TOO_LARGE } from './json.ts';
import type { Fields } from './json.ts';

export interface Glimpse {
  /** The first 64 Ki bytes. */
  readonly text: string;
  /** The first JSON object: the document, the first element of an array, the first line. Empty when there is none. */
  readonly first: Fields;
}

export interface DetectableFormat extends Format {
  /** Is the payload of this format? No two formats of the registry say yes to one payload of either. */
  readonly looksLike: (glimpse: Glimpse) => boolean;
}

const LOOKED_AT = 64 * 1024;
const lenient = new TextDecoder();

/** A glimpse of the payload as a whole, then of its first lines: the first of them may be damaged. */
export function* glimpsesOf(payload: Uint8Array): Generator<Glimpse> {
  const text = lenient.decode(payload.subarray(0, LOOKED_AT));
  yield { text, first: firstObject(text) };
  if (MAIL.test(text)) return;
  const lines = text.split('\n', LINES + 1).slice(0, LINES);
  for (const line of lines) {
    const first = firstObject(line);
    if (Object.keys(first).length > 0) yield { text, first };
  }
}

/** Lines that are looked at alone. */
const LINES = 20;
const MAIL = /^(?:From |[\w-]{1,76}:\s)/;

function firstObject(text: string): Fields {
  const start = text.trimStart();
  if (start.startsWith('"')) {
    const inner = parseJson(start);
    return typeof inner === 'string' && /^\s*[{[]/.test(inner) ? firstObject(inner) : {};
  }
  if (!/^[{[]/.test(start)) return {};
  // The head of a long array is no document: its first element is looked for behind the bracket.
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
