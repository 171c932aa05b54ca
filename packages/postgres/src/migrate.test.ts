import { describe, expect, it } from 'vitest';
import { openInMemory } from './embedded.ts';
import { checkSchema, migrate, planMigration } from './migrate.ts';

describe('the plan of a migration', () => {
  it('is what the migration then applies, with what each step is for, and changes nothing', async () => {
    const db = await openInMemory();
    try {
      const plan = await planMigration(db);
      expect(plan.find(({ name }) => name === '0062_recipients_by_deadline.sql')?.about).toMatch(/^Who is not healthy, .* those without/i);
      expect((await checkSchema(db)).state).toBe('missing');
      expect((await migrate(db)).steps).toEqual(plan.map(({ name }) => name));
      expect(await planMigration(db)).toEqual([]);
      await db.query('delete from desist.schema_version where version = 62');
      expect((await planMigration(db)).map(({ name }) => name)).toEqual(['0062_recipients_by_deadline.sql']);
    } finally {
      await db.close();
    }
  });
});
