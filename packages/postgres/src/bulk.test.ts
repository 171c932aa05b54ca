import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { textArray } from './bulk.ts';
import type { Database } from './database.ts';
import { openInMemory } from './index.ts';

let db: Database;
beforeAll(async () => {
  db = await openInMemory();
}, 60_000);
afterAll(async () => db.close());

/** What Postgres cannot store at all is left out: NUL, and halves of surrogate pairs. */
const text = fc.string({ unit: 'grapheme' }).map((any) => any.replaceAll('\0', '').toWellFormed());
const odd = fc.constantFrom('', '"', '\\', '\\"', 'NULL', 'null', '{}', ',', ' ', 'a,b', '\u001f', '\n', 'x@example.com');

it('a column of texts comes out of Postgres as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.oneof(text, odd), { nil: null })), async (values) => {
      const rows = await db.query('select k from unnest($1::text[]) with ordinality as u (k, n) order by n', [textArray(values)]);
      expect(rows.map(({ k }) => k)).toEqual(values);
    }),
  );
});
