/** The contract of stores of imports on each of them. */
import { createMemoryImports, createMemoryTrail } from '@desist/memory';
import { IMPORTS_KEPT } from '@desist/pipeline';
import type { AuditTrail, ImportStore, NewImport } from '@desist/pipeline';
import { createAuditTrail, createImportStore } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';
import { anEntry } from './trail-suite.ts';

interface Stores {
  readonly imports: ImportStore;
  readonly trail: AuditTrail;
  close(): Promise<void>;
}

const onDatabase = ({ db, close }: OpenDatabase): Stores => ({ imports: createImportStore(db), trail: createAuditTrail(db), close });

describe.each<readonly [string, () => Promise<Stores>]>([
  [
    'memory',
    async () => {
      const trail = createMemoryTrail();
      return { imports: createMemoryImports(trail), trail, close: async () => undefined };
    },
  ],
  ['PGlite', async () => onDatabase(await migratedEmbedded())],
  ['Postgres server', async () => onDatabase(await migratedServer())],
])('imports: %s', (_, make) => {
  let stores: Stores;
  let imports: ImportStore;
  beforeAll(async () => {
    stores = await make();
    ({ imports } = stores);
  });
  afterAll(async () => stores.close());

  const wanted = (id: string, more: Partial<NewImport> = {}): NewImport => ({
    ...{
      id,
      name: 'a "list".csv',
      resumeKey: id,
      tenant: 'acme',
      stream: null,
      importAs: null,
      by: 'eve',
      keyName: 'desk',
      startedAt: 1_000,
    },
    ...more,
  });
  const step = (from: number, rows: number, isDone = false) => ({
    ...{ from, rows, isDone, at: 1_000 + rows, counts: { fresh: rows, scopes: { '*': rows } } },
    problems: [{ row: 1, line: null, problem: 'not JSON' }],
  });
  const entry = (action: string) => anEntry({ action, address: null });
  const acts = async () => (await stores.trail.page({}, { limit: 100 })).items.map(({ action }) => action).sort();

  test('start, advance and end, each with its entry; what does not fit changes nothing', async () => {
    const made = await imports.start(wanted('a'), { fresh: 0 }, (_job, isNew) => entry(isNew ? 'a-new' : 'a-again'));
    expect(made).toEqual({ ...wanted('a'), state: 'running', rows: 0, counts: { fresh: 0 }, problems: [], updatedAt: 1_000 });
    const moved = { ...made, rows: 5, counts: step(0, 5).counts, problems: step(0, 5).problems, updatedAt: 1_005 };
    expect(await imports.advance('a', step(0, 5), entry('a-moved'))).toEqual(moved);
    expect(await imports.advance('a', step(0, 5), entry('never'))).toBeNull();
    expect(await imports.stop('a', 2_000, entry('a-stopped'))).toEqual({ ...moved, state: 'stopped', updatedAt: 2_000 });
    expect(await imports.stop('a', 2_000, entry('never'))).toBeNull();
    expect(await imports.advance('a', step(5, 9), entry('never'))).toBeNull();
    const again = await imports.start(wanted('b', { resumeKey: 'a', startedAt: 3_000 }), {}, (job, isNew) =>
      entry(`${job.id}-${isNew ? 'new' : 'again'}`),
    );
    expect(again).toEqual({ ...moved, state: 'running', updatedAt: 3_000 });
    expect(await imports.advance('a', step(5, 9, true), entry('a-done'))).toMatchObject({ state: 'done', rows: 9 });
    expect(await imports.stop('a', 4_000, entry('never'))).toBeNull();
    expect(await imports.start(wanted('c', { resumeKey: 'a' }), {}, () => null)).toMatchObject({ id: 'c', rows: 0 });
    expect([await imports.import('a'), await imports.import('b')]).toMatchObject([{ state: 'done' }, null]);
    expect(await acts()).toEqual(['a-again', 'a-done', 'a-moved', 'a-new', 'a-stopped']);
  });

  test('of two steps from the same row, one is taken', async () => {
    await imports.start(wanted('race'), {}, () => null);
    const taken = await Promise.all([imports.advance('race', step(0, 5), null), imports.advance('race', step(0, 5), null)]);
    expect(taken.filter((one) => one !== null)).toHaveLength(1);
  });

  test('dry runs of one file stand beside each other; the newest come first, of the tenants that were asked for', async () => {
    for (const [id, startedAt] of [
      ['dry-1', 10_000],
      ['dry-2', 10_001],
    ] as const)
      await imports.start(wanted(id, { resumeKey: null, tenant: null, startedAt }), {}, () => null);
    await imports.start(wanted('beta', { tenant: 'beta', startedAt: 10_002 }), {}, () => null);
    expect((await imports.imports({ limit: 3 })).map(({ id }) => id)).toEqual(['beta', 'dry-2', 'dry-1']);
    expect((await imports.imports({ tenants: ['beta', 'other'], limit: 3 })).map(({ id }) => id)).toEqual(['beta']);
  });

  test('what nobody has touched for long is forgotten with the next one', async () => {
    await imports.start(wanted('old', { startedAt: 1 }), {}, () => null);
    await imports.start(wanted('late', { startedAt: 20_000 + IMPORTS_KEPT }), {}, () => null);
    expect([await imports.import('old'), await imports.import('late')]).toMatchObject([null, { id: 'late' }]);
  });
});
