/** What evidence that comes late does to what was announced; and facts whose time is still to come, other policies, duplicates. */
import { describe, expect, it } from 'vitest';
import {
  addFact,
  advanceTo,
  CAP,
  DEFAULT_POLICY,
  dueOf,
  factOf,
  HOUR,
  classifyFailure,
  machineOf,
  newRecipient,
  viewOf,
} from '@desist/domain';
import type { Change, Fact, FoldContext, Policy } from '@desist/domain';
import { providerOf } from '@desist/verdicts';
import { bounced, deferred, deferrals, delivered, eventOf, everySixHours, moment, ms, tell } from './story.ts';
import type { Told } from './story.ts';

const UNKNOWN = '550 5.1.1 User unknown';
const REFUSED = '550 5.7.1 Rejected by recipient';
const lineOf = ({ type, version, suppression, allowance, from, to, cause, effectiveAt, corrects }: Change): string => {
  const what = suppression === null ? (allowance === null ? '' : ` ${allowance.scope}`) : ` ${suppression.reason} ${suppression.scope}`;
  const undone = corrects === null ? '' : ` of ${corrects}`;
  return `${version} at ${(effectiveAt - moment(0)) / HOUR}: ${type}${undone}${what}, ${from} to ${to}, by ${cause}`;
};
/** Told in this order, which is not that of their times; the clock is the latest so far. */
const announced = (events: readonly Told[], end: number): readonly string[] => tell(events, end).changes.map(lineOf);
const factFor = (told: Told, index: number): Fact => factOf(eventOf(told, index), (event) => classifyFailure(event, providerOf)) as Fact;

