/** What is announced of a recipient: each change with its cause, its stages and its evidence, nothing twice and nothing left out. */
import { describe, expect, it } from 'vitest';
import { DAY, DEFAULT_POLICY, HOUR } from '@desist/domain';
import type { Change, Policy } from '@desist/domain';
import { bounced, deferred, deferrals, delivered, everySixHours, FULL, moment, ms, tell } from './story.ts';
import type { Story, Told } from './story.ts';

const UNKNOWN = '550 5.1.1 User unknown';
const REFUSED = '550 5.7.1 Rejected by recipient';
const lineOf = ({ type, cause, from, to, effectiveAt, suppression }: Change): string => {
  const what = suppression === null ? '' : ` ${suppression.reason} ${suppression.scope}`;
  return `${(effectiveAt - moment(0)) / HOUR}: ${type}${what}, ${from} to ${to}, by ${cause}`;
};
const announced = (events: readonly Told[], end: number, policy?: Policy): readonly string[] => lines(tell(events, end, policy));
const lines = ({ changes }: Story): readonly string[] => changes.map(lineOf);
const giveUp = (at: number, more: Partial<Told> = {}): Told => bounced(at, { reply: '552 5.2.2 Mailbox full', ...more });
const suppression = (values: Partial<Policy['suppression']>): Policy => ({
  ...DEFAULT_POLICY,
  suppression: { ...DEFAULT_POLICY.suppression, ...values },
});

describe('a streak', () => {
  it('that rises by itself, by its deadlines', () => {
    expect(announced(deferrals(0, 1, 47, 48, 49), 72)).toEqual([
      '24: persistent, deferred to persistent, by deadline',
      '48: at_risk, persistent to persistent, by event',
      '72: soft_bounced, persistent to soft_bounced, by deadline',
      '72: suppressed persistent_deferral *, soft_bounced to suppressed, by deadline',
    ]);
  });

  it('whose first failures are announced when the policy wants them', () => {
    const policy: Policy = { ...DEFAULT_POLICY, publish: { deferred: true } };
    expect(announced([...deferrals(0, 1), delivered(2), deferred(3)], 3 + 48 + ms(1), policy)).toEqual([
      '0: deferred, healthy to deferred, by event',
      '2: recovered, deferred to healthy, by delivered',
      '3: deferred, healthy to deferred, by event',
      `${51 + ms(1)}: recovered, deferred to healthy, by lapse`,
    ]);
  });

  it('that was never announced ends without an announcement', () => {
    expect(announced([deferred(0), delivered(1), deferred(2)], 100)).toEqual([]);
  });

  it('that ends in the millisecond in which another begins is announced as ended', () => {
    expect(announced(deferrals(0, 24, 72 + ms(1)), 73)).toEqual([
      '24: persistent, deferred to persistent, by event',
      '72: soft_bounced, persistent to soft_bounced, by deadline',
      `${72 + ms(1)}: recovered, soft_bounced to healthy, by lapse`,
    ]);
    // One millisecond earlier the gap still joins.
    expect(tell(deferrals(0, 24, 72), 73).view).toMatchObject({ state: 'suppressed' });
  });

  it('that lapses while a give-up is remembered leaves a soft bounce; the give-up is forgotten after 60 days', () => {
    expect(announced([giveUp(0)], 60 * 24)).toEqual([
      '0: soft_bounced, healthy to soft_bounced, by event',
      `${60 * 24}: recovered, soft_bounced to healthy, by lapse`,
    ]);
  });

  it('whose give-up is forgotten while the streak continues falls back at its deadline', () => {
    const policy: Policy = { ...DEFAULT_POLICY, giveUp: { ...DEFAULT_POLICY.giveUp, remembered: 30 * HOUR } };
    expect(announced([giveUp(0), deferred(1)], 30, policy)).toEqual([
      '0: soft_bounced, healthy to soft_bounced, by event',
      '30: persistent, soft_bounced to persistent, by deadline',
    ]);
  });

  it('that rises at the moment of an unrelated event rises by its deadline', () => {
    expect(announced([...deferrals(0, 1), { type: 'allow', at: 24 }], 24)).toEqual([
      '24: allowed, deferred to deferred, by operator',
      '24: persistent, deferred to persistent, by deadline',
    ]);
  });

  it("is suppressed at a deadline of its own if the policy's differs from that of the soft bounce", () => {
    const patient: Policy = { ...DEFAULT_POLICY, deferral: { ...DEFAULT_POLICY.deferral, suppressAfter: 90 * HOUR } };
    expect(announced(deferrals(0, 24, 48), 90, patient).slice(1)).toEqual([
      '66: at_risk, persistent to persistent, by deadline',
      '72: soft_bounced, persistent to soft_bounced, by deadline',
      '90: suppressed persistent_deferral *, soft_bounced to suppressed, by deadline',
    ]);
  });

  it('has its evidence with each change: the last reply, failures and distinct messages', () => {
    const events = [deferred(0, { message: 'a' }), deferred(1, { message: 'b' }), deferred(2, { message: 'a', reply: '450 4.2.1' })];
    const unnamed: readonly Told[] = [3, 4].map((at) => ({ type: 'deferred', at, reply: FULL }));
    const [persistent] = tell([...events, ...unnamed], 24).changes;
    expect(persistent).toEqual({
      type: 'persistent',
      from: 'deferred',
      to: 'persistent',
      suppression: null,
      allowance: null,
      cause: 'deadline',
      effectiveAt: moment(24),
      recordedAt: moment(24),
      evidence: {
        firstFailureAt: moment(0),
        lastFailureAt: moment(4),
        failures: 5,
        messages: 4,
        category: 'mailbox_full',
        rule: expect.any(String) as string,
        reply: FULL,
      },
      version: 1,
      corrects: null,
      policy: 'sha256:test',
    });
  });
});

