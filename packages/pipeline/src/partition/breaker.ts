/** Too many unreadable records in a row, or among the latest, mean that something is wrong with the topic, not with a record. */

const IN_A_ROW = 100;
const WINDOW = 1000;
const SHARE = 0.5;

export interface Breaker {
  /** Counts one record; answers why the partition must stop, or null. */
  record(offset: number, readable: boolean): string | null;
}

/** `toleratedBelow`: records before this offset may be unreadable in any number. */
export function createBreaker(toleratedBelow = 0): Breaker {
  const latest = new Uint8Array(WINDOW);
  let seen = 0;
  let bad = 0;
  let row = 0;
  return {
    record(offset, readable) {
      if (offset < toleratedBelow) return null;
      const at = seen % WINDOW;
      bad += (readable ? 0 : 1) - (latest[at] ?? 0);
      latest[at] = readable ? 0 : 1;
      seen += 1;
      row = readable ? 0 : row + 1;
      if (row >= IN_A_ROW) return `${IN_A_ROW} unreadable records in a row`;
      if (seen >= WINDOW && bad > WINDOW * SHARE) return `more than half of the latest ${WINDOW} records are unreadable`;
      return null;
    },
  };
}
