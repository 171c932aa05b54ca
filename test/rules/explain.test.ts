/** What `why` says of each event: its part in the state, what made it void, why it did not count, and what would change the state. */
import fc from 'fast-check';
import { factReasonText, outlookText } from '@desist/contracts';
import { addFact, baselineAnswer, DAY, DEFAULT_POLICY, explain, HOUR, newRecipient } from '@desist/domain';
import type { AskBaseline, Explanation, Fact, FoldContext, Policy } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { bounced, deferred, deferrals, delivered, everySixHours, moment, ms, tell } from './story.ts';
import type { Told } from './story.ts';

const BUSY = '451 4.3.0 Temporary system problem';
const RATE = '421 4.7.28 Rate limit exceeded';
const UNKNOWN = '550 5.1.1 User unknown';
const figures =
  (deliveries: number, failing: number): AskBaseline =>
  (_, closesAt) =>
    baselineAnswer(DEFAULT_POLICY, closesAt, deliveries, failing);

const explained = (events: readonly Told[], end: number, policy?: Policy, contrast?: AskBaseline): Explanation => {
  const { recipient, context } = tell(events, end, policy, contrast);
  return explain(recipient, context);
};
/** `role` of each fact, with what made it void. */
const roles = ({ facts }: Explanation): readonly string[] =>
  facts.map(({ role, voidedBy }) => (voidedBy === null ? role : `${role}, void by ${voidedBy}`));
const whys = ({ facts }: Explanation): readonly (string | null)[] => facts.map(({ why }) => (why === null ? null : factReasonText(why)));
const attribution = (values: Policy['attribution']): Policy => ({ ...DEFAULT_POLICY, attribution: values });

describe('the effect of an event', () => {
  it('it counted, was a hard bounce, or decided something: it has no other reason', () => {
    const events: readonly Told[] = [
      deferred(0),
      { type: 'complained', at: 1 },
      bounced(2, { reply: UNKNOWN }),
      { type: 'unsubscribed', at: 3 },
      { type: 'suppress', at: 4 },
      { type: 'allow', at: 5 },
      { type: 'disallow', at: 6 },
    ];
    const story = explained(events, 7);
    expect(roles(story)).toEqual(['counted', 'decided', 'hard_bounce', 'decided', 'decided', 'decided', 'decided']);
    expect(whys(story)).toEqual([null, null, null, null, null, null, null]);
  });

  it('it came while suppressed', () => {
    const story = explained([{ type: 'complained', at: 0 }, deferred(1), deferred(2, { reply: RATE })], 3);
    expect(roles(story)).toEqual(['decided', 'while_suppressed', 'not_counted']);
    expect(whys(story)[1]).toBe('came while suppressed: kept for the record, extends nothing');
  });

  it.each<[string, readonly Told[]]>([
    [
      'a second complaint',
      [
        { type: 'complained', at: 0 },
        { type: 'complained', at: 1 },
      ],
    ],
    [
      'a second unsubscribe of the stream',
      [
        { type: 'unsubscribed', at: 0 },
        { type: 'unsubscribed', at: 1 },
      ],
    ],
    [
      'the same suppress once more',
      [
        { type: 'suppress', at: 0, until: 9 },
        { type: 'suppress', at: 1, until: 9 },
      ],
    ],
    [
      'the same allow once more',
      [
        { type: 'allow', at: 0, until: 9 },
        { type: 'allow', at: 1, until: 9 },
      ],
    ],
    [
      'release of a complaint without force',
      [
        { type: 'complained', at: 0 },
        { type: 'release', at: 1 },
      ],
    ],
  ])('%s changed nothing', (_, events) => {
    const story = explained(events, 2);
    expect(roles(story)).toEqual(['decided', 'no_effect']);
    expect(whys(story)).toEqual([null, 'changed nothing']);
  });

  it('a release without suppressions and a disallow without an allowance changed nothing', () => {
    const events: readonly Told[] = [
      { type: 'release', at: 0 },
      { type: 'release', at: 1, scope: 'news' },
      { type: 'disallow', at: 2 },
    ];
    expect(roles(explained(events, 3))).toEqual(['no_effect', 'no_effect', 'no_effect']);
  });

  it('a command that replaces an expiry decided', () => {
    const events: readonly Told[] = [5, 6].flatMap((until, at): readonly Told[] => [
      { type: 'suppress', at, until },
      { type: 'allow', at, until },
    ]);
    expect(roles(explained(events, 2))).toEqual(['decided', 'decided', 'decided', 'decided']);
  });

  it('a release changed something if it lifted a suppression, evidence, or failures that wait for their window', () => {
    const release: Told = { type: 'release', at: 1 };
    expect(roles(explained([{ type: 'suppress', at: 0 }, release], 2))).toEqual(['decided', 'decided']);
    expect(roles(explained([deferred(0), release], 2))).toEqual(['counted, void by release', 'decided']);
    expect(roles(explained([deferred(0, { reply: BUSY }), release], 2))).toEqual(['waiting, void by release', 'decided']);
    const giveUp = bounced(0, { reply: '552 5.2.2 Mailbox full' });
    expect(roles(explained([giveUp, { type: 'release', at: 100 }], 101))).toEqual(['counted, void by lapse', 'decided']);
  });
});

