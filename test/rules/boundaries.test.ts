/** Both sides of every boundary of the state machine. Hours since the first event; `ms(1)` is a millisecond. */
import { describe, expect, it } from 'vitest';
import { DAY, explain, newMachine, run } from '@desist/domain';
import { bounced, deferrals, deferred, delivered, everySixHours, FULL, moment, ms, tell } from './story.ts';
import type { Told } from './story.ts';

const UNKNOWN = '550 5.1.1 User unknown';
const stateAt = (events: readonly Told[], end: number): string => tell(events, end).view.state;
const suppressedAt = (events: readonly Told[], end: number): number | undefined =>
  tell(events, end).changes.find(({ type }) => type === 'suppressed')?.effectiveAt;

describe('a streak', () => {
  it('a gap of exactly 48 h joins; a millisecond more begins anew', () => {
    expect(tell(deferrals(0, 48), 48).view.streak).toMatchObject({ failures: 2 });
    expect(tell(deferrals(0, 48 + ms(1)), 48 + ms(1)).view.streak).toMatchObject({ failures: 1, firstFailureAt: moment(48 + ms(1)) });
  });

  it('lapses one millisecond after 48 h of silence', () => {
    expect(stateAt(deferrals(0), 48)).toBe('deferred');
    expect(stateAt(deferrals(0), 48 + ms(1))).toBe('healthy');
  });

  it('is persistent at 24 h with two failures, never with one', () => {
    expect(stateAt(deferrals(0, 1), 24 - ms(1))).toBe('deferred');
    expect(stateAt(deferrals(0, 1), 24)).toBe('persistent');
    expect(stateAt(deferrals(0), 24)).toBe('deferred');
  });

  it('is a soft bounce at 72 h with two failures', () => {
    expect(stateAt(deferrals(0, 47), 72 - ms(1))).toBe('persistent');
    expect(stateAt(deferrals(0, 47), 72)).toBe('soft_bounced');
  });
});

describe('persistent_deferral by duration', () => {
  it('at 72 h with three failures that reach into the last day', () => {
    expect(suppressedAt(deferrals(0, 24, 48), 72 - ms(1))).toBeUndefined();
    expect(suppressedAt(deferrals(0, 24, 48), 72)).toBe(moment(72));
  });

  it('not with two failures', () => {
    expect(stateAt(deferrals(0, 48), 72)).toBe('soft_bounced');
  });

  it('not when the last one is a millisecond short of 48 h; the next one completes it', () => {
    expect(stateAt(deferrals(0, 24, 48 - ms(1)), 80)).toBe('soft_bounced');
    expect(suppressedAt(deferrals(0, 24, 48 - ms(1), 75), 75)).toBe(moment(75));
  });

  it('three in the first hour and then silence do not suppress', () => {
    expect(tell(deferrals(0, 0.5, 1), 72).held).toEqual([]);
  });

  it('two failures 73 h apart do not suppress', () => {
    expect(tell(deferrals(0, 73), 73).held).toEqual([]);
  });

  it('is announced 24 h ahead, once', () => {
    const warned = tell(everySixHours(60), 60).changes.filter(({ type }) => type === 'at_risk');
    expect(warned.map(({ effectiveAt }) => effectiveAt)).toEqual([moment(48)]);
  });

  it('a delivery one millisecond before the deadline prevents it', () => {
    expect(tell([...everySixHours(66), delivered(72 - ms(1))], 200).held).toEqual([]);
  });

  it('a delivery exactly at the deadline prevents it: events come before timers', () => {
    expect(tell([...everySixHours(66), delivered(72)], 200).held).toEqual([]);
  });
});

describe('give-ups', () => {
  const giveUp = (at: number, message: string): Told => bounced(at, { reply: '552 5.2.2 Mailbox full', message });

  it('a give-up is a soft bounce at once', () => {
    expect(stateAt([giveUp(0, 'a')], 0)).toBe('soft_bounced');
  });

  it('three of different messages, the last 72 h after the first, suppress; a millisecond less does not', () => {
    expect(suppressedAt([giveUp(0, 'a'), giveUp(40, 'b'), giveUp(72, 'c')], 72)).toBe(moment(72));
    expect(suppressedAt([giveUp(0, 'a'), giveUp(0.5, 'b'), giveUp(72 - ms(1), 'c')], 72 - ms(1))).toBeUndefined();
  });

  it('of one message they count once', () => {
    expect(tell([giveUp(0, 'a'), giveUp(100, 'a'), giveUp(200, 'a')], 200).held).toEqual([]);
  });

  it('is remembered for 60 days: at exactly 60 days it is forgotten', () => {
    expect(stateAt([giveUp(0, 'a')], 60 * 24 - ms(1))).toBe('soft_bounced');
    expect(stateAt([giveUp(0, 'a')], 60 * 24)).toBe('healthy');
  });

  it('keeps the state of soft bounce when the streak lapses', () => {
    expect(tell([giveUp(0, 'a')], 49).view).toMatchObject({ state: 'soft_bounced', streak: null });
  });
});

