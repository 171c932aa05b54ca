/** After a suppression for persistent deferral has expired: one failure of its kind is enough. Both sides of each boundary. */
import { DAY, DEFAULT_POLICY, decodeRecipient, encodeRecipient, explain, viewOf } from '@desist/domain';
import type { BaselineAnswer, Policy } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { bounced, deferred, deferrals, delivered, everySixHours, moment, ms, tell } from './story.ts';
import type { Told } from './story.ts';

const days = (count: number): number => count * 24;
/** Suppressed at 72 h, for 30 days. */
const FAILING = everySixHours(72);
const EXPIRED = 72 + days(30);
const END = EXPIRED + days(14);
const BUSY = '451 4.3.0 Temporary system problem';
const UNKNOWN_450 = '450 4.1.1 User unknown';

const suppressions = (events: readonly Told[], end: number, policy?: Policy, contrast?: Parameters<typeof tell>[3]) =>
  tell(events, end, policy, contrast)
    .changes.filter(({ type, suppression }) => type === 'suppressed' && suppression?.reason === 'persistent_deferral')
    .map(({ effectiveAt, suppression }) => [effectiveAt, suppression?.expiresAt]);
const FIRST = [moment(72), moment(EXPIRED)];
const again = (at: number, level = 90): readonly (number | null)[] => [moment(at), moment(at + days(level))];

