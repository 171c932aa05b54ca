import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FILE, typesOfMigrations } from './types.ts';

test('the types of the tables are those that the migrations give: after a migration, run `npm run db:types`', async () => {
  expect(await readFile(FILE, 'utf8')).toBe(await typesOfMigrations());
});
