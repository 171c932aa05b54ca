/** The store of API keys on SQL. Changes of keys follow one another: they are rare, and their number must rise in the order of their commits. */
import { isLastAdministrator, MOST_KEYS, MOST_SECRETS } from '@desist/pipeline';
import type { KeyRotation, KeySecret, KeyStore, StoredKey, UsableKey } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import { noteActs } from './audit-trail.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { countKeySecrets } from './statements/count-key-secrets.ts';
import { countKeys } from './statements/count-keys.ts';
import { dropKeySecrets } from './statements/drop-key-secrets.ts';
import { endKey } from './statements/end-key.ts';
import { findKeyRevision } from './statements/find-key-revision.ts';
import { findKey } from './statements/find-key.ts';
import { insertKeySecret } from './statements/insert-key-secret.ts';
import { insertKey } from './statements/insert-key.ts';
import { limitKeySecrets } from './statements/limit-key-secrets.ts';
import { listUsableKeys } from './statements/list-usable-keys.ts';
import { lockKeys } from './statements/lock-keys.ts';
import { noteKeyUse } from './statements/note-key-use.ts';
import { pageKeys } from './statements/page-keys.ts';
import { raiseKeyRevision } from './statements/raise-key-revision.ts';
import { rotateKey } from './statements/rotate-key.ts';

export function createKeyStore(db: Database): KeyStore {
  return {
    keyRevision: async () => (await findKeyRevision.first(db, {}))?.revision ?? 0,

    async usableKeys() {
      const rows = await listUsableKeys.run(db, {});
      const keys = new Map<string, UsableKey & { readonly secrets: KeySecret[] }>();
      for (const { revision: _, ...row } of rows) {
        if (row.id === null) continue;
        const { hash, until, ...key } = row;
        const known = keys.get(key.id) ?? { ...key, secrets: [] };
        known.secrets.push({ hash, until });
        keys.set(key.id, known);
      }
      return { revision: rows[0]?.revision ?? 0, keys: [...keys.values()] };
    },

    makeKey: ({ hash, ...key }, entry) =>
      db.transaction(async (tx) => {
        await lockKeys.run(tx, {});
        const counted = await countKeys.first(tx, { at: key.createdAt });
        if ((counted?.usable ?? 0) >= MOST_KEYS) return 'too_many';
        if ((await insertKey.run(tx, key)).length === 0) return 'name_taken';
        await insertKeySecret.run(tx, { id: key.id, hash });
        await raiseKeyRevision.run(tx, {});
        await noteActs(tx, [entry]);
        return 'made';
      }),

    rotateKey: (id, { hash, at, until }: KeyRotation, entry) =>
      db.transaction(async (tx): Promise<StoredKey | 'too_many' | null> => {
        await lockKeys.run(tx, {});
        const valid = (await countKeySecrets.first(tx, { id, at }))?.valid ?? 0;
        if (until > at && valid >= MOST_SECRETS) return 'too_many';
        const key = await rotateKey.first(tx, { id, at });
        if (key === undefined) return null;
        await limitKeySecrets.run(tx, { id, until });
        await dropKeySecrets.run(tx, { id, at });
        await insertKeySecret.run(tx, { id, hash });
        await raiseKeyRevision.run(tx, {});
        await noteActs(tx, [entry]);
        return key;
      }),

    endKey: (id, at, keepsOne, entry) =>
      db.transaction(async (tx): Promise<StoredKey | 'last' | null> => {
        await lockKeys.run(tx, {});
        const before = await countKeys.first(tx, { at });
        const found = await findKey.first(tx, { id });
        if (found === undefined || found.endedAt !== null) return null;
        if (keepsOne && isLastAdministrator(found, before?.administrators ?? 0, at)) return 'last';
        const key = await endKey.first(tx, { id, at });
        await raiseKeyRevision.run(tx, {});
        await noteActs(tx, [entry]);
        return key ?? null;
      }),

    key: async (id) => (await findKey.first(db, { id })) ?? null,

    async keys({ tenants, cursor, limit }) {
      const [before = null, beforeId = null] = cursor === undefined ? [] : (decodeCursor(cursor, ['number', 'string']) as [number, string]);
      const rows = await pageKeys.run(db, { tenants: tenants ?? null, before, beforeId, limit: limit + 1 });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items, cursor: rows.length > limit && last !== undefined ? encodeCursor([last.createdAt, last.id]) : null };
    },

    async noteKeyUse(uses) {
      const rows = [...uses].sort((a, b) => (a.id < b.id ? -1 : 1));
      if (rows.length > 0) await noteKeyUse.run(db, { rows });
    },
  };
}
