/** The contract of audit trails on each of them, what a page costs, and entries in the transaction of what is done. */
import { createMemoryIncidents, createMemoryKeys, createMemoryStore, createMemoryTrail } from '@desist/memory';
import { createdIncident } from '@desist/pipeline';
import type { AuditTrail, IncidentStore, KeyStore, RecipientStore } from '@desist/pipeline';
import { createAuditTrail, createIncidentStore, createKeyStore, createStore } from '@desist/store-postgres';
import { describe, expect, test } from 'vitest';
import { plansOf } from '../support/servers/plans.ts';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';
import { anEntry, trailContract } from './trail-suite.ts';

trailContract('memory', async () => ({ trail: createMemoryTrail(), close: async () => undefined }));
for (const [name, make] of [
  ['PGlite', migratedEmbedded],
  ['Postgres server', migratedServer],
] as const) {
  trailContract(name, async () => {
    const { db, close } = await make();
    return { trail: createAuditTrail(db), close };
  });
}

interface Closed {
  close(): Promise<void>;
}

interface Stores extends Closed {
  readonly trail: AuditTrail;
  readonly keys: KeyStore;
  readonly incidents: IncidentStore;
  readonly store: RecipientStore;
}

async function onDatabase({ db, close }: OpenDatabase): Promise<Stores> {
  return { trail: createAuditTrail(db), keys: createKeyStore(db), incidents: createIncidentStore(db), store: createStore(db), close };
}

describe.each<readonly [string, () => Promise<Stores>]>([
  [
    'memory',
    async (): Promise<Stores> => {
      const store = createMemoryStore();
      return {
        trail: store.trail,
        keys: createMemoryKeys(store.trail),
        incidents: createMemoryIncidents(store.trail),
        store,
        close: async () => undefined,
      };
    },
  ],
  ['PGlite', async () => onDatabase(await migratedEmbedded())],
  ['Postgres server', async () => onDatabase(await migratedServer())],
])('entries of acts: %s', (_, make) => {
  test('are written with what is done, and not when it is refused', async () => {
    const { trail, keys, incidents, store, close } = await make();
    const actions = async () => (await trail.page({}, { limit: 50 })).items.map(({ action }) => action).toReversed();
    const entry = (action: string, n: number) => anEntry({ action, at: n, address: null });
    const key = {
      id: 'k',
      name: 'k',
      roles: ['reader'],
      tenants: null,
      createdAt: 1,
      createdBy: null,
      expiresAt: null,
      hash: 'h',
    } as const;
    await keys.makeKey(key, entry('made', 1));
    await keys.makeKey({ ...key, id: 'l', hash: 'i' }, entry('made twice', 2));
    await keys.rotateKey('k', { hash: 'j', at: 2, until: 9 }, entry('rotated', 3));
    await keys.rotateKey('zork', { hash: 'x', at: 2, until: 9 }, entry('rotated nothing', 4));
    await keys.endKey('k', 3, false, entry('ended', 5));
    await keys.endKey('k', 3, false, entry('ended twice', 6));
    const terms = { tenant: null, provider: 'gmail', domain: null, code: null, text: null, from: 1, until: 2 };
    const incident = createdIncident('i', terms, { by: null, note: null, at: 1 });
    await incidents.insert(incident, entry('created', 7));
    await incidents.insert(incident, entry('created twice', 8));
    await incidents.update({ ...incident, revision: 1 }, 0, entry('voided', 9));
    await incidents.update({ ...incident, revision: 1 }, 0, entry('voided twice', 10));
    const owner = await store.claim(0, 'me');
    await store.markStopped(owner, 'why');
    await store.resume(0, { toleratedBelow: 1, entry: entry('resumed', 11) });
    await expect(store.resume(0, { toleratedBelow: 1, entry: entry('resumed twice', 12) })).rejects.toMatchObject({ kind: 'refused' });
    await store.resume(7, { toleratedBelow: 1, entry: entry('resumed nothing', 13) });
    expect(await actions()).toEqual(['made', 'rotated', 'ended', 'created', 'voided', 'resumed']);
    await close();
  });
});

describe('the audit trail on a Postgres server', () => {
  test('a page reads a bounded number of entries by an index, whatever it finds, and the next one goes on', async () => {
    const { db, close } = await migratedServer();
    const trail = createAuditTrail(db);
    await trail.note(
      Array.from({ length: 12_000 }, (_, n) => anEntry({ at: n, tenant: n % 100 === 0 ? 'rare' : 'acme', address: `u${n}@example.com` })),
    );
    await db.script('analyze desist.audit_entry');
    let pages = 0;
    for (let cursor: string | undefined; ; pages += 1) {
      const page = await trail.page({ who: 'nobody' }, { limit: 10, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.items).toEqual([]);
      if (page.cursor === null) break;
      cursor = page.cursor;
    }
    expect(pages).toBe(2);
    const rare = await trail.page({ tenants: ['rare', 'zork'] }, { limit: 7 });
    expect(rare.items.map(({ at }) => at)).toEqual([11_900, 11_800, 11_700, 11_600, 11_500, 11_400, 11_300]);
    for (const [filter, index] of [
      [{ who: 'nobody' }, 'audit_entry_at'],
      [{ tenants: ['rare', 'zork'] }, 'audit_entry_tenant'],
      [{ address: 'u77@example.com' }, 'audit_entry_address'],
    ] as const) {
      const nodes = await plansOf(db, (watched) => createAuditTrail(watched).page(filter, { limit: 10 }));
      expect(nodes.flatMap((node) => node['Index Name'] ?? [])).toEqual([index]);
      expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    }
    await close();
  });
});
