/** What every audit trail must do. */
import { InvalidCursorError } from '@desist/pipeline';
import type { AuditEntry, AuditFilter, AuditTrail, NewAuditEntry } from '@desist/pipeline';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const AT = Date.parse('2026-03-01T10:00:00.000Z');

export function anEntry(more: Partial<NewAuditEntry> = {}): NewAuditEntry {
  return {
    ...{ at: AT, action: 'release', tenant: 'acme', keyId: 'key_1', keyName: 'support', keyOfTenant: true, by: 'é "eve"\u001f' },
    ...{
      from: '192.0.2.7',
      address: 'a@example.com',
      target: 'command',
      outcome: 'unconfirmed',
      note: 'ticket \\ 4711',
      detail: { scope: '*' },
    },
    ...more,
  };
}

export interface TrailUnderTest {
  readonly trail: AuditTrail;
  close(): Promise<void>;
}

export function trailContract(name: string, make: () => Promise<TrailUnderTest>): void {
  describe(`audit trail: ${name}`, () => {
    let under: TrailUnderTest;
    let trail: AuditTrail;
    beforeAll(async () => {
      under = await make();
      ({ trail } = under);
    });
    beforeEach(async () => void (await trail.prune(Number.MAX_SAFE_INTEGER)));
    afterAll(async () => under.close());

    /** All of it, page by page. */
    async function all(filter: AuditFilter = {}, limit = 100): Promise<readonly AuditEntry[]> {
      const found: AuditEntry[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await trail.page(filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        found.push(...page.items);
        if (page.cursor === null) return found;
        cursor = page.cursor;
      }
    }

    test('gives back what was written, and what became of it', async () => {
      const nobody = anEntry({
        at: AT + 1,
        tenant: null,
        keyId: null,
        keyName: null,
        keyOfTenant: false,
        by: null,
        from: null,
        address: null,
        target: null,
        note: null,
        outcome: 'done',
        detail: {},
      });
      const ids = await trail.note([anEntry(), nobody]);
      expect(ids).toHaveLength(2);
      expect(await trail.note([])).toEqual([]);
      const [second, first] = await all();
      expect(first).toEqual({ ...anEntry(), id: first?.id, erased: false });
      expect(second).toEqual({ ...nobody, id: second?.id, erased: false });
      expect(new Set(ids)).toEqual(new Set([first?.id, second?.id]));
      await trail.settle([first!.id], 'accepted');
      await trail.settle([], 'applied');
      expect((await all()).map(({ outcome }) => outcome)).toEqual(['done', 'accepted']);
    });

    test('ids are in the order of the entries, and settle one of them also when its recipient was erased', async () => {
      const many = Array.from({ length: 300 }, (_, n) => anEntry({ target: String(n), tenant: 'many' }));
      const manyIds = await trail.note(many);
      const found = new Map((await all()).map(({ id, target }) => [id, target]));
      expect(manyIds.map((id) => found.get(id))).toEqual(many.map(({ target }) => target));
      await trail.prune(Number.MAX_SAFE_INTEGER);
      const ids = await trail.note(['a', 'b', 'c'].map((target) => anEntry({ target, address: `${target}@example.com` })));
      await trail.erase('acme', 'c@example.com');
      await trail.settle([ids[0]!, ids[2]!], 'applied');
      await trail.settle([ids[1]!], 'dead_letter');
      expect((await all()).map(({ target, outcome }) => [target, outcome]).toSorted()).toEqual(
        [
          ['a', 'applied'],
          ['b', 'dead_letter'],
          [null, 'applied'],
        ].toSorted(),
      );
    });

    test('filters by tenants, who, action, address and moment; entries of no tenant are of nobody else', async () => {
      const written = [
        anEntry({ at: AT, target: '0' }),
        anEntry({ at: AT + 1, target: '1', tenant: 'beta', keyId: 'key_2', keyName: 'desk', by: 'support' }),
        anEntry({ at: AT + 2, target: '2', tenant: null, action: 'key_made', address: null, keyName: null, keyId: null, by: null }),
        anEntry({ at: AT + 3, target: '3', tenant: 'beta', address: 'b@example.com', action: 'forget', by: 'Bob' }),
      ];
      await trail.note(written);
      const targets = async (filter: AuditFilter) => (await all(filter, 1)).map(({ target }) => target);
      expect(await targets({})).toEqual(['3', '2', '1', '0']);
      expect(await targets({ tenants: ['acme'] })).toEqual(['0']);
      expect(await targets({ tenants: ['beta', 'acme', 'zork'] })).toEqual(['3', '1', '0']);
      expect(await targets({ tenants: [] })).toEqual([]);
      expect(await targets({ who: 'support' })).toEqual(['3', '1', '0']);
      expect([await targets({ who: 'key_2' }), await targets({ who: 'Bob' }), await targets({ who: 'zork' })]).toEqual([['1'], ['3'], []]);
      expect(await targets({ action: 'release', since: AT + 1 })).toEqual(['1']);
      expect(await targets({ address: 'a@example.com' })).toEqual(['1', '0']);
      expect(await targets({ address: 'a@example.com', tenants: ['beta'], who: 'support', since: AT })).toEqual(['1']);
      expect(await targets({ address: 'zork@example.com' })).toEqual([]);
    });

    test('pages show each entry once, in order, whatever is written meanwhile and at whatever moments', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('acme', 'beta', null)), { maxLength: 12 }),
          fc.integer({ min: 1, max: 5 }),
          fc.constantFrom<AuditFilter>(
            {},
            { tenants: ['acme'] },
            { tenants: ['acme', 'beta'] },
            { action: 'release' },
            { address: 'a@example.com' },
          ),
          async (entries, limit, filter) => {
            await trail.prune(Number.MAX_SAFE_INTEGER);
            await trail.note(entries.map(([after, tenant], n) => anEntry({ at: AT + after, tenant, target: String(n) })));
            const found: AuditEntry[] = [];
            for (let cursor: string | undefined; ;) {
              const page = await trail.page(filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
              found.push(...page.items);
              if (page.cursor === null) break;
              cursor = page.cursor;
              await trail.note([anEntry({ at: AT + 9, target: 'later' })]);
            }
            const wanted = entries.filter(
              ([, tenant]) => filter.tenants === undefined || (tenant !== null && filter.tenants.includes(tenant)),
            );
            expect(found.filter(({ target }) => target !== 'later')).toHaveLength(wanted.length);
            expect(found.toSorted((a, b) => b.at - a.at || b.id - a.id)).toEqual(found);
            expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
          },
        ),
        { numRuns: 25 },
      );
      await expect(trail.page({}, { limit: 1, cursor: 'zork' })).rejects.toThrow(InvalidCursorError);
    });

    test('an erased recipient is in it no more: neither address nor what follows from it; others stay', async () => {
      await trail.note([
        anEntry({ target: 'hash of the address', by: 'A@Example.com' }),
        anEntry({ at: AT + 1, tenant: 'beta' }),
        anEntry({ at: AT + 2, address: 'b@example.com' }),
        anEntry({ at: AT + 3, action: 'forget', note: 'asked by a@example.com' }),
      ]);
      expect(await trail.erase('acme', 'a@example.com')).toBe(2);
      expect(await trail.erase('acme', 'a@example.com')).toBe(0);
      const [forget, b, beta, first] = await all();
      const gone = { address: null, target: null, note: null, erased: true };
      expect(forget).toMatchObject({ ...gone, action: 'forget', by: 'é "eve"\u001f', keyId: 'key_1', detail: { scope: '*' } });
      expect(first).toMatchObject({ ...gone, by: null });
      expect([b, beta]).toMatchObject([
        { address: 'b@example.com', erased: false },
        { address: 'a@example.com', tenant: 'beta', erased: false },
      ]);
    });

    test('deletes what is older than it is kept', async () => {
      await trail.note([AT - 2, AT - 1, AT].map((at) => anEntry({ at })));
      expect(await trail.prune(AT)).toBe(2);
      expect((await all()).map(({ at }) => at)).toEqual([AT]);
    });
  });
}
