/** What every reader of the state must answer, whatever the database. */
import type { RecipientStore, StateReader } from '@desist/pipeline';
import { InvalidCursorError } from '@desist/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AT, planFrom, row, suppression } from './store-suite.ts';

export interface ReaderUnderTest {
  readonly reader: StateReader;
  readonly store: RecipientStore;
  close(): Promise<void>;
}

/** Addresses as nobody should have them, and SQL as nobody should build it. */
export const NASTY = [
  "o'brien@x.example",
  `a"b@x.example`,
  `'; drop table desist.recipient; --@x.example`,
  '%@x.example',
  'a\\b@x.example',
];

export function readerContract(name: string, open: () => Promise<ReaderUnderTest>): void {
  describe(`reader on ${name}`, () => {
    let reader: StateReader;
    let store: RecipientStore;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ reader, store, close } = await open());
      const claim = await store.claim(0, 'me');
      const recipients = [
        ...Array.from({ length: 25 }, (_, n) => row(`n${String(n).padStart(2, '0')}@example.com`)),
        ...NASTY.map((address) => row(address)),
        row('two@sub.example.com', {
          holds: {
            suppressions: [suppression, { ...suppression, scope: 'news', reason: 'complaint', since: AT + 1_000, expiresAt: null }],
            allowed: [{ scope: 'news', expiresAt: null }],
          },
        }),
        row('deferred@example.com', { state: 'deferred', holds: { suppressions: [], allowed: [] } }),
        row('n00@example.com', { tenant: 'other', evidence: '{"of":"other"}' }),
      ];
      const history = [1, 2, 3].map((version) => ({
        tenant: 'acme',
        address: 'two@sub.example.com',
        version,
        type: 'suppressed',
        effectiveAt: AT + version,
        recordedAt: AT + version + 1,
        detail: `{"version":${version}}`,
      }));
      await store.commit(planFrom(claim, { recipients, history, clock: AT + 7 }));
    });
    afterAll(async () => close());

    test('a recipient with everything that is held, and nothing of another tenant', async () => {
      expect(await reader.recipient('acme', 'two@sub.example.com')).toMatchObject({
        tenant: 'acme',
        address: 'two@sub.example.com',
        state: 'suppressed',
        version: 1,
        streakStartedAt: AT,
        evidence: '{"é":"🙂"}',
        suppressions: [
          { scope: '*', reason: 'hard_bounce', since: AT, expiresAt: AT + 123, reply: suppression.reply },
          { scope: 'news', reason: 'complaint', since: AT + 1_000, expiresAt: null },
        ],
        allowed: [{ scope: 'news', expiresAt: null }],
      });
      expect((await reader.recipient('other', 'n00@example.com'))?.evidence).toBe('{"of":"other"}');
      expect(await reader.recipient('other', 'n01@example.com')).toBeNull();
    });

    test.each(NASTY)('%s is found as itself and as nothing else', async (address) => {
      expect((await reader.recipient('acme', address))?.address).toBe(address);
      expect((await reader.list({ tenants: ['acme'], address, limit: 10 })).items.map((item) => item.address)).toEqual([address]);
      expect((await reader.check('acme', [address])).checked[0]).toMatchObject({ address, state: 'suppressed' });
    });

    test('check answers in the order asked, each address as often as asked, the unknown as healthy', async () => {
      const asked = ['n03@example.com', 'nobody@example.com', 'n01@example.com', 'n03@example.com', 'deferred@example.com'];
      const { checked: answers } = await reader.check('acme', asked);
      expect(answers.map(({ address, state, suppressions }) => [address, state, suppressions.length])).toEqual([
        ['n03@example.com', 'suppressed', 1],
        ['nobody@example.com', 'healthy', 0],
        ['n01@example.com', 'suppressed', 1],
        ['n03@example.com', 'suppressed', 1],
        ['deferred@example.com', 'deferred', 0],
      ]);
      expect((await reader.check('acme', [])).checked).toEqual([]);
      expect((await reader.check('nobody', ['n03@example.com'])).checked[0]).toMatchObject({ state: 'healthy', suppressions: [] });
    });

    test.each([
      ['tenant', { tenants: ['other'] }, 1],
      ['domain, not its subdomains', { domain: 'example.com' }, 26],
      ['domain of a tenant', { tenants: ['acme'], domain: 'example.com' }, 25],
      ['prefix', { prefix: 'n0' }, 11],
      ['prefix of a tenant', { tenants: ['acme'], prefix: 'n0' }, 10],
      ['prefix with a wildcard in it', { prefix: '%@x' }, 1],
      ['no tenant at all', { tenants: [] }, 0],
      ['domain with a wildcard in it', { domain: '%.com' }, 0],
      ['reason', { reason: 'complaint' }, 1],
      ['scope', { scope: 'news' }, 1],
      ['since', { since: AT + 1 }, 1],
      ['since, the moment itself', { since: AT }, 33],
    ])('list by %s', async (_, filter, count) => {
      expect((await reader.list({ ...filter, limit: 1_000 })).items).toHaveLength(count);
    });

    test('pages hold every suppression once, though the list grows, shrinks and changes in between', async () => {
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; ; page += 1) {
        const { items, cursor: next } = await reader.list({
          tenants: ['acme'],
          domain: 'example.com',
          limit: 4,
          ...(cursor === undefined ? {} : { cursor }),
        });
        expect(items.length).toBeLessThanOrEqual(4);
        seen.push(...items.map(({ address }) => address));
        if (next === null) break;
        cursor = next;
        const now = await store.claim(0, 'me');
        if (page === 1) {
          await store.commit(
            planFrom(now, {
              recipients: [
                row('n00@example.com', { version: 2, holds: { suppressions: [], allowed: [] } }),
                row('n20@example.com', { version: 2, updatedAt: AT + 9 }),
                row('later@example.com'),
              ],
            }),
          );
        }
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((address) => address !== 'later@example.com')).toEqual(
        Array.from({ length: 25 }, (_, n) => `n${String(n).padStart(2, '0')}@example.com`),
      );
    });

    test('a snapshot holds the list of its moment, whatever is committed while it is read', async () => {
      const before = new Set<string>();
      for (let cursor: string | undefined, more = true; more;) {
        const page = await reader.list({ tenants: ['acme'], limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
        for (const { address, scope } of page.items) before.add(`${address} ${scope}`);
        more = page.cursor !== null;
        cursor = page.cursor ?? undefined;
      }
      const seen: string[] = [];
      let changed = false;
      for await (const page of reader.snapshot({ tenants: ['acme'] })) {
        seen.push(...page.map(({ address, scope }) => `${address} ${scope}`));
        if (changed) continue;
        changed = true;
        await store.commit(
          planFrom(await store.claim(0, 'me'), {
            recipients: [row('n21@example.com', { version: 3, holds: { suppressions: [], allowed: [] } })],
          }),
        );
      }
      expect(seen).toHaveLength(before.size);
      expect(new Set(seen)).toEqual(before);
      // Left in the middle, it leaves nothing behind.
      for await (const _ of reader.snapshot({})) break;
      expect((await reader.list({ limit: 1 })).items).toHaveLength(1);
    });

    test('positions: up to where each partition is committed', async () => {
      expect((await reader.positions()).get(0)).toBeGreaterThan(0);
    });

    test('an erased recipient: unknown to every reader, blocked by `check` in one more statement, once', async () => {
      const address = 'erased@example.com';
      const claim = await store.claim(0, 'me');
      const blocks = [{ scope: '*', reason: 'complaint', since: AT, expiresAt: null } as const];
      const erased = [{ tenant: 'acme', address, version: 3, at: AT, blocks, whole: true, offset: 1, number: 0 }];
      await store.commit(planFrom(claim, { erased }));
      for (let i = 0; i < 2; i += 1) {
        const { checked } = await reader.check('acme', ['n03@example.com', address, 'nobody@example.com']);
        expect(checked.map((one) => [one.forgotten, one.suppressions.length])).toEqual([
          [false, 1],
          [true, 1],
          [false, 0],
        ]);
      }
      expect((await reader.check('other', [address])).checked[0]?.forgotten).toBe(false);
      expect(await reader.recipient('acme', address)).toBeNull();
      expect((await reader.list({ address, limit: 9 })).items).toEqual([]);
    });

    test('history in pages, oldest first', async () => {
      const first = await reader.history('acme', 'two@sub.example.com', { limit: 2 });
      expect(first.items.map(({ version }) => version)).toEqual([1, 2]);
      const second = await reader.history('acme', 'two@sub.example.com', { limit: 2, cursor: first.cursor! });
      expect(second).toEqual({
        items: [{ version: 3, type: 'suppressed', effectiveAt: AT + 3, recordedAt: AT + 4, detail: '{"version":3}' }],
        cursor: null,
      });
      expect(await reader.history('other', 'two@sub.example.com', { limit: 2 })).toEqual({ items: [], cursor: null });
    });

    test.each(['', 'x', Buffer.from('[1]').toString('base64url'), Buffer.from('["1","*","a"]').toString('base64url'), 'ey'.repeat(9_000)])(
      'a cursor that no list gave out is refused (%#)',
      async (cursor) => {
        await expect(reader.list({ cursor, limit: 10 })).rejects.toBeInstanceOf(InvalidCursorError);
      },
    );

    test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a limit of %d is refused', async (limit) => {
      await expect(reader.list({ limit })).rejects.toBeInstanceOf(RangeError);
    });

    test('status counts what is there', async () => {
      const { partitions, recipients, suppressions } = await reader.status();
      expect(partitions).toMatchObject([{ partition: 0, stopped: null, outbox: 0, deadLetters: 0 }]);
      expect(recipients.deferred).toBe(1);
      expect(suppressions).toContainEqual({ scope: 'news', reason: 'complaint', count: 1 });
      expect((await reader.check('acme', [])).clocks).toEqual([{ partition: 0, clock: AT }]);
    });
  });
}
