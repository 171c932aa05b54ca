/** The contract of stores of API keys on each of them, and what only SQL can break. */
import { createMemoryKeys } from '@desist/memory';
import { createKeyStore } from '@desist/store-postgres';
import { describe, expect, test } from 'vitest';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import { keyContract } from './key-suite.ts';
import { anEntry } from './trail-suite.ts';

keyContract('memory', async () => ({ keys: createMemoryKeys(), close: async () => undefined }));

keyContract('PGlite', async () => {
  const { db, close } = await migratedEmbedded();
  return { keys: createKeyStore(db), close };
});

keyContract('Postgres server', async () => {
  const { db, close } = await migratedServer();
  return { keys: createKeyStore(db), close };
});

describe('keys on a Postgres server', () => {
  test('of two that end the last two administrators at once, one is refused; changes at once all count', async () => {
    const { db, close } = await migratedServer();
    const keys = createKeyStore(db);
    const key = { roles: ['operator'], tenants: null, createdAt: 1, createdBy: null, expiresAt: null } as const;
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => keys.makeKey({ ...key, id, name: id, hash: id.repeat(64) }, anEntry())));
    expect(await keys.keyRevision()).toBe(4);
    const ended = await Promise.all(['a', 'b', 'c', 'd'].map((id) => keys.endKey(id, 2, true, anEntry())));
    expect(ended.filter((one) => one === 'last')).toHaveLength(1);
    expect((await keys.usableKeys()).keys).toHaveLength(1);
    await close();
  });
});