describe('on probation', () => {
  it('the next counted failure of the same category suppresses at its own moment, at the next level', () => {
    expect(suppressions([...FAILING, deferred(EXPIRED + 1)], EXPIRED + 2)).toEqual([FIRST, again(EXPIRED + 1)]);
  });

  it('from one millisecond after the expiry on: at its instant the recipient is still suppressed', () => {
    expect(suppressions([...FAILING, deferred(EXPIRED)], EXPIRED + 1)).toEqual([FIRST]);
    expect(suppressions([...FAILING, deferred(EXPIRED + ms(1))], EXPIRED + 1)).toEqual([FIRST, again(EXPIRED + ms(1))]);
  });

  it('until its end, that instant included, and not a millisecond longer', () => {
    expect(suppressions([...FAILING, deferred(END)], END + 1)).toEqual([FIRST, again(END)]);
    expect(suppressions([...FAILING, deferred(END + ms(1))], END + 1)).toEqual([FIRST]);
  });

  it('is told with the expiry, seen in the view, and ends by itself', () => {
    const released = tell(FAILING, EXPIRED).changes.at(-1);
    expect(released).toMatchObject({ type: 'released', cause: 'expiry', probationUntil: moment(END) });
    const probationAt = (hours: number) => tell(FAILING, hours).view.probationUntil;
    expect([EXPIRED - ms(1), EXPIRED, END - ms(1), END].map(probationAt)).toEqual([null, moment(END), moment(END), null]);
    expect(tell(FAILING, EXPIRED).view.state).toBe('healthy');
    expect(tell(FAILING, END + 1).changes).toHaveLength(tell(FAILING, EXPIRED).changes.length);
  });

  it('is foretold by an active suppression', () => {
    expect(tell(FAILING, 80).view.suppressions).toMatchObject([{ probationUntil: moment(END) }]);
    expect(tell([bounced(0, { reply: '550 5.1.1 User unknown' })], 80).view.suppressions).toMatchObject([{ probationUntil: null }]);
  });

  it('rests on that failure, names the suppression before, and is not announced as a risk', () => {
    const { changes, view } = tell([...FAILING, deferred(EXPIRED + 5)], EXPIRED + 6);
    const evidence = {
      ...{ firstFailureAt: moment(EXPIRED + 5), lastFailureAt: moment(EXPIRED + 5), failures: 1, messages: 1, category: 'mailbox_full' },
      previous: { since: moment(72), endedAt: moment(EXPIRED) },
    };
    expect(changes.at(-1)).toMatchObject({ type: 'suppressed', cause: 'event', evidence });
    expect(view.suppressions).toMatchObject([{ since: moment(EXPIRED + 5), evidence }]);
    expect(changes.filter(({ type }) => type === 'at_risk')).toHaveLength(1);
  });

  it('goes up level by level', () => {
    const second = EXPIRED + 1 + days(90);
    const third = second + 1 + days(180);
    const events = [...FAILING, deferred(EXPIRED + 1), deferred(second + 1), deferred(third + 1)];
    expect(suppressions(events, third + 2)).toEqual([FIRST, again(EXPIRED + 1), again(second + 1, 180), [moment(third + 1), null]]);
  });

  it('asks for a category that the suppression rested on, of any failure in its streak', () => {
    const mixed = [...deferrals(0, 6), deferred(30, { reply: UNKNOWN_450 }), ...deferrals(60, 70)];
    expect(suppressions([...mixed, deferred(EXPIRED + 1, { reply: UNKNOWN_450 })], EXPIRED + 2)).toHaveLength(2);
    expect(suppressions([...FAILING, deferred(EXPIRED + 1, { reply: UNKNOWN_450 })], EXPIRED + 2)).toHaveLength(1);
    // What came while it was suppressed is no part of it.
    const during = [...FAILING, deferred(100, { reply: UNKNOWN_450 }), deferred(EXPIRED + 1, { reply: UNKNOWN_450 })];
    expect(suppressions(during, EXPIRED + 2)).toHaveLength(1);
    // And of the second one only its own failure.
    const second = EXPIRED + 1 + days(90);
    expect(suppressions([...mixed, deferred(EXPIRED + 1), deferred(second + 1, { reply: UNKNOWN_450 })], second + 2)).toHaveLength(2);
  });

  it('another failure begins a streak as usual, and leaves the probation as it is', () => {
    const { view } = tell([...FAILING, deferred(EXPIRED + 1, { reply: UNKNOWN_450 })], EXPIRED + 2);
    expect(view).toMatchObject({ state: 'deferred', probationUntil: moment(END), streak: { failures: 1 } });
    const later = [...FAILING, deferred(EXPIRED + 1, { reply: UNKNOWN_450 }), deferred(EXPIRED + 2)];
    expect(suppressions(later, EXPIRED + 3)).toEqual([FIRST, again(EXPIRED + 2)]);
  });

  it('follows a suppression by give-ups, too: for their categories', () => {
    const gaveUp = (at: number, reply = '552 5.2.2 Mailbox full'): Told => bounced(at, { reply });
    const given = [gaveUp(0), gaveUp(70), gaveUp(140)];
    const expired = 140 + days(30);
    expect(suppressions([...given, deferred(expired + 1)], expired + 2)).toHaveLength(2);
    expect(suppressions([...given, deferred(expired + 1, { reply: UNKNOWN_450 })], expired + 2)).toHaveLength(1);
  });

  it('a delivery ends it, and the levels begin anew', () => {
    expect(tell([...FAILING, delivered(EXPIRED + 1)], EXPIRED + 2).view.probationUntil).toBeNull();
    expect(suppressions([...FAILING, delivered(EXPIRED + 1), deferred(EXPIRED + 2)], EXPIRED + 3)).toEqual([FIRST]);
    const anew = everySixHours(72).map((one) => ({ ...one, at: one.at + EXPIRED + 2 }));
    expect(suppressions([...FAILING, delivered(EXPIRED + 1), ...anew], EXPIRED + 80).at(-1)).toEqual(again(EXPIRED + 74, 30));
  });

  it('an operator ends it by releasing all streams, not one; of the suppression itself, too', () => {
    const then = (release: Partial<Told>, at = EXPIRED + 1): number =>
      suppressions([...FAILING, { type: 'release', at, ...release }, deferred(EXPIRED + 2)], EXPIRED + 3).length;
    expect([then({}), then({ scope: 'news' }), then({}, 80)]).toEqual([1, 2, 1]);
  });

  it('0 s switches it off', () => {
    const policy = { ...DEFAULT_POLICY, suppression: { ...DEFAULT_POLICY.suppression, probation: 0 } };
    expect(suppressions([...FAILING, deferred(EXPIRED + 1)], EXPIRED + 2, policy)).toEqual([FIRST]);
    expect(tell(FAILING, EXPIRED, policy).view).toMatchObject({ probationUntil: null });
    expect(tell(FAILING, EXPIRED, policy).changes.at(-1)).not.toHaveProperty('probationUntil');
  });
});