describe('what made an event void', () => {
  it('a delivery', () => {
    // Of what is void only the latest deferral of each message is kept.
    const story = explained([deferred(0), deferred(1, { reply: BUSY, message: 'm-2' }), delivered(2), deferred(3)], 4);
    expect(roles(story)).toEqual(['counted, void by delivered', 'waiting, void by delivered', 'decided', 'counted']);
    expect(whys(story)).toEqual(['void: a later message was delivered', 'void: a later message was delivered', null, null]);
  });

  it('a release', () => {
    expect(whys(explained([deferred(0), { type: 'release', at: 1 }], 2))[0]).toBe('void: an operator released the recipient');
  });

  it('the expiry of the suppression that it led to', () => {
    const story = explained(everySixHours(72), 72 + 30 * 24);
    expect(new Set(roles(story))).toEqual(new Set(['counted, void by expiry']));
    expect(whys(story)[0]).toBe('void: the suppression that it led to has expired');
  });

  it('the end of its streak, but not a failure that still waits for its window', () => {
    const events = [deferred(0), deferred(48, { reply: BUSY })];
    const story = explained(events, 48 + ms(1));
    expect(roles(story)).toEqual(['counted, void by lapse', 'waiting']);
    expect(whys(story)[0]).toBe('void: the streak ended, nothing failed for too long');
    // It counts when its window closes, and with it the streak is what it was.
    expect(roles(explained(events, 54, undefined, figures(40, 0)))).toEqual(['counted', 'counted']);
  });

  it('... which does not change when a later streak counts', () => {
    const events = [deferred(0), deferred(60, { message: 'm-2' }), deferred(61, { reply: BUSY })];
    expect(roles(explained(events, 66, undefined, figures(40, 0)))).toEqual(['counted, void by lapse', 'counted', 'counted']);
  });

  it('the first fact that made it void is named', () => {
    expect(roles(explained([deferred(0), delivered(1), { type: 'release', at: 2 }], 3))).toEqual([
      'counted, void by delivered',
      'decided',
      'no_effect',
    ]);
    expect(roles(explained([deferred(0), deferred(60, { message: 'm-2' }), delivered(61)], 62))[0]).toBe('counted, void by lapse');
  });

  it('nothing, if it still decides the state', () => {
    expect(roles(explained(deferrals(0, 24, 48), 72))).toEqual(['counted', 'counted', 'counted']);
  });
});

describe('why an event did not count', () => {
  it.each([
    [RATE, "rate_limited is the sender's own problem: it never counts"],
    ['554 5.7.1 Message looks like spam', 'spam_content is about the message: it never counts'],
    ['451 4.4.1 [internal] Connection timed out', 'connection_failure was said by the sending side: it never counts'],
    ['450 4.7.1 Greylisted, please try again later', 'greylisting: the server asks to try again'],
    [
      '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages',
      'the mailbox gets mail, only too much of it: it never counts',
    ],
    ['550 5.1.1 Recipient is on the suppression list', "an echo of somebody else's list: no new evidence"],
    ['554 5.4.6 Routing loop detected', 'routing_loop says nothing about the mailbox: it never counts'],
  ])('%s', (reply, why) => {
    const story = explained([deferred(0, { reply })], 12, undefined, figures(40, 0));
    expect(roles(story)).toEqual(['not_counted']);
    expect(whys(story)).toEqual([why]);
  });

  it('the policy says so, of the tenant or of the stream', () => {
    const because = ['the policy says that it does not count'];
    expect(whys(explained([deferred(0)], 1, attribution({ mailbox_full: 'sender' })))).toEqual(because);
    expect(whys(explained([deferred(0, { reply: BUSY })], 12, attribution({ system_error: 'local' }), figures(40, 0)))).toEqual(because);
  });

  it('its window is open; once closed, the answer of the window is given', () => {
    const busy = [deferred(0, { reply: BUSY })];
    expect(whys(explained(busy, 5))).toEqual([
      'by contrast: counts if it shows, when its window has closed, that the same provider accepted mail for others',
    ]);
    expect(whys(explained(busy, 6, undefined, figures(20, 20)))).toEqual([
      'did not count: the provider was failing for 50 % of recipients (20 deliveries, 20 failing recipients)',
    ]);
    expect(whys(explained(busy, 6, undefined, figures(19, 18)))).toEqual([
      'did not count: the provider delivered too little to compare with (19 deliveries, 18 failing recipients)',
    ]);
    expect(whys(explained(busy, 6, undefined, figures(0, 0)))).toEqual([
      'did not count: the provider delivered too little to compare with (0 deliveries, 0 failing recipients)',
    ]);
    expect(whys(explained(busy, 6, undefined, figures(20, 19)))).toEqual([null]);
    // Nothing is known of the window.
    expect(whys(explained(busy, 6))).toEqual([
      'did not count: the provider delivered too little to compare with (0 deliveries, 0 failing recipients)',
    ]);
  });
});

