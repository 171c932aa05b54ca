/**
 * Paths into a payload, as the sources file has them: `data.items[0].email`, `items[].email` (of each), `headers["x.y"]`,
 * `$.sent_at` (from the top of the body, not from the event) and `header:x-event` (a header of the request).
 */
import { fieldsOf, parseJson } from '../json.ts';

/** A member, an index, or `each`: every entry of an array. */
type Step = string | number | typeof EACH;
const EACH = Symbol('each');

export interface Path {
  readonly from: 'event' | 'body' | 'header';
  readonly steps: readonly Step[];
}

const LONGEST_PATH = 200;
const MOST_STEPS = 16;
const MOST_INDEX = 100_000;

const STEP = /(?:\.|^)([^\s.[\]"$][^\s.[\]"]*)|\[(\d{1,6})\]|\[\]|\["([^"\]]+)"\]/y;
const HEADER = /^header:([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100})$/;

/** Returns undefined if the text is not a path. */
export function parsePath(text: string): Path | undefined {
  if (text.length > LONGEST_PATH) return undefined;
  if (text.startsWith('header:')) {
    const header = HEADER.exec(text)?.[1];
    return header === undefined ? undefined : { from: 'header', steps: [header.toLowerCase()] };
  }
  const from = /^\$(?=[.[]|$)/.test(text) ? 'body' : 'event';
  const rest = from === 'body' ? text.slice(1).replace(/^\./, '') : text;
  if (rest.startsWith('.')) return undefined;
  const steps: Step[] = [];
  for (STEP.lastIndex = 0; STEP.lastIndex < rest.length;) {
    const match = STEP.exec(rest);
    if (match === null) return undefined;
    const [, member, index, quoted] = match;
    if (index !== undefined && Number(index) > MOST_INDEX) return undefined;
    steps.push(member ?? quoted ?? (index === undefined ? EACH : Number(index)));
  }
  return steps.length > MOST_STEPS || (from === 'event' && steps.length === 0) ? undefined : { from, steps };
}

export function hasEach({ steps }: Path): boolean {
  return steps.includes(EACH);
}

/** Where paths begin. */
export interface Place {
  readonly event: unknown;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** Documents within texts, parsed once. */
  readonly inner: Map<string, unknown>;
}

/** The values at the path: at most one unless the path has `[]`. Null and missing members are left out. */
export function valuesAt({ from, steps }: Path, place: Place): readonly unknown[] {
  if (from === 'header') {
    const name = steps[0] as string;
    return Object.hasOwn(place.headers, name) ? [place.headers[name]] : [];
  }
  let values: readonly unknown[] = [place[from]];
  for (const step of steps) values = values.flatMap((value) => below(step, opened(value, place.inner)));
  return values.filter((value) => value !== undefined && value !== null);
}

function below(step: Step, value: unknown): readonly unknown[] {
  if (step === EACH) return Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof step === 'number') return Array.isArray(value) ? [(value as unknown[])[step]] : [];
  const fields = fieldsOf(value);
  return Object.hasOwn(fields, step) ? [fields[step]] : [];
}

/** The document that a carrier serialised into a text; any other value unchanged. */
export function opened(value: unknown, inner: Map<string, unknown>): unknown {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return value;
  if (!inner.has(value)) inner.set(value, parseJson(value));
  return inner.get(value);
}
