/** What every store must do, whatever it is made of. */
import type { Claim, CommitPlan, Concerned, OutboxRow, RecipientRow, RecipientStore, SuppressionRow } from '@desist/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

export interface StoreUnderTest {
  readonly store: RecipientStore;
  close(): Promise<void>;
}

export const AT = Date.UTC(2026, 2, 4, 10);

export const suppression: SuppressionRow = {
  scope: '*',
  reason: 'hard_bounce',
  since: AT,
  expiresAt: AT + 123,
  category: 'user_unknown',
  rule: 'rfc3463-5.1.1',
  reply: '550 5.1.1 "no" such, {user} \\ NULL',
  firstFailureAt: AT - 1,
  lastFailureAt: AT,
  failures: 2,
  policy: 'p1',
};

/** A recipient's row; suppressed unless told otherwise. */
export function row(address: string, changes: Partial<RecipientRow> = {}): RecipientRow {
  return {
    tenant: 'acme',
    address,
    partition: 0,
    version: 1,
    evidence: '{"é":"🙂"}',
    state: 'suppressed',
    tracked: true,
    due: AT + 5,
    policy: 'p1',
    streakStartedAt: AT,
    lastFailureAt: AT,
    failures: 1,
    messages: 1,
    category: 'user_unknown',
    provider: null,
    suppressAt: null,
    holds: { suppressions: [suppression], allowed: [] },
    updatedAt: AT,
    ...changes,
  };
}

/** A plan that moves one record on from a claim (or from what the last plan left). */
export function planFrom(
  from: Pick<Claim, 'partition' | 'epoch' | 'nextOffset' | 'nextNumber'>,
  changes: Partial<CommitPlan> = {},
): CommitPlan {
  return {
    partition: from.partition,
    epoch: from.epoch,
    fromOffset: from.nextOffset,
    nextOffset: from.nextOffset + 1,
    clock: AT,
    fromNumber: from.nextNumber,
    nextNumber: from.nextNumber,
    attempts: 0,
    recipients: [],
    forgotten: [],
    outbox: [],
    history: [],
    deadLetters: [],
    clockMoves: [],
    contrast: null,
    incidents: [],
    incidentCounts: [],
    ...changes,
  };
}

const change = (number: number, value: string | null | undefined): OutboxRow => ({
  number,
  key: `acme/${number}`,
  change: `{"n":${number}}`,
  value,
});

