/**
 * Builds a format of JSON elements. It splits the payload and reads one element at a time, so that a bad element does not affect the
 * others.
 */
import { lazy, problem, withoutRepeatedProblems, tooMany } from './draft.ts';
import type { DetectableFormat, Sample } from './detect.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import type { FormatName } from './names.ts';
import { isObject, jsonPieces, parseJson, PAYLOAD_LIMIT, rawOf, TOO_MANY, utf8 } from './json.ts';
import type { Fields } from './json.ts';

/** `raw` returns the element alone, as text. */
export type ReadElement = (element: Fields, context: NormaliseContext, raw: () => string) => Normalised | readonly Normalised[];

export interface ElementFormat {
  readonly name: FormatName;
  readonly looksLike: (sample: Sample) => boolean;
  readonly read: ReadElement;
  /** Extracts the elements of a document. Default: the elements of an array, or the document itself. */
  readonly elements?: (document: unknown) => readonly unknown[];
  /** Extracts the documents of a payload that is not JSON, such as a form. Returns undefined if it is not that either. */
  readonly otherwise?: (text: string, context: NormaliseContext) => readonly unknown[] | typeof TOO_MANY | undefined;
}

export function elementFormat({ name, looksLike, read, elements = asArray, otherwise }: ElementFormat): DetectableFormat {
  /** `whole`: the element is the whole text. */
  function readElement(element: unknown, context: NormaliseContext, text: string, whole: boolean): readonly Normalised[] {
    const raw = lazy(() => (whole ? text : rawOf(element, text)));
    if (!isObject(element)) return [problem('invalid', 'an element that is not a JSON object', raw())];
    const found = read(element, context, raw);
    return Array.isArray(found) ? withoutRepeatedProblems(found as readonly Normalised[]) : [found as Normalised];
  }

  return {
    name,
    looksLike,
    normalise(payload, context) {
      const text = readable(payload);
      if (typeof text !== 'string') return [text];
      if (text.trim() === '') return [problem('unreadable', 'an empty payload', '')];
      const others = /^\s*[{[]/.test(text) ? undefined : otherwise?.(text, context);
      if (others === TOO_MANY) return [tooMany(context, text)];
      if (others !== undefined) return others.flatMap((element) => readElement(element, context, text, others.length === 1));
      const pieces = jsonPieces(text, context.elementLimit);
      if (pieces === TOO_MANY) return [tooMany(context, text)];
      if (pieces.length === 0) return [problem('unreadable', 'not JSON', text)];
      return pieces.flatMap((piece) =>
        piece.ok
          ? elements(unwrapped(piece.value)).flatMap((element) => readElement(element, context, piece.text, element === piece.value))
          : [problem('unreadable', piece.problem, piece.text)],
      );
    },
  };
}

/** Unwraps a document that some carriers serialise into a string. */
function unwrapped(document: unknown): unknown {
  return typeof document === 'string' ? (parseJson(document) ?? document) : document;
}

/** Returns the payload as text, or a problem if it is too large. */
export function readable(payload: Uint8Array): string | Normalised {
  if (payload.length > PAYLOAD_LIMIT) return problem('too_large', `${payload.length} bytes, at most ${PAYLOAD_LIMIT}`, '');
  return utf8(payload);
}

/** Returns the elements of an array; any other value, null included, is one element. */
export function asArray(document: unknown): readonly unknown[] {
  return Array.isArray(document) ? (document as unknown[]) : [document];
}