describe('hard bounces', () => {
  it('suppress at once, for all streams', () => {
    expect(tell([bounced(0, { reply: UNKNOWN })], 0).held).toEqual(['hard_bounce *']);
  });

  it('rejected by the recipient: for the stream of the event only', () => {
    expect(tell([bounced(0, { reply: '550 5.7.1 Rejected by recipient', stream: 'news' })], 0).held).toEqual(['hard_bounce news']);
  });

  it('a full mailbox is never one, whatever its first digit', () => {
    expect(tell([bounced(0, { reply: '552 5.2.2 Mailbox full' })], 1).held).toEqual([]);
  });

  it('no reply and permanent: true is none', () => {
    expect(tell([bounced(0, { permanent: true })], 1).held).toEqual([]);
  });

  it("a deferral with a hard bounce's words is none", () => {
    expect(tell([deferred(0, { reply: UNKNOWN })], 1).held).toEqual([]);
  });

  it('another message that is delivered later releases it; the same message does not, in either order', () => {
    expect(tell([bounced(0, { reply: UNKNOWN, message: 'a' }), delivered(1, { message: 'b' })], 1).held).toEqual([]);
    expect(tell([bounced(0, { reply: UNKNOWN, message: 'a' }), delivered(1, { message: 'a' })], 1).held).toEqual(['hard_bounce *']);
    expect(tell([delivered(0, { message: 'a' }), bounced(1, { reply: UNKNOWN, message: 'a' })], 1).held).toEqual(['hard_bounce *']);
  });

  it("of a stream's scope is released by a delivery of that stream only", () => {
    const refused = bounced(0, { reply: '550 5.7.1 Rejected by recipient', stream: 'news' });
    expect(tell([refused, delivered(1, { stream: 'default' })], 1).held).toEqual(['hard_bounce news']);
    expect(tell([refused, delivered(1, { stream: 'news' })], 1).held).toEqual([]);
  });
});

describe('what a recipient says', () => {
  it('a complaint suppresses all streams, an unsubscribe its own; a delivery undoes neither', () => {
    const told: Told[] = [
      { type: 'complained', at: 0, stream: 'news' },
      { type: 'unsubscribed', at: 0, stream: 'news' },
      delivered(1, { stream: 'news' }),
    ];
    expect(tell(told, 1).held).toEqual(['complaint *', 'unsubscribe news']);
  });

  it('release without force lifts neither, with force both', () => {
    const told: Told[] = [
      { type: 'complained', at: 0 },
      { type: 'unsubscribed', at: 0 },
    ];
    expect(tell([...told, { type: 'release', at: 1 }], 1).held).toEqual(['complaint *', 'unsubscribe default']);
    expect(tell([...told, { type: 'release', at: 1, force: true }], 1).held).toEqual([]);
  });

  it("`rejected` by the sender's own platform is never evidence", () => {
    const told = Array.from({ length: 20 }, (_, n): Told => ({ type: 'rejected', at: n * 6, reply: UNKNOWN }));
    expect(tell(told, 120)).toMatchObject({ held: [], changes: [] });
  });
});

describe('expiry', () => {
  const days = (count: number): number => count * 24;
  const streakFrom = (begin: number): readonly Told[] => everySixHours(72).map((told) => ({ ...told, at: told.at + begin }));

  it('30 days after the suppression it ends, and the evidence is void', () => {
    expect(tell(everySixHours(72), 72 + days(30) - ms(1)).held).toEqual(['persistent_deferral *']);
    expect(tell(everySixHours(72), 72 + days(30))).toMatchObject({ held: [], view: { state: 'healthy', streak: null } });
  });

  it('then 90, 180, for ever, as long as nothing is delivered between', () => {
    let begin = 0;
    const told: Told[] = [];
    const lasts: (number | null)[] = [];
    for (const wait of [30, 90, 180, 400]) {
      told.push(...streakFrom(begin));
      const [held] = tell(told, begin + 72).view.suppressions;
      lasts.push(held === undefined ? Number.NaN : held.expiresAt === null ? null : (held.expiresAt - held.since) / DAY);
      begin += 72 + days(wait) + 1;
    }
    expect(lasts).toEqual([30, 90, 180, null]);
  });

  it('a delivery resets the count, a release does not', () => {
    const second = 72 + days(31);
    const lastsAfter = (between: Told): number => {
      const [held] = tell([...everySixHours(72), between, ...streakFrom(second)], second + 72).view.suppressions;
      return ((held?.expiresAt ?? Number.NaN) - (held?.since ?? 0)) / DAY;
    };
    expect(lastsAfter(delivered(73))).toBe(30);
    expect(lastsAfter({ type: 'release', at: 73 })).toBe(90);
  });

  it("an operator's suppression ends when said, and voids nothing", () => {
    const told: Told[] = [deferred(0), { type: 'suppress', at: 1, until: 5 }];
    expect(tell(told, 5 - ms(1)).held).toEqual(['operator *']);
    expect(tell(told, 5)).toMatchObject({ held: [], view: { state: 'deferred', streak: { failures: 1 } } });
  });
});

