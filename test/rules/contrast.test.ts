/** What counts only by contrast, and the greylisting that lasts too long: each boundary of the rules by name. */
import { factReasonText } from '@desist/contracts';
import {
  addFact,
  advanceTo,
  baselineAnswer,
  DEFAULT_POLICY,
  explain,
  factOf,
  HOUR,
  classifyFailure,
  newRecipient,
  viewOf,
} from '@desist/domain';
import type { AskBaseline, Fact, FoldContext, Policy } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { bounced, deferred, deferrals, delivered, eventOf, FULL, moment, ms, tell } from './story.ts';
import type { Story, Told } from './story.ts';

const BUSY = '451 4.3.0 Temporary system problem';
const GREY = '450 4.7.1 Greylisted, please try again later';
const RATE = '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages';

const figures =
  (deliveries: number, failing: number, policy = DEFAULT_POLICY): AskBaseline =>
  (_, closesAt) =>
    baselineAnswer(policy, closesAt, deliveries, failing);
const accepting = figures(100, 10);
const failing = figures(29, 71);

const busy = (...hours: readonly number[]): readonly Told[] => hours.map((at) => deferred(at, { reply: BUSY }));
const grey = (...hours: readonly number[]): readonly Told[] => hours.map((at) => deferred(at, { reply: GREY }));
const told = (events: readonly Told[], end: number, contrast: AskBaseline = accepting, policy: Policy = DEFAULT_POLICY): Story =>
  tell(events, end, policy, contrast);
const whys = ({ recipient, context }: Story): readonly (string | null)[] =>
  explain(recipient, context).facts.map(({ why }) => (why === null ? null : factReasonText(why)));
const changes = (story: Story): readonly string[] =>
  story.changes.map(({ type, effectiveAt }) => `${type} ${(effectiveAt - moment(0)) / HOUR}`);

describe('a failure of the receiving system', () => {
  it('counts from the closing of its window on', () => {
    expect(told(busy(1), 6 - ms(1)).view.state).toBe('healthy');
    expect(told(busy(1), 6).view.state).toBe('deferred');
    expect(told(busy(1), 6).view.streak?.firstFailureAt).toBe(moment(1));
  });

  it('of 72 hours suppresses when the provider accepts mail for others, and never when it is failing', () => {
    const hours = [0, 12, 24, 36, 48, 60, 71];
    expect(changes(told(busy(...hours), 80))).toEqual(['persistent 24', 'at_risk 54', 'soft_bounced 72', 'suppressed 72']);
    expect(told(busy(...hours), 80, failing).changes).toEqual([]);
    expect(told(busy(...hours), 80, figures(19, 0)).changes).toEqual([]);
  });

  it('suppresses only once the window of the failure that completed it has closed', () => {
    const events = [...deferrals(0, 40), ...busy(75)];
    expect(told(events, 78 - ms(1)).held).toEqual([]);
    const { view, changes: published } = told(events, 78);
    expect(view.suppressions[0]?.since).toBe(moment(78));
    expect(published.filter(({ type }) => type === 'corrected')).toEqual([]);
  });

  it('enters when its window closed, not earlier, when it is folded again', () => {
    const story = told([...deferrals(0, 40), ...busy(75), deferred(80), deferred(41)], 81);
    expect(story.view.suppressions[0]?.since).toBe(moment(78));
    expect(story.changes.filter(({ type }) => type === 'corrected')).toEqual([]);
  });

  it('that a delivery overtakes before its window closes is void', () => {
    const story = told([...deferrals(0, 40), ...busy(75), delivered(76)], 90);
    expect(story.view.state).toBe('healthy');
    expect(whys(story).at(-1)).toBeNull();
  });

  it('that arrives after its window has closed gets the stored answer, and counts at its own time', () => {
    const late = told([deferred(20), ...busy(1)], 20);
    expect(late.view.streak?.firstFailureAt).toBe(moment(1));
    expect(late.recipient.facts[0]).toMatchObject({ at: moment(1), baseline: { passes: true } });
    expect(told([deferred(20), ...busy(1)], 20, failing).view.streak?.firstFailureAt).toBe(moment(20));
  });

  it('enters at its own time, before or between those that already counted', () => {
    const { view } = told([...busy(1), deferred(2), ...busy(3), deferred(5)], 6);
    expect(view.streak).toMatchObject({ failures: 4, firstFailureAt: moment(1), lastFailureAt: moment(5), reply: FULL });
    // The last word is that of the last failure, not of the one that entered last.
    expect(told([deferred(0), ...busy(1)], 6).view.streak).toMatchObject({ failures: 2, lastFailureAt: moment(1), reply: BUSY });
  });

  it('joins the streak that it belongs to, not one that had ended before', () => {
    const { view } = told([deferred(0), deferred(60), ...busy(61)], 66);
    expect(view.streak).toMatchObject({ failures: 2, firstFailureAt: moment(60) });
  });

  it('neither brings back a forgotten give-up nor forgets a newer one', () => {
    const late = 61 * 24;
    const giveUp = (at: number): Told => bounced(at, { reply: '552 5.2.2 Mailbox full', message: 'a' });
    const { view } = told([giveUp(0), giveUp(late), ...busy(late + 1)], late + 12);
    expect(view).toMatchObject({ state: 'soft_bounced', streak: { failures: 2 } });
    expect(told([giveUp(0), deferred(late), ...busy(late + 1)], late + 12).view.state).toBe('deferred');
  });

  it('of an unknown provider is never asked about, and does not count', () => {
    const asked: string[] = [];
    const context: FoldContext = {
      policies: { base: DEFAULT_POLICY, streams: new Map() },
      policyVersion: 'p',
      askBaseline: (provider, closesAt) => (asked.push(provider), accepting(provider, closesAt)),
    };
    const recipient = newRecipient();
    const event = eventOf(deferred(1, { reply: BUSY }), 0);
    const fact = factOf(event, (failure) => ({ ...classifyFailure(failure, () => 'p'), provider: null })) as Fact;
    addFact(recipient, fact, fact.at, context);
    advanceTo(recipient, moment(100), context);
    expect(asked).toEqual([]);
    expect(viewOf(recipient, context).state).toBe('healthy');
    expect(recipient.facts).toMatchObject([{ baseline: { closesAt: moment(6), passes: false, deliveries: 0, failing: 0 } }]);
  });

  it('is asked about once: the answer is kept with it, whatever is answered later', () => {
    let asked = 0;
    const once: AskBaseline = (provider, closesAt) => {
      asked += 1;
      return asked === 1 ? accepting(provider, closesAt) : failing(provider, closesAt);
    };
    // The late one folds everything again.
    const story = told([...busy(1), deferred(30), deferred(3)], 40, once);
    expect(asked).toBe(1);
    expect(story.view.streak?.failures).toBe(3);
  });

  it('is explained: waiting, the share that was failing, too few to compare with', () => {
    expect(whys(told(busy(1), 5))).toEqual([expect.stringContaining('when its window has closed')]);
    expect(whys(told(busy(1), 6, failing))).toEqual([expect.stringContaining('the provider was failing for 71 % of recipients')]);
    expect(whys(told(busy(1), 6, figures(3, 0)))).toEqual([expect.stringContaining('delivered too little to compare with')]);
    expect(whys(told(busy(1), 6))).toEqual([null]);
  });

  it('that names a rate limit of the recipient never counts', () => {
    expect(told([deferred(0, { reply: RATE }), bounced(1, { reply: `550 5.2.1${RATE.slice(9)}` })], 100).changes).toEqual([]);
  });

  it('counts by the policy of the tenant: window, deliveries, share', () => {
    const policy: Policy = { ...DEFAULT_POLICY, contrast: { window: HOUR, deliveries: 3, failingShare: 0.1 } };
    expect(told(busy(1.5), 2 - ms(1), figures(3, 0, policy), policy).view.state).toBe('healthy');
    expect(told(busy(1.5), 2, figures(3, 0, policy), policy).view.state).toBe('deferred');
    expect(told(busy(1.5), 2, figures(2, 0, policy), policy).view.state).toBe('healthy');
    expect(told(busy(1.5), 2, figures(9, 1, policy), policy).view.state).toBe('healthy');
  });

  it('counts at once, or never, where the policy says whose fault it is', () => {
    const attribution = (value: 'recipient' | 'sender'): Policy => ({ ...DEFAULT_POLICY, attribution: { system_error: value } });
    expect(told(busy(1), 1, accepting, attribution('recipient')).view.state).toBe('deferred');
    expect(told(busy(1), 6, accepting, attribution('sender')).view.state).toBe('healthy');
  });
});