describe('give-ups', () => {
  const three = [giveUp(0, { message: 'a' }), giveUp(60, { message: 'b' }), giveUp(120, { message: 'c', reply: '552 5.2.2 quota' })];

  it('of three messages suppress; the evidence is theirs', () => {
    const story = tell(three, 120);
    expect(lines(story)).toEqual([
      '0: soft_bounced, healthy to soft_bounced, by event',
      '120: suppressed persistent_deferral *, soft_bounced to suppressed, by event',
    ]);
    expect(story.view.suppressions[0]?.evidence).toEqual({
      firstFailureAt: moment(0),
      lastFailureAt: moment(120),
      failures: 3,
      messages: 3,
      category: 'mailbox_full',
      rule: expect.any(String) as string,
      reply: '552 5.2.2 quota',
    });
  });

  it('are announced with their own evidence when the streak is over', () => {
    const story = tell(
      [giveUp(0), giveUp(1), { type: 'suppress', at: 100, scope: 'news' }, { type: 'release', at: 101, scope: 'news' }],
      102,
    );
    const warned = tell([giveUp(0), giveUp(1), { type: 'allow', at: 100 }], 102).changes.at(-1);
    expect(warned).toMatchObject({
      type: 'allowed',
      evidence: { firstFailureAt: moment(0), lastFailureAt: moment(1), failures: 2, messages: 2 },
    });
    // A suppression has the evidence that it rests on: an operator's has none.
    expect(story.changes.slice(1).map(({ type, evidence }) => [type, evidence])).toEqual([
      ['suppressed', null],
      ['released', null],
    ]);
  });

  it('suppress from 72 hours on, whatever the streak', () => {
    // The last begins a streak of its own.
    expect(tell([giveUp(0), giveUp(1), giveUp(72)], 72).held).toEqual(['persistent_deferral *']);
    expect(tell([giveUp(0), giveUp(1), giveUp(72 - ms(1))], 72).held).toEqual([]);
  });

  it('too few of them, or too close together, do not', () => {
    expect(tell(three.slice(0, 2), 121).held).toEqual([]);
    expect(tell([giveUp(0), giveUp(1), giveUp(2), giveUp(72 - ms(1))], 72).held).toEqual([]);
    expect(tell([giveUp(0), giveUp(72)], 72).held).toEqual([]);
  });

  it('without a message are messages of their own', () => {
    const unnamed = [0, 60, 120].map((at): Told => ({ type: 'bounced', at, reply: '552 5.2.2 Mailbox full' }));
    expect(tell(unnamed, 120).held).toEqual(['persistent_deferral *']);
  });

  it('of 60 days ago do not count together with new ones', () => {
    const third = (at: number): readonly Told[] => [
      giveUp(0, { message: 'a' }),
      giveUp(40, { message: 'b' }),
      giveUp(at, { message: 'c' }),
    ];
    expect(tell(third(60 * 24 - ms(1)), 60 * 24).held).toEqual(['persistent_deferral *']);
    // One exactly 60 days old is forgotten.
    expect(tell(third(60 * 24), 60 * 24).held).toEqual([]);
  });

  it('of a message that bounced again count from the first: once forgotten, it counts anew', () => {
    const again = giveUp(61 * 24, { message: 'a' });
    expect(tell([giveUp(0, { message: 'a' }), again], 62 * 24).view.state).toBe('soft_bounced');
    expect(tell([giveUp(0, { message: 'a' }), giveUp(59 * 24, { message: 'a' })], 60 * 24 + 1).view.state).toBe('deferred');
  });
});

