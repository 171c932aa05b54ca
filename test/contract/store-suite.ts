/** What every store must do, whatever it is made of. */
import type {
  Claim,
  CommitPlan,
  IncidentScope,
  OutboxRow,
  Published,
  RecipientRow,
  RecipientStore,
  RollupHour,
  RollupRow,
  SenderReplyRow,
  SuppressionRow,
  TrackedRow,
} from '@desist/pipeline';
import { incarnationBehind, quartersOf } from '@desist/pipeline';
import type { Queries } from '@desist/postgres';
import { createSenderIncidentStore } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asTenant, asAddress } from '@desist/domain';
import type { RecipientRef } from '@desist/domain';
import { hoursOf } from '../support/counted-hours.ts';

const ACME = asTenant('acme');

export interface StoreUnderTest {
  readonly store: RecipientStore;
  /** What is counted of a partition, in any order. */
  readonly rollups: (partition: number) => Promise<{ readonly quarters: readonly RollupRow[]; readonly hours: readonly RollupRow[] }>;
  readonly senderReplies: (partition: number) => Promise<readonly SenderReplyRow[]>;
  /** There is a sender incident of this id and provider. */
  readonly senderIncident: (id: string, provider: string) => Promise<void>;
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
  createdBy: 'alice (key ops)',
  note: 'said "no", {twice} \\ NULL',
  source: 'kumomta',
  provider: 'gmail',
  subdomains: false,
  probationUntil: null,
};

/** A recipient's row; suppressed unless told otherwise. */
export function row(address: string, changes: Partial<RecipientRow> = {}): RecipientRow {
  return {
    tenant: ACME,
    address: asAddress(address),
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
    probationUntil: null,
    active: { suppressions: [suppression], allowed: [] },
    updatedAt: AT,
    ...changes,
  };
}

/** A plan that moves one record on from a claim (or from what the last plan left). */
export function planFrom(
  from: Pick<Claim, 'partition' | 'epoch' | 'nonce' | 'nextOffset' | 'nextSequence'>,
  changes: Partial<CommitPlan> = {},
): CommitPlan {
  return {
    partition: from.partition,
    epoch: from.epoch,
    nonce: from.nonce,
    fromOffset: from.nextOffset,
    nextOffset: from.nextOffset + 1,
    clock: AT,
    fromSequence: from.nextSequence,
    nextSequence: from.nextSequence,
    last: null,
    attempts: 0,
    recipients: [],
    untracked: [],
    outbox: [],
    history: [],
    deadLetters: [],
    clockMoves: [],
    baseline: null,
    incidents: [],
    incidentCounts: [],
    rollups: null,
    ...changes,
  };
}

const change = (number: number, value: string | null | undefined): OutboxRow => ({
  sequence: number,
  key: `acme/${number}`,
  change: `{"n":${number}}`,
  value,
});

export function rollup(changes: Partial<RollupRow> = {}): RollupRow {
  return {
    ...{ family: 'events', at: AT, tenant: 'acme', provider: 'gmail', stream: 'default', pool: '', domain: '', type: 'delivered' },
    ...{ category: '', attribution: '', upperBound: 0, events: 1 },
    ...changes,
  };
}

export const rollupsIn =
  (db: Queries): StoreUnderTest['rollups'] =>
  async (partition) => {
    const hours = (await db.query(
      `select family, at, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound as "upperBound", events,
         array[quarter_0, quarter_1, quarter_2, quarter_3] as quarters
       from desist.rollup_hour where partition = $1`,
      [partition],
    )) as readonly unknown[] as readonly RollupHour[];
    return { quarters: quartersOf(hours), hours: hours.map(({ quarters: _, ...row }) => row) };
  };