/** Runs the suite; each test works on partitions of its own, so one store serves all of them. */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: RecipientStore;
    let partition = 0;
    beforeAll(async () => {
      under = await make();
      store = under.store;
    });
    afterAll(async () => under.close());
    const claimNext = (): Promise<Claim> => store.claim((partition += 1), 'me');
    const key = (address: string): { tenant: string; address: string } => ({ tenant: 'acme', address });

    test('a first claim starts at the beginning, each later one raises the epoch', async () => {
      const first = await claimNext();
      expect(first).toMatchObject({ nextOffset: 0, nextNumber: 1, clock: 0, attempts: 0, stopped: null });
      expect((await store.claim(first.partition, 'other')).epoch).toBe(first.epoch + 1);
      expect(await store.position(999_999)).toBeNull();
    });

    test('a claim finds what was committed', async () => {
      const claim = await claimNext();
      expect(await store.commit(planFrom(claim, { nextOffset: 17, nextNumber: 4, attempts: 1 }))).toBe('committed');
      expect(await store.position(claim.partition)).toEqual({ epoch: claim.epoch, nextOffset: 17, nextNumber: 4 });
      expect(await store.claim(claim.partition, 'next')).toMatchObject({ nextOffset: 17, nextNumber: 4, clock: AT, attempts: 1 });
    });

    test.each([
      ['an old epoch', (claim: Claim) => ({ ...claim, epoch: claim.epoch - 1 })],
      ['another offset', (claim: Claim) => ({ ...claim, nextOffset: claim.nextOffset + 1 })],
      ['another number', (claim: Claim) => ({ ...claim, nextNumber: claim.nextNumber + 1 })],
    ])('a commit from %s is fenced and changes nothing', async (_, wrong) => {
      const claim = await claimNext();
      const address = `fenced-${claim.partition}@example.com`;
      const plan = planFrom(wrong(claim), { recipients: [row(address, { partition: claim.partition })], outbox: [change(1, null)] });
      expect(await store.commit(plan)).toBe('fenced');
      expect(await store.load([key(address)])).toEqual([]);
      expect(await store.outbox(claim.partition, 10)).toEqual([]);
      expect((await store.position(claim.partition))?.nextOffset).toBe(0);
    });

    test('a clock that is no whole number is refused, and changes nothing', async () => {
      const claim = await claimNext();
      await expect(store.commit(planFrom(claim, { clock: AT + 0.5 }))).rejects.toThrow();
      expect(await store.position(claim.partition)).toMatchObject({ nextOffset: 0 });
    });

    test('the same commit a second time is fenced', async () => {
      const plan = planFrom(await claimNext());
      expect([await store.commit(plan), await store.commit(plan)]).toEqual(['committed', 'fenced']);
    });

    test('rows are written, overwritten, loaded and forgotten', async () => {
      const claim = await claimNext();
      const own = { partition: claim.partition };
      const [a, b] = [`a-${claim.partition}@example.com`, `b-${claim.partition}@example.com`];
      await store.commit(planFrom(claim, { recipients: [row(b, own), row(a, own)] }));
      const second = row(a, { ...own, version: 2, evidence: 'new', holds: undefined });
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, { recipients: [second], forgotten: [key(b)] }));
      expect(await store.load([key(b), key(a), key('nobody@example.com')])).toEqual([
        { tenant: 'acme', address: a, partition: claim.partition, version: 2, evidence: 'new' },
      ]);
      expect(await store.load([])).toEqual([]);
    });

    test('tracked recipients come in pages, each once, and no others', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const rows = Array.from({ length: 12_500 }, (_, n) =>
        row(`t${n}-${partition}@example.com`, { partition, tracked: n % 5 !== 0, due: n % 2 === 0 ? null : AT + n, holds: undefined }),
      );
      await store.commit(planFrom(claim, { recipients: rows }));
      const seen = new Map<string, number | null>();
      let count = 0;
      for await (const page of store.tracked(partition)) {
        count += page.length;
        for (const { address, due } of page) seen.set(address, due);
      }
      const wanted = rows.filter(({ tracked }) => tracked);
      expect(count).toBe(wanted.length);
      expect(seen).toEqual(new Map(wanted.map(({ address, due }) => [address, due])));
    });

    test('what is counted for contrast comes back in order, and a whole replaces what was before it', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      expect(claim.contrast).toEqual([]);
      let at = claim;
      const write = async (body: string, replaces: boolean): Promise<void> => {
        expect(await store.commit(planFrom(at, { contrast: { body, replaces } }))).toBe('committed');
        at = { ...at, nextOffset: at.nextOffset + 1 };
      };
      await write('{"a":1}', false);
      await write('{"é":2}', false);
      expect(await store.commit(planFrom({ ...at, nextOffset: 0 }, { contrast: { body: 'fenced', replaces: true } }))).toBe('fenced');
      at = { ...(await store.claim(partition, 'next')) };
      expect(at.contrast).toEqual(['{"a":1}', '{"é":2}']);
      await write('whole', true);
      await write('more', false);
      expect((await store.claim(partition, 'third')).contrast).toEqual(['whole', 'more']);
      expect((await claimNext()).contrast).toEqual([]);
    });

    test('what was told of incidents, and counted for them, comes back as it was written last', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      expect([claim.incidents, claim.incidentCounts]).toEqual([[], []]);
      const terms = { tenant: null, provider: `p${partition}`, domain: null, code: null, text: 'é "x"', from: AT, until: null };
      const told = { incident: { id: 'a', revision: 1, holds: true, terms }, done: false, looked: 3, changed: 2 };
      const quarter = {
        provider: `p${partition}`,
        at: AT,
        failing: 2,
        delivered: 7,
        codes: [{ code: '550 5.1.1', count: 2 }],
        samples: ['é "x"'],
      };
      const idle = { ...quarter, at: AT + 900_000, failing: 0, codes: [], samples: [] };
      await expect(store.commit(planFrom(claim, { incidentCounts: [quarter, idle, quarter] })), 'one row twice').rejects.toThrow();
      await store.commit(planFrom(claim, { incidents: [told], incidentCounts: [quarter, idle] }));
      expect(await store.commit(planFrom(claim, { incidents: [{ ...told, looked: 99 }] }))).toBe('fenced');
      const later = { ...told, incident: { ...told.incident, revision: 2, terms: { ...terms, until: AT + 1 } }, done: true, looked: 9 };
      const at = { ...claim, nextOffset: 1 };
      await store.commit(planFrom(at, { incidents: [later], incidentCounts: [{ ...quarter, failing: 3 }] }));
      const next = await store.claim(partition, 'next');
      expect(next.incidents).toEqual([later]);
      expect(next.incidentCounts.toSorted((a, b) => a.at - b.at)).toEqual([{ ...quarter, failing: 3 }, idle]);
    });

    test('whom an incident may concern: of the partition, tracked, folded since, of tenant and domain, with evidence that mentions it', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const of = (address: string, more: Partial<RecipientRow> = {}): RecipientRow =>
        row(address, { partition, evidence: '{"p":"gmail"}', holds: undefined, ...more });
      const domain = `d${partition}.example`;
      const recipients = [
        of(`a@${domain}`),
        of(`b@${domain}`, { tenant: 'other' }),
        of(`c@${domain}`, { tracked: false }),
        of(`d@${domain}`, { updatedAt: AT - 1 }),
        of(`e@${domain}`, { evidence: '{"p":"yahoo"}' }),
        of(`f@sub.${domain}`),
      ];
      await store.commit(planFrom(claim, { recipients }));
      const found = async (which: Partial<Concerned>): Promise<readonly string[]> => {
        const all = { since: AT, tenant: null, domain: null, mention: null, ...which };
        const page = await store.concerned(partition, all, 0);
        expect(page.cursor).toBeNull();
        return page.recipients.map(({ address }) => address.split('@')[0] ?? '').sort();
      };
      expect(await found({})).toEqual(['a', 'b', 'e', 'f']);
      expect(await found({ since: AT - 1 })).toEqual(['a', 'b', 'd', 'e', 'f']);
      expect(await found({ tenant: 'acme' })).toEqual(['a', 'e', 'f']);
      expect(await found({ domain })).toEqual(['a', 'b', 'e']);
      expect(await found({ mention: '"gmail"' })).toEqual(['a', 'b', 'f']);
      expect(await found({ mention: '%' })).toEqual([]);
    });

    test('... in pages, each once, also when rows change meanwhile', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const rows = Array.from({ length: 2_500 }, (_, n) => row(`n${n}-${partition}@example.com`, { partition, holds: undefined }));
      await store.commit(planFrom(claim, { recipients: rows }));
      const seen: string[] = [];
      let at = { ...claim, nextOffset: 1 };
      for (let cursor: number | null = 0; cursor !== null;) {
        const from: number = cursor;
        const page = await store.concerned(partition, { since: AT, tenant: null, domain: null, mention: null }, from);
        seen.push(...page.recipients.map(({ address }) => address));
        const again = page.recipients.map(({ address }) => row(address, { partition, version: 2, holds: undefined }));
        if (again.length > 0) await store.commit(planFrom(at, { recipients: again }));
        at = { ...at, nextOffset: again.length > 0 ? at.nextOffset + 1 : at.nextOffset };
        cursor = page.cursor;
      }
      expect(seen.length).toBe(2_500);
      expect(new Set(seen).size).toBe(2_500);
    });

    test('the outbox keeps order, and tells a tombstone from no record', async () => {
      const claim = await claimNext();
      const rows = [change(1, '{"x":1}'), change(2, null), change(3, undefined), change(10, 'last')];
      await store.commit(planFrom(claim, { nextNumber: 11, outbox: [...rows].reverse() }));
      expect(await store.outbox(claim.partition, 3)).toEqual(rows.slice(0, 3));
      expect(await store.relayed(claim, { number: 2, deadLetterOffset: null })).toBe('committed');
      expect(await store.outbox(claim.partition, 10)).toEqual(rows.slice(2));
    });

    test('dead letters keep their bytes, and go when they were relayed', async () => {
      const claim = await claimNext();
      const letters = [
        { offset: 3, key: null, value: Uint8Array.from([0, 255, 34, 92]), reason: 'unreadable', detail: 'x' },
        { offset: 9, key: Uint8Array.from([1]), value: null, reason: 'invalid', detail: '' },
        { offset: 10, key: new Uint8Array(0), value: new Uint8Array(0), reason: 'invalid', detail: '' },
      ];
      await store.commit(planFrom(claim, { deadLetters: letters, outbox: [change(1, null)], nextNumber: 2 }));
      const plain = (bytes: Uint8Array | null): number[] | null => bytes && [...bytes];
      const found = await store.deadLetters(claim.partition, 10);
      expect(found.map((letter) => ({ ...letter, key: plain(letter.key), value: plain(letter.value) }))).toEqual(
        letters.map((letter) => ({ ...letter, key: plain(letter.key), value: plain(letter.value) })),
      );
      await store.relayed(claim, { number: null, deadLetterOffset: 9 });
      expect((await store.deadLetters(claim.partition, 10)).map(({ offset }) => offset)).toEqual([10]);
      expect(await store.outbox(claim.partition, 10)).toHaveLength(1);
    });

    test('an owner of before may neither relay, count an attempt nor stop the partition', async () => {
      const old = await claimNext();
      await store.commit(planFrom(old, { outbox: [change(1, null)], nextNumber: 2 }));
      const now = await store.claim(old.partition, 'other');
      expect(await store.relayed(old, { number: 1, deadLetterOffset: null })).toBe('fenced');
      expect(await store.outbox(old.partition, 10)).toHaveLength(1);
      expect(await store.beginAttempt(old)).toBeNull();
      expect(await store.markStopped(old, 'no')).toBe('fenced');
      expect([await store.beginAttempt(now), await store.beginAttempt(now)]).toEqual([1, 2]);
      expect(await store.markStopped(now, 'junk')).toBe('committed');
      expect(await store.claim(old.partition, 'third')).toMatchObject({ attempts: 2, stopped: 'junk' });
    });

    test('an erased recipient goes with its history; what is left is known to every later claim, blocks, and can be lifted', async () => {
      const claim = await claimNext();
      const address = `erased-${claim.partition}@example.com`;
      const own = { partition: claim.partition };
      const blocks = [{ scope: '*', reason: 'complaint', since: AT, expiresAt: null } as const];
      expect(await store.forgotten([key(address)])).toEqual([]);
      await store.commit(planFrom(claim, { recipients: [row(address, own)] }));
      const erased = { ...key(address), version: 7, at: AT, blocks, whole: true, offset: 1, number: 1 };
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, { erased: [erased], outbox: [change(1, null)], nextNumber: 2 }));
      expect(await store.load([key(address)])).toEqual([]);
      const again = await store.claim(claim.partition, 'next');
      const known = { ...key(address), version: 7, at: AT, blocks };
      expect(await store.forgotten([key('nobody@example.com'), key(address)])).toEqual([known]);
      // A new recipient of that address, and a block that was lifted: the row stays.
      const later = { ...erased, whole: false, blocks: [] };
      await store.commit(planFrom(again, { erased: [later], recipients: [row(address, { ...own, version: 8 })], nextOffset: 3 }));
      expect(await store.load([key(address)])).toMatchObject([{ version: 8 }]);
      expect(await store.forgotten([key(address)])).toEqual([{ ...known, blocks: [] }]);
    });

    test('an operator lets a stopped partition go on: its owner loses it, the next claim knows what is tolerated', async () => {
      const old = await claimNext();
      await store.commit(planFrom(old, { nextOffset: 17 }));
      await store.markStopped(old, 'junk');
      const resumed = await store.resume(old.partition, { toleratedBelow: 99 });
      expect(resumed).toMatchObject({ partition: old.partition, from: 17, nextOffset: 17, was: 'junk' });
      expect(await store.beginAttempt(old)).toBeNull();
      expect(await store.claim(old.partition, 'next')).toMatchObject({ stopped: null, attempts: 0, nextOffset: 17, toleratedBelow: 99 });
      expect(await store.resume(old.partition, { toleratedBelow: 99, skipTo: 40 })).toMatchObject({ from: 17, nextOffset: 40, was: null });
      expect(await store.resume(987_654, { toleratedBelow: 0 })).toBeNull();
    });
  });
}
