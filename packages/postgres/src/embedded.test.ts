import { Kysely, PGliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { guard } from './embedded.ts';

test('a transaction that cannot begin fails, and does not wait for ever', async () => {
  const db = new Kysely<unknown>({
    dialect: new PGliteDialect({
      pglite: guard({
        closed: false,
        ready: true,
        waitReady: Promise.resolve(),
        close: async () => undefined,
        query: async () => ({ rows: [], fields: [] }),
        transaction: async () => Promise.reject(new Error('no memory')),
      }),
    }),
  });
  const work = db.transaction().execute((tx) => tx.selectNoFrom((eb) => eb.lit(1).as('one')).execute());
  await expect(work).rejects.toThrow('no memory');
});
