/**
 * What an operator must see of the webhooks and topics of this process: requests that came to a wrong path, and event words that nobody has
 * described. In memory, bounded; the ones longest ago are dropped.
 */
import { NAME } from '@desist/formats/event';

export interface Misdirected {
  /** `/v1/webhooks/ses/main`; parts that cannot be a format or a name are left out. */
  readonly path: string;
  readonly problem: string;
  readonly count: number;
  /** ms */
  readonly lastAt: number;
}

export interface UnknownWord {
  readonly source: string;
  readonly format: string;
  readonly word: string;
  readonly count: number;
  /** ms */
  readonly lastAt: number;
}

export interface Notices {
  misdirected(path: { readonly format: string; readonly source: string }, problem: string): void;
  unknownWord(source: { readonly name: string; readonly format: string }, word: string): void;
  /** The latest first. */
  list(): { readonly misdirected: readonly Misdirected[]; readonly unknownWords: readonly UnknownWord[] };
}

/** Paths and words that are kept. Anybody who can reach the port can make paths. */
export const MOST_NOTICES = 100;

export function createNotices(now: () => number): Notices {
  const paths = new Map<string, Misdirected>();
  const words = new Map<string, UnknownWord>();
  return {
    misdirected({ format, source }, problem) {
      const path = `/v1/webhooks/${NAME.test(format) ? format : '…'}/${NAME.test(source) ? source : '…'}`;
      note(paths, `${path} ${problem}`, { path, problem, lastAt: now() });
    },
    unknownWord({ name, format }, word) {
      note(words, `${name} ${word}`, { source: name, format, word, lastAt: now() });
    },
    list: () => ({ misdirected: [...paths.values()].reverse(), unknownWords: [...words.values()].reverse() }),
  };
}

function note<T extends { readonly count: number }>(kept: Map<string, T>, key: string, value: Omit<T, 'count'>): void {
  const count = (kept.get(key)?.count ?? 0) + 1;
  // Set again behind all others, so that the first one is the one longest ago.
  kept.delete(key);
  kept.set(key, { ...value, count } as T);
  const [oldest] = kept.keys();
  if (kept.size > MOST_NOTICES && oldest !== undefined) kept.delete(oldest);
}
