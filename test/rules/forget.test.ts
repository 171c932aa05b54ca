/** Erasure as others see it: what is announced, what goes on to forbid sending, and who is left. */
import { describe, expect, it } from 'vitest';
import { addFact, advanceTo, factOf, eraseRecipient, HOUR, classifyFailure, newRecipient, viewOf } from '@desist/domain';
import type { Fact, Erasure } from '@desist/domain';
import { bounced, deferred, deferrals, delivered, eventOf, everySixHours, moment, ms, tell } from './story.ts';
import type { Told } from './story.ts';

const UNKNOWN = '550 5.1.1 User unknown';

/** The command of hour `at`, read at hour `clock`, after these events. */
function forgotten(events: readonly Told[], at: number, clock = at): Erasure {
  const { recipient, context } = tell(events, Math.min(at, events.at(-1)?.at ?? at));
  return eraseRecipient(recipient, moment(at), moment(clock), context);
}
const announced = ({ changes }: Erasure): readonly string[] =>
  changes.map(({ type, suppression, allowance, from, to, cause, effectiveAt, version }) => {
    const what = suppression === null ? (allowance === null ? '' : ` ${allowance.scope}`) : ` ${suppression.reason} ${suppression.scope}`;
    return `${version} at ${(effectiveAt - moment(0)) / HOUR}: ${type}${what}, ${from} to ${to}, by ${cause}`;
  });
const held = (one: Erasure): readonly string[] => one.blocks.map(({ reason, scope }) => `${reason} ${scope}`);

describe('what is announced of an erased recipient', () => {
  it('is nothing when nothing was announced before', () => {
    expect(announced(forgotten([], 1))).toEqual([]);
    expect(announced(forgotten([deferred(0)], 1))).toEqual([]);
  });

  it('is the end of its streak', () => {
    expect(announced(forgotten(deferrals(0, 24, 48), 49))).toEqual(['3 at 49: recovered, persistent to healthy, by operator']);
  });

  it('is the end of each active suppression and allowance, with its terms and without evidence', () => {
    const events: readonly Told[] = [
      { type: 'allow', at: 0, scope: 'news' },
      { type: 'suppress', at: 1, scope: 'bills', until: 900 },
      { type: 'complained', at: 2 },
      bounced(3, { reply: UNKNOWN }),
    ];
    const one = forgotten(events, 4);
    expect(announced(one)).toEqual([
      '5 at 4: disallowed news, suppressed to suppressed, by operator',
      '6 at 4: released operator bills, suppressed to suppressed, by operator',
      '7 at 4: released complaint *, suppressed to suppressed, by operator',
      '8 at 4: released hard_bounce *, suppressed to healthy, by operator',
    ]);
    expect(one.changes.map(({ evidence, recordedAt, policy }) => [evidence, recordedAt, policy])).toEqual(
      one.changes.map(() => [null, moment(4), 'sha256:test']),
    );
    expect(one.changes[1]?.suppression).toEqual({ scope: 'bills', reason: 'operator', since: moment(1), expiresAt: moment(900) });
  });

  it('becomes healthy as soon as no suppression of all streams is left', () => {
    const events: readonly Told[] = [
      { type: 'complained', at: 0 },
      { type: 'unsubscribed', at: 1, stream: 'news' },
    ];
    expect(announced(forgotten(events, 2))).toEqual([
      '3 at 2: released complaint *, suppressed to healthy, by operator',
      '4 at 2: released unsubscribe news, healthy to healthy, by operator',
    ]);
  });

  it('ends the streak together with the suppression it caused, not a second time', () => {
    expect(announced(forgotten(everySixHours(72), 73))).toEqual([
      '5 at 73: released persistent_deferral *, suppressed to healthy, by operator',
    ]);
  });

  it('ends the streak separately if everything else that ended was of one stream', () => {
    const events: readonly Told[] = [...deferrals(0, 24), { type: 'unsubscribed', at: 25, stream: 'news' }];
    // With the first end nothing holds any more: it says so.
    expect(announced(forgotten(events, 26))).toEqual(['3 at 26: released unsubscribe news, persistent to healthy, by operator']);
  });

  it('comes after what was due until then', () => {
    expect(announced(forgotten(deferrals(0, 1), 24, 25))).toEqual([
      '1 at 24: persistent, deferred to persistent, by deadline',
      '2 at 25: recovered, persistent to healthy, by operator',
    ]);
  });
});

