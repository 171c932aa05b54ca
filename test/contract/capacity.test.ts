/** The model of `desist capacity` beside a database that engines have filled: 20,000 recipients of every kind, on a real server. */
import { migrate, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sizesOf as modelled } from '../../services/cli/src/capacity.ts';
import { eventsOf, foldInto } from '../support/load/population.ts';
import type { Recipients } from '../support/load/population.ts';
import { sizesOf as measured } from '../support/load/sizes.ts';
import { createDatabase } from '../support/servers/postgres.ts';

const TRIES = 4;
const POPULATION: readonly Recipients[] = [
  { life: 'bounced', count: 14_000, tries: 1 },
  { life: 'persistent', count: 2_000, tries: TRIES },
  { life: 'deferred', count: 3_000, tries: TRIES },
  { life: 'recovered', count: 1_000, tries: TRIES },
];
const of = (life: Recipients['life']): number => POPULATION.find((one) => one.life === life)?.count ?? 0;
const TABLES = ['recipient', 'suppression', 'recipient_event'];
/**
 * So much of what the model says may a table take, an index, and all of them together. Rows fill whole pages, and some are written more than once.
 */
const TABLE = { least: 0.75, most: 1.25 };
const INDEX = { least: 0.55, most: 1.3 };
const ALL = { least: 0.85, most: 1.15 };

describe.skipIf(inject('databaseUrl') === undefined)('what the model says of 20,000 recipients', () => {
  let db: Database;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const created = await createDatabase(inject('databaseUrl') as string);
    drop = created.drop;
    db = openServer({ url: created.url, applicationName: 'desist-tests', onIdleError: () => undefined });
    await migrate(db);
    await foldInto(db, eventsOf(POPULATION));
    // The model is asked for what is first written. A row that is written again takes a second place in each index, and splits a full page there:
    // what that adds is of the bench.
    for (const table of TABLES) await db.script(`reindex table desist.${table}`);
  }, 600_000);
  afterAll(async () => {
    await db.close();
    await drop();
  });

  test('is what the tables and indexes take', async () => {
    const [counted] = await db.query(
      `select (select count(*) from desist.recipient) as recipients, (select count(*) from desist.suppression) as listed,
         (select count(*) from desist.recipient_event) as changes, (select count(*) from desist.recipient where not tracked) as healthy`,
    );
    expect(counted).toMatchObject({ recipients: 20_000, listed: of('bounced') + of('persistent'), healthy: of('recovered') });
    const changes = Number(counted?.['changes']);
    // One of a hard bounce, four until suppressed, two of whoever recovers.
    expect(changes).toBe(of('bounced') + 4 * of('persistent') + 2 * of('recovered'));
    const model = modelled({
      ...{
        bounced: of('bounced'),
        persistent: of('persistent'),
        deferred: of('deferred'),
        recovered: of('recovered'),
        tries: TRIES,
        changes,
      },
      ...{ rollups: 0, auditEntries: 0, erased: 0, messages: 0, journal: 0 },
    }).filter(({ table }) => TABLES.includes(table));
    const real = await measured(db, TABLES);
    const nameOf = ({ table, index }: { readonly table: string; readonly index: string | null }): string => index ?? table;

    // Every index that takes more than a page or two for so many rows is in the model.
    const names = new Set(model.map(nameOf));
    expect(real.filter((one) => one.bytes > 100_000 && !names.has(nameOf(one)))).toEqual([]);
    const off = model.flatMap((one) => {
      const bytes = real.find((other) => nameOf(other) === nameOf(one))?.bytes ?? 0;
      const ratio = bytes / one.bytes;
      const { least, most } = one.index === null ? TABLE : INDEX;
      return ratio < least || ratio > most ? [`${nameOf(one)}: ${Math.round(one.bytes)} by the model, ${bytes} measured`] : [];
    });
    expect(off).toEqual([]);
    const sum = (sizes: readonly { readonly bytes: number }[]): number => sizes.reduce((bytes, one) => bytes + one.bytes, 0);
    const ratio = sum(real) / sum(model);
    expect(ratio).toBeGreaterThan(ALL.least);
    expect(ratio).toBeLessThan(ALL.most);
  });
});
