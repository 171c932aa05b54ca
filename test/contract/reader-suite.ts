/** What every reader of the state must answer, whatever the database. */
import type { RecipientFilter, RecipientRow, RecipientStore, StateReader, SuppressionRow } from '@desist/pipeline';
import { InvalidCursorError } from '@desist/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asTenant, asAddress } from '@desist/domain';
import { AT, planFrom, row, suppression } from './store-suite.ts';

const ACME = asTenant('acme');

export interface ReaderUnderTest {
  readonly reader: StateReader;
  /** A reader that reads no more than so many rows for a page of recipients. */
  readonly scanning: (rows: number) => StateReader;
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
    let scanning: ReaderUnderTest['scanning'];
    let store: RecipientStore;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ reader, scanning, store, close } = await open());
      const claim = await store.claim(0, 'me');
      const recipients = [
        ...Array.from({ length: 25 }, (_, n) => row(`n${String(n).padStart(2, '0')}@example.com`)),
        ...NASTY.map((address) => row(address)),
        row('two@sub.example.com', {
          active: {
            suppressions: [suppression, { ...suppression, scope: 'news', reason: 'complaint', since: AT + 1_000, expiresAt: null }],
            allowed: [{ scope: 'news', expiresAt: null }],
          },
        }),
        row('deferred@example.com', { state: 'deferred', active: { suppressions: [], allowed: [] } }),
        row('n00@example.com', { tenant: asTenant('other'), evidence: '{"of":"other"}' }),
      ];
      const history = [1, 2, 3].map((version) => ({
        tenant: ACME,
        address: asAddress('two@sub.example.com'),
        sequence: version,
        version,
        type: 'suppressed',
        effectiveAt: AT + version,
        recordedAt: AT + version + 1,
        detail: `{"version":${version}}`,
      }));
      await store.commit(planFrom(claim, { recipients, history, clock: AT + 7 }));
    });
    afterAll(async () => close());

    test('a recipient with everything active, and nothing of another tenant', async () => {
      expect(await reader.recipient(ACME, asAddress('two@sub.example.com'))).toMatchObject({
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
      expect((await reader.recipient(asTenant('other'), asAddress('n00@example.com')))?.evidence).toBe('{"of":"other"}');
      expect(await reader.recipient(asTenant('other'), asAddress('n01@example.com'))).toBeNull();
    });

    test('those on probation are told by a check, listed when asked for, and otherwise not', async () => {
      const claim = await store.claim(1, 'me');
      const TRIED = asTenant('tried');
      const healthy = { tenant: TRIED, partition: 1, state: 'healthy' as const, active: { suppressions: [], allowed: [] } };
      const foretold = { suppressions: [{ ...suppression, since: AT - 1_000, probationUntil: AT + 9 }], allowed: [] };
      const recipients = [
        row('on@probation.example', { ...healthy, probationUntil: AT + 5 }),
        row('off@probation.example', healthy),
        row('still@probation.example', { tenant: TRIED, partition: 1, active: foretold }),
      ];
      await store.commit(planFrom(claim, { recipients }));
      const asked = recipients.map(({ address }) => address);
      const { checked } = await reader.check(TRIED, asked);
      expect(checked.map(({ probationUntil }) => probationUntil)).toEqual([AT + 5, null, null]);
      expect((await reader.recipient(TRIED, asAddress('on@probation.example')))?.probationUntil).toBe(AT + 5);
      expect((await reader.recipient(TRIED, asAddress('still@probation.example')))?.suppressions).toMatchObject([
        { probationUntil: AT + 9 },
      ]);
      const listed = async (filter: Partial<RecipientFilter>): Promise<readonly unknown[]> =>
        (await reader.recipients({ tenants: ['tried'], limit: 10, ...filter })).items.map(({ address, state, probationUntil }) => {
          return [address, state, probationUntil];
        });
      expect(await listed({ state: 'probation' })).toEqual([['on@probation.example', 'healthy', AT + 5]]);
      expect(await listed({})).toEqual([['still@probation.example', 'suppressed', null]]);
    });

    test.each(NASTY)('%s is found as itself and as nothing else', async (address) => {
      expect((await reader.recipient(ACME, asAddress(address)))?.address).toBe(address);
      expect((await reader.list({ tenants: ['acme'], address: asAddress(address), limit: 10 })).items.map((item) => item.address)).toEqual([
        address,
      ]);
      expect((await reader.check(ACME, [asAddress(address)])).checked[0]).toMatchObject({ address, state: 'suppressed' });
    });

    test('check answers in the order asked, each address as often as asked, the unknown as healthy', async () => {
      const names = ['n03', 'nobody', 'n01', 'n03', 'deferred'];
      const asked = names.map((name) => asAddress(`${name}@example.com`));
      const { checked: answers } = await reader.check(ACME, asked);
      expect(answers.map(({ address, state, suppressions }) => [address, state, suppressions.length])).toEqual([
        ['n03@example.com', 'suppressed', 1],
        ['nobody@example.com', 'healthy', 0],
        ['n01@example.com', 'suppressed', 1],
        ['n03@example.com', 'suppressed', 1],
        ['deferred@example.com', 'deferred', 0],
      ]);
      expect((await reader.check(ACME, [])).checked).toEqual([]);
      expect((await reader.check(asTenant('nobody'), [asAddress('n03@example.com')])).checked[0]).toMatchObject({
        state: 'healthy',
        suppressions: [],
      });
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

    test.each([1, 2, 5, 100])(
      'pages of a common beginning, of which each reads few recipients, hold every suppression once (limit %i)',
      async (limit) => {
        const whole = await reader.list({ prefix: 'n', limit: 1_000 });
        expect(whole.items.length).toBeGreaterThan(20);
        const seen: unknown[] = [];
        for (let cursor: string | undefined, pages = 0; pages < 200; pages += 1) {
          const page = await scanning(7).list({ prefix: 'n', limit, ...(cursor === undefined ? {} : { cursor }) });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items);
          if (page.cursor === null) break;
          cursor = page.cursor;
        }
        expect(seen).toEqual(whole.items);
      },
    );

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
                row('n00@example.com', { version: 2, active: { suppressions: [], allowed: [] } }),
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

    test('an export has what was there throughout exactly once, whatever is committed while it is read', async () => {
      const claim = await store.claim(3, 'me');
      // In the order of the rows.
      const nameOf = (n: number): string => `e${String(n).padStart(5, '0')}`;
      const of = (n: number, more: Partial<RecipientRow> = {}): RecipientRow =>
        row(`${nameOf(n)}@export.example`, { tenant: asTenant('export'), partition: 3, ...more });
      const count = 12_000;
      await store.commit(planFrom(claim, { recipients: Array.from({ length: count }, (_, n) => of(n)) }));
      const seen: string[] = [];
      let pages = 0;
      for await (const page of reader.snapshot({ tenants: ['export'] })) {
        // A page is read and written in one turn: commits of the same process wait for it.
        expect(page.length).toBeLessThanOrEqual(100);
        seen.push(...page.map(({ address, scope }) => `${address} ${scope}`));
        pages += 1;
        if (pages > 1) continue;
        // One ends that was read, one that was not; one is written again; one begins.
        const recipients = [0, count - 1].map((n) => of(n, { version: 2, active: { suppressions: [], allowed: [] } }));
        recipients.push(of(1, { version: 2 }), of(count));
        await store.commit(planFrom(await store.claim(3, 'me'), { recipients }));
      }
      expect(pages).toBeGreaterThan(1);
      expect(seen).toHaveLength(new Set(seen).size);
      const wanted = Array.from({ length: count + 1 }, (_, n) => `${nameOf(n)}@export.example *`).filter((_, n) => n !== count - 1);
      expect(new Set(seen)).toEqual(new Set(wanted));
    });

    describe('entries for domains', () => {
      const tenant = asTenant('domains');
      const operator = { ...suppression, reason: 'operator', since: AT, expiresAt: null } as const;
      const of = (address: string, ...suppressions: readonly Partial<SuppressionRow>[]): RecipientRow =>
        row(address, { tenant, partition: 5, active: { suppressions: suppressions.map((one) => ({ ...operator, ...one })), allowed: [] } });
      beforeAll(async () => {
        const recipients = [
          of('@example.com', { subdomains: true }),
          of('@alone.example', {}, { scope: 'news', subdomains: true }),
          of('@mail.example.com', { scope: 'news', since: AT + 1 }),
          of('bob@mail.example.com', { reason: 'complaint' }),
        ];
        await store.commit(planFrom(await store.claim(5, 'me'), { recipients }));
      });
      const check = async (...addresses: readonly string[]) =>
        (await reader.check(tenant, addresses.map(asAddress))).checked.map(({ address, state, suppressions }) => [
          address,
          state,
          suppressions.map(
            ({ reason, scope, entry = 'own', subdomains = false }) => `${reason} ${scope} ${entry}${subdomains ? ' +' : ''}`,
          ),
        ]);

      test('an address is told the entries of its domain, and of those above that hold for subdomains, the nearest first', async () => {
        expect(
          await check(
            'bob@mail.example.com',
            'a@example.com',
            'a@deep.er.example.com',
            'a@alone.example',
            'a@b.alone.example',
            'a@other.com',
          ),
        ).toEqual([
          ['bob@mail.example.com', 'suppressed', ['complaint * own', 'operator news @mail.example.com', 'operator * @example.com +']],
          ['a@example.com', 'healthy', ['operator * @example.com +']],
          ['a@deep.er.example.com', 'healthy', ['operator * @example.com +']],
          ['a@alone.example', 'healthy', ['operator * @alone.example', 'operator news @alone.example +']],
          ['a@b.alone.example', 'healthy', ['operator news @alone.example +']],
          ['a@other.com', 'healthy', []],
        ]);
        for (const [, , found] of await check('a@badexample.com', 'a@com', 'a@example.com.evil.org')) expect(found).toEqual([]);
      });

      test('a domain is told its own entry and those above', async () => {
        expect(await check('@example.com', '@mail.example.com', '@x.alone.example')).toEqual([
          ['@example.com', 'suppressed', ['operator * own +']],
          ['@mail.example.com', 'suppressed', ['operator news own', 'operator * @example.com +']],
          ['@x.alone.example', 'healthy', ['operator news @alone.example +']],
        ]);
      });

      test('no other tenant is told of them', async () => {
        expect((await reader.check(ACME, [asAddress('a@alone.example')])).checked[0]?.suppressions).toEqual([]);
      });

      test('the list has who made an entry, why and from where, and whether it holds for subdomains', async () => {
        const { items } = await reader.list({ tenants: [tenant], address: asAddress('@example.com'), limit: 10 });
        const { createdBy, note, source, provider } = suppression;
        expect(items).toMatchObject([{ address: '@example.com', createdBy, note, source, provider, subdomains: true }]);
        expect((await reader.recipient(tenant, asAddress('@example.com')))?.suppressions[0]).toMatchObject({
          createdBy,
          note,
          subdomains: true,
        });
      });
    });

    describe('who is not healthy', () => {
      const tenant = asTenant('deadlines');
      const streak = { category: 'mailbox_full', provider: 'gmail', active: { suppressions: [], allowed: [] } };
      const of = (name: string, more: Partial<RecipientRow> = {}): RecipientRow =>
        row(`${name}@slow.example`, { tenant, partition: 4, state: 'persistent', suppressAt: AT + 5_000, ...streak, ...more });
      const addressesOf = async (filter: Partial<RecipientFilter>): Promise<readonly string[]> =>
        (await reader.recipients({ tenants: [tenant], limit: 1_000, ...filter })).items.map(({ address }) =>
          address.replace('@slow.example', ''),
        );

      beforeAll(async () => {
        const recipients = [
          of('second', { suppressAt: AT + 2_000, state: 'soft_bounced' }),
          of('blocked', { suppressAt: null, state: 'suppressed', active: { suppressions: [suppression], allowed: [] } }),
          of('first', { suppressAt: AT + 1_000, provider: 'yahoo' }),
          of('no-deadline', { suppressAt: null, state: 'deferred', category: 'greylisting' }),
          of('well', { suppressAt: null, state: 'healthy' }),
          of('third', { suppressAt: AT + 3_000 }),
          row('elsewhere@fast.example', {
            tenant: asTenant('deadlines-2'),
            partition: 4,
            state: 'persistent',
            suppressAt: AT + 500,
            ...streak,
          }),
        ];
        await store.commit(planFrom(await store.claim(4, 'me'), { partition: 4, recipients }));
      });

      test('the next deadline first, those without one at the end, and nobody who is healthy', async () => {
        expect(await addressesOf({})).toEqual(['first', 'second', 'third', 'blocked', 'no-deadline']);
        const [first, , , blocked] = (await reader.recipients({ tenants: [tenant], limit: 4 })).items;
        expect(first).toMatchObject({
          state: 'persistent',
          streakStartedAt: AT,
          suppressAt: AT + 1_000,
          provider: 'yahoo',
          suppressions: [],
        });
        expect(blocked).toMatchObject({
          suppressAt: null,
          suppressions: [{ scope: '*', reason: 'hard_bounce', since: AT, expiresAt: AT + 123 }],
        });
      });

      test.each<readonly [string, Partial<RecipientFilter>, readonly string[]]>([
        ['state', { state: 'soft_bounced' }, ['second']],
        ['state without a deadline', { state: 'suppressed' }, ['blocked']],
        ['provider', { provider: 'yahoo' }, ['first']],
        ['category', { category: 'greylisting' }, ['no-deadline']],
        ['domain', { domain: 'slow.example' }, ['first', 'second', 'third', 'blocked', 'no-deadline']],
        ['another domain', { domain: 'fast.example' }, []],
        ['deadline', { suppressedBefore: AT + 2_001 }, ['first', 'second']],
        ['deadline, the moment itself', { suppressedBefore: AT + 2_000 }, ['first']],
        [
          'all of them',
          { state: 'persistent', provider: 'gmail', category: 'mailbox_full', domain: 'slow.example', suppressedBefore: AT + 9_000 },
          ['third'],
        ],
        ['no tenant', { tenants: [] }, []],
        ['several tenants', { tenants: ['deadlines-2', tenant], state: 'persistent' }, ['elsewhere@fast.example', 'first', 'third']],
      ])('by %s', async (_, filter, wanted) => {
        expect(await addressesOf(filter)).toEqual(wanted);
      });

      test.each<readonly [string, Partial<RecipientFilter>]>([
        ['one tenant', { tenants: [tenant] }],
        ['everybody with a deadline', { suppressedBefore: AT + 9_000 }],
        ['a domain', { domain: 'slow.example' }],
        ['few who match', { tenants: [tenant, 'nobody'], state: 'deferred' }],
      ])('pages of %s hold each once, in order, also when a page ends where it may read no further', async (_, filter) => {
        const all = (await reader.recipients({ ...filter, limit: 1_000 })).items.map(({ address }) => address);
        // With two at a time, the way past all others is a thousand pages.
        for (const { limit, scanned } of [
          { limit: 1, scanned: 50 },
          { limit: 2, scanned: 2 },
          { limit: 3, scanned: 50 },
        ]) {
          const seen: string[] = [];
          let cursor: string | null | undefined;
          while (cursor !== null) {
            const found = await scanning(scanned).recipients({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) });
            expect(found.items.length).toBeLessThanOrEqual(limit);
            seen.push(...found.items.map(({ address }) => address));
            ({ cursor } = found);
          }
          expect(seen).toEqual(all);
        }
      });

      test('a cursor of another list is refused', async () => {
        const { cursor } = await reader.list({ limit: 1 });
        await expect(reader.recipients({ limit: 1, cursor: cursor! })).rejects.toBeInstanceOf(InvalidCursorError);
      });
    });

    test('positions: up to where each partition is committed', async () => {
      expect((await reader.positions()).get(0)).toBeGreaterThan(0);
    });

    test('an erased recipient: unknown to every reader, blocked by `check` in one more statement, once', async () => {
      const address = asAddress('erased@example.com');
      const claim = await store.claim(0, 'me');
      const blocks = [{ scope: '*', reason: 'complaint', since: AT, expiresAt: null } as const];
      const erased = [{ tenant: ACME, address, version: 3, at: AT, blocks, whole: true, offset: 1, sequence: 0 }];
      await store.commit(planFrom(claim, { erased }));
      for (let i = 0; i < 2; i += 1) {
        const { checked } = await reader.check(ACME, [asAddress('n03@example.com'), address, asAddress('nobody@example.com')]);
        expect(checked.map((one) => [one.erased, one.suppressions.length])).toEqual([
          [false, 1],
          [true, 1],
          [false, 0],
        ]);
      }
      expect((await reader.check(asTenant('other'), [address])).checked[0]?.erased).toBe(false);
      expect(await reader.recipient(ACME, address)).toBeNull();
      expect((await reader.list({ address: asAddress(address), limit: 9 })).items).toEqual([]);
    });

    test('history in pages, oldest first', async () => {
      const first = await reader.history(ACME, asAddress('two@sub.example.com'), { limit: 2 });
      expect(first.items.map(({ version }) => version)).toEqual([1, 2]);
      const second = await reader.history(ACME, asAddress('two@sub.example.com'), { limit: 2, cursor: first.cursor! });
      expect(second).toEqual({
        items: [{ version: 3, type: 'suppressed', effectiveAt: AT + 3, recordedAt: AT + 4, detail: '{"version":3}' }],
        cursor: null,
      });
      expect(await reader.history(asTenant('other'), asAddress('two@sub.example.com'), { limit: 2 })).toEqual({ items: [], cursor: null });
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
      expect(partitions[0]).toMatchObject({ partition: 0, stopped: null, outbox: 0, deadLetters: 0 });
      expect(recipients.deferred).toBe(2);
      expect(suppressions).toContainEqual({ scope: 'news', reason: 'complaint', count: 1 });
      expect((await reader.check(ACME, [])).clocks[0]).toEqual({ partition: 0, clock: AT });
    });
  });
}