describe('what goes on to forbid sending', () => {
  it('is what was active at the moment of the command', () => {
    const events: readonly Told[] = [{ type: 'unsubscribed', at: 0, stream: 'news' }, ...everySixHours(72)];
    expect(held(forgotten(events, 71))).toEqual(['unsubscribe news']);
    expect(held(forgotten(events, 72))).toEqual(['persistent_deferral *', 'unsubscribe news']);
    expect(forgotten(events, 72).blocks[0]).toEqual({
      scope: '*',
      reason: 'persistent_deferral',
      since: moment(72),
      expiresAt: moment(72 + 30 * 24),
    });
  });

  it('is also what began at that very moment', () => {
    expect(held(forgotten([{ type: 'suppress', at: 5 }], 5))).toEqual(['operator *']);
  });

  it('is not what had ended by then, or began later', () => {
    expect(held(forgotten([{ type: 'suppress', at: 0, until: 5 }], 5))).toEqual([]);
    expect(held(forgotten([{ type: 'suppress', at: 0, until: 5 }], 5 - ms(1)))).toEqual(['operator *']);
    expect(
      held(
        forgotten(
          [
            { type: 'suppress', at: 0 },
            { type: 'complained', at: 3 },
          ],
          2,
          4,
        ),
      ),
    ).toEqual(['operator *']);
  });

  it('is what was active at that moment, even if it has ended when the command is read', () => {
    expect(held(forgotten([{ type: 'suppress', at: 0, until: 5 }], 4, 10))).toEqual(['operator *']);
  });
});

describe('who is left', () => {
  it('is an empty recipient: no facts, nothing active, and the version continues', () => {
    const { rest, changes } = forgotten(everySixHours(72), 73);
    expect(rest).toEqual({ ...newRecipient(), clock: moment(73), version: 5 });
    expect(changes.at(-1)?.version).toBe(5);
  });

  it('is the recipient of the events after the command', () => {
    const events = [...deferrals(0, 20, 40), deferred(60), deferred(61)];
    const one = forgotten(events, 50, 90);
    expect(one.rest.facts.map(({ at }) => (at - moment(0)) / HOUR)).toEqual([60, 61]);
    expect(announced(one).slice(-2)).toEqual([
      '5 at 90: released persistent_deferral *, suppressed to healthy, by operator',
      '6 at 84: persistent, healthy to persistent, by correction',
    ]);
    const { context } = tell([], 0);
    expect(viewOf(one.rest, context)).toMatchObject({ state: 'persistent', streak: { failures: 2, firstFailureAt: moment(60) } });
  });

  it('is decided on afresh: the earlier history has no effect', () => {
    const { context } = tell([], 0);
    const { rest } = forgotten([...deferrals(0, 24), delivered(25), ...deferrals(30)], 31);
    const fact = factOf(eventOf(deferred(40), 99), (event) => classifyFailure(event, () => 'p')) as Fact;
    addFact(rest, fact, moment(40), context);
    advanceTo(rest, moment(41), context);
    expect(viewOf(rest, context).streak).toMatchObject({ failures: 1, firstFailureAt: moment(40) });
  });

  it('keeps nothing of the very moment of the command', () => {
    expect(forgotten([deferred(0), deferred(5)], 5).rest.facts).toEqual([]);
    expect(forgotten([deferred(0), deferred(5)], 5 - ms(1), 6).rest.facts).toHaveLength(1);
  });

  it('has a clock that does not go back', () => {
    const { recipient, context } = tell(deferrals(0, 24), 30);
    const one = eraseRecipient(recipient, moment(25), moment(26), context);
    expect(one.rest.clock).toBe(moment(30));
    expect(one.changes.map(({ recordedAt }) => recordedAt)).toEqual([moment(30)]);
  });
});