describe('suppressions', () => {
  it('by complaint and unsubscribe are caused by the event; a second one changes nothing', () => {
    const events: readonly Told[] = [
      { type: 'complained', at: 0, stream: 'news' },
      { type: 'unsubscribed', at: 1, stream: 'news' },
      { type: 'complained', at: 2, stream: 'bills' },
      { type: 'unsubscribed', at: 3, stream: 'news' },
    ];
    expect(announced(events, 4)).toEqual([
      '0: suppressed complaint *, healthy to suppressed, by event',
      '1: suppressed unsubscribe news, suppressed to suppressed, by event',
    ]);
  });

  it('by complaint are of the stream alone when the policy says so', () => {
    const events: readonly Told[] = [{ type: 'complained', at: 0, stream: 'news' }, deferred(1)];
    expect(announced(events, 4, suppression({ complaintScope: 'stream' }))).toEqual([
      '0: suppressed complaint news, healthy to healthy, by event',
    ]);
    expect(tell(events, 4, suppression({ complaintScope: 'stream' })).view.state).toBe('deferred');
  });

  it('by a hard bounce have its reply; more bounces change nothing', () => {
    const story = tell([bounced(0, { reply: UNKNOWN }), bounced(1, { reply: UNKNOWN })], 2);
    expect(lines(story)).toEqual(['0: suppressed hard_bounce *, healthy to suppressed, by event']);
    expect(story.changes[0]).toMatchObject({
      suppression: { scope: '*', reason: 'hard_bounce', since: moment(0), expiresAt: null },
      evidence: {
        firstFailureAt: moment(0),
        lastFailureAt: moment(0),
        failures: 1,
        messages: 1,
        category: 'user_unknown',
        reply: UNKNOWN,
      },
    });
  });

  it('are released by a delivery: hard bounce and persistent deferral, each on its own', () => {
    const events = [...everySixHours(72), bounced(73, { reply: UNKNOWN, message: 'x' }), delivered(74)];
    expect(announced(events, 74).slice(-2)).toEqual([
      '74: released hard_bounce *, suppressed to suppressed, by delivered',
      '74: released persistent_deferral *, suppressed to healthy, by delivered',
    ]);
  });

  it('by bounces of several messages remain while the delivered message is one of them', () => {
    const both = [bounced(0, { reply: UNKNOWN, message: 'a' }), bounced(1, { reply: UNKNOWN, message: 'b' })];
    expect(tell([...both, delivered(2, { message: 'b' })], 3).held).toEqual(['hard_bounce *']);
    expect(tell([...both, delivered(2, { message: 'c' })], 3).held).toEqual([]);
    // What another delivery has voided stands no longer.
    expect(tell([...both, delivered(2, { message: 'b' }), delivered(3, { message: 'a' })], 4).held).toEqual([]);
  });

  it('by bounces without a message are released by any delivery', () => {
    const unnamed: Told = { type: 'bounced', at: 0, reply: UNKNOWN };
    expect(tell([unnamed, { type: 'delivered', at: 1 }], 2).held).toEqual([]);
    expect(tell([unnamed, { ...unnamed, at: 0.5 }, delivered(1)], 2).held).toEqual([]);
  });

  it('of one stream do not change the stage, neither when they begin nor when they end', () => {
    const refused = bounced(1, { reply: REFUSED, stream: 'news' });
    expect(announced([...deferrals(0), refused, { type: 'release', at: 2, scope: 'news' }], 3)).toEqual([
      '1: suppressed hard_bounce news, deferred to deferred, by event',
      '2: released hard_bounce news, deferred to deferred, by operator',
    ]);
    expect(announced([refused, delivered(2, { stream: 'news' })], 3)).toEqual([
      '1: suppressed hard_bounce news, healthy to healthy, by event',
      '2: released hard_bounce news, healthy to healthy, by delivered',
    ]);
  });

  it('of one stream and a streak that the same delivery ends leave nothing behind', () => {
    const events = [...deferrals(0, 24), bounced(25, { reply: REFUSED, stream: 'news' }), delivered(26, { stream: 'news' })];
    expect(announced(events, 27).slice(2)).toEqual(['26: released hard_bounce news, persistent to healthy, by delivered']);
  });

  it("by duration last as long as the policy's list says, one entry after the other, the last one for ever", () => {
    const policy = suppression({ expiry: [DAY, null], probation: 0 });
    const again = everySixHours(72).map((told) => ({ ...told, at: told.at + 200 }));
    expect(announced([...everySixHours(72), ...again], 300, policy).filter((line) => /suppressed p|released/.test(line))).toEqual([
      '72: suppressed persistent_deferral *, soft_bounced to suppressed, by event',
      '96: released persistent_deferral *, suppressed to healthy, by expiry',
      '272: suppressed persistent_deferral *, soft_bounced to suppressed, by event',
    ]);
    expect(tell([...everySixHours(72), ...again], 300, policy).view.suppressions[0]?.expiresAt).toBeNull();
    // The last entry repeats.
    const [held] = tell([...everySixHours(72), ...again], 280, suppression({ expiry: [DAY], probation: 0 })).view.suppressions;
    expect(held?.expiresAt).toBe(moment(272 + 24));
    // Without any entry: until released.
    expect(tell(everySixHours(72), 80, suppression({ expiry: [] })).view.suppressions[0]?.expiresAt).toBeNull();
  });

  it('that end while others are active leave the recipient suppressed', () => {
    const events: readonly Told[] = [
      { type: 'complained', at: 0 },
      { type: 'suppress', at: 1, until: 5 },
    ];
    expect(announced(events, 6)).toEqual([
      '0: suppressed complaint *, healthy to suppressed, by event',
      '1: suppressed operator *, suppressed to suppressed, by operator',
      '5: released operator *, suppressed to suppressed, by expiry',
    ]);
  });
});

