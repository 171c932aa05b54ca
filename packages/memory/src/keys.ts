/** In-memory store of API keys for tests: the same answers as the database store. */
import { isAdministrator, isLastAdministrator, MOST_KEYS, MOST_SECRETS } from '@desist/pipeline';
import type { AuditTrail, KeySecret, KeyStore, StoredKey, UsableKey } from '@desist/pipeline';
import { createMemoryTrail } from './audit-trail.ts';
import { behind } from './page-of.ts';

export function createMemoryKeys(trail: Pick<AuditTrail, 'note'> = createMemoryTrail()): KeyStore {
  const keys = new Map<string, UsableKey>();
  let revision = 0;

  const usable = (): readonly UsableKey[] => [...keys.values()].filter(({ endedAt }) => endedAt === null);
  const plain = ({ secrets: _, ...key }: UsableKey): StoredKey => key;
  const isValid = ({ until }: KeySecret, at: number): boolean => (until ?? Number.POSITIVE_INFINITY) > at;
  const scopeOf = ({ tenants }: Pick<StoredKey, 'tenants'>): string => (tenants ?? ['*']).join();

  return {
    keyRevision: async () => revision,
    usableKeys: async () => ({ revision, keys: usable() }),
    async makeKey({ hash, ...key }, entry) {
      if (usable().length >= MOST_KEYS) return 'too_many';
      if (usable().some((one) => one.name === key.name && scopeOf(one) === scopeOf(key))) return 'name_taken';
      keys.set(key.id, { ...key, rotatedAt: null, endedAt: null, lastUsedAt: null, secrets: [{ hash, until: null }] });
      revision += 1;
      await trail.note([entry]);
      return 'made';
    },
    async rotateKey(id, { hash, at, until }, entry) {
      const key = keys.get(id);
      if (key === undefined) return null;
      const valid = key.secrets.filter((secret) => isValid(secret, at));
      if (until > at && valid.length >= MOST_SECRETS) return 'too_many';
      if (key.endedAt !== null) return null;
      const ending = valid.map((secret) => ({ ...secret, until: Math.min(secret.until ?? until, until) }));
      const rotated = { ...key, rotatedAt: at, secrets: [...ending.filter((secret) => isValid(secret, at)), { hash, until: null }] };
      keys.set(id, rotated);
      revision += 1;
      await trail.note([entry]);
      return plain(rotated);
    },
    async endKey(id, at, keepsOne, entry) {
      const key = keys.get(id);
      if (key === undefined || key.endedAt !== null) return null;
      const administrators = usable().filter((one) => isAdministrator(one) && (one.expiresAt ?? Number.POSITIVE_INFINITY) > at);
      if (keepsOne && isLastAdministrator(key, administrators.length, at)) return 'last';
      keys.set(id, { ...key, endedAt: at });
      revision += 1;
      await trail.note([entry]);
      return plain({ ...key, endedAt: at });
    },
    async key(id) {
      const key = keys.get(id);
      return key === undefined ? null : plain(key);
    },
    async keys({ tenants, cursor, limit }) {
      const all = usable()
        .filter((key) => tenants === undefined || key.tenants?.every((one) => tenants.includes(one)) === true)
        .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
      const left = behind(all, cursor, ({ id }) => id);
      const items = left.slice(0, limit).map(plain);
      return { items, cursor: left.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    async noteKeyUse(uses) {
      for (const { id, at } of uses) {
        const key = keys.get(id);
        if (key !== undefined) keys.set(id, { ...key, lastUsedAt: Math.max(key.lastUsedAt ?? at, at) });
      }
    },
  };
}
