/**
 * Which recipients of a queue id still wait: qmgr's "expired" names only the sender, so the recipients are those whose last status
 * was deferred. Nothing is kept of mail that goes out at its first attempt.
 */

/** Recipients kept, of all queue ids together. When there are more, the oldest queue ids fall out, and their "expired" names nobody. */
export const WAITING_LIMIT = 20_000;

const VERSION = 1;

export interface Waiting {
  /** `final`: the address that the recipient was rewritten to; one alias can have several. */
  defer(queue: string, recipient: string, final: string): void;
  /** Delivered or bounced: it waits no longer. */
  settle(queue: string, recipient: string, final: string): void;
  /** The recipients that wait; the queue id is free for another mail. */
  take(queue: string): readonly string[];
  state(): unknown;
}

export function createWaiting(state?: unknown, limit = WAITING_LIMIT): Waiting {
  const queues = new Map<string, Set<string>>();
  let count = 0;

  function drop(queue: string): void {
    count -= queues.get(queue)?.size ?? 0;
    queues.delete(queue);
  }

  function keep(queue: string, pair: string): void {
    let pairs = queues.get(queue);
    if (pairs === undefined) queues.set(queue, (pairs = new Set()));
    if (pairs.has(pair)) return;
    pairs.add(pair);
    count += 1;
    while (count > limit) {
      const [oldest] = queues.keys();
      drop(oldest as string);
    }
  }

  for (const [queue, pairs] of readState(state)) for (const pair of pairs) keep(queue, pair);

  return {
    defer: (queue, recipient, final) => keep(queue, pairOf(recipient, final)),
    settle(queue, recipient, final) {
      const pairs = queues.get(queue);
      if (pairs?.delete(pairOf(recipient, final)) !== true) return;
      count -= 1;
      if (pairs.size === 0) queues.delete(queue);
    },
    take(queue) {
      const recipients = new Set([...(queues.get(queue) ?? [])].map((pair) => pair.split('\n', 1)[0] as string));
      drop(queue);
      return [...recipients];
    },
    state: () => ({ version: VERSION, queues: [...queues].map(([queue, pairs]) => [queue, ...pairs]) }),
  };
}

/** A line has no line feed. */
function pairOf(recipient: string, final: string): string {
  return recipient === final ? recipient : `${recipient}\n${final}`;
}

/** An unknown or damaged state is none. */
function readState(state: unknown): readonly (readonly [string, readonly string[]])[] {
  if (typeof state !== 'object' || state === null) return [];
  const { version, queues } = state as { readonly version?: unknown; readonly queues?: unknown };
  if (version !== VERSION || !Array.isArray(queues)) return [];
  const entries = queues as unknown[];
  if (
    !entries.every(
      (entry): entry is [string, ...string[]] =>
        Array.isArray(entry) && entry.length > 0 && entry.every((part) => typeof part === 'string'),
    )
  )
    return [];
  return entries.map(([queue, ...recipients]) => [queue, recipients]);
}