describe('what happened under a suppression', () => {
  const suppressed = (at: number, until: number): Told => ({ type: 'suppress', at, until });

  it('of all streams is evaluated when it ends: the streak has aged meanwhile', () => {
    expect(announced([...deferrals(0, 1), suppressed(2, 30)], 31)).toEqual([
      '2: suppressed operator *, deferred to suppressed, by operator',
      '30: released operator *, suppressed to persistent, by expiry',
    ]);
  });

  it('... or has lapsed, and its give-ups are forgotten', () => {
    expect(announced([deferred(0), suppressed(2, 48 + ms(1))], 60).slice(1)).toEqual([
      `${48 + ms(1)}: released operator *, suppressed to healthy, by expiry`,
    ]);
    expect(announced([deferred(0), suppressed(2, 48)], 48).slice(1)).toEqual([
      '48: released operator *, suppressed to deferred, by expiry',
    ]);
    expect(announced([giveUp(0), suppressed(2, 60 * 24)], 60 * 24).slice(2)).toEqual([
      `${60 * 24}: released operator *, suppressed to healthy, by expiry`,
    ]);
    expect(announced([giveUp(0), suppressed(2, 60 * 24 - ms(1))], 60 * 24).slice(2)).toEqual([
      `${60 * 24 - ms(1)}: released operator *, suppressed to soft_bounced, by expiry`,
      `${60 * 24}: recovered, soft_bounced to healthy, by lapse`,
    ]);
  });

  it('... or has become sufficient: it is suppressed again at once, by its deadline', () => {
    expect(announced([...deferrals(0, 24, 48), suppressed(49, 73)], 74).slice(-3)).toEqual([
      '49: suppressed operator *, persistent to suppressed, by operator',
      '73: released operator *, suppressed to soft_bounced, by expiry',
      '73: suppressed persistent_deferral *, soft_bounced to suppressed, by deadline',
    ]);
  });

  it('has no effect while it is active, whatever else comes', () => {
    const events: readonly Told[] = [...deferrals(0, 24, 48), { type: 'suppress', at: 49 }, { type: 'complained', at: 73 }];
    expect(tell(events, 74).held).toEqual(['complaint *', 'operator *']);
  });

  it('of one stream ends by itself, even if a streak rises or lapses at that moment', () => {
    const until = (end: number): Told => ({ type: 'suppress', at: 2, scope: 'news', until: end });
    expect(announced([...deferrals(0, 1), until(24)], 24).slice(1)).toEqual([
      '24: released operator news, deferred to deferred, by expiry',
      '24: persistent, deferred to persistent, by deadline',
    ]);
    const lapse = 72 + ms(1);
    expect(announced([...deferrals(0), until(lapse), deferred(24)], lapse).slice(3)).toEqual([
      `${lapse}: released operator news, soft_bounced to soft_bounced, by expiry`,
      `${lapse}: recovered, soft_bounced to healthy, by lapse`,
    ]);
  });

  it('of one stream goes on as usual', () => {
    const events: readonly Told[] = [...deferrals(0, 1), { type: 'suppress', at: 2, scope: 'news', until: 30 }];
    expect(announced(events, 31)).toEqual([
      '2: suppressed operator news, deferred to deferred, by operator',
      '24: persistent, deferred to persistent, by deadline',
      '30: released operator news, persistent to persistent, by expiry',
    ]);
  });
});

