/** Every statement against the migrated schema, on both databases: a column or table that is gone, or a type that does not fit, fails here. */
import '@desist/log-postgres';
import { statements } from '@desist/postgres';
import type { Database } from '@desist/postgres';
import '@desist/store-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migratedEmbedded } from '../support/servers/template.ts';

let db: Database;
let close: () => Promise<void>;
beforeAll(async () => ({ db, close } = await migratedEmbedded()));
afterAll(async () => close());

test('every statement is understood by the migrated schema', async () => {
  const all = statements().filter(({ text }) => !text.startsWith('vacuum'));
  expect(all.length).toBeGreaterThan(60);
  const refused: string[] = [];
  for (const { name, text } of all) {
    await db
      .script(`prepare tried as ${text}; deallocate tried`)
      .catch((error: unknown) => refused.push(`${name}: ${String(error)}\n${text}`));
  }
  expect(refused).toEqual([]);
});
