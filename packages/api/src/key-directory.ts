/**
 * Every key that this process accepts: those of the configuration, and those of the database, of which it keeps a copy. A request asks the
 * copy, so it costs no query, whatever key it brings. The copy asks for a number at intervals, and reads the keys again when that has changed.
 */
import { createHash } from 'node:crypto';
import type { KeyStore, Logger, UsableKeys } from '@desist/pipeline';
import type { ApiKey, Role } from './keys.ts';

/** A key that is accepted, by one of its hashes. */
export interface KnownKey {
  /** Of the database, or `configured:NAME`. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly tenants: readonly string[] | '*';
  readonly hash: string;
}

export interface KeyDirectory {
  /**
   * `keyed`: a key is required. `open`: there never was one, so everybody may do everything. `unknown`: the database has not answered yet, so
   * a key that is not found may exist.
   */
  state(): 'keyed' | 'open' | 'unknown';
  /** The key of this hash, if it is accepted at this moment (ms). Notes that it was used. */
  find(hash: string, now: number): KnownKey | undefined;
  /** The hash that this mark stands for, if its key is accepted at this moment. */
  marked(mark: string, now: number): string | undefined;
  /** Keys of the configuration. */
  readonly configured: readonly ApiKey[];
  /** Reads what has changed in the database. Rejects when it cannot. */
  refresh(): Promise<void>;
  /** Resolves when the database has been asked, while nothing is known of it. One question at a time, whoever waits. Never rejects. */
  settled(): Promise<void>;
  /** Refreshes at intervals, and notes which keys were used, until `close` is called. */
  watch(interval: number): void;
  /** Resolves when nothing is asked of the database any more. */
  close(): Promise<void>;
}

/** A key that is used all the time is noted once in this time, ms. */
const NOTED_EVERY = 3_600_000;

interface Entry extends KnownKey {
  /** ms; infinite: never. */
  readonly endsAt: number;
  readonly stored: boolean;
}

export interface KeyDirectoryOptions {
  readonly configured: readonly ApiKey[];
  /** Undefined: there is no database to ask. */
  readonly store: Pick<KeyStore, 'keyRevision' | 'usableKeys' | 'noteKeyUse'> | undefined;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

export function createKeyDirectory({ configured, store, logger }: KeyDirectoryOptions): KeyDirectory {
  const fixed = configured.map((key): Entry => ({ ...key, id: `configured:${key.name}`, endsAt: Infinity, stored: false }));
  let revision: number | undefined = store === undefined ? 0 : undefined;
  let byHash = indexOf(fixed);
  let byMark = marksOf(fixed);
  /** When each key was used last, as far as that is noted; and what is not noted yet. */
  const noted = new Map<string, number>();
  let uses = new Map<string, number>();
  let working: Promise<void> | undefined;
  let watching: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isAway = false;

  function take({ revision: latest, keys }: UsableKeys): void {
    const stored = keys.flatMap(({ secrets, id, name, roles, tenants, expiresAt, lastUsedAt }) => {
      if (lastUsedAt !== null) noted.set(id, Math.max(lastUsedAt, noted.get(id) ?? 0));
      return secrets.map(({ hash, until }): Entry => {
        const endsAt = Math.min(until ?? Infinity, expiresAt ?? Infinity);
        return { id, name, roles, tenants: tenants ?? '*', hash, endsAt, stored: true };
      });
    });
    // The configuration is read last: nobody can take a configured key's place.
    byHash = indexOf([...stored, ...fixed]);
    byMark = marksOf([...stored, ...fixed]);
    revision = latest;
  }

  async function load(): Promise<void> {
    if (store === undefined) return;
    if (revision !== undefined && (await store.keyRevision()) === revision) return;
    take(await store.usableKeys());
  }

  async function noteUses(): Promise<void> {
    if (store === undefined || uses.size === 0) return;
    const taken = [...uses].map(([id, at]) => ({ id, at }));
    uses = new Map();
    for (const { id, at } of taken) noted.set(id, at);
    await store.noteKeyUse(taken);
  }

  function refresh(): Promise<void> {
    const next = (working ?? Promise.resolve()).then(load, load).finally(() => {
      if (working === next) working = undefined;
    });
    working = next;
    return next;
  }

  async function round(): Promise<void> {
    // What is under way is not waited for twice.
    await (working ?? refresh());
    await noteUses();
  }

  function valid(entry: Entry | undefined, now: number): Entry | undefined {
    return entry !== undefined && entry.endsAt > now ? entry : undefined;
  }

  return {
    configured,
    state: () => (revision === undefined ? 'unknown' : fixed.length > 0 || revision > 0 ? 'keyed' : 'open'),
    find(hash, now) {
      const entry = valid(byHash.get(hash), now);
      if (entry?.stored === true && now - (noted.get(entry.id) ?? -Infinity) >= NOTED_EVERY) uses.set(entry.id, now);
      return entry;
    },
    marked: (mark, now) => valid(byMark.get(mark), now)?.hash,
    refresh,
    async settled() {
      if (revision === undefined) await (working ?? refresh()).catch(() => undefined);
    },
    watch(interval) {
      const again = async (): Promise<void> => {
        try {
          await round();
          if (isAway) logger.info({}, 'keys of the database are read again');
          isAway = false;
        } catch (error) {
          if (!isAway) logger.warn({ error: (error as Error).name }, 'keys of the database could not be read: those that were known stay');
          isAway = true;
        }
        timer?.refresh();
      };
      timer ??= setTimeout(() => void (watching = again()), interval).unref();
    },
    async close() {
      clearTimeout(timer);
      timer = undefined;
      await watching;
    },
  };
}

/** What stands for a key's hash in a cookie: who reads it learns nothing of the hash. */
export function markOf(hash: string): string {
  return createHash('sha256').update('desist session mark ').update(hash).digest().subarray(0, MARK_BYTES).toString('base64url');
}
export const MARK_BYTES = 12;

function indexOf(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  return new Map(entries.map((entry) => [entry.hash, entry]));
}

function marksOf(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  return new Map(entries.map((entry) => [markOf(entry.hash), entry]));
}