describe('what an operator asks for', () => {
  it('suppress, a second one with another expiry, and the end', () => {
    const story = tell(
      [
        { type: 'suppress', at: 0, until: 5 },
        { type: 'suppress', at: 1, until: 9 },
        { type: 'suppress', at: 2, until: 9 },
      ],
      10,
    );
    expect(lines(story)).toEqual([
      '0: suppressed operator *, healthy to suppressed, by operator',
      '1: suppressed operator *, suppressed to suppressed, by operator',
      '9: released operator *, suppressed to healthy, by expiry',
    ]);
    expect(story.changes.map(({ suppression: held }) => held)).toEqual([
      { scope: '*', reason: 'operator', since: moment(0), expiresAt: moment(5) },
      { scope: '*', reason: 'operator', since: moment(0), expiresAt: moment(9) },
      { scope: '*', reason: 'operator', since: moment(0), expiresAt: moment(9) },
    ]);
  });

  it('suppress that has expired already ends at once', () => {
    expect(announced([{ type: 'suppress', at: 5, until: 3 }], 5)).toEqual([
      '5: suppressed operator *, healthy to suppressed, by operator',
      '5: released operator *, suppressed to healthy, by expiry',
    ]);
  });

  it('release: each suppression ends on its own, in order of scope and reason, the streak with them', () => {
    const events: readonly Told[] = [
      deferred(0),
      { type: 'suppress', at: 1, scope: 'news' },
      bounced(2, { reply: UNKNOWN }),
      { type: 'suppress', at: 3 },
      { type: 'release', at: 4 },
    ];
    expect(announced(events, 5).slice(3)).toEqual([
      '4: released hard_bounce *, suppressed to suppressed, by operator',
      '4: released operator *, suppressed to healthy, by operator',
      '4: released operator news, healthy to healthy, by operator',
    ]);
  });

  it('release of a streak says that it has ended', () => {
    expect(announced([...deferrals(0, 24), { type: 'release', at: 25 }], 26).slice(1)).toEqual([
      '25: recovered, persistent to healthy, by operator',
    ]);
  });

  it('release of one stream leaves the others, and the evidence', () => {
    const events: readonly Told[] = [
      ...deferrals(0, 24),
      { type: 'unsubscribed', at: 25, stream: 'news' },
      { type: 'suppress', at: 25, scope: 'news' },
      { type: 'suppress', at: 25 },
      { type: 'release', at: 26, scope: 'news' },
    ];
    const story = tell(events, 27);
    expect(lines(story).at(-1)).toBe('26: released operator news, suppressed to suppressed, by operator');
    expect(story.held).toEqual(['operator *', 'unsubscribe news']);
    expect(story.view.streak).toMatchObject({ failures: 2 });
  });

  it('allow, another expiry, disallow, and the end by itself', () => {
    const story = tell(
      [
        { type: 'allow', at: 0, until: 50 },
        { type: 'allow', at: 1, until: 60 },
        { type: 'allow', at: 2, scope: 'news' },
        { type: 'disallow', at: 3, scope: 'news' },
      ],
      61,
    );
    expect(lines(story)).toEqual([
      '0: allowed, healthy to healthy, by operator',
      '1: allowed, healthy to healthy, by operator',
      '2: allowed, healthy to healthy, by operator',
      '3: disallowed, healthy to healthy, by operator',
      '60: disallowed, healthy to healthy, by expiry',
    ]);
    expect(story.changes.map(({ allowance }) => allowance)).toEqual([
      { scope: '*', expiresAt: moment(50) },
      { scope: '*', expiresAt: moment(60) },
      { scope: 'news', expiresAt: null },
      { scope: 'news', expiresAt: null },
      { scope: '*', expiresAt: moment(60) },
    ]);
  });
});

