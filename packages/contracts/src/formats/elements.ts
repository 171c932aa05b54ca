/** A format of JSON elements: splits the payload, and hands over one element at a time, so that a bad one is a problem alone. */
import { problem } from './draft.ts';
import type { DetectableFormat, Glimpse } from './detect.ts';
import type { FormatName, NormaliseContext, Normalised } from './format.ts';
import { isObject, jsonPieces, parseJson, PAYLOAD_LIMIT, rawOf, utf8 } from './json.ts';
import type { Fields } from './json.ts';

/** `raw`: the element alone, as text. */
export type ReadElement = (element: Fields, context: NormaliseContext, raw: () => string) => Normalised | readonly Normalised[];

export interface ElementFormat {
  readonly name: FormatName;
  readonly looksLike: (glimpse: Glimpse) => boolean;
  readonly read: ReadElement;
  /** What of a document are its elements; default: a document, or the elements of an array. */
  readonly elements?: (document: unknown) => readonly unknown[];
  /** The documents of a payload that is no JSON, such as a form; undefined when it is none either. */
  readonly otherwise?: (text: string, context: NormaliseContext) => readonly unknown[] | undefined;
}

export function elementFormat({ name, looksLike, read, elements = asArray, otherwise }: ElementFormat): DetectableFormat {
  /** `whole`: the element is all of the text. */
  function readElement(element: unknown, context: NormaliseContext, text: string, whole: boolean): readonly Normalised[] {
    const raw = (): string => (whole ? text : rawOf(element, text));
    if (!isObject(element)) return [problem('invalid', 'an element that is no JSON object', raw())];
    const found = read(element, context, raw);
    return Array.isArray(found) ? (found as readonly Normalised[]) : [found as Normalised];
  }

  return {
    name,
    looksLike,
    normalise(payload, context) {
      const text = readable(payload);
      if (typeof text !== 'string') return [text];
      if (text.trim() === '') return [problem('unreadable', 'an empty payload', '')];
      const others = /^\s*[{[]/.test(text) ? undefined : otherwise?.(text, context);
      if (others !== undefined) return others.flatMap((element) => readElement(element, context, text, others.length === 1));
      const pieces = jsonPieces(text);
      if (pieces.length === 0) return [problem('unreadable', 'not JSON', text)];
      return pieces.flatMap((piece) =>
        piece.ok
          ? elements(unwrapped(piece.value)).flatMap((element) => readElement(element, context, piece.text, element === piece.value))
          : [problem('unreadable', piece.problem, piece.text)],
      );
    },
  };
}

/** Some carriers put the document into a string. */
function unwrapped(document: unknown): unknown {
  return typeof document === 'string' ? (parseJson(document) ?? document) : document;
}

/** The payload as text, or the problem with it. */
export function readable(payload: Uint8Array): string | Normalised {
  if (payload.length > PAYLOAD_LIMIT) return problem('too_large', `${payload.length} bytes, at most ${PAYLOAD_LIMIT}`, '');
  return utf8(payload);
}

/** The elements of an array; anything else, null too, is one itself. */
export function asArray(document: unknown): readonly unknown[] {
  return Array.isArray(document) ? (document as unknown[]) : [document];
}