describe('commands', () => {
  it('release lifts persistent_deferral, hard_bounce and operator, and voids the evidence', () => {
    const told: Told[] = [
      ...everySixHours(72),
      bounced(72.1, { reply: UNKNOWN }),
      { type: 'suppress', at: 72.2 },
      { type: 'release', at: 73 },
    ];
    expect(tell(told, 73)).toMatchObject({ held: [], view: { state: 'healthy', streak: null } });
  });

  it("release of a stream lifts that stream's only and voids none", () => {
    const told: Told[] = [
      deferred(0),
      { type: 'suppress', at: 1, scope: 'news' },
      { type: 'suppress', at: 1, scope: 'bills' },
      { type: 'release', at: 2, scope: 'news' },
    ];
    expect(tell(told, 2)).toMatchObject({ held: ['operator bills'], view: { streak: { failures: 1 } } });
  });

  it('a second suppress of the same scope replaces the expiry and keeps `since`', () => {
    const told: Told[] = [
      { type: 'suppress', at: 1, until: 5 },
      { type: 'suppress', at: 2, until: 9 },
    ];
    expect(tell(told, 6).view.suppressions).toMatchObject([{ since: moment(1), expiresAt: moment(9) }]);
  });

  it('allow is shown until it expires or disallow ends it', () => {
    const told: Told[] = [{ type: 'allow', at: 0, until: 5 }];
    expect(tell(told, 5 - ms(1)).view.allowed).toEqual([{ scope: '*', expiresAt: moment(5) }]);
    expect(tell(told, 5).view.allowed).toEqual([]);
    expect(tell([...told, { type: 'disallow', at: 2 }], 2).view.allowed).toEqual([]);
  });
});

describe('while suppressed', () => {
  it('failures join no streak and extend nothing', () => {
    const told = [...everySixHours(72), ...everySixHours(72).map((one) => ({ ...one, at: one.at + 100 }))];
    expect(tell(told, 200).view.suppressions).toEqual(tell(everySixHours(72), 200).view.suppressions);
  });

  it('a complaint is still added, and `since` of the other is kept', () => {
    expect(tell([...everySixHours(72), { type: 'complained', at: 80 }], 80).held).toEqual(['complaint *', 'persistent_deferral *']);
  });
});

describe('expired', () => {
  it("without a reply takes the verdict of its message's latest deferral", () => {
    const expired = (message: string): Told => ({ type: 'expired', at: 2, message });
    expect(stateAt([deferred(0, { message: 'a' }), expired('a')], 2)).toBe('soft_bounced');
    expect(stateAt([deferred(0, { message: 'a' }), expired('other')], 2)).toBe('deferred');
    expect(stateAt([deferred(0, { message: 'a', reply: '421 4.7.28 Rate limit exceeded' }), expired('a')], 2)).toBe('healthy');
    expect(stateAt([deferred(0, { message: 'a' }), { ...expired('a'), reply: '550 4.4.7 Delivery time expired' }], 2)).toBe('soft_bounced');
  });
});

describe('order and duplicates', () => {
  it('a late delivery corrects what it should have voided', () => {
    const story = tell([...everySixHours(72), delivered(71)], 73);
    expect(story.held).toEqual([]);
    expect(story.changes.filter(({ type }) => type === 'corrected').length).toBeGreaterThan(0);
  });

  it('explanations list what counted and what did not, with the reason; run again, they give the same state', () => {
    const story = tell([...everySixHours(72), deferred(73, { reply: '421 4.7.28 Rate limit exceeded' })], 73);
    const { facts, view } = explain(story.recipient, story.context);
    expect(facts.filter(({ role }) => role === 'counted')).toHaveLength(13);
    expect(facts.filter(({ why }) => why !== null).map(({ why }) => why)).toEqual([{ code: 'sender', category: 'rate_limited' }]);
    const again = newMachine(
      () => story.context.policies.base,
      () => undefined,
    );
    run(
      facts.map(({ fact }) => fact),
      moment(73),
      again,
    );
    expect(again.state).toBe(view.state);
  });

  it('at one instant failures come before a delivery', () => {
    expect(tell([delivered(1), deferred(1)], 1).view).toMatchObject({ state: 'healthy', streak: null });
  });

  it('a full reply is kept with the address cut out', () => {
    const story = tell([deferred(0, { reply: `${FULL} <alice@example.com> (alice)` })], 0);
    expect(story.view.streak?.reply).not.toContain('alice');
  });
});
