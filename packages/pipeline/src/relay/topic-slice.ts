/**
 * What the topic `suppressions` says of some recipients: of each the content of its last record, in bounded memory. When there are too many,
 * the range of key hashes is halved and what lies outside is dropped: the next reading of the topic continues there.
 */
import { hashOfText } from '../traffic/key-hash.ts';

/** Characters of keys and contents; about three times as many bytes. */
const MOST_CHARACTERS = 12_000_000;
/** For each entry, beside its texts. */
const ENTRY = 60;
const HASHES = 2 ** 32;

export interface Place {
  readonly incarnation: number;
  readonly version: number;
}

export interface TopicEntry {
  /** As `contentOf` writes it; null: the last record is a tombstone. */
  readonly content: string | null;
  readonly place: Place;
  /** The highest place of all its records. Above `place` an old value stands behind a newer one. */
  readonly highest: Place;
  /** The relay appended it after the reading began: what is read later is older. */
  readonly relayed: boolean;
}

export interface TopicSlice {
  /** Key hashes from `from` (inclusive) to `to` (exclusive), in [0, 2^32]. */
  readonly from: number;
  to(): number;
  /** A record of the topic, in order per key; `relayed`: it was appended just now. */
  put(key: string, record: { readonly content: string | null; readonly place: Place | undefined }, relayed: boolean): void;
  covers(key: string): boolean;
  get(key: string): TopicEntry | undefined;
  keys(): IterableIterator<string>;
  size(): number;
}

/** `from`: where the slice before this one ended; 0 for the first. */
export function createTopicSlice(from: number, most = MOST_CHARACTERS): TopicSlice {
  const entries = new Map<string, TopicEntry>();
  let to = HASHES;
  let characters = 0;

  const covers = (key: string): boolean => {
    const hash = hashOfText(key) >>> 0;
    return hash >= from && hash < to;
  };

  function sizeOf(key: string, { content }: TopicEntry): number {
    return key.length + (content?.length ?? 0) + ENTRY;
  }

  function shrink(): void {
    while (characters > most && to - from > 1 && entries.size > 1) {
      to = from + Math.ceil((to - from) / 2);
      for (const [key, entry] of entries) {
        if (covers(key)) continue;
        entries.delete(key);
        characters -= sizeOf(key, entry);
      }
    }
  }

  return {
    from,
    to: () => to,
    covers,
    put(key, { content, place }, relayed) {
      if (!covers(key)) return;
      const before = entries.get(key);
      if (before?.relayed === true && !relayed) return;
      const at = place ?? before?.highest ?? { incarnation: 0, version: 0 };
      const highest = before === undefined || !isBelow(at, before.highest) ? at : before.highest;
      const entry: TopicEntry = { content, place: at, highest, relayed };
      if (before !== undefined) characters -= sizeOf(key, before);
      characters += sizeOf(key, entry);
      entries.set(key, entry);
      if (characters > most) shrink();
    },
    get: (key) => entries.get(key),
    keys: () => entries.keys(),
    size: () => entries.size,
  };
}

export const LAST_HASH = HASHES;

export function isBelow(a: Place, b: Place): boolean {
  return a.incarnation < b.incarnation || (a.incarnation === b.incarnation && a.version < b.version);
}

interface Value {
  readonly suppressions: readonly {
    readonly scope: string;
    readonly reason: string;
    readonly since: string;
    readonly expiresAt: unknown;
    readonly subdomains?: unknown;
  }[];
  readonly allowed: readonly { readonly scope: string; readonly expiresAt: unknown }[];
}

/** What a value of the topic says, whatever its version and order; undefined when it cannot be read. */
export function contentOf(value: string): { readonly content: string; readonly version: number | undefined } | undefined {
  try {
    const { suppressions, allowed, recipientVersion } = JSON.parse(value) as Value & { readonly recipientVersion: unknown };
    const held = suppressions.map(({ scope, reason, since, expiresAt, subdomains }) =>
      JSON.stringify([scope, reason, since, expiresAt ?? null, subdomains === true]),
    );
    const free = allowed.map(({ scope, expiresAt }) => JSON.stringify([scope, expiresAt ?? null]));
    const content = `${held.sort().join(';')}|${free.sort().join(';')}`;
    return { content, version: typeof recipientVersion === 'number' ? recipientVersion : undefined };
  } catch {
    return undefined;
  }
}
