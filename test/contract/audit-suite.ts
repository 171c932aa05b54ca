/** What every store of audits must do. */
import { asAddress, asTenant } from '@desist/domain';
import type { AuditStore, RecipientStore } from '@desist/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AT, planFrom, row, suppression } from './store-suite.ts';

export interface AuditsUnderTest {
  readonly store: RecipientStore;
  readonly audits: AuditStore;
  close(): Promise<void>;
}

const NOTHING = { records: 0, read: 0, compared: 0, mended: 0, problem: null };

export function auditContract(name: string, make: () => Promise<AuditsUnderTest>): void {
  describe(`audits: ${name}`, () => {
    let under: AuditsUnderTest;
    let partition = 0;
    beforeAll(async () => {
      under = await make();
    });
    afterAll(async () => under.close());
    const claimNext = () => under.store.claim((partition += 1), 'me');

    test('an audit is asked for, notes how far it is, and ends', async () => {
      const { audits } = under;
      const claim = await claimNext();
      expect(await audits.audit(partition)).toBeNull();
      await audits.requestAudit(partition, 'requested');
      const asked = await audits.audit(partition);
      expect(asked).toMatchObject({ partition, request: 1, reason: 'requested', state: 'requested', finishedAt: null, ...NOTHING });
      const half = { records: 9, read: 4, compared: 3, mended: 1 };
      expect(await audits.advanceAudit(claim, 1, { ...half, outcome: null, problem: null })).toBe('noted');
      expect(await audits.audit(partition)).toMatchObject({ state: 'running', finishedAt: null, ...half });
      expect(await audits.advanceAudit(claim, 1, { ...half, read: 9, outcome: 'done', problem: 'said' })).toBe('noted');
      const done = await audits.audit(partition);
      expect(done).toMatchObject({ state: 'done', ...half, read: 9, problem: 'said' });
      expect(done?.finishedAt).toBeGreaterThanOrEqual(asked?.requestedAt ?? Infinity);
      expect((await audits.audits()).filter((one) => one.partition === partition)).toEqual([done]);
    });

    test('a newer request, a stop and another owner end an audit', async () => {
      const { audits, store } = under;
      const claim = await claimNext();
      const advance = (request: number) => audits.advanceAudit(claim, request, { ...NOTHING, outcome: null });
      await audits.requestAudit(partition, 'requested');
      expect(await advance(1)).toBe('noted');
      await audits.requestAudit(partition, 'database_went_back');
      expect(await audits.audit(partition)).toMatchObject({ request: 2, reason: 'database_went_back', state: 'requested', compared: 0 });
      expect(await advance(1)).toBe('superseded');
      expect(await advance(2)).toBe('noted');
      expect(await audits.stopAudit(partition)).toBe(true);
      expect(await audits.stopAudit(partition)).toBe(false);
      expect(await advance(2)).toBe('superseded');
      expect(await audits.audit(partition)).toMatchObject({ state: 'stopped' });
      await audits.requestAudit(partition, 'topic_behind');
      await store.claim(partition, 'another');
      expect(await advance(3)).toBe('fenced');
      expect(await audits.audit(partition)).toMatchObject({ state: 'requested' });
    });

    test('who is on the list, in pages, and as they are now; and whose change still waits', async () => {
      const { audits, store } = under;
      const claim = await claimNext();
      const other = await store.claim((partition += 1), 'me');
      const { partition: mine } = claim;
      const who = (name: string) => `${name}-${mine}@example.com`;
      const allowed = [{ scope: 'news', expiresAt: AT + 9 }];
      await store.commit(
        planFrom(claim, {
          recipients: [
            row(who('a'), { partition: mine, version: 3 }),
            row(who('b'), { partition: mine, active: { suppressions: [], allowed } }),
            row(who('c'), { partition: mine, state: 'deferred', active: { suppressions: [], allowed: [] } }),
          ],
          outbox: [{ sequence: 1, key: `acme/${who('b')}`, change: '{}', value: '{}' }],
          nextSequence: 2,
        }),
      );
      await store.commit(planFrom(other, { recipients: [row(who('d'), { partition: other.partition })] }));
      const { scope, reason, since, expiresAt } = suppression;
      const a = { tenant: 'acme', address: who('a'), partition: mine, version: 3, pending: false, allowed: [] };
      const held = [{ scope, reason, since, expiresAt }];
      const listed = [];
      for (let cursor: number | null = 0; cursor !== null;) {
        const page: Awaited<ReturnType<AuditStore['listed']>> = await audits.listed(mine, cursor);
        listed.push(...page.recipients);
        ({ cursor } = page);
      }
      expect(listed).toHaveLength(2);
      expect(listed[0]).toMatchObject({ ...a, suppressions: held });
      expect(listed[1]).toMatchObject({ address: who('b'), suppressions: [], allowed, pending: true });
      const key = (name: string) => ({ tenant: asTenant('acme'), address: asAddress(who(name)) });
      const current = await audits.current(mine, ['d', 'nobody', 'a', 'c'].map(key));
      expect(current.map(({ address }) => address)).toEqual(['d', 'nobody', 'a', 'c'].map(who));
      expect(current).toMatchObject([
        { partition: other.partition, pending: false },
        { partition: null, version: 0, suppressions: [], allowed: [], pending: false },
        { ...a, suppressions: held },
        { partition: mine, suppressions: [], allowed: [] },
      ]);
      // One is suppressed, and one change waits.
      expect(await audits.listedAtLeast(mine)).toBe(0);
      await store.relayed(claim, { sequence: 1, deadLetterOffset: null });
      expect(await audits.listedAtLeast(mine)).toBe(1);
      expect((await audits.listed(mine, 0)).recipients.map(({ pending }) => pending)).not.toContain(true);
    });

    test('where the topic ended is kept', async () => {
      const { audits } = under;
      await claimNext();
      expect(await audits.publishedEnd(partition)).toBeNull();
      await audits.notePublishedEnd(partition, 12);
      await audits.notePublishedEnd(partition, 3);
      expect(await audits.publishedEnd(partition)).toBe(3);
    });
  });
}
