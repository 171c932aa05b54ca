import { describe, expect, test } from 'vitest';
import { releaseEffects, ticketOf, verdictsOf } from './verdict.ts';
import type { Holding, Subject, Verdict } from './verdict.ts';

const SINCE = '2026-03-04T10:00:00.000Z';
const UNTIL = '2026-04-03T10:00:00.000Z';
const nothing: Subject = { state: 'healthy', suppressions: [], allowed: [], suppressAt: null, streak: null };
const full: Holding = {
  scope: '*',
  reason: 'persistent_deferral',
  since: SINCE,
  expiresAt: UNTIL,
  category: 'mailbox_full',
  failures: 9,
  firstFailureAt: '2026-03-01T10:00:00.000Z',
  lastFailureAt: '2026-03-04T09:00:00.000Z',
};
const left: Holding = { scope: 'marketing', reason: 'unsubscribe', since: SINCE, expiresAt: null };

const said = ({ title, sentence }: Verdict): string =>
  `${title}. ${sentence.map((piece) => (typeof piece === 'string' ? piece : piece.time)).join('')}`;

describe('verdicts', () => {
  test('nothing holds it back', () => {
    expect(verdictsOf(nothing).map(said)).toEqual(['Mail may be sent. Nothing holds it back.']);
  });

  test('suppressed for every stream: how often it failed, over how long, why, and until when', () => {
    expect(verdictsOf({ ...nothing, state: 'suppressed', suppressions: [full] }).map(said)).toEqual([
      `No mail is sent. Since ${SINCE}: 9 counted failures over 2 d 23 h with no delivery between them (mailbox full), until ${UNTIL}.`,
    ]);
  });

  test('on probation: until when, and what the next failure would do', () => {
    const words = `It is on probation until ${UNTIL}: its suppression has expired, and one more failure of that kind suppresses it again at once, for longer. A delivery ends the probation.`;
    const [every] = verdictsOf({ ...nothing, probationUntil: UNTIL });
    expect([every?.allowed, every?.tone, said(every!)]).toEqual([true, 'warn', `Mail may be sent. ${words}`]);
    const streak = { startedAt: SINCE, lastFailureAt: SINCE, failures: 1, category: 'greylisted' };
    expect(said(verdictsOf({ ...nothing, state: 'deferred', streak, probationUntil: UNTIL })[0]!)).toBe(
      `Mail may be sent. It has failed once (greylisted), with no delivery since. It is not on its way to a suppression. ${words}`,
    );
    expect(said(verdictsOf({ ...nothing, suppressions: [left], probationUntil: UNTIL })[0]!)).toBe(
      `Mail may be sent. Only the streams below are blocked. ${words}`,
    );
    // While it is suppressed, the probation has not begun.
    expect(said(verdictsOf({ ...nothing, state: 'suppressed', suppressions: [full] })[0]!)).not.toContain('probation');
  });

  test('one stream only', () => {
    const all = verdictsOf({ ...nothing, suppressions: [left] });
    expect(all.map(({ scope, allowed }) => [scope, allowed])).toEqual([
      ['*', true],
      ['marketing', false],
    ]);
    expect(said(all[0]!)).toBe('Mail may be sent. Only the streams below are blocked.');
    expect(said(all[1]!)).toBe(`No mail of stream marketing is sent. Since ${SINCE}: the recipient unsubscribed.`);
  });

  test('an allowance overrides a deferral, and not an unsubscribe', () => {
    const allowed = [{ scope: '*', expiresAt: UNTIL }];
    const [every, marketing] = verdictsOf({ ...nothing, state: 'suppressed', suppressions: [full, left], allowed });
    expect(said(every!)).toBe(`Mail may be sent. An operator allowed it until ${UNTIL}; without that, persistent deferral would block it.`);
    expect(marketing?.allowed).toBe(false);
  });

  test('on its way: how often it has failed and when it will be suppressed', () => {
    const streak = {
      startedAt: '2026-03-01T10:00:00.000Z',
      lastFailureAt: '2026-03-02T16:00:00.000Z',
      failures: 5,
      category: 'mailbox_full',
    };
    expect(verdictsOf({ ...nothing, state: 'persistent', streak, suppressAt: SINCE }).map(said)).toEqual([
      `Mail may be sent. It has failed 5 times over 1 d 6 h (mailbox full), with no delivery since. It will be suppressed ${SINCE} unless something is delivered before.`,
    ]);
  });

  test('an erased recipient is still blocked', () => {
    const [verdict] = verdictsOf({ ...nothing, erased: [{ scope: '*', reason: 'complaint', since: SINCE, expiresAt: null }] });
    expect(verdict?.allowed).toBe(false);
  });
});

describe('a release', () => {
  test('lifts what is of its scope, and complaints and unsubscribes only by force', () => {
    const reasons = (scope: string, force: boolean) =>
      releaseEffects({ suppressions: [full, left] }, scope, force).lifted.map(({ reason }) => reason);
    expect(reasons('*', false)).toEqual(['persistent_deferral']);
    expect(reasons('*', true)).toEqual(['persistent_deferral', 'unsubscribe']);
    expect(reasons('marketing', false)).toEqual([]);
    expect(reasons('marketing', true)).toEqual(['unsubscribe']);
  });
});

test('a ticket has the verdict in UTC, and the evidence', () => {
  const text = ticketOf({ tenant: 'acme', address: 'a@b.c' }, { ...nothing, state: 'suppressed', suppressions: [full] }, ['- 452 full']);
  expect(text).toBe(
    [
      'Recipient: a@b.c (tenant acme)',
      'State: suppressed',
      'No mail is sent (every stream). Since 2026-03-04 10:00:00 UTC: 9 counted failures over 2 d 23 h with no delivery between them (mailbox full), until 2026-04-03 10:00:00 UTC.',
      '',
      'Latest evidence:',
      '- 452 full',
    ].join('\n'),
  );
});
