/** What every store of incidents must do, whatever it is made of. */
import type { IncidentCount, IncidentRow, IncidentStore, KnownIncident, RecipientRow } from '@desist/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asTenant } from '@desist/domain';
import { row } from './store-suite.ts';

const ACME = asTenant('acme');

export interface IncidentsUnderTest {
  readonly incidents: IncidentStore;
  /** As a partition's commit does. */
  committed(
    partition: number,
    what: { counts?: readonly IncidentCount[]; known?: readonly KnownIncident[]; clock?: number },
  ): Promise<void>;
  recipients(rows: readonly RecipientRow[]): Promise<void>;
  close(): Promise<void>;
}

const AT = Date.UTC(2026, 2, 4, 10);
const QUARTER = 900_000;

const incident = (id: string, more: Partial<IncidentRow> = {}): IncidentRow => ({
  id,
  origin: 'operator',
  revision: 1,
  announcedRevision: 0,
  action: 'voided',
  excludes: true,
  open: false,
  terms: { tenant: null, provider: id, domain: null, code: '5.1.1', text: 'é "x"', from: AT, until: AT + 1 },
  summary: { failing: 2, delivered: 1, usualShare: 0.25, codes: [{ code: '550', count: 2 }], samples: ['é'] },
  by: 'eve',
  note: null,
  at: AT,
  createdAt: AT,
  ...more,
});
const opened = (id: string, provider: string, more: Partial<IncidentRow> = {}): IncidentRow =>
  incident(id, { origin: 'detected', open: true, action: 'opened', terms: { ...incident(id).terms, provider, until: null }, ...more });

const count = (provider: string, at: number, [failing, delivered]: readonly [number, number], tenant = 'acme'): IncidentCount => ({
  tenant: asTenant(tenant),
  provider,
  at,
  failing,
  delivered,
  codes: failing === 0 ? [] : [{ code: '550 5.1.1', count: failing }],
  samples: failing === 0 ? [] : ['550 5.1.1 no'],
});