describe('late evidence', () => {
  it('that undoes a stage corrects it, with the evidence of that time, recorded now', () => {
    const story = tell([...deferrals(0, 24), delivered(12)], 24);
    expect(story.changes.map(lineOf)).toEqual([
      '1 at 24: persistent, deferred to persistent, by event',
      '2 at 24: corrected of 1, persistent to deferred, by correction',
    ]);
    expect(story.changes[1]).toEqual({
      ...story.changes[0],
      type: 'corrected',
      from: 'persistent',
      to: 'deferred',
      cause: 'correction',
      version: 2,
      corrects: 1,
      counts: [
        { type: 'corrected', at: story.changes[0]?.recordedAt, reason: null, times: 1 },
        { type: 'persistent', at: story.changes[0]?.effectiveAt, reason: null, times: -1 },
      ],
    });
  });

  it('that undoes several things announces each: what had begun rightly has ended, what never was true is corrected', () => {
    expect(announced([...everySixHours(72), delivered(72)], 72).slice(4)).toEqual([
      '5 at 72: recovered, suppressed to healthy, by delivered',
      '6 at 72: corrected of 3, healthy to healthy, by correction',
      '7 at 72: corrected of 4 persistent_deferral *, healthy to healthy, by correction',
    ]);
  });

  it('that completes the evidence suppresses as of its own deadline', () => {
    const events = [...deferrals(0, 24), deferred(75), deferred(48)];
    expect(announced(events, 75).slice(2)).toEqual([
      `3 at ${72 + ms(1)}: recovered, soft_bounced to healthy, by lapse`,
      '4 at 24: persistent, deferred to suppressed, by correction',
      '5 at 48: at_risk, suppressed to suppressed, by correction',
      '6 at 72: soft_bounced, suppressed to suppressed, by correction',
      '7 at 72: suppressed persistent_deferral *, suppressed to suppressed, by correction',
    ]);
  });

  it('that ends what was announced ends it at its own time, for its own reason, and corrects nothing', () => {
    const complaint: Told = { type: 'complained', at: 0 };
    expect(announced([complaint, deferred(9), { type: 'release', at: 3, force: true }], 10)).toEqual([
      '1 at 0: suppressed complaint *, healthy to suppressed, by event',
      '2 at 3: released complaint *, suppressed to deferred, by operator',
    ]);
    expect(announced([bounced(0, { reply: UNKNOWN }), deferred(9), delivered(3)], 10)).toEqual([
      '1 at 0: suppressed hard_bounce *, healthy to suppressed, by event',
      '2 at 3: released hard_bounce *, suppressed to deferred, by delivered',
    ]);
  });

  it('that ends a streak announces it once, although two stages of it were announced', () => {
    expect(announced([...deferrals(0, 24, 48), deferred(54), delivered(50)], 54)).toEqual([
      '1 at 24: persistent, deferred to persistent, by event',
      '2 at 48: at_risk, persistent to persistent, by event',
      '3 at 50: recovered, persistent to deferred, by delivered',
    ]);
  });

  it('that ends an allowance, or gives one', () => {
    expect(announced([{ type: 'allow', at: 0 }, deferred(9), { type: 'disallow', at: 3 }], 10)).toEqual([
      '1 at 0: allowed *, healthy to healthy, by operator',
      '2 at 3: disallowed *, deferred to deferred, by operator',
    ]);
    expect(announced([deferred(9), { type: 'allow', at: 3, until: 20 }], 10)).toEqual([
      '1 at 3: allowed *, deferred to deferred, by correction',
    ]);
  });

  it('that replaces an expiry announces the suppression again; nothing else is announced', () => {
    const events: readonly Told[] = [
      { type: 'unsubscribed', at: 0, stream: 'news' },
      { type: 'suppress', at: 1, until: 40 },
      deferred(9),
      { type: 'suppress', at: 2, until: 50 },
    ];
    const story = tell(events, 10);
    expect(story.changes.map(lineOf).slice(2)).toEqual(['3 at 2: suppressed operator *, suppressed to suppressed, by correction']);
    expect(story.changes[2]?.suppression).toEqual({ scope: '*', reason: 'operator', since: moment(1), expiresAt: moment(50) });
    expect(story.recipient.published.map(({ key, version }) => [key.split(' ').slice(1, 3).join(' '), version])).toEqual([
      ['news unsubscribe', 1],
      ['* operator', 3],
    ]);
  });

  it('that moves the beginning of a suppression corrects the old one and announces the new one', () => {
    expect(announced([bounced(5, { reply: UNKNOWN }), bounced(3, { reply: UNKNOWN })], 6)).toEqual([
      '1 at 5: suppressed hard_bounce *, healthy to suppressed, by event',
      '2 at 5: corrected of 1 hard_bounce *, suppressed to suppressed, by correction',
      '3 at 3: suppressed hard_bounce *, suppressed to suppressed, by correction',
    ]);
  });

  it('is recorded at the partition clock, however long the recipient was not looked at', () => {
    const story = tell([bounced(5, { reply: UNKNOWN }), { type: 'complained', at: 90 }, bounced(3, { reply: UNKNOWN })], 100);
    const last = story.changes.filter(({ cause }) => cause === 'correction').map(({ type, recordedAt }) => [type, recordedAt]);
    expect(last).toEqual([
      ['corrected', moment(90)],
      ['suppressed', moment(90)],
    ]);
    const recipient = newRecipient();
    addFact(recipient, factFor(bounced(5, { reply: UNKNOWN }), 0), moment(5), CONTEXT);
    const changes = addFact(recipient, factFor(bounced(3, { reply: UNKNOWN }), 1), moment(400), CONTEXT);
    expect(changes === 'duplicate' ? [] : changes.map(({ recordedAt }) => recordedAt)).toEqual([moment(400), moment(400)]);
    const policy = { ...CONTEXT.policies.base, suppression: { ...CONTEXT.policies.base.suppression, complaintScope: 'stream' as const } };
    addFact(recipient, factFor({ type: 'complained', at: 401 }, 2), moment(401), CONTEXT);
    const changed = advanceTo(recipient, moment(700), { policies: { base: policy, streams: new Map() }, policyVersion: 'other' });
    expect(changed.map(({ recordedAt }) => recordedAt)).toEqual([moment(700), moment(700)]);
  });

  it('that a suppression rests on announces it again with its new evidence; evidence after it does not', () => {
    const known = deferrals(0, 24, 48);
    const story = tell([...known, { type: 'allow', at: 80, scope: 'x' }, deferred(30, { message: 'other' })], 90);
    expect(story.changes.slice(-1)).toMatchObject([
      { type: 'suppressed', cause: 'correction', suppression: { since: moment(72) }, evidence: { failures: 4, messages: 2 } },
    ]);
    expect(story.view.suppressions).toMatchObject([{ since: moment(72), evidence: { failures: 4, messages: 2 } }]);
    const after = tell([...known, { type: 'allow', at: 80, scope: 'x' }, deferred(75, { message: 'other' })], 90);
    expect(after.view.suppressions).toMatchObject([{ evidence: { failures: 3, messages: 1 } }]);
    expect(after.changes.filter(({ type }) => type === 'suppressed')).toHaveLength(1);
  });

  it('that changes nothing announces nothing', () => {
    expect(announced([...deferrals(0, 24), deferred(12)], 24)).toHaveLength(1);
    expect(announced([{ type: 'complained', at: 0 }, deferred(9), deferred(3)], 10)).toHaveLength(1);
  });

  it('of the same moment as the last folded fact is put in order: failures come first', () => {
    expect(tell([delivered(1), deferred(1)], 2).view.state).toBe('healthy');
    expect(tell([deferred(1), delivered(1)], 2).view.state).toBe('healthy');
  });

  it('of a moment at which a deadline has already fired still comes before the deadline', () => {
    const events: readonly Told[] = [...deferrals(0, 24, 48), { type: 'allow', at: 72, scope: 'news' }];
    expect(tell(events, 72).held).toEqual(['persistent_deferral *']);
    expect(tell([...events, delivered(72)], 72).held).toEqual([]);
  });
});