export function sendersIn(db: Database): Pick<StoreUnderTest, 'senderReplies' | 'senderIncident'> {
  const incidents = createSenderIncidentStore(db);
  return {
    senderReplies: async (partition) =>
      (await db.query(
        'select tenant, provider, pool, at, category, code, events, recipients, reply from desist.sender_reply where partition = $1',
        [partition],
      )) as readonly unknown[] as readonly SenderReplyRow[],
    async senderIncident(id, provider) {
      const place = { tenant: ACME, provider, pool: null };
      const summary = { tries: 1, refused: 1, usualShare: 0, replies: [] };
      const of = { id, revision: 1, action: 'opened', place, from: AT, until: null, at: AT, announcedBy: 0, summary } as const;
      await incidents.insert({ ...of, open: true, announcedRevision: 0, createdAt: AT });
    },
  };
}

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
    const key = (address: string): RecipientRef => ({ tenant: ACME, address: asAddress(address) });

    test('a first claim starts at the beginning, each later one raises the epoch', async () => {
      const first = await claimNext();
      expect(first).toMatchObject({ nextOffset: 0, nextSequence: 1, clock: 0, attempts: 0, stopped: null });
      expect((await store.claim(first.partition, 'other')).epoch).toBe(first.epoch + 1);
      expect(await store.position(999_999)).toBeNull();
    });

    test('a claim finds what was committed', async () => {
      const claim = await claimNext();
      expect(await store.commit(planFrom(claim, { nextOffset: 17, nextSequence: 4, attempts: 1 }))).toBe('committed');
      expect(await store.position(claim.partition)).toEqual({ epoch: claim.epoch, nonce: claim.nonce, nextOffset: 17, nextSequence: 4 });
      expect(await store.claim(claim.partition, 'next')).toMatchObject({ nextOffset: 17, nextSequence: 4, clock: AT, attempts: 1 });
    });

    test.each([
      ['an old epoch', (claim: Claim) => ({ ...claim, epoch: claim.epoch - 1 })],
      ['another offset', (claim: Claim) => ({ ...claim, nextOffset: claim.nextOffset + 1 })],
      ['the nonce of another claim', (claim: Claim) => ({ ...claim, nonce: `${claim.nonce}x` })],
      ['another number', (claim: Claim) => ({ ...claim, nextSequence: claim.nextSequence + 1 })],
    ])('a commit from %s is fenced and changes nothing', async (_, wrong) => {
      const claim = await claimNext();
      const address = `fenced-${claim.partition}@example.com`;
      const plan = planFrom(wrong(claim), { recipients: [row(address, { partition: claim.partition })], outbox: [change(1, null)] });
      expect(await store.commit(plan)).toBe('fenced');
      expect(await store.load([key(address)])).toEqual([]);
      expect(await store.outbox(claim.partition, 10)).toEqual([]);
      expect((await store.position(claim.partition))?.nextOffset).toBe(0);
    });

    test('what the shadow policy says is stored with the row, read with it, and gone when the row says nothing of it', async () => {
      const claim = await claimNext();
      const address = `shadow-${claim.partition}@example.com`;
      const text = '{"v":1,"é":"🙂"}';
      const terms = { scope: '*', reason: 'persistent_deferral', since: AT, expiresAt: null } as const;
      const shadow = { text, policy: 'p2', state: 'suppressed', differs: true, suppression: terms } as const;
      const mine = row(address, { partition: claim.partition, shadow });
      await store.commit(planFrom(claim, { recipients: [mine] }));
      expect(await store.load([key(address)])).toMatchObject([{ shadow: text, shadowPolicy: 'p2' }]);
      const tracked: TrackedRow[] = [];
      for await (const page of store.tracked(claim.partition)) tracked.push(...page);
      expect(tracked).toMatchObject([{ address, policy: 'p1', shadowPolicy: 'p2' }]);
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, { recipients: [{ ...mine, shadow: undefined }] }));
      expect(await store.load([key(address)])).toMatchObject([{ shadow: null, shadowPolicy: null }]);
    });

    test('an owner with the right epoch and another nonce may neither relay, park, count, stop nor say that topics are audited', async () => {
      const claim = await claimNext();
      await store.commit(planFrom(claim, { outbox: [change(1, null)], nextSequence: 2 }));
      const twin = { ...claim, nonce: (await claimNext()).nonce };
      expect(twin.nonce).not.toBe(claim.nonce);
      expect(await store.relayed(twin, { sequence: 1, deadLetterOffset: null })).toBe('fenced');
      expect(await store.park(twin, { sequence: 1 }, 'too large')).toBe('fenced');
      expect(await store.beginAttempt(twin)).toBeNull();
      expect(await store.markStopped(twin, 'no')).toBe('fenced');
      expect(await store.markAudited(twin, 7)).toBe('fenced');
      expect(await store.outbox(claim.partition, 10)).toHaveLength(1);
      expect(await store.beginAttempt(claim)).toBe(1);
    });

    test('the incarnation rises for all partitions when more was published than the checkpoint says, and only then', async () => {
      const first = await claimNext();
      const { partition, incarnation } = first;
      await store.commit(planFrom(first, { outbox: [change(1, null), change(2, null)], nextSequence: 3 }));
      const claimSeeing = (published: Published | null): Promise<Claim> => store.claim(partition, 'me', { log: 'a log', published });
      for (const published of [null, { incarnation, sequence: 2 }]) expect((await claimSeeing(published)).incarnation).toBe(incarnation);
      const before = incarnationBehind(0, Date.now());
      const raised = await claimSeeing({ incarnation, sequence: 3 });
      // A moment: also above what was lost together with what came after a restored back-up.
      expect(raised.incarnation).toBeGreaterThanOrEqual(before);
      expect(raised).toMatchObject({ nextSequence: 3, auditedIncarnation: 0 });
      // What was published before it rose raises it no more, in no partition.
      expect((await claimSeeing({ incarnation, sequence: 999 })).incarnation).toBe(raised.incarnation);
      expect((await claimNext()).incarnation).toBe(raised.incarnation);
      const above = await claimSeeing({ incarnation: raised.incarnation + 1_000_000_000, sequence: 1 });
      expect(above.incarnation).toBeGreaterThan(raised.incarnation + 1_000_000_000);
      expect(await store.markAudited(above, above.incarnation)).toBe('committed');
      expect(await store.claim(partition, 'next')).toMatchObject({
        incarnation: above.incarnation,
        auditedIncarnation: above.incarnation,
      });
    });

    test('a partition is bound to the first log that a claim names, and keeps the last record that was folded', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const evidence = (log: string) => ({ log, published: null });
      expect(claim).toMatchObject({ log: null, last: null });
      expect((await store.claim(partition, 'me', evidence('one'))).log).toBe('one');
      const bound = await store.claim(partition, 'me', evidence('two'));
      expect(bound.log).toBe('one');
      const last = { offset: 16, recordTime: AT, keyHash: 65_535 };
      await store.commit(planFrom(bound, { nextOffset: 17, last }));
      await store.commit(planFrom({ ...bound, nextOffset: 17 }, { nextOffset: 20 }));
      const next = await store.claim(partition, 'me', evidence('two'));
      expect(next).toMatchObject({ log: 'one', last, nextOffset: 20 });
      await store.markStopped(next, 'another log');
      // Bound to another log, it may begin anywhere there; what stood at the last record is not known there.
      expect(await store.resume(partition, { toleratedBelow: 99, skipTo: 3, log: 'two' })).toMatchObject({ from: 20, nextOffset: 3 });
      expect(await store.claim(partition, 'me', evidence('two'))).toMatchObject({ log: 'two', last: null, nextOffset: 3 });
    });

    test('a clock that is no whole number is refused, and changes nothing', async () => {
      const claim = await claimNext();
      await expect(store.commit(planFrom(claim, { clock: AT + 0.5 }))).rejects.toThrow();
      expect(await store.position(claim.partition)).toMatchObject({ nextOffset: 0 });
    });

    test('what is pending is what a claim finds, in order, until it is counted', async () => {
      const claim = await claimNext();
      const pending = (body: string): Partial<CommitPlan> => ({ rollups: { kind: 'pending', body } });
      await store.commit(planFrom(claim, pending('{"a":1}')));
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, pending('{"b":2}')));
      const next = await store.claim(claim.partition, 'next');
      expect(next.rollups).toEqual(['{"a":1}', '{"b":2}']);
      expect(await under.rollups(claim.partition)).toEqual({ quarters: [], hours: [] });
      await store.commit(planFrom(next, { rollups: { kind: 'counted', hours: hoursOf([rollup({ events: 3 })]) } }));
      expect((await store.claim(claim.partition, 'last')).rollups).toEqual([]);
      expect(await under.rollups(claim.partition)).toEqual({ quarters: [rollup({ events: 3 })], hours: [rollup({ events: 3 })] });
    });

    test('counts are added to those that are there, row by row', async () => {
      const claim = await claimNext();
      const bounced = rollup({ type: 'bounced', category: 'user_unknown', attribution: 'recipient', pool: 'a' });
      const counted = (events: number): Partial<CommitPlan> => ({
        rollups: { kind: 'counted', hours: hoursOf([rollup({ events }), rollup({ at: AT + 3 * 900_000 }), bounced]) },
      });
      await store.commit(planFrom(claim, counted(2)));
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, counted(40)));
      const { quarters, hours } = await under.rollups(claim.partition);
      expect(quarters).toHaveLength(3);
      const late = rollup({ at: AT + 3 * 900_000, events: 2 });
      expect(quarters).toEqual(expect.arrayContaining([rollup({ events: 42 }), late, { ...bounced, events: 2 }]));
      expect(hours).toHaveLength(2);
      expect(hours).toEqual(expect.arrayContaining([rollup({ events: 44 }), { ...bounced, events: 2 }]));
    });

    test('a commit that moves nothing adds what is pending once, however often it is applied', async () => {
      const claim = await claimNext();
      await store.commit(planFrom(claim, { rollups: { kind: 'pending', body: '{}' } }));
      const still = planFrom({ ...claim, nextOffset: 1 }, { nextOffset: 1, rollups: { kind: 'counted', hours: hoursOf([rollup()]) } });
      expect([await store.commit(still), await store.commit(still)]).toEqual(['committed', 'committed']);
      expect((await under.rollups(claim.partition)).quarters).toEqual([rollup()]);
    });

    test('what is new in a commit that moves nothing is pending once, however often it is applied', async () => {
      const claim = await claimNext();
      const body = (number: number): CommitPlan['rollups'] => ({ kind: 'pending', body: `{"number":${number}}` });
      const still = (number: number): CommitPlan => planFrom(claim, { nextOffset: claim.nextOffset, rollups: body(number) });
      for (const number of [1, 1, 2, 2]) expect(await store.commit(still(number))).toBe('committed');
      expect((await store.claim(claim.partition, 'next')).rollups).toEqual(['{"number":1}', '{"number":2}']);
    });

    test('what a fenced commit counts is not counted', async () => {
      const claim = await claimNext();
      await store.commit(planFrom(claim, { rollups: { kind: 'pending', body: '{}' } }));
      const old = { ...claim, epoch: claim.epoch - 1, nextOffset: 1 };
      expect(await store.commit(planFrom(old, { rollups: { kind: 'counted', hours: hoursOf([rollup()]) } }))).toBe('fenced');
      expect(await under.rollups(claim.partition)).toEqual({ quarters: [], hours: [] });
      expect((await store.claim(claim.partition, 'next')).rollups).toEqual(['{}']);
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
      const second = row(a, { ...own, version: 2, evidence: 'new', active: undefined });
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, { recipients: [second], untracked: [key(b)] }));
      expect(await store.load([key(b), key(a), key('nobody@example.com')])).toEqual([
        { tenant: 'acme', address: a, partition: claim.partition, version: 2, evidence: 'new', shadow: null, shadowPolicy: null },
      ]);
      expect(await store.load([])).toEqual([]);
    });

    test('tracked recipients come in pages, each once, and no others', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const rows = Array.from({ length: 12_500 }, (_, n) =>
        row(`t${n}-${partition}@example.com`, { partition, tracked: n % 5 !== 0, due: n % 2 === 0 ? null : AT + n, active: undefined }),
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

    test('baseline counts come back in order, and a full body replaces the earlier ones', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      expect(claim.baseline).toEqual([]);
      let at = claim;
      const write = async (body: string, replaces: boolean): Promise<void> => {
        expect(await store.commit(planFrom(at, { baseline: { body, replaces } }))).toBe('committed');
        at = { ...at, nextOffset: at.nextOffset + 1 };
      };
      await write('{"a":1}', false);
      await write('{"é":2}', false);
      expect(await store.commit(planFrom({ ...at, nextOffset: 0 }, { baseline: { body: 'fenced', replaces: true } }))).toBe('fenced');
      at = { ...(await store.claim(partition, 'next')) };
      expect(at.baseline).toEqual(['{"a":1}', '{"é":2}']);
      await write('whole', true);
      await write('more', false);
      expect((await store.claim(partition, 'third')).baseline).toEqual(['whole', 'more']);
      expect((await claimNext()).baseline).toEqual([]);
    });

    test('known incidents and their counts come back as they were last written', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      expect([claim.incidents, claim.incidentCounts]).toEqual([[], []]);
      const terms = { tenant: null, provider: `p${partition}`, domain: null, code: null, text: 'é "x"', from: AT, until: null };
      const told = { incident: { id: 'a', revision: 1, excludes: true, terms }, done: false, looked: 3, changed: 2 };
      const quarter = {
        tenant: ACME,
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

    test('replies that refuse for the sender are added up; what is published of a sender incident is committed with its record', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const row = { tenant: ACME, provider: `p${partition}`, pool: '', at: AT, category: 'rate_limited', code: '421 4.7.28' };
      const first = { ...row, events: 2, recipients: 0b11, reply: null };
      await expect(store.commit(planFrom(claim, { senderReplies: [first, first] })), 'one row twice').rejects.toThrow();
      const id = `sender-${partition}`;
      await under.senderIncident(id, `p${partition}`);
      expect(await store.publishedRevision(id)).toBe(0);
      await store.commit(planFrom(claim, { senderReplies: [first], senderIncidents: [{ id, revision: 1 }] }));
      const late = { ...first, events: 9 };
      expect(await store.commit(planFrom(claim, { senderReplies: [late], senderIncidents: [{ id, revision: 2 }] }))).toBe('fenced');
      expect(await store.publishedRevision(id)).toBe(1);
      const second = { ...first, events: 3, recipients: -(2 ** 31), reply: '421 é "x"' };
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, { senderReplies: [second], senderIncidents: [{ id, revision: 2 }] }));
      expect(await under.senderReplies(partition)).toEqual([{ ...row, events: 5, recipients: -(2 ** 31) + 3, reply: '421 é "x"' }]);
      expect(await store.publishedRevision(id)).toBe(2);
      expect(await store.publishedRevision('nobody')).toBe(0);
    });

    test('recipients that an incident may concern: of the partition, tracked, updated since, of tenant and domain, with evidence that mentions it', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const of = (address: string, more: Partial<RecipientRow> = {}): RecipientRow =>
        row(address, { partition, evidence: '{"p":"gmail"}', active: undefined, ...more });
      const domain = `d${partition}.example`;
      const recipients = [
        of(`a@${domain}`),
        of(`b@${domain}`, { tenant: asTenant('other') }),
        of(`c@${domain}`, { tracked: false }),
        of(`d@${domain}`, { updatedAt: AT - 1 }),
        of(`e@${domain}`, { evidence: '{"p":"yahoo"}' }),
        of(`f@sub.${domain}`),
      ];
      await store.commit(planFrom(claim, { recipients }));
      const found = async (which: Partial<IncidentScope>): Promise<readonly string[]> => {
        const all = { since: AT, tenant: null, domain: null, mention: null, ...which };
        const page = await store.concerned(partition, all, 0);
        expect(page.cursor).toBeNull();
        return page.recipients.map(({ address }) => address.split('@')[0] ?? '').sort();
      };
      expect(await found({})).toEqual(['a', 'b', 'e', 'f']);
      expect(await found({ since: AT - 1 })).toEqual(['a', 'b', 'd', 'e', 'f']);
      expect(await found({ tenant: ACME })).toEqual(['a', 'e', 'f']);
      expect(await found({ domain })).toEqual(['a', 'b', 'e']);
      expect(await found({ mention: '"gmail"' })).toEqual(['a', 'b', 'f']);
      expect(await found({ mention: '%' })).toEqual([]);
    });

    test('... in pages, each once, even if rows change meanwhile', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const rows = Array.from({ length: 2_500 }, (_, n) => row(`n${n}-${partition}@example.com`, { partition, active: undefined }));
      await store.commit(planFrom(claim, { recipients: rows }));
      const seen: string[] = [];
      let at = { ...claim, nextOffset: 1 };
      for (let cursor: number | null = 0; cursor !== null;) {
        const from: number = cursor;
        const page = await store.concerned(partition, { since: AT, tenant: null, domain: null, mention: null }, from);
        seen.push(...page.recipients.map(({ address }) => address));
        const again = page.recipients.map(({ address }) => row(address, { partition, version: 2, active: undefined }));
        if (again.length > 0) await store.commit(planFrom(at, { recipients: again }));
        if (again.length > 0) at = { ...at, nextOffset: at.nextOffset + 1 };
        cursor = page.cursor;
      }
      expect(seen.length).toBe(2_500);
      expect(new Set(seen).size).toBe(2_500);
    });

    test('... even if they are few among many: a page may be empty, and says where the next one begins', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const of = (n: number): RecipientRow =>
        row(`s${n}-${partition}@example.com`, { partition, active: undefined, evidence: n === 4_999 ? '{"p":"rare"}' : '{}' });
      await store.commit(planFrom(claim, { recipients: Array.from({ length: 5_000 }, (_, n) => of(n)) }));
      const found: string[] = [];
      let empty = 0;
      for (let cursor: number | null = 0; cursor !== null;) {
        const from: number = cursor;
        const page = await store.concerned(partition, { since: AT, tenant: null, domain: null, mention: '"rare"' }, from);
        found.push(...page.recipients.map(({ address }) => address));
        if (page.recipients.length === 0) empty += 1;
        cursor = page.cursor;
      }
      expect(found).toEqual([`s4999-${partition}@example.com`]);
      expect(empty).toBeGreaterThan(0);
    });

    test('the outbox keeps order, and tells a tombstone from no record', async () => {
      const claim = await claimNext();
      const rows = [change(1, '{"x":1}'), change(2, null), change(3, undefined), change(10, 'last')];
      await store.commit(planFrom(claim, { nextSequence: 11, outbox: [...rows].reverse() }));
      expect(await store.outbox(claim.partition, 3)).toEqual(rows.slice(0, 3));
      expect(await store.relayed(claim, { sequence: 2, deadLetterOffset: null })).toBe('committed');
      expect(await store.outbox(claim.partition, 10)).toEqual(rows.slice(2));
    });

    test('dead letters keep their bytes, and go when they were relayed', async () => {
      const claim = await claimNext();
      const letters = [
        { offset: 3, key: null, value: Uint8Array.from([0, 255, 34, 92]), reason: 'unreadable', detail: 'x' },
        { offset: 9, key: Uint8Array.from([1]), value: null, reason: 'invalid', detail: '' },
        { offset: 10, key: new Uint8Array(0), value: new Uint8Array(0), reason: 'invalid', detail: '' },
      ];
      await store.commit(planFrom(claim, { deadLetters: letters, outbox: [change(1, null)], nextSequence: 2 }));
      const plain = (bytes: Uint8Array | null): number[] | null => bytes && [...bytes];
      const found = await store.deadLetters(claim.partition, 10);
      expect(found.map((letter) => ({ ...letter, key: plain(letter.key), value: plain(letter.value) }))).toEqual(
        letters.map((letter) => ({ ...letter, key: plain(letter.key), value: plain(letter.value) })),
      );
      await store.relayed(claim, { sequence: null, deadLetterOffset: 9 });
      expect((await store.deadLetters(claim.partition, 10)).map(({ offset }) => offset)).toEqual([10]);
      expect(await store.outbox(claim.partition, 10)).toHaveLength(1);
    });

    test('a parked row is no longer relayed, and stays when the rows around it go; a former owner cannot park', async () => {
      const claim = await claimNext();
      const { partition } = claim;
      const letters = [5, 6].map((offset) => ({ offset, key: null, value: null, reason: 'invalid', detail: '' }));
      await store.commit(planFrom(claim, { outbox: [1, 2, 3].map((n) => change(n, null)), nextSequence: 4, deadLetters: letters }));
      expect(await store.park(claim, { sequence: 2 }, 'too large')).toBe('committed');
      expect(await store.park(claim, { deadLetterOffset: 5 }, 'too large')).toBe('committed');
      expect((await store.outbox(partition, 10)).map(({ sequence }) => sequence)).toEqual([1, 3]);
      expect((await store.deadLetters(partition, 10)).map(({ offset }) => offset)).toEqual([6]);
      expect(await store.relayed(claim, { sequence: 2, deadLetterOffset: null })).toBe('committed');
      expect((await store.outbox(partition, 10)).map(({ sequence }) => sequence)).toEqual([3]);
      await store.claim(partition, 'other');
      expect(await store.park(claim, { sequence: 3 }, 'too large')).toBe('fenced');
      expect(await store.outbox(partition, 10)).toHaveLength(1);
    });

    test('a former owner can neither relay, count an attempt nor stop the partition', async () => {
      const old = await claimNext();
      await store.commit(planFrom(old, { outbox: [change(1, null)], nextSequence: 2 }));
      const now = await store.claim(old.partition, 'other');
      expect(await store.relayed(old, { sequence: 1, deadLetterOffset: null })).toBe('fenced');
      expect(await store.outbox(old.partition, 10)).toHaveLength(1);
      expect(await store.beginAttempt(old)).toBeNull();
      expect(await store.markStopped(old, 'no')).toBe('fenced');
      expect([await store.beginAttempt(now), await store.beginAttempt(now)]).toEqual([1, 2]);
      expect(await store.markStopped(now, 'junk')).toBe('committed');
      expect(await store.claim(old.partition, 'third')).toMatchObject({ attempts: 2, stopped: 'junk' });
    });

    test('an erased recipient is deleted with its history; its tombstone is known to every later claim, blocks, and can be lifted', async () => {
      const claim = await claimNext();
      const address = `erased-${claim.partition}@example.com`;
      const own = { partition: claim.partition };
      const blocks = [{ scope: '*', reason: 'complaint', since: AT, expiresAt: null } as const];
      expect(await store.tombstones([key(address)])).toEqual([]);
      await store.commit(planFrom(claim, { recipients: [row(address, own)] }));
      const erased = { ...key(address), version: 7, at: AT, blocks, whole: true, offset: 1, sequence: 1 };
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, { erased: [erased], outbox: [change(1, null)], nextSequence: 2 }));
      expect(await store.load([key(address)])).toEqual([]);
      const again = await store.claim(claim.partition, 'next');
      const known = { ...key(address), version: 7, at: AT, blocks };
      expect(await store.tombstones([key('nobody@example.com'), key(address)])).toEqual([known]);
      // A new recipient of that address, and a block that was lifted: the row stays.
      const later = { ...erased, whole: false, blocks: [] };
      await store.commit(planFrom(again, { erased: [later], recipients: [row(address, { ...own, version: 8 })], nextOffset: 3 }));
      expect(await store.load([key(address)])).toMatchObject([{ version: 8 }]);
      expect(await store.tombstones([key(address)])).toEqual([{ ...known, blocks: [] }]);
    });

    test('an operator lets a stopped partition go on: its owner loses it, the next claim knows what is tolerated', async () => {
      const old = await claimNext();
      await store.commit(planFrom(old, { nextOffset: 17 }));
      await store.markStopped(old, 'junk');
      const resumed = await store.resume(old.partition, { toleratedBelow: 99 });
      expect(resumed).toMatchObject({ partition: old.partition, from: 17, nextOffset: 17, was: 'junk' });
      expect(await store.beginAttempt(old)).toBeNull();
      expect(await store.claim(old.partition, 'next')).toMatchObject({ stopped: null, attempts: 0, nextOffset: 17, toleratedBelow: 99 });
      expect(await store.resume(987_654, { toleratedBelow: 0 })).toBeNull();
    });

    test('only records that the log has lost are given up: no healthy checkpoint moves, and none goes back to records that exist', async () => {
      const { partition } = await claimNext();
      const stop = async (): Promise<void> => {
        expect(await store.markStopped(await store.claim(partition, 'me'), 'a gap')).toBe('committed');
      };
      await store.commit(planFrom(await store.claim(partition, 'me'), { nextOffset: 17 }));
      const refused = async (skipTo: number | undefined): Promise<void> => {
        const before = await store.claim(partition, 'me');
        const terms = { toleratedBelow: 99, ...(skipTo === undefined ? {} : { skipTo }) };
        await expect(store.resume(partition, terms)).rejects.toMatchObject({ kind: 'refused' });
        // Whoever holds it goes on.
        expect(await store.beginAttempt(before)).toBe(before.attempts + 1);
        expect(await store.position(partition)).toMatchObject({ nextOffset: 17 });
      };
      for (const skipTo of [undefined, 0, 17, 40]) await refused(skipTo);
      await stop();
      for (const skipTo of [0, 16]) await refused(skipTo);
      expect(await store.resume(partition, { toleratedBelow: 99, skipTo: 40 })).toMatchObject({ from: 17, nextOffset: 40, was: 'a gap' });
      await stop();
      // The log ends before the checkpoint: it was made anew.
      expect(await store.resume(partition, { toleratedBelow: 5, skipTo: 2 })).toMatchObject({ from: 40, nextOffset: 2 });
    });
  });
}