describe('what would change the state', () => {
  const outlook = (events: readonly Told[], end: number, policy?: Policy): readonly string[] =>
    explained(events, end, policy).whatWouldChangeIt.map(outlookText);

  it('for each suppression: who can end it, and when it ends by itself', () => {
    expect(outlook(everySixHours(72), 72)).toEqual([
      'persistent_deferral: a delivery, proof of life or `release` ends it; ends by itself at 2026-04-03T00:00:00.000Z',
    ]);
    const events: readonly Told[] = [
      { type: 'complained', at: 0 },
      { type: 'unsubscribed', at: 0, stream: 'news' },
      { type: 'suppress', at: 0, scope: 'bills', until: 30 },
      bounced(0, { reply: UNKNOWN }),
    ];
    expect(outlook(events, 1)).toEqual([
      'complaint: only `release` with force ends it',
      "hard_bounce: another message's delivery, a reply or `release` ends it",
      'operator of stream bills: `release` ends it; ends by itself at 2026-03-02T06:00:00.000Z',
      'unsubscribe of stream news: only `release` with force ends it',
    ]);
  });

  it('for a streak: the deadline, or that it leads to nothing', () => {
    expect(outlook(deferrals(0, 24, 48), 49)).toEqual([
      'suppressed at 2026-03-04T00:00:00.000Z unless a delivery or proof of life comes before',
    ]);
    expect(outlook(deferrals(0), 1)).toEqual([
      'not on its way to a suppression: the evidence is too thin or too old; a delivery or proof of life ends the streak',
    ]);
    // What is suppressed already is told how that ends, and nothing of the streak.
    expect(outlook([deferred(0), { type: 'suppress', at: 1 }], 2)).toEqual(['operator: `release` ends it']);
  });

  it('for a healthy recipient: nothing', () => {
    expect(outlook([delivered(0)], 1)).toEqual([]);
  });

  it('writes every moment as RFC 3339, to the millisecond, in any four-digit year', () => {
    const BEGIN = Date.parse('0001-01-01T00:00:00.000Z');
    const END = Date.parse('9999-12-31T23:59:59.999Z');
    const context: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'p' };
    const said = (expiresAt: number): string | undefined => {
      const recipient = newRecipient();
      const fact: Fact = { kind: 'suppress', at: BEGIN - 1, id: 'x', scope: '*', expiresAt, force: false, by: null };
      addFact(recipient, fact, BEGIN - 1, context);
      return explain(recipient, context).whatWouldChangeIt.map(outlookText)[0]?.split(' at ')[1];
    };
    const days = ['2000-02-29', '1900-02-28', '1900-03-01', '2024-12-31', '2025-01-01', '1600-02-29', '1970-01-01', '2026-10-09'];
    for (const day of days) expect(said(Date.parse(`${day}T09:08:07.006Z`))).toBe(`${day}T09:08:07.006Z`);
    for (let at = Date.parse('1999-12-25T12:00:00Z'); at < Date.parse('2001-03-05T00:00:00Z'); at += DAY + HOUR)
      expect(said(at)).toBe(new Date(at).toISOString());
    fc.assert(
      fc.property(fc.integer({ min: BEGIN, max: END }), (at) => {
        expect(said(at)).toBe(new Date(at).toISOString());
      }),
    );
  });
});

it('an explanation is data: codes with their values', () => {
  const busy = explained([deferred(0, { reply: BUSY })], 6, undefined, figures(20, 20));
  expect(busy.facts[0]?.why).toEqual({ code: 'provider_failing', deliveries: 20, failing: 20 });
  expect(explained([deferred(0), delivered(1)], 2).facts[0]?.why).toEqual({ code: 'voided', by: 'delivered' });
  expect(explained([deferred(0, { reply: RATE })], 1).facts[0]?.why).toEqual({ code: 'sender', category: 'rate_limited' });
  expect(explained(deferrals(0, 24, 48), 49).whatWouldChangeIt).toEqual([{ code: 'deadline', at: moment(72) }]);
  expect(explained([{ type: 'suppress', at: 0, scope: 'bills' }], 1).whatWouldChangeIt).toEqual([
    { code: 'suppression', reason: 'operator', scope: 'bills', expiresAt: null },
  ]);
});

it('everything that happened is told in order', () => {
  const { transitions, view } = explained([...everySixHours(72), { type: 'release', at: 80 }], 81);
  expect(transitions.map(({ type, at }) => `${type} ${(at - moment(0)) / HOUR}`)).toEqual([
    'deferred 0',
    'persistent 24',
    'at_risk 48',
    'soft_bounced 72',
    'suppressed 72',
    'released 80',
  ]);
  expect(view.state).toBe('healthy');
});