describe('greylisting', () => {
  it('counts by contrast later than four hours after the first one', () => {
    expect(told(grey(0, 4), 24).view.streak).toBeNull();
    expect(told(grey(0, 4 + ms(1)), 24).view.streak?.firstFailureAt).toBe(moment(4) + 1);
    expect(told(grey(0, 4 + ms(1)), 24, failing).view.streak).toBeNull();
  });

  it('begins anew after a delivery, and after 48 hours without it', () => {
    expect(told([...grey(0), delivered(2), ...grey(5)], 24).view.streak).toBeNull();
    expect(told(grey(0, 48 - ms(1)), 72).view.streak?.failures).toBe(1);
    expect(told(grey(0, 48), 72).view.streak).toBeNull();
  });

  it('that goes on does not begin anew', () => {
    expect(told(grey(0, 30, 60), 72).view.streak).toMatchObject({ failures: 2, firstFailureAt: moment(30) });
  });

  it('that a late first one turns out to make overdue counts, although its window closed long ago', () => {
    expect(told([...grey(10), deferred(30), ...grey(1)], 30).view.streak?.firstFailureAt).toBe(moment(10));
  });
});

describe('expired without a deferral to take the verdict from', () => {
  it('is unknown: it counts by contrast, as a give-up, under the rule `unknown`', () => {
    const { view } = told([{ type: 'expired', at: 1, message: 'a' }], 6);
    expect(view).toMatchObject({ state: 'soft_bounced', streak: { category: 'unknown', rule: 'expired_without_deferral' } });
    expect(told([{ type: 'expired', at: 1 }], 6, failing).view.state).toBe('healthy');
  });
});

describe('no reply at all', () => {
  const silent = (type: 'deferred' | 'bounced', permanent?: boolean): readonly Told[] => [
    { type, at: 0, message: 'm-1', ...(permanent === undefined ? {} : { permanent }) },
  ];

  it('makes a give-up by contrast of a bounce, and of what the source calls permanent; never a hard bounce', () => {
    expect(told(silent('bounced', true), 5).view.state).toBe('healthy');
    expect(told(silent('bounced', true), 6).view.state).toBe('soft_bounced');
    expect(told(silent('bounced'), 6).view.state).toBe('soft_bounced');
    expect(told(silent('deferred', true), 6).view.state).toBe('soft_bounced');
    expect(told(silent('deferred', false), 6).view.state).toBe('deferred');
    expect(told(silent('bounced', true), 6, failing).view.state).toBe('healthy');
  });
});
