/** What every store of HTTP subscribers must do. */
import { EVERY_TENANT, SECRETS_KEPT, SUBSCRIBERS_OF_TENANT, TRIES_KEPT } from '@desist/pipeline';
import type { ClaimedCursor, ClaimTerms, Subscriber, SubscriberStore, Try } from '@desist/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

export interface SubscribersUnderTest {
  readonly store: SubscriberStore;
  close(): Promise<void>;
}

let ids = 0;
const subscriber = (values: Partial<Subscriber> = {}): Subscriber & { createdBy: string | null; secret: string } => ({
  ...{
    id: `wh_${String((ids += 1)).padStart(24, '0')}`,
    tenant: `tenant-${ids}`,
    url: 'https://example.com/hook',
    types: null,
    batch: null,
  },
  ...{ description: null, createdBy: null, secret: 'whsec_first', ...values },
});

const tried = (values: Partial<Try> = {}): Try => ({
  ...{
    kind: 'delivery',
    messageId: 'msg_1',
    partition: 0,
    after: 0,
    upTo: 1,
    changes: 1,
    attempt: 1,
    duration: 12,
    status: 200,
    problem: null,
  },
  ...values,
});
const refused = (attempt = 1, values: Partial<Try> = {}): Try => tried({ attempt, status: 500, problem: 'it answered 500', ...values });