const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'p' };

describe('an event ahead of the clock', () => {
  it('counts at its own time; no deadline before it is skipped, none beyond the clock fires', () => {
    const recipient = newRecipient();
    addFact(recipient, factFor(deferred(0), 0), moment(0), CONTEXT);
    addFact(recipient, factFor(deferred(24), 1), moment(1), CONTEXT);
    expect(viewOf(recipient, CONTEXT)).toMatchObject({ streak: { failures: 2 } });
    expect(dueOf(recipient, CONTEXT)).toBe(moment(24));
    expect(advanceTo(recipient, moment(30), CONTEXT).map(({ type, effectiveAt }) => [type, effectiveAt])).toEqual([]);
    expect(viewOf(recipient, CONTEXT).state).toBe('persistent');
  });

  it('does not delay anything: a deadline before it fires first', () => {
    const recipient = newRecipient();
    for (const [index, at] of [0, 24, 48].entries()) addFact(recipient, factFor(deferred(at), index), moment(at), CONTEXT);
    addFact(recipient, factFor(delivered(100), 9), moment(49), CONTEXT);
    expect(viewOf(recipient, CONTEXT).suppressions).toEqual([]);
    advanceTo(recipient, moment(72) - 1, CONTEXT);
    expect(viewOf(recipient, CONTEXT).suppressions).toEqual([]);
    advanceTo(recipient, moment(72), CONTEXT);
    advanceTo(recipient, moment(100), CONTEXT);
    expect(viewOf(recipient, CONTEXT)).toMatchObject({ state: 'healthy', suppressions: [] });
  });
});

describe('a deadline before an event that is ahead of the clock', () => {
  const MINUTES = 1 / 60;
  it('is evaluated with the event, and corrected when the clock reaches it', () => {
    const recipient = newRecipient();
    for (const [index, at] of [0, 1].entries()) addFact(recipient, factFor(deferred(at), index), moment(at), CONTEXT);
    const ahead = factFor({ type: 'allow', at: 24 + 2 * MINUTES, scope: 'news' }, 5);
    const seen = (changes: readonly Change[] | 'duplicate'): readonly string[] => (changes === 'duplicate' ? [] : changes.map(lineOf));
    expect(seen(addFact(recipient, ahead, moment(24 - 3 * MINUTES), CONTEXT))).toEqual([
      `1 at ${24 + 2 * MINUTES}: allowed news, deferred to persistent, by correction`,
      `2 at ${24 + 2 * MINUTES}: persistent, persistent to persistent, by correction`,
    ]);
    expect(dueOf(recipient, CONTEXT)).toBe(moment(24));
    expect(advanceTo(recipient, moment(24) - 1, CONTEXT)).toEqual([]);
    expect(seen(advanceTo(recipient, moment(24), CONTEXT))).toEqual([
      '3 at 24: corrected of 2, persistent to persistent, by correction',
      '4 at 24: persistent, persistent to persistent, by correction',
    ]);
    expect(recipient.clock).toBe(moment(24));
    expect(advanceTo(recipient, moment(30), CONTEXT)).toEqual([]);
    expect(recipient.clock).toBe(moment(30));
  });
});

it('several events ahead of the clock are evaluated one after the other: what the first one causes has its own time', () => {
  const giveUp = (at: number): Told => bounced(at, { reply: '552 5.2.2 Mailbox full' });
  const recipient = newRecipient();
  const ahead: readonly Told[] = [giveUp(72.1), { type: 'allow', at: 72.2, scope: 'news' }];
  for (const [index, told] of [giveUp(0), giveUp(1), ...ahead].entries())
    addFact(recipient, factFor(told, index), moment(Math.min(told.at, 72)), CONTEXT);
  expect(viewOf(recipient, CONTEXT).suppressions).toMatchObject([{ reason: 'persistent_deferral', since: moment(72.1) }]);
  recipient.live = undefined;
  expect(advanceTo(recipient, moment(80), CONTEXT)).toEqual([]);
  expect(viewOf(recipient, CONTEXT).suppressions).toMatchObject([{ since: moment(72.1) }]);
});

