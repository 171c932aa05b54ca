/** What is sent in one request, and its identity. */
import type { FedChange } from '../ports/change-feed.ts';
import type { Subscriber } from '../ports/subscribers.ts';

/** Characters of a batch, unless its first change is larger by itself. */
const LARGEST_BODY = 256 * 1_024;

/**
 * `webhook-id`: the same on every try, in every process, and after every restart, because it follows from where the request ends, and that
 * is stored before the first try. Two subscribers at one address get different ones, for their batches hold different changes.
 */
export function messageId({ id }: Pick<Subscriber, 'id'>, partition: number, upTo: number): string {
  return `msg_${id.replace(/^wh_/, '')}_${partition}_${upTo}`;
}

export interface Message {
  readonly body: string;
  readonly changes: number;
  /** Behind this place its first change is the first that the subscriber wants. */
  readonly after: number;
  /** Place of the last change. */
  readonly upTo: number;
}

/** The first of these changes that fit into one request. `encode`: JSON of a change. */
export function firstMessage(
  changes: readonly FedChange[],
  batch: number | null,
  encode: (change: FedChange) => string,
): Message | undefined {
  const [first] = changes;
  if (first === undefined) return undefined;
  const after = first.sequence - 1;
  if (batch === null) return { body: encode(first), changes: 1, after, upTo: first.sequence };
  const texts: string[] = [];
  let length = 2;
  for (const change of changes.slice(0, batch)) {
    const text = encode(change);
    length += text.length + 1;
    if (texts.length > 0 && length > LARGEST_BODY) break;
    texts.push(text);
  }
  return { body: `[${texts.join(',')}]`, changes: texts.length, after, upTo: (changes[texts.length - 1] as FedChange).sequence };
}

/** All of these changes: what a planned request holds. */
export function wholeMessage(changes: readonly FedChange[], batch: number | null, encode: (change: FedChange) => string): string {
  const texts = changes.map(encode);
  return batch === null ? (texts[0] ?? '') : `[${texts.join(',')}]`;
}