export function subscriberContract(name: string, make: () => Promise<SubscribersUnderTest>): void {
  describe(`subscribers: ${name}`, () => {
    let under: SubscribersUnderTest;
    let store: SubscriberStore;
    beforeAll(async () => {
      under = await make();
      ({ store } = under);
    });
    afterAll(async () => under.close());

    const terms = (values: Partial<ClaimTerms> = {}): ClaimTerms => ({
      ...{ owner: 'me', wanted: [], except: [], limit: 100, limitOfSubscriber: 100, lease: 60_000, idle: 60_000, ...values },
    });
    const hint = (id: string, partition = 0, upTo = 1_000) => ({ subscriber: id, partition, upTo });
    const claimOf = async (id: string, values: Partial<ClaimTerms> = {}, partition = 0): Promise<ClaimedCursor | undefined> =>
      (await store.claim(terms({ wanted: [hint(id, partition)], ...values })))[0];
    const added = async (after: readonly number[] = [0], values: Partial<Subscriber> = {}): Promise<string> => {
      const one = subscriber(values);
      expect(await store.add(one, after)).toBe(true);
      return one.id;
    };

    test('lists those in trouble alone: they fail, are paused or have ended', async () => {
      const tenants = ['trouble'];
      const ids: string[] = [];
      for (let n = 0; n < 4; n += 1) ids.push(await added([0], { tenant: 'trouble' }));
      const [, paused, ended, failing] = ids as [string, string, string, string];
      expect(await store.pause(paused)).toBe(true);
      const one = (await claimOf(ended))!;
      await store.fail(one, { failed: refused(), then: { state: 'ended', reason: 'gone' } });
      await store.fail((await claimOf(failing))!, { failed: refused(), then: { retryIn: 1_000 } });
      const found = await store.list({ tenants, inTrouble: true }, { after: null, limit: 10 });
      expect(found.map(({ id }) => id)).toEqual([paused, ended, failing]);
      expect(await store.list({ tenants, inTrouble: true }, { after: null, limit: 1 })).toHaveLength(1);
      expect(await store.list({ tenants }, { after: null, limit: 10 })).toHaveLength(4);
      for (const id of ids) await store.remove(id);
    });

    test('what was added is found, listed by tenant and page by page, and removed', async () => {
      const [first, second, third] = [subscriber({ tenant: 'a' }), subscriber({ tenant: 'b' }), subscriber({ tenant: EVERY_TENANT })];
      for (const one of [first, second, third])
        expect(await store.add({ ...one, types: ['released'], batch: 7, createdBy: 'eve' }, [3])).toBe(true);
      expect(await store.find(first.id)).toEqual({
        ...{ id: first.id, tenant: 'a', url: first.url, types: ['released'], batch: 7, description: null, state: 'active', reason: null },
        ...{ problem: null, createdBy: 'eve', createdAt: expect.any(Number) as number, changedAt: expect.any(Number) as number },
        ...{ failingSince: null, nextTryAt: null, deliveredAt: null, behind: 0 },
      });
      const idsOf = async (tenants: readonly string[], after: string | null = null, limit = 10): Promise<readonly string[]> =>
        (await store.list({ tenants }, { after, limit })).map(({ id }) => id);
      expect(await idsOf(['a'])).toEqual([first.id]);
      expect(await idsOf(['a', 'b', EVERY_TENANT])).toEqual([first.id, second.id, third.id]);
      expect(await idsOf(['a', 'b', EVERY_TENANT], first.id, 1)).toEqual([second.id]);
      expect((await store.list({}, { after: null, limit: 10 })).length).toBeGreaterThanOrEqual(3);
      expect(await store.remove(first.id)).toBe(true);
      expect(await store.remove(first.id)).toBe(false);
      expect(await store.find(first.id)).toBeNull();
      expect(await claimOf(first.id)).toBeUndefined();
    });

    test.each(['remove', 'resume'] as const)('deliveries that are noted at the moment of a %s wait for it, or it for them', async (act) => {
      const partitions = [0, 1, 2, 3];
      for (let round = 0; round < 25; round += 1) {
        const id = await added([0, 0, 0, 0]);
        const cursors = await store.claim(terms({ wanted: partitions.map((partition) => hint(id, partition)) }));
        expect(cursors).toHaveLength(4);
        const noted = cursors.map((cursor, n) =>
          n % 2 === 0
            ? store.advance(cursor, { place: 1, taken: tried({ partition: n }), then: 'done' })
            : store.fail(cursor, { failed: refused(1, { partition: n }), then: { state: 'paused', reason: 'failing' } }),
        );
        const acted = act === 'remove' ? store.remove(id) : store.resume(id, [], false);
        await Promise.all([...noted, acted]);
        await store.remove(id);
      }
    });

    test('a tenant has its share and takes nothing from another', async () => {
      for (let n = 0; n < SUBSCRIBERS_OF_TENANT; n += 1) expect(await store.add(subscriber({ tenant: 'full' }), [])).toBe(true);
      const tooMuch = subscriber({ tenant: 'full' });
      expect(await store.add(tooMuch, [])).toBe(false);
      expect(await store.find(tooMuch.id)).toBeNull();
      expect(await store.add(subscriber({ tenant: 'not full' }), [])).toBe(true);
    });

    test('address and description change; what decides which changes it gets does not', async () => {
      const id = await added([0], { description: 'old' });
      expect(await store.change(id, { url: 'https://example.com/new' })).toBe(true);
      expect(await store.find(id)).toMatchObject({ url: 'https://example.com/new', description: 'old' });
      expect(await store.change(id, { description: null })).toBe(true);
      expect(await store.find(id)).toMatchObject({ url: 'https://example.com/new', description: null });
      expect(await store.change('wh_none', { url: 'x' })).toBe(false);
    });

    test('a cursor is claimed by one, with its place and all that a request needs', async () => {
      const id = await added([5, 9], { types: ['suppressed'], batch: 3 });
      const claimed = await claimOf(id, {}, 1);
      expect(claimed).toMatchObject({
        subscriber: { id, types: ['suppressed'], batch: 3 },
        ...{ secrets: ['whsec_first'], partition: 1, place: 9, planned: null, gap: false, failures: 0, failingFor: null },
      });
      expect(await claimOf(id, { owner: 'other' }, 1)).toBeUndefined();
      expect(await claimOf(id, { owner: 'other' }, 0)).toMatchObject({ place: 5 });
    });

    test('nothing is claimed that is behind what is wanted, excepted, or over a limit', async () => {
      const id = await added([5, 5, 5]);
      const all = [0, 1, 2].map((partition) => hint(id, partition, 6));
      expect(await store.claim(terms({ wanted: all.map((one) => ({ ...one, upTo: 5 })) }))).toEqual([]);
      expect(await store.claim(terms({ wanted: all, except: [id] }))).toEqual([]);
      expect(await store.claim(terms({ wanted: all, limit: 1 }))).toHaveLength(1);
      expect(await store.claim(terms({ wanted: all, limitOfSubscriber: 1 }))).toHaveLength(1);
      expect(await store.claim(terms({ wanted: [...all, ...all] }))).toHaveLength(1);
    });

    test('without a hint: what is new, what was given back with more left, what nobody looked at for a while; not the others', async () => {
      const id = await added();
      const sweep = async (idle: number): Promise<ClaimedCursor | undefined> =>
        (await store.claim(terms({ wanted: [{ partition: 0, upTo: 1_000 }], idle }))).find(({ subscriber: one }) => one.id === id);
      const first = await sweep(60_000);
      expect(await store.advance(first!, { place: 1, taken: null, then: 'again' })).toBe('moved');
      const second = await sweep(60_000);
      expect(second).toMatchObject({ place: 1 });
      expect(await store.advance(second!, { place: 2, taken: null, then: 'done' })).toBe('moved');
      expect(await sweep(60_000)).toBeUndefined();
      expect(await sweep(0)).toMatchObject({ place: 2 });
    });

    test('a lease that is over is claimed by another, and the former owner changes nothing any more', async () => {
      const id = await added();
      const stopped = await claimOf(id, { lease: 0 });
      const owner = await claimOf(id, { owner: 'other' });
      expect(owner!.fence).toBeGreaterThan(stopped!.fence);
      expect(await store.advance(owner!, { place: 8, taken: tried({ upTo: 8 }), then: { keep: 60_000 } })).toBe('moved');
      expect(await store.plan(stopped!, 3, 60_000)).toBe('fenced');
      expect(await store.advance(stopped!, { place: 1, taken: tried(), then: 'done' })).toBe('fenced');
      expect(await store.fail(stopped!, { failed: refused(), then: { retryIn: 0 } })).toBe('fenced');
      expect(await store.fail(stopped!, { failed: refused(), then: { state: 'ended', reason: 'gone' } })).toBe('fenced');
      expect(await store.loseChanges(stopped!, 'deleted')).toBe('fenced');
      expect(await store.find(id)).toMatchObject({ state: 'active', problem: null });
      expect(await store.tries(id, 10)).toHaveLength(1);
      expect(await store.advance(owner!, { place: 9, taken: null, then: 'again' })).toBe('moved');
      expect(await claimOf(id)).toMatchObject({ place: 9 });
    });

    test('where a request ends is known to the next owner until the cursor is there', async () => {
      const id = await added();
      const first = await claimOf(id, { lease: 0 });
      expect(await store.plan(first!, 7, 0)).toBe('moved');
      const second = await claimOf(id);
      expect(second).toMatchObject({ place: 0, planned: 7 });
      expect(await store.advance(second!, { place: 4, taken: null, then: 'again' })).toBe('moved');
      const third = await claimOf(id);
      expect(third).toMatchObject({ place: 4, planned: 7 });
      expect(await store.advance(third!, { place: 7, taken: tried({ upTo: 7 }), then: 'again' })).toBe('moved');
      expect(await claimOf(id)).toMatchObject({ place: 7, planned: null });
    });

    test('a failure waits for its next try, and is over when the cursor moves', async () => {
      const id = await added([3]);
      const first = await claimOf(id);
      expect(await store.fail(first!, { failed: refused(1, { after: 5, upTo: 6 }), then: { retryIn: 3_600_000 } })).toBe('moved');
      expect(await claimOf(id)).toBeUndefined();
      const shown = await store.find(id);
      expect(shown).toMatchObject({ state: 'active', problem: 'it answered 500' });
      expect(shown!.nextTryAt! - shown!.failingSince!).toBe(3_600_000);
      expect((await store.counts()).failing).toBe(1);

      expect(await store.resume(id, [0], false)).toBe('resumed');
      const second = await claimOf(id);
      expect(second).toMatchObject({ place: 5, failures: 0, failingFor: null });
      expect(await store.fail(second!, { failed: refused(1, { after: 5, upTo: 6 }), then: { retryIn: 0 } })).toBe('moved');
      const third = await claimOf(id);
      expect(third).toMatchObject({ place: 5, failures: 1, failingFor: expect.any(Number) as number });
      const since = (await store.find(id))?.failingSince;
      expect(await store.fail(third!, { failed: refused(2, { after: 5, upTo: 6 }), then: { retryIn: 0 } })).toBe('moved');
      expect((await store.find(id))?.failingSince).toBe(since);
      const fourth = await claimOf(id);
      expect(fourth).toMatchObject({ failures: 2 });
      expect(await store.advance(fourth!, { place: 6, taken: tried({ attempt: 3, after: 5, upTo: 6 }), then: 'done' })).toBe('moved');
      expect(await store.find(id)).toMatchObject({
        ...{ problem: null, failingSince: null, nextTryAt: null, deliveredAt: expect.any(Number) as number },
      });
      expect((await store.counts()).failing).toBe(0);
      expect((await store.tries(id, 10)).map(({ attempt, status }) => [attempt, status])).toEqual([
        ...[[3, 200]],
        ...[[2, 500]],
        ...[[1, 500]],
        ...[[1, 500]],
      ]);
    });

    test('a turn that did nothing leaves the failures as they were', async () => {
      const id = await added();
      await store.fail((await claimOf(id))!, { failed: refused(), then: { retryIn: 0 } });
      await store.advance((await claimOf(id))!, { place: 0, taken: null, then: 'again' });
      expect(await claimOf(id)).toMatchObject({ failures: 1 });
    });

    test('after its last try a subscriber is paused with what failed, and goes on where it stopped', async () => {
      const id = await added([2]);
      const first = await claimOf(id);
      await store.plan(first!, 6, 60_000);
      expect(await store.fail(first!, { failed: refused(1, { after: 2, upTo: 6 }), then: { state: 'paused', reason: 'failing' } })).toBe(
        'moved',
      );
      expect(await store.find(id)).toMatchObject({ state: 'paused', reason: 'failing', problem: 'it answered 500' });
      expect(await claimOf(id)).toBeUndefined();
      expect((await store.active()).map((one) => one.id)).not.toContain(id);
      expect(await store.resume(id, [0], false)).toBe('resumed');
      expect(await store.find(id)).toMatchObject({ state: 'active', reason: null, problem: null, failingSince: null });
      expect(await claimOf(id)).toMatchObject({ place: 2, planned: 6, failures: 0 });
    });

    test('one that is paused while a request is under way: the request counts, and nothing follows', async () => {
      const id = await added();
      const claimed = await claimOf(id);
      expect(await store.pause(id)).toBe(true);
      expect(await store.pause(id)).toBe(false);
      expect(await store.find(id)).toMatchObject({ state: 'paused', reason: 'operator' });
      expect(await store.plan(claimed!, 4, 60_000)).toBe('halted');
      expect(await store.advance(claimed!, { place: 4, taken: tried({ upTo: 4 }), then: 'done' })).toBe('halted');
      expect(await store.resume(id, [0], false)).toBe('resumed');
      expect(await claimOf(id)).toMatchObject({ place: 4 });
    });

    test('one that is resumed while a request is under way: its failure counts as the first, and the next try follows at once', async () => {
      const id = await added();
      for (const attempt of [1, 2, 3]) await store.fail((await claimOf(id))!, { failed: refused(attempt), then: { retryIn: 0 } });
      const claimed = await claimOf(id);
      expect(claimed).toMatchObject({ failures: 3 });
      expect(await store.resume(id, [0], false)).toBe('resumed');
      expect(await store.fail(claimed!, { failed: refused(4), then: { retryIn: 3_600_000 } })).toBe('moved');
      const again = await claimOf(id);
      expect(again).toMatchObject({ failures: 1 });
      await store.fail(again!, { failed: refused(2), then: { retryIn: 0 } });
      const last = await claimOf(id);
      await store.resume(id, [0], false);
      expect(await store.fail(last!, { failed: refused(3), then: { state: 'paused', reason: 'failing' } })).toBe('moved');
      expect(await store.find(id)).toMatchObject({ state: 'active' });
    });

    test('one that ended stays so', async () => {
      const id = await added();
      const claimed = await claimOf(id);
      await store.fail(claimed!, {
        failed: refused(1, { status: 410, problem: 'it answered 410' }),
        then: { state: 'ended', reason: 'gone' },
      });
      expect(await store.find(id)).toMatchObject({ state: 'ended', reason: 'gone' });
      expect(await store.pause(id)).toBe(false);
      expect(await store.resume(id, [0], true)).toBe('ended');
      expect(await store.resume('wh_none', [0], true)).toBe('unknown');
    });

    test('changes that were deleted stop a subscriber, and only somebody who says so makes it skip them; it is told', async () => {
      const id = await added([2, 50]);
      const claimed = await claimOf(id);
      await store.plan(claimed!, 6, 60_000);
      expect(await store.loseChanges(claimed!, 'changes of partition 0 were deleted')).toBe('moved');
      expect(await store.find(id)).toMatchObject({
        ...{ state: 'paused', reason: 'lost_changes', problem: 'changes of partition 0 were deleted' },
      });
      expect(await store.resume(id, [40, 50], false)).toBe('lost_changes');
      expect(await store.find(id)).toMatchObject({ state: 'paused' });
      expect(await store.resume(id, [40, 50], true)).toBe('resumed');
      const after = await claimOf(id);
      expect(after).toMatchObject({ place: 40, planned: null, gap: true });
      expect(await claimOf(id, {}, 1)).toMatchObject({ place: 50, gap: false });
      await store.advance(after!, { place: 41, taken: null, then: 'again' });
      const again = await claimOf(id);
      expect(again).toMatchObject({ gap: true });
      await store.advance(again!, { place: 42, taken: tried({ after: 41, upTo: 42 }), then: 'again' });
      expect(await claimOf(id)).toMatchObject({ gap: false });
    });

    test('secrets overlap when they are rotated, and at most so many', async () => {
      const id = await added();
      expect(await store.secrets(id)).toEqual(['whsec_first']);
      expect(await store.rotate(id, 'whsec_second', 60_000)).toBe(true);
      expect(await store.secrets(id)).toEqual(['whsec_second', 'whsec_first']);
      expect((await claimOf(id))?.secrets).toEqual(['whsec_second', 'whsec_first']);
      for (const secret of ['whsec_third', 'whsec_fourth']) await store.rotate(id, secret, 60_000);
      expect(await store.secrets(id)).toHaveLength(SECRETS_KEPT);
      expect((await store.secrets(id))[0]).toBe('whsec_fourth');
      expect(await store.rotate(id, 'whsec_now', 0)).toBe(true);
      expect(await store.secrets(id)).toEqual(['whsec_now']);
      expect(await store.rotate('wh_none', 'whsec_x', 0)).toBe(false);
    });

    test('the last tries of each partition are kept, and no more of them than that', async () => {
      const id = await added([0, 0]);
      const claimed = await claimOf(id);
      for (let place = 1; place <= TRIES_KEPT + 5; place += 1)
        await store.advance(claimed!, {
          place,
          taken: tried({ after: place - 1, upTo: place, messageId: `m${place}` }),
          then: { keep: 60_000 },
        });
      const kept = await store.tries(id, 1_000);
      expect(kept).toHaveLength(TRIES_KEPT);
      expect(kept.map(({ messageId }) => messageId)).toEqual(Array.from({ length: TRIES_KEPT }, (_, n) => `m${TRIES_KEPT + 5 - n}`));
      expect(await store.tries(id, 3)).toHaveLength(3);
      const [last] = kept;
      expect(await store.tryOf(id, last!.id)).toEqual(last);
      for (const wrong of ['0-1', 'h-1', 'x', '', '0-999999999999999']) expect(await store.tryOf(id, wrong)).toBeNull();
    });

    test('what is sent by hand is noted beside the deliveries', async () => {
      const id = await added();
      const test = tried({ kind: 'test', partition: null, upTo: 0, changes: 0 });
      const noted = [await store.note(id, test), await store.note(id, tried({ kind: 'resend', after: 3, upTo: 4 }))];
      expect(noted).toEqual(['h-1', 'h-2']);
      expect(await store.tryOf(id, 'h-2')).toMatchObject({ kind: 'resend', partition: 0, after: 3, upTo: 4 });
      for (let n = 0; n < TRIES_KEPT + 3; n += 1) await store.note(id, test);
      expect(await store.tries(id, 1_000)).toHaveLength(TRIES_KEPT);
      expect(await store.note('wh_none', test)).toBeNull();
    });

    test('a partition that is new since a subscriber was added is new to it as a whole', async () => {
      const id = await added([7]);
      await store.completeCursors(3);
      await store.completeCursors(3);
      expect(await claimOf(id)).toMatchObject({ place: 7 });
      expect(await claimOf(id, {}, 2)).toMatchObject({ place: 0 });
      expect(await claimOf(id, {}, 3)).toBeUndefined();
    });

    test('who is active wants by tenant and type', async () => {
      const mine = await added([0], { tenant: 'mine', types: ['released'] });
      const everything = await added([0], { tenant: EVERY_TENANT });
      const active = new Map((await store.active()).map((one) => [one.id, one]));
      expect(active.get(mine)).toEqual({ id: mine, tenants: ['mine'], types: ['released'] });
      expect(active.get(everything)).toEqual({ id: everything });
    });

    test('two that claim at once never have the same cursor', async () => {
      // Only those that overlap can meet: connections are open after the first round.
      for (let round = 0; round < 15; round += 1) {
        const id = await added(Array.from({ length: 12 }, () => 0));
        const wanted = Array.from({ length: 12 }, (_, partition) => hint(id, partition));
        const claimed = await Promise.all(['a', 'b', 'c'].map(async (owner) => store.claim(terms({ owner, wanted, limit: 8 }))));
        const partitions = claimed.flat().map(({ partition }) => partition);
        expect(new Set(partitions).size).toBe(partitions.length);
        const rest = await store.claim(terms({ wanted }));
        expect([...partitions, ...rest.map(({ partition }) => partition)].sort((a, b) => a - b)).toEqual(
          wanted.map(({ partition }) => partition),
        );
      }
    });
  });
}
