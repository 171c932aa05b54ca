/**
 * Tracks the deferred recipients of each queue id. The "expired" line of qmgr names only the sender, so it applies to the recipients
 * whose last status was deferred. Mail delivered at the first attempt is not stored.
 */

/**
 * Maximum number of recipients stored, across all queue ids. Over the limit the oldest queue ids are evicted; their "expired" lines
 * then have no recipient.
 */
const RECIPIENTS_LIMIT = 20_000;

const VERSION = 1;

export interface DeferredRecipients {
  /** `final` is the address that the recipient was rewritten to. One alias can expand to several. */
  add(queue: string, recipient: string, final: string): void;
  /** Removes a recipient that was delivered or bounced. */
  remove(queue: string, recipient: string, final: string): void;
  /** Removes the queue id and returns its deferred recipients. Postfix can reuse the queue id for another mail. */
  clear(queue: string): readonly string[];
  state(): unknown;
}

export function createDeferredRecipients(state?: unknown, limit = RECIPIENTS_LIMIT): DeferredRecipients {
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
    add: (queue, recipient, final) => keep(queue, pairOf(recipient, final)),
    remove(queue, recipient, final) {
      const pairs = queues.get(queue);
      if (pairs?.delete(pairOf(recipient, final)) !== true) return;
      count -= 1;
      if (pairs.size === 0) queues.delete(queue);
    },
    clear(queue) {
      const recipients = new Set([...(queues.get(queue) ?? [])].map((pair) => pair.split('\n', 1)[0] as string));
      drop(queue);
      return [...recipients];
    },
    state: () => ({ version: VERSION, queues: [...queues].map(([queue, pairs]) => [queue, ...pairs]) }),
  };
}

/** The separator is a line feed, which cannot occur in a log line. */
function pairOf(recipient: string, final: string): string {
  return recipient === final ? recipient : `${recipient}\n${final}`;
}

/** An unknown or corrupt state is treated as empty. */
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