describe('a fold', () => {
  it('recognises a fact by its id: a second one is a duplicate, whatever else it says', () => {
    const recipient = newRecipient();
    const fact = factFor(deferred(0), 0);
    addFact(recipient, fact, moment(0), CONTEXT);
    expect(addFact(recipient, fact, moment(0), CONTEXT)).toBe('duplicate');
    expect(addFact(recipient, { ...factFor(delivered(5), 1), id: fact.id }, moment(5), CONTEXT)).toBe('duplicate');
    expect(recipient.facts).toEqual([fact]);
  });

  it('has a clock that never goes back, and nothing fires twice', () => {
    const recipient = newRecipient();
    for (const [index, at] of [0, 1].entries()) addFact(recipient, factFor(deferred(at), index), moment(at), CONTEXT);
    expect(advanceTo(recipient, moment(24), CONTEXT)).toHaveLength(1);
    expect(advanceTo(recipient, moment(24), CONTEXT)).toEqual([]);
    expect(advanceTo(recipient, moment(3), CONTEXT)).toEqual([]);
    expect(recipient.clock).toBe(moment(24));
    addFact(recipient, factFor(deferred(2), 7), moment(2), CONTEXT);
    expect(recipient.clock).toBe(moment(24));
  });

  it('that is repeated for a late fact continues up to the clock at which the fact came', () => {
    const recipient = newRecipient();
    for (const [index, at] of [0, 1].entries()) addFact(recipient, factFor(deferred(at), index), moment(at), CONTEXT);
    const changes = addFact(recipient, factFor(deferred(0.5), 7), moment(24), CONTEXT) as readonly Change[];
    expect(changes.map(({ type, effectiveAt, recordedAt }) => [type, effectiveAt, recordedAt])).toEqual([
      ['persistent', moment(24), moment(24)],
    ]);
    expect(recipient.clock).toBe(moment(24));
  });

  it('fires deadlines before a fact ahead of that fact, each recorded at the clock of the decision', () => {
    const recipient = newRecipient();
    for (const [index, at] of [0, 1].entries()) addFact(recipient, factFor(deferred(at), index), moment(at), CONTEXT);
    const changes = addFact(recipient, factFor(delivered(30), 5), moment(31), CONTEXT) as readonly Change[];
    expect(changes.map(({ type, effectiveAt, recordedAt }) => [type, effectiveAt, recordedAt])).toEqual([
      ['persistent', moment(24), moment(30) - 1],
      ['recovered', moment(30), moment(31)],
    ]);
  });

  it('has a due time when something will happen by itself, otherwise none', () => {
    const recipient = newRecipient();
    expect(dueOf(recipient, CONTEXT)).toBeNull();
    addFact(recipient, factFor(deferred(0), 0), moment(0), CONTEXT);
    expect(dueOf(recipient, CONTEXT)).toBe(moment(48) + 1);
    addFact(recipient, factFor(deferred(1), 1), moment(1), CONTEXT);
    expect(dueOf(recipient, CONTEXT)).toBe(moment(24));
    addFact(recipient, factFor({ type: 'complained', at: 2 }, 2), moment(2), CONTEXT);
    expect(dueOf(recipient, CONTEXT)).toBeNull();
  });

  it('is repeated under another policy: what is no longer true is corrected and what is new announced, under that policy', () => {
    const strict: Policy = { ...DEFAULT_POLICY, deferral: { ...DEFAULT_POLICY.deferral, persistentAfter: 10 * HOUR } };
    const recipient = newRecipient();
    addFact(recipient, factFor({ type: 'unsubscribed', at: 0 }, 9), moment(0), CONTEXT);
    for (const [index, at] of [0, 1, 12].entries()) addFact(recipient, factFor(deferred(at), index), moment(at), CONTEXT);
    const other: FoldContext = { policies: { base: strict, streams: new Map() }, policyVersion: 'q' };
    const changes = advanceTo(recipient, moment(12), other);
    expect(changes.map(lineOf)).toEqual(['2 at 10: persistent, deferred to persistent, by correction']);
    expect(changes.map(({ policy }) => policy)).toEqual(['q']);
    expect(recipient.published.map(({ policy }) => policy).sort()).toEqual(['p', 'q']);
    expect(advanceTo(recipient, moment(12), other)).toEqual([]);
    expect(advanceTo(recipient, moment(12), CONTEXT).map(lineOf)).toEqual([
      '3 at 12: corrected of 2, persistent to deferred, by correction',
    ]);
  });

  it('judges each event by the policy of its stream', () => {
    const lenient: Policy = { ...DEFAULT_POLICY, attribution: { mailbox_full: 'message' } };
    const context: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map([['news', lenient]]) }, policyVersion: 'p' };
    const recipient = newRecipient();
    addFact(recipient, factFor(deferred(0, { stream: 'news' }), 0), moment(0), context);
    expect(viewOf(recipient, context).streak).toBeNull();
    addFact(recipient, factFor(deferred(1, { stream: 'bills' }), 1), moment(1), context);
    expect(viewOf(recipient, context).streak?.failures).toBe(1);
  });

  it('of hundreds of failures keeps their number, first and last, also when read from the stored form', () => {
    const recipient = newRecipient();
    for (let index = 0; index < 500; index += 1) addFact(recipient, factFor(deferred(index / 10), index), moment(index / 10), CONTEXT);
    expect(recipient.facts.length).toBeLessThanOrEqual(CAP);
    recipient.live = undefined;
    expect(viewOf(recipient, CONTEXT).streak).toMatchObject({ failures: 500, firstFailureAt: moment(0), lastFailureAt: moment(49.9) });
  });

  it('of hundreds of failures does not keep them in memory either', () => {
    const recipient = newRecipient();
    for (let index = 0; index < 4 * CAP; index += 1) addFact(recipient, factFor(deferred(index / 60), index), moment(index / 60), CONTEXT);
    const before = machineOf(recipient, CONTEXT);
    expect(before.counted).toHaveLength(4 * CAP);
    addFact(recipient, factFor(deferred(7), 999), moment(7), CONTEXT);
    expect(machineOf(recipient, CONTEXT).counted.length).toBeLessThanOrEqual(CAP);
    expect(viewOf(recipient, CONTEXT).streak?.failures).toBe(4 * CAP + 1);
  });

  it('keeps what a suppression rests on in preference to what came while it was active', () => {
    const recipient = newRecipient();
    const events: readonly Told[] = [...everySixHours(72), ...Array.from({ length: 200 }, (_, index) => deferred(73 + index / 10))];
    for (const [index, told] of events.entries()) addFact(recipient, factFor(told, index), moment(told.at), CONTEXT);
    expect(recipient.facts.filter(({ at }) => at <= moment(72))).toHaveLength(13);
    recipient.live = undefined;
    expect(viewOf(recipient, CONTEXT).suppressions).toMatchObject([{ since: moment(72), evidence: { failures: 13 } }]);
  });
});