it('several allowances that end at one moment end in order of their scopes', () => {
  const events: readonly Told[] = ['news', '*', 'bills'].map((scope, at) => ({ type: 'allow', at, scope, until: 9 }));
  expect(
    tell(events, 10)
      .changes.filter(({ type }) => type === 'disallowed')
      .map(({ allowance }) => allowance?.scope),
  ).toEqual(['*', 'bills', 'news']);
});

describe('a failure that counts by policy', () => {
  it("uses the policy of the stream of the streak's first failure", () => {
    const slow: Policy = { ...DEFAULT_POLICY, deferral: { ...DEFAULT_POLICY.deferral, persistentAfter: 30 * HOUR } };
    expect(announced(deferrals(0, 1), 40, slow)).toEqual(['30: persistent, deferred to persistent, by deadline']);
  });

  it('needs as many failures for each stage as the policy says', () => {
    const many: Policy = { ...DEFAULT_POLICY, deferral: { ...DEFAULT_POLICY.deferral, persistentFailures: 3, softBounceFailures: 4 } };
    expect(announced(deferrals(0, 40), 80, many)).toEqual([]);
    expect(
      announced([...deferrals(0, 20), deferred(40, { message: 'b' })], 80, many).filter((line) => !/at_risk|suppressed/.test(line)),
    ).toEqual(['40: persistent, deferred to persistent, by event']);
    // Looked at for another reason, it is none either.
    const looked: Told = { type: 'allow', at: 80 };
    expect(tell([...deferrals(0, 20, 40), looked], 80, many).view.state).toBe('persistent');
    expect(tell([...deferrals(0, 40), looked], 80, many).view.state).toBe('deferred');
    expect(announced(deferrals(0, 10, 20, 30), 75, many)).toEqual([
      '24: persistent, deferred to persistent, by deadline',
      '72: soft_bounced, persistent to soft_bounced, by deadline',
    ]);
  });
});

it('greylisting begins its window, and nothing else does', () => {
  const GREY = '450 4.7.1 Greylisted, please try again later';
  const accepting = (_: string, closesAt: number) => ({ closesAt, passes: true, deliveries: 40, failing: 0 });
  const after = (first: Told): string => tell([first, deferred(5, { reply: GREY })], 12, DEFAULT_POLICY, accepting).view.state;
  expect(after(deferred(0, { reply: GREY }))).toBe('deferred');
  expect(after(deferred(0, { reply: '421 4.7.28 Rate limit exceeded' }))).toBe('healthy');
});
