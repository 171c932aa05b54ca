/** The contract of stores of what-ifs on each of them. */
import { createMemoryTrail, createMemoryWhatIfs } from '@desist/memory';
import { MOST_WHATIFS, WHATIF_ABANDONED, WHATIFS_KEPT } from '@desist/pipeline';
import type { AuditTrail, NewWhatIf, WhatIfStore } from '@desist/pipeline';
import { createAuditTrail, createWhatIfStore } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';
import { anEntry } from './trail-suite.ts';

interface Stores {
  readonly whatIfs: WhatIfStore;
  readonly trail: AuditTrail;
  close(): Promise<void>;
}

const onDatabase = ({ db, close }: OpenDatabase): Stores => ({ whatIfs: createWhatIfStore(db), trail: createAuditTrail(db), close });

describe.each<readonly [string, () => Promise<Stores>]>([
  [
    'memory',
    async () => {
      const trail = createMemoryTrail();
      return { whatIfs: createMemoryWhatIfs(trail), trail, close: async () => undefined };
    },
  ],
  ['PGlite', async () => onDatabase(await migratedEmbedded())],
  ['Postgres server', async () => onDatabase(await migratedServer())],
])('what-ifs: %s', (_, make) => {
  let stores: Stores;
  let whatIfs: WhatIfStore;
  beforeAll(async () => {
    stores = await make();
    ({ whatIfs } = stores);
  });
  afterAll(async () => stores.close());

  const wanted = (id: string, more: Partial<NewWhatIf> = {}): NewWhatIf => ({
    ...{ id, resumeKey: id, tenant: 'acme', policy: 'version: 1\n', since: null, by: 'eve', keyName: 'desk', startedAt: 1_000 },
    ...more,
  });
  const entry = (action: string) => anEntry({ action, address: null });
  const started = (job: { readonly id: string }, isNew: boolean) => entry(`${job.id}-${isNew ? 'new' : 'again'}`);
  const acts = async () => (await stores.trail.page({}, { limit: 100 })).items.map(({ action }) => action).sort();

  test('wait, run, and end, for one owner at a time; each step of a person with its entry', async () => {
    const made = await whatIfs.start(wanted('a'), started);
    const fresh = { state: 'waiting', done: 0, total: null, result: null, problem: null, updatedAt: 1_000 };
    expect(made).toEqual({ ...wanted('a'), ...fresh });
    // The same question is the same job.
    expect(await whatIfs.start(wanted('b', { resumeKey: 'a', startedAt: 1_500 }), started)).toEqual(made);
    expect(await whatIfs.claim('one', 2_000)).toEqual({ ...made, state: 'running', updatedAt: 2_000 });
    expect(await whatIfs.claim('two', 2_000)).toBeNull();
    expect(await whatIfs.progress('a', 'one', 2_100, { done: 5, total: 10 })).toBe(true);
    expect(await whatIfs.progress('a', 'two', 2_100, { done: 6, total: 10 })).toBe(false);
    expect(await whatIfs.job('a')).toMatchObject({ state: 'running', done: 5, total: 10, updatedAt: 2_100 });

    expect(await whatIfs.stop('a', 2_200, entry('a-stopped'))).toMatchObject({ state: 'stopped' });
    expect(await whatIfs.stop('a', 2_200, entry('never'))).toBeNull();
    expect(await whatIfs.progress('a', 'one', 2_300, { done: 7, total: 10 })).toBe(false);
    expect(await whatIfs.end({ id: 'a', owner: 'one' }, 2_300, { result: '{}' }, entry('never'))).toBe(false);
    expect(await whatIfs.claim('two', 2_300)).toBeNull();

    // Again, from the start.
    expect(await whatIfs.start(wanted('c', { resumeKey: 'a', startedAt: 3_000 }), started)).toMatchObject({
      id: 'a',
      state: 'waiting',
      done: 0,
    });
    expect(await whatIfs.claim('two', 3_100)).toMatchObject({ id: 'a' });
    expect(await whatIfs.end({ id: 'a', owner: 'two' }, 3_200, { result: '{"events":1}' }, entry('a-done'))).toBe(true);
    expect(await whatIfs.job('a')).toMatchObject({ state: 'done', result: '{"events":1}', problem: null });
    // What was answered is asked anew.
    expect(await whatIfs.start(wanted('d', { resumeKey: 'a', startedAt: 4_000 }), started)).toMatchObject({ id: 'd' });
    expect(await whatIfs.claim('two', 4_100)).toMatchObject({ id: 'd' });
    expect(await whatIfs.end({ id: 'd', owner: 'two' }, 4_200, { problem: 'it is too large' }, entry('d-failed'))).toBe(true);
    expect(await whatIfs.job('d')).toMatchObject({ state: 'failed', result: null, problem: 'it is too large' });
    expect(await acts()).toEqual(['a-again', 'a-done', 'a-new', 'a-stopped', 'd-failed', 'd-new']);
  });

  test('a job whose owner is silent is taken over from the start; the former owner is no longer', async () => {
    await whatIfs.start(wanted('left', { startedAt: 10_000 }), started);
    await whatIfs.claim('dead', 10_000);
    await whatIfs.progress('left', 'dead', 10_500, { done: 9, total: 10 });
    expect(await whatIfs.claim('alive', 10_500 + WHATIF_ABANDONED)).toBeNull();
    expect(await whatIfs.claim('alive', 10_501 + WHATIF_ABANDONED)).toMatchObject({ id: 'left', done: 0, total: null });
    expect(await whatIfs.progress('left', 'dead', 80_000, { done: 10, total: 10 })).toBe(false);
    expect(await whatIfs.end({ id: 'left', owner: 'alive' }, 80_000, { result: '{}' }, entry('end'))).toBe(true);
  });

  test('only so many wait or run; the newest come first, of the tenants that were asked for', async () => {
    for (let i = 0; i < MOST_WHATIFS; i += 1)
      expect(await whatIfs.start(wanted(`n${i}`, { tenant: i === 3 ? null : 'beta', startedAt: 100_000 + i }), started)).not.toBeNull();
    expect(await whatIfs.start(wanted('more', { startedAt: 200_000 }), started)).toBeNull();
    expect((await whatIfs.jobs({ limit: 2 })).map(({ id }) => id)).toEqual(['n9', 'n8']);
    expect((await whatIfs.jobs({ tenants: ['beta'], limit: 100 })).map(({ id }) => id)).not.toContain('n3');
    expect(await whatIfs.stop('n0', 200_000, entry('stop'))).not.toBeNull();
    expect(await whatIfs.start(wanted('more', { startedAt: 200_001 }), started)).toMatchObject({ id: 'more' });
    // One that was stopped needs room, too.
    expect(await whatIfs.start(wanted('again', { resumeKey: 'n0', startedAt: 200_002 }), started)).toBeNull();
  });

  test('what nobody has touched for long is forgotten with the next one', async () => {
    await whatIfs.stop('n1', 200_003, entry('stop'));
    await whatIfs.start(wanted('late', { startedAt: 300_000 + WHATIFS_KEPT }), started);
    expect([await whatIfs.job('a'), await whatIfs.job('late')]).toMatchObject([null, { id: 'late' }]);
  });
});
