/** What others see of a recipient, and how long one is remembered. */
import { describe, expect, it } from 'vitest';
import { addFact, advanceTo, DAY, DEFAULT_POLICY, factOf, HOUR, newRecipient, UNTRACKED_AFTER, viewOf } from '@desist/domain';
import { NO_REPLY } from '@desist/verdicts';
import type { FoldContext, LogEvent, RecipientView } from '@desist/domain';
import {
  allow,
  at,
  complained,
  deferred,
  delivered,
  gaveUp,
  scriptedVerdict,
  START,
  suppress,
  unsubscribed,
} from '../support/oracle/events.ts';

const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'p' };

/** The view at `clock` of what these events, one after the other, make of somebody. */
function seen(clock: number, ...events: readonly LogEvent[]): RecipientView {
  const recipient = newRecipient();
  for (const event of events) {
    const fact = factOf(event, (failed) => ({ verdict: scriptedVerdict(failed) ?? NO_REPLY, reply: 'as logged', provider: 'gmail' }));
    if (fact !== undefined) addFact(recipient, fact, event.occurredAt, CONTEXT);
  }
  advanceTo(recipient, clock, CONTEXT);
  return viewOf(recipient, CONTEXT);
}

describe('a healthy recipient is remembered', () => {
  const ours = deferred('0h', { reply: 'rate_limited' });

  it('for seven days after the last event, to the millisecond', () => {
    expect(seen(START + UNTRACKED_AFTER - 1, ours)).toMatchObject({ state: 'healthy', untrackable: false, due: START + UNTRACKED_AFTER });
    expect(seen(START + UNTRACKED_AFTER, ours)).toMatchObject({ state: 'healthy', untrackable: true, due: null });
  });

  it('for thirty days if an incident excludes a failure of it: the incident may be restored', () => {
    const recipient = newRecipient();
    const fact = factOf(deferred('0h'), () => ({ verdict: NO_REPLY, reply: null, provider: 'gmail' }));
    if (fact?.kind !== 'failure') throw new Error('no failure');
    addFact(recipient, { ...fact, incident: 'gmail-1' }, START, CONTEXT);
    const quietAt = (clock: number): boolean => (advanceTo(recipient, clock, CONTEXT), viewOf(recipient, CONTEXT).untrackable);
    expect([quietAt(START + UNTRACKED_AFTER), quietAt(START + 30 * DAY - 1), quietAt(START + 30 * DAY)]).toEqual([false, false, true]);
  });

  it('for seven days after the timer that made it healthy', () => {
    const lapsed = at('48h+1ms');
    expect(seen(lapsed, deferred('0h'))).toMatchObject({ state: 'healthy', untrackable: false, due: lapsed + UNTRACKED_AFTER });
    expect(seen(lapsed + UNTRACKED_AFTER, deferred('0h')).untrackable).toBe(true);
  });

  it('while it has a suppression or an allowance', () => {
    const late = START + 300 * DAY;
    expect(seen(late, unsubscribed('0h'))).toMatchObject({ state: 'healthy', untrackable: false, due: null });
    expect(seen(late, allow('0h'))).toMatchObject({ state: 'healthy', untrackable: false, due: null });
    expect(seen(late, complained('0h'))).toMatchObject({ state: 'suppressed', untrackable: false });
    expect(seen(late, allow('0h', { until: '1d' })).untrackable).toBe(true);
  });

  it('while a give-up is remembered, and while the next suppression would last longer', () => {
    expect(seen(START + 59 * DAY, gaveUp('0h'))).toMatchObject({ state: 'soft_bounced', untrackable: false });
    expect(seen(START + 60 * DAY + UNTRACKED_AFTER, gaveUp('0h')).untrackable).toBe(true);
    const dense = [0, 24, 48].map((hour) => deferred(`${hour}h`));
    const expired = START + 72 * HOUR + 30 * DAY;
    expect(seen(expired + 100 * DAY, ...dense)).toMatchObject({ state: 'healthy', suppressions: [], untrackable: false, due: null });
    const healed = delivered(expired + DAY);
    expect(seen(healed.occurredAt + UNTRACKED_AFTER, ...dense, healed).untrackable).toBe(true);
  });

  it('not at all if no fact of it was ever kept', () => {
    expect(seen(START)).toMatchObject({ state: 'healthy', untrackable: true, due: null, streak: null, provider: null, suppressAt: null });
  });
});

describe('the view', () => {
  it('of a streak: its evidence, provider and the deadline that suppresses', () => {
    const view = seen(at('49h'), deferred('0h', { message: 'm1' }), deferred('24h', { message: 'm2' }), deferred('48h', { message: 'm2' }));
    expect(view).toMatchObject({ state: 'persistent', provider: 'gmail', suppressAt: at('72h'), due: at('72h'), untrackable: false });
    expect(view.streak).toEqual({
      firstFailureAt: at('0h'),
      lastFailureAt: at('48h'),
      failures: 3,
      messages: 2,
      category: 'mailbox_full',
      rule: 'scripted.mailbox_full',
      reply: 'as logged',
    });
  });

  it('of suppressions: terms, evidence and policy, by scope and then reason', () => {
    const view = seen(
      at('73h'),
      ...[0, 24, 48].map((hour) => deferred(`${hour}h`)),
      unsubscribed('73h', { stream: 'b' }),
      complained('73h'),
      suppress('73h', { scope: 'a', until: '9d' }),
    );
    expect(view.suppressions.map(({ scope, reason, since, expiresAt }) => [scope, reason, since, expiresAt])).toEqual([
      ['*', 'complaint', at('73h'), null],
      ['*', 'persistent_deferral', at('72h'), at('72h') + 30 * DAY],
      ['a', 'operator', at('73h'), at('9d')],
      ['b', 'unsubscribe', at('73h'), null],
    ]);
    expect(view.suppressions.map(({ policy }) => policy)).toEqual(['p', 'p', 'p', 'p']);
    expect(view.suppressions.map(({ evidence }) => evidence?.failures ?? null)).toEqual([null, 3, null, null]);
  });

  it('of allowances: scope and end, by scope', () => {
    const view = seen(at('2h'), allow('0h', { scope: 'b', until: '9d' }), allow('1h', { scope: 'a' }), allow('2h', { scope: '*' }));
    expect(view.allowed).toEqual([
      { scope: '*', expiresAt: null },
      { scope: 'a', expiresAt: null },
      { scope: 'b', expiresAt: at('9d') },
    ]);
    expect(view.due).toBe(at('9d'));
  });
});