describe('on probation, a failure by contrast', () => {
  const passes = (_: string, closesAt: number): BaselineAnswer => ({ closesAt, passes: true, deliveries: 40, failing: 1 });
  const busy = [...Array.from({ length: 13 }, (_, n) => deferred(n * 6, { reply: BUSY }))];
  /** The last of them counts when its window has closed. */
  const since = 72;

  it('suppresses when its window closes', () => {
    const expired = since + days(30);
    const found = suppressions([...busy, deferred(expired + 1, { reply: BUSY })], expired + 12, DEFAULT_POLICY, passes);
    expect(found).toEqual([
      [moment(since), moment(expired)],
      [moment(expired + 6), moment(expired + 6 + days(90))],
    ]);
  });

  it('that closes at the end of the probation at the latest', () => {
    const end = since + days(30) + days(14);
    const at = (hours: number, policy: Policy): number =>
      suppressions([...busy, deferred(hours, { reply: BUSY })], end + 12, policy, passes).length;
    const shorter = { ...DEFAULT_POLICY, suppression: { ...DEFAULT_POLICY.suppression, probation: 14 * DAY - 1 } };
    expect([at(end - 1, DEFAULT_POLICY), at(end - 1, shorter)]).toEqual([2, 1]);
  });

  it('suppresses when what held besides has ended, if it counted meanwhile', () => {
    const expired = since + days(30);
    const blocked = (until: number): readonly Told[] => [
      ...busy,
      deferred(expired + 1, { reply: BUSY }),
      { type: 'suppress', at: expired + 2, until },
    ];
    expect(suppressions(blocked(expired + 30), expired + 31, DEFAULT_POLICY, passes).at(-1)).toEqual(again(expired + 30));
    expect(suppressions(blocked(expired + days(14) + 1), expired + days(15), DEFAULT_POLICY, passes)).toHaveLength(1);
  });
});

describe('what is kept of a probation', () => {
  it('is in the explanation', () => {
    const { recipient, context } = tell(FAILING, EXPIRED + 1);
    expect(explain(recipient, context).whatWouldChangeIt).toEqual([
      { code: 'probation', until: moment(END), categories: ['mailbox_full'] },
    ]);
  });

  it('is stored, in a format that older programs refuse once it has suppressed', () => {
    const formatAt = (events: readonly Told[], end: number): unknown =>
      (JSON.parse(encodeRecipient(tell(events, end).recipient)) as { v: unknown }).v;
    expect(formatAt(FAILING, EXPIRED + 1)).toBe(1);
    expect(formatAt([...FAILING, deferred(EXPIRED + 1)], EXPIRED + 2)).toBe(5);
    const { recipient, context, view } = tell([...FAILING, deferred(EXPIRED + 1)], EXPIRED + 2);
    const read = decodeRecipient(encodeRecipient(recipient), recipient.version);
    expect(read === undefined ? undefined : viewOf(read, context)).toEqual(view);
  });

  it('outlasts the suppressions that it followed: the last level holds, however many there were', () => {
    const short = { ...DEFAULT_POLICY, suppression: { ...DEFAULT_POLICY.suppression, expiry: [DAY, 2 * DAY] } };
    const events: Told[] = [...FAILING];
    let at = 72 + 24;
    for (let round = 0; round < 60; round += 1) {
      // Operators' commands, so that there is something to compact.
      for (let n = 0; n < 3; n += 1) events.push({ type: 'unsubscribed', at: at + 1, message: `m-${round}-${n}` });
      events.push(deferred(at + 1));
      at += 1 + 48;
    }
    const { view, recipient, changes } = tell(events, at - 1, short);
    expect(changes.filter(({ type, suppression }) => type === 'suppressed' && suppression?.scope === '*')).toHaveLength(61);
    expect(view.state).toBe('suppressed');
    expect(view.suppressions.find(({ scope }) => scope === '*')?.since).toBe(moment(at - 48));
    expect(recipient.facts.length).toBeLessThan(200);
    const read = decodeRecipient(encodeRecipient(recipient), recipient.version);
    const context = { policies: { base: short, streams: new Map() }, policyVersion: 'sha256:test' };
    expect(read === undefined ? undefined : viewOf(read, context)).toEqual(view);
  });
});