it('what came under the first of several suppressions is dropped first, except the last sixteen', () => {
  const recipient = newRecipient();
  const bounces = Array.from({ length: 120 }, (_, index) => bounced(74 + index, { reply: '552 5.2.2 Mailbox full' }));
  const under = [deferred(72.5, { message: 'x' }), deferred(73, { message: 'x' })];
  const events: readonly Told[] = [...everySixHours(72), ...under, { type: 'suppress', at: 73.5 }, ...bounces];
  for (const [index, told] of events.entries()) addFact(recipient, factFor(told, index), moment(told.at), CONTEXT);
  const left = recipient.facts.map(({ at }) => (at - moment(0)) / HOUR);
  expect(left.filter((at) => at <= 72)).toHaveLength(13);
  // The latest deferral of a message stays: its `expired` may ask for it.
  expect(left.filter((at) => at > 72 && at < 74)).toEqual([73, 73.5]);
  expect(left.at(-1)).toBe(193);
});

describe('a suppression of a stream', () => {
  it("does not freeze the recipient's evidence: only one of all streams does", () => {
    const refused = bounced(0, { reply: REFUSED, stream: 'news' });
    const recipient = newRecipient();
    const events: readonly Told[] = [refused, ...Array.from({ length: 120 }, (_, index) => deferred(1 + index / 10))];
    for (const [index, told] of events.entries()) addFact(recipient, factFor(told, index), moment(told.at), CONTEXT);
    recipient.live = undefined;
    expect(viewOf(recipient, CONTEXT).streak?.failures).toBe(120);
  });
});

it('a streak that ends one millisecond after the clock is still there', () => {
  expect(tell([deferred(0)], 48).view.streak).toMatchObject({ failures: 1 });
  expect(tell([deferred(0)], 48 + ms(1)).view.streak).toBeNull();
});
