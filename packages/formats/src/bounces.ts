/** Ids of messages that are bounces (`<= <>`). They are delivered to our own return path and carry no information about a recipient. */

/**
 * Maximum number of ids kept. A bounce is soon delivered or frozen. Over the limit the oldest ids are evicted, and deliveries of those
 * bounces count as deliveries of ordinary mail.
 */
export const BOUNCES_LIMIT = 10_000;

const VERSION = 1;

export interface Bounces {
  add(id: string): void;
  has(id: string): boolean;
  remove(id: string): void;
  state(): unknown;
}

export function createBounces(state?: unknown, limit = BOUNCES_LIMIT): Bounces {
  const ids = new Set(readState(state).slice(-limit));
  return {
    add(id) {
      ids.add(id);
      if (ids.size > limit) ids.delete(ids.values().next().value as string);
    },
    has: (id) => ids.has(id),
    remove: (id) => void ids.delete(id),
    state: () => ({ version: VERSION, bounces: [...ids] }),
  };
}

/** An unknown or corrupt state is treated as empty. */
function readState(state: unknown): readonly string[] {
  if (typeof state !== 'object' || state === null) return [];
  const { version, bounces } = state as { readonly version?: unknown; readonly bounces?: unknown };
  const known = version === VERSION && Array.isArray(bounces) && bounces.every((id) => typeof id === 'string');
  return known ? (bounces as readonly string[]) : [];
}