export function incidentContract(name: string, make: () => Promise<IncidentsUnderTest>): void {
  describe(`incidents: ${name}`, () => {
    let under: IncidentsUnderTest;
    let incidents: IncidentStore;
    beforeAll(async () => {
      under = await make();
      incidents = under.incidents;
    });
    afterAll(async () => under.close());

    test('a row comes back as it was written; the first one gets the id, and only one may be open for a tenant and provider', async () => {
      const row = incident('a');
      expect([await incidents.insert(row), await incidents.insert({ ...row, note: 'second' })]).toEqual([true, false]);
      expect(await incidents.find('a')).toEqual(row);
      expect(await incidents.find('nobody')).toBeNull();
      expect(await incidents.insert(opened('b', 'gmail'))).toBe(true);
      expect(await incidents.insert(opened('c', 'gmail'))).toBe(false);
      // Of one tenant there is another place, and of every tenant its own.
      const own = (id: string, tenant: string): IncidentRow =>
        opened(id, 'own', { terms: { ...incident(id).terms, tenant: asTenant(tenant), provider: 'own', until: null } });
      expect(await incidents.insert(own('o1', 'acme'))).toBe(true);
      expect(await incidents.insert(own('o2', 'acme'))).toBe(false);
      expect(await incidents.insert(own('o3', 'beta'))).toBe(true);
      expect(await incidents.insert(opened('o4', 'own'))).toBe(true);
      expect(await incidents.insert(opened('o5', 'own'))).toBe(false);
      for (const id of ['o1', 'o3', 'o4']) {
        const row = (await incidents.find(id)) as IncidentRow;
        await incidents.update({ ...row, open: false, announcedRevision: 1, createdAt: AT - 100 }, 1);
      }
      expect(await incidents.insert(opened('d', 'yahoo', { createdAt: AT + 5 }))).toBe(true);
      expect((await incidents.open()).map(({ id }) => id)).toEqual(['b', 'd']);
    });

    test('it is changed only by whoever knows its revision, and is to be announced until every partition has the latest', async () => {
      const row = (await incidents.find('b')) as IncidentRow;
      const closed = { ...row, revision: 2, open: false, action: 'closed', terms: { ...row.terms, until: AT + 7 } } as const;
      expect([await incidents.update(closed, 1), await incidents.update({ ...closed, note: 'late' }, 1)]).toEqual([true, false]);
      expect(await incidents.find('b')).toEqual(closed);
      expect((await incidents.unannounced()).map(({ id }) => id)).toEqual(['a', 'b', 'd']);
      await incidents.markAnnounced('b', 1);
      await incidents.markAnnounced('a', 1);
      expect((await incidents.unannounced()).map(({ id }) => id)).toEqual(['b', 'd']);
      await incidents.markAnnounced('b', 2);
      await incidents.markAnnounced('b', 1);
      expect((await incidents.unannounced()).map(({ id }) => id)).toEqual(['d']);
      const detected = async (providers: readonly string[], since: number): Promise<readonly string[]> =>
        (await incidents.detected(providers, since)).map(({ id }) => id);
      expect(await detected(['gmail', 'yahoo', 'a', 'outlook'], AT)).toEqual(['b', 'd']);
      expect(await detected(['gmail', 'yahoo'], AT + 7)).toEqual(['d']);
      expect(await detected(['gmail'], AT + 6)).toEqual(['b']);
      // Its place is free again.
      expect(await incidents.insert(opened('e', 'gmail', { createdAt: AT + 9 }))).toBe(true);
    });

    test('the list is newest first, page by page; restricted to some tenants, it has only theirs', async () => {
      await incidents.insert(incident('t', { terms: { ...incident('t').terms, tenant: ACME }, createdAt: AT - 1 }));
      const all = await incidents.list({ limit: 10 });
      expect(all.map(({ id }) => id)).toEqual(['e', 'd', 'b', 'a', 't', 'o4', 'o3', 'o1']);
      const first = await incidents.list({ limit: 2 });
      expect((await incidents.list({ limit: 2, before: first.at(-1) as IncidentRow })).map(({ id }) => id)).toEqual(['b', 'a']);
      expect((await incidents.list({ limit: 10, tenants: ['acme', 'beta'] })).map(({ id }) => id)).toEqual(['t', 'o3', 'o1']);
      expect((await incidents.list({ limit: 10, tenants: ['beta'] })).map(({ id }) => id)).toEqual(['o3']);
      expect(await incidents.list({ limit: 10, tenants: ['gamma'] })).toEqual([]);
    });

    test('the counts of the partitions are summed; a provider with too few failing recipients is no suspect', async () => {
      expect(await incidents.progressOfAll()).toBeNull();
      await under.committed(1, {
        counts: [count('gmail', AT, [12, 3]), count('gmail', AT - QUARTER, [0, 7]), count('yahoo', AT, [9, 0])],
        clock: AT,
      });
      await under.committed(2, {
        counts: [count('gmail', AT, [11, 1]), count('yahoo', AT, [1, 0]), count('old', AT - 9 * QUARTER, [30, 0])],
        clock: AT + 5,
      });
      expect(await incidents.progressOfAll()).toMatchObject({ clock: AT + 5 });
      const quarter = { samples: ['550 5.1.1 no'], codes: [{ code: '550 5.1.1', count: 23 }] };
      const by = { tenant: ACME, provider: 'gmail' };
      const gmail = {
        by,
        counts: [
          { at: AT - QUARTER, failing: 0, delivered: 7, codes: [], samples: [] },
          { ...quarter, at: AT, failing: 23, delivered: 4 },
        ],
      };
      expect(await incidents.suspects({ since: AT, recipients: 20, share: 0.5, baseline: QUARTER })).toEqual([gmail]);
      await under.committed(1, { counts: [count('busy', AT, [30, 900])] });
      // Most of what a quarter delivered was counted where nobody failed.
      await under.committed(1, { counts: [count('spread', AT, [30, 0])] });
      await under.committed(2, { counts: [count('spread', AT, [0, 900])] });
      expect(await incidents.suspects({ since: AT, recipients: 20, share: 0.5, baseline: QUARTER })).toEqual([gmail]);
      expect(await incidents.counts([{ ...by, provider: 'nobody' }, by], AT)).toEqual([{ by, counts: [gmail.counts[1]] }]);
      expect(await incidents.counts([], AT)).toEqual([]);
    });

    test('a tenant is a suspect by its own counts; those of all tenants are summed on request', async () => {
      await under.committed(1, {
        counts: [count('shared', AT, [12, 1], 'acme'), count('shared', AT, [12, 2], 'beta'), count('shared', AT, [0, 4], 'gamma')],
      });
      const suspects = async (): Promise<readonly unknown[]> =>
        (await incidents.suspects({ since: AT, recipients: 20, share: 0.5, baseline: QUARTER })).map(({ by }) => by);
      expect(await suspects()).toEqual([{ tenant: 'acme', provider: 'gmail' }]);
      await under.committed(2, { counts: [count('shared', AT, [8, 1], 'beta')] });
      expect(await suspects()).toEqual([
        { tenant: 'acme', provider: 'gmail' },
        { tenant: 'beta', provider: 'shared' },
      ]);
      const asked = [null, 'beta', 'nobody'].map((tenant) => ({ tenant: tenant === null ? null : asTenant(tenant), provider: 'shared' }));
      expect(await incidents.counts(asked, AT)).toMatchObject([
        { by: asked[0], counts: [{ at: AT, failing: 32, delivered: 8 }] },
        { by: asked[1], counts: [{ at: AT, failing: 20, delivered: 3 }] },
      ]);
    });

    test('progress is that of the latest revision, over all partitions', async () => {
      const known = (revision: number, done: boolean): KnownIncident => ({
        incident: { id: 'a', revision, excludes: true, terms: incident('a').terms },
        done,
        looked: 5,
        changed: 3,
      });
      await under.committed(1, { known: [known(1, true)] });
      await under.committed(2, { known: [known(1, false)] });
      expect(await incidents.progress('a', 1)).toEqual({ partitions: 2, done: 1, looked: 10, changed: 6 });
      expect(await incidents.progress('a', 2)).toEqual({ partitions: 2, done: 0, looked: 0, changed: 0 });
    });

    test('evidence that terms may concern, page by page, of every partition', async () => {
      const of = (n: number, more: Partial<RecipientRow> = {}): RecipientRow =>
        row(`p${n}@d${n % 2}.example`, { partition: n % 3, evidence: '{"p":"gmail"}', active: undefined, ...more });
      await under.recipients([of(0), of(1), of(2), of(3, { evidence: '{"p":"yahoo"}' }), of(4), of(6, { tenant: asTenant('other') })]);
      const { terms } = incident('a');
      const found = async (more: Partial<IncidentRow['terms']>, limit: number): Promise<readonly string[]> => {
        const all: string[] = [];
        let cursor: string | null = null;
        do {
          const page: Awaited<ReturnType<IncidentStore['evidence']>> = await incidents.evidence({ ...terms, ...more }, { cursor, limit });
          all.push(...page.recipients.map(({ address }) => address.split('@')[0] ?? ''));
          expect(page.recipients.length).toBeLessThanOrEqual(limit);
          cursor = page.cursor;
        } while (cursor !== null);
        return all.toSorted();
      };
      expect(await found({ provider: 'gmail' }, 2)).toEqual(['p0', 'p1', 'p2', 'p4', 'p6']);
      expect(await found({ provider: 'gmail', tenant: ACME }, 100)).toEqual(['p0', 'p1', 'p2', 'p4']);
      expect(await found({ provider: null, domain: 'd1.example' }, 1)).toEqual(['p1', 'p3']);
      expect(await found({ provider: 'gm' }, 1)).toEqual([]);
      const [one] = (await incidents.evidence({ ...terms, provider: 'yahoo' }, { cursor: null, limit: 5 })).recipients;
      expect(one).toEqual({ tenant: 'acme', address: 'p3@d1.example', partition: 0, version: 1, evidence: '{"p":"yahoo"}' });
    });

    test('old counts are deleted, and what partitions know of long past incidents', async () => {
      // The window was over before, but it was decided about later.
      await incidents.prune({ counts: 0, incidents: AT });
      expect(await incidents.progress('a', 1)).toMatchObject({ done: 1, looked: 10 });
      await incidents.prune({ counts: AT - QUARTER, incidents: AT + 2 });
      expect(await incidents.counts([{ tenant: null, provider: 'old' }], 0)).toEqual([]);
      expect((await incidents.counts([{ tenant: ACME, provider: 'gmail' }], 0))[0]?.counts.length).toBe(2);
      // A window of long ago that was voided now: whoever waits for it must see it done.
      const old = { ...incident('old').terms, from: AT - 900, until: AT - 800 };
      await incidents.insert(incident('old', { terms: old, announcedRevision: 1 }));
      await under.committed(1, {
        known: [{ incident: { id: 'old', revision: 1, excludes: true, terms: old }, done: true, looked: 1, changed: 1 }],
      });
      await incidents.prune({ counts: 0, incidents: AT - 500 });
      expect(await incidents.progress('old', 1)).toMatchObject({ done: 1 });
      await incidents.prune({ counts: 0, incidents: AT + 2 });
      expect(await incidents.progress('old', 1)).toMatchObject({ done: 0 });
      // Partition 2 has not carried it out yet.
      expect(await incidents.progress('a', 1)).toMatchObject({ done: 0, looked: 5 });
    });
  });
}
