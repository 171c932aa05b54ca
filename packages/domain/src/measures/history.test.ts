import { describe, expect, test } from 'vitest';
import { asAddress, asTenant, recipientKey } from '../keys.ts';
import { DAY, HOUR } from '../policy/policy.ts';
import { createHistory } from './history.ts';
import type { History, RecipientHistory } from './history.ts';
import { createMeasure, differenceOf } from './measure.ts';
import type { Measured } from './measure.ts';
import { outcomeName } from './regret.ts';

const TENANT = asTenant('acme');
const ref = (name: string) => ({ tenant: TENANT, address: asAddress(`${name}@example.com`) });
const END = 90 * DAY;

/** Two policies; `active` are those that suppress now, as the tries see them. */
function story(): {
  readonly history: History;
  suppress(policy: number, at: number, times?: 1 | -1, name?: string): void;
  fail(at: number, active?: readonly number[], more?: { message?: string; isTry?: boolean; name?: string }): void;
  take(at: number, message?: string, name?: string): void;
  end(at?: number): readonly RecipientHistory[];
  measured(at?: number): Measured;
} {
  const history = createHistory(2);
  const end = (at = END): readonly RecipientHistory[] => [...history.finish(at)];
  return {
    history,
    suppress: (policy, since, times = 1, name = 'a') =>
      history.suppressed(policy, ref(name), { reason: 'persistent_deferral', scope: '*', since, category: 'mailbox_full' }, times),
    fail: (at, active = [], { message, isTry = true, name = 'a' } = {}) =>
      history.tried({ ...ref(name), at, provider: 'gmail', category: 'mailbox_full', message: message ?? null, isTry }, (policy) =>
        active.includes(policy),
      ),
    take: (at, message, name = 'a') => {
      const { tenant, address } = ref(name);
      history.took(recipientKey(tenant, address), at, message ?? null);
    },
    end,
    measured(at) {
      const measure = createMeasure(2);
      for (const one of end(at)) measure.add(one);
      return measure.result();
    },
  };
}

describe('a history', () => {
  test('tells who took mail after a suppression, and who was only tried', () => {
    const { suppress, fail, take, end } = story();
    suppress(0, DAY);
    suppress(1, DAY, 1, 'b');
    fail(2 * DAY, [0]);
    fail(3 * DAY, [1], { name: 'b' });
    take(4 * DAY, 'm');
    const [a, b] = end();
    expect(a?.suppressions[0]?.map(({ outcome }) => [outcomeName(outcome), outcome.tookAfter])).toEqual([['took_mail', 3 * DAY]]);
    expect(b?.suppressions[1]?.map(({ outcome }) => [outcomeName(outcome), outcome.triedUntil])).toEqual([['refused', 2 * DAY]]);
  });

  test('mail after 30 days is not regretted', () => {
    const { suppress, take, end } = story();
    suppress(0, DAY);
    take(31 * DAY + 1);
    expect(end()[0]?.suppressions[0]?.[0]?.outcome).toMatchObject({ tookAfter: null, triedUntil: 30 * DAY });
  });

  test('a delivery that bounces after all was none', () => {
    const { suppress, fail, take, end } = story();
    suppress(0, DAY);
    fail(2 * DAY, [1]);
    take(3 * DAY, 'm');
    fail(3 * DAY + HOUR, [], { message: 'm' });
    const [a] = end();
    expect(outcomeName(a!.suppressions[0]![0]!.outcome)).toBe('refused');
    // The try before it was in vain, too.
    expect(a).toMatchObject({ useless: 1, spared: [{}, { tries: 1, useless: 1 }] });
  });

  test('a suppression that is corrected was never there, and one that is restated is one', () => {
    const { suppress, end } = story();
    suppress(0, DAY);
    suppress(0, DAY);
    suppress(1, DAY);
    suppress(1, DAY, -1);
    expect(end()[0]?.suppressions.map(({ length }) => length)).toEqual([1, 0]);
  });

  test('counts tries that one policy spares and the other makes, until mail is taken', () => {
    const { fail, take, measured } = story();
    for (let day = 1; day <= 5; day += 1) fail(day * DAY, day >= 3 ? [1] : []);
    fail(DAY, [], { name: 'b' });
    fail(2 * DAY, [1], { name: 'b' });
    take(3 * DAY, 'm', 'b');
    const [compared] = measured().comparisons;
    expect(compared?.spared).toMatchObject({ addresses: 2, tries: 4, useless: 3, notYetKnown: 0 });
    expect(compared?.added).toMatchObject({ addresses: 0, tries: 0, share: null });
    const { policies } = measured();
    // Five tries in vain: the first policy makes all, the second those of two days.
    expect(policies.map(({ useless, made }) => [useless, made])).toEqual([
      [5, 5],
      [5, 2],
    ]);
  });

  test('whether tries of the last 30 days were in vain is not yet known', () => {
    const { fail, measured } = story();
    fail(END - 40 * DAY, []);
    fail(END - 20 * DAY, [1]);
    expect(measured().comparisons[0]?.spared).toMatchObject({ tries: 1, useless: 0, notYetKnown: 1, share: null });
  });

  test('keeps nobody who has only failed and then taken mail, and nobody who was erased', () => {
    const { history, fail, take, suppress } = story();
    fail(DAY);
    expect(history.size()).toBe(1);
    take(2 * DAY, 'm');
    expect(history.size()).toBe(0);
    suppress(0, DAY);
    history.erased(recipientKey(TENANT, ref('a').address));
    expect(history.size()).toBe(0);
  });

  test('keeps so many suppressions of one recipient, and says how many more there were', () => {
    const { history, suppress } = story();
    for (let i = 0; i < 40; i += 1) suppress(0, i * HOUR);
    expect(history.leftOut()).toBe(8);
  });
});

describe('a comparison', () => {
  test('tells who is suppressed by one only, and by how many hours earlier or later', () => {
    const { suppress, end, measured } = story();
    suppress(0, DAY, 1, 'first');
    suppress(1, DAY, 1, 'second');
    for (const [name, hours] of [
      ['earlier', -24],
      ['later', 12],
      ['same', 0],
    ] as const) {
      suppress(0, 10 * DAY, 1, name);
      suppress(1, 10 * DAY + hours * HOUR, 1, name);
    }
    expect(end().map((one) => [one.address.split('@')[0], differenceOf(one)?.only, differenceOf(one)?.by])).toEqual([
      ['earlier', null, -24 * HOUR],
      ['first', 'first', null],
      ['later', null, 12 * HOUR],
      ['same', undefined, undefined],
      ['second', 'second', null],
    ]);
    expect(measured().comparisons[0]).toMatchObject({
      ...{ onlyFirst: 1, onlySecond: 1, same: 1 },
      earlier: { count: 1, p50: 24 },
      later: { count: 1, p50: 12 },
    });
  });

  test('the groups of a dimension add up to the whole', () => {
    const { suppress, fail, measured } = story();
    suppress(1, DAY, 1, 'a');
    fail(2 * DAY, [1]);
    fail(3 * DAY, [], { name: 'b' });
    const { groups, policies } = measured();
    for (const by of ['reason', 'category', 'provider', 'tenant'] as const) {
      const own = groups.filter((group) => group.by === by);
      expect(own.reduce((sum, group) => sum + (group.policies[1]?.regret.suppressions ?? 0), 0)).toBe(1);
      expect(own.reduce((sum, group) => sum + (group.policies[0]?.useless ?? 0), 0)).toBe(policies[0]?.useless);
    }
    expect(groups.find(({ by, value }) => by === 'reason' && value === 'none')?.policies[0]?.useless).toBe(1);
  });

  test('nobody regrets a complaint', () => {
    const history = createHistory(2);
    history.suppressed(0, ref('a'), { reason: 'complaint', scope: '*', since: DAY, category: null }, 1);
    history.took(recipientKey(TENANT, ref('a').address), 2 * DAY, 'm');
    const measure = createMeasure(2);
    for (const one of history.finish(END)) measure.add(one);
    expect(measure.result().policies[0]).toMatchObject({ recipients: 1, regret: { suppressions: 0, tookMail: 0 } });
  });
});
