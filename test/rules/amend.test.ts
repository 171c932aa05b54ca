/** `amend`, who made an entry and why, and entries for domains: by hand, and as the sequential machine says. */
import { describe, expect, it } from 'vitest';
import {
  addFact,
  advanceTo,
  classifyFailure,
  decodeRecipient,
  DEFAULT_POLICY,
  encodeRecipient,
  factOf,
  newRecipient,
  refusalOf,
  viewOf,
} from '@desist/domain';
import type { Change, CommandRefusal, FoldContext, LogEvent, Recipient } from '@desist/domain';
import { heldOf } from '../support/held.ts';
import { allow, amend, at, bounced, complained, deferred, release, scriptedVerdict, suppress } from '../support/oracle/events.ts';
import { oracle } from '../support/oracle/oracle.ts';

const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'sha256:test' };

interface Outcome {
  readonly recipient: Recipient;
  readonly changes: readonly Change[];
  readonly refusals: readonly (CommandRefusal | undefined)[];
}

/** In the order given, each when it is known (at its own time, or later), and stored in between. */
function fold(events: readonly LogEvent[], end: string): Outcome {
  let recipient = newRecipient();
  const changes: Change[] = [];
  const refusals: (CommandRefusal | undefined)[] = [];
  let clock = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    clock = Math.max(clock, event.occurredAt);
    const fact = factOf(event, (failed) => {
      const classified = classifyFailure(failed, () => 'example');
      return { ...classified, verdict: scriptedVerdict(failed) ?? classified.verdict };
    });
    if (fact === undefined) continue;
    const added = addFact(recipient, fact, clock, CONTEXT);
    if (added !== 'duplicate') changes.push(...added);
    refusals.push(refusalOf(recipient, fact.id, CONTEXT));
    recipient = decodeRecipient(encodeRecipient(recipient), recipient.version) as Recipient;
  }
  changes.push(...advanceTo(recipient, at(end), CONTEXT));
  const {
    streak: _,
    transitions: __,
    ...answer
  } = oracle({
    events,
    clock: at(end),
    policy: { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() },
    verdictOf: scriptedVerdict,
  });
  expect(heldOf(recipient, CONTEXT)).toEqual(answer);
  return { recipient, changes, refusals };
}

const entriesOf = ({ recipient }: Outcome) => viewOf(recipient, CONTEXT).suppressions;

describe('an entry says where it comes from', () => {
  it('of an operator: who made it, the last note, the source', () => {
    const outcome = fold(
      [
        suppress('0h', { by: 'alice', note: 'first', source: 'crm' }),
        suppress('1h', { by: 'bob', note: 'second' }),
        suppress('2h', { by: 'eve' }),
      ],
      '3h',
    );
    expect(entriesOf(outcome)).toMatchObject([{ by: 'alice', note: 'second', source: 'crm', since: at('0h'), provider: null }]);
    expect(outcome.changes.map(({ type }) => type)).toEqual(['suppressed', 'suppressed']);
  });

  it('of an event: its source, and who operates the mailbox', () => {
    const outcome = fold([bounced('0h', { source: 'kumomta' }), complained('1h', { source: 'ses' })], '2h');
    expect(entriesOf(outcome)).toMatchObject([
      { reason: 'complaint', source: 'ses', by: null, provider: null },
      { reason: 'hard_bounce', source: 'kumomta', by: null, provider: 'example' },
    ]);
  });

  it('of deferrals: the source of the last reply that counted', () => {
    const failures = Array.from({ length: 13 }, (_, n) => deferred(`${n * 6}h`, { source: n === 12 ? 'postfix' : 'kumomta' }));
    expect(entriesOf(fold(failures, '73h'))).toMatchObject([{ reason: 'persistent_deferral', source: 'postfix', provider: 'example' }]);
  });
});

describe('amend', () => {
  it('changes expiry and note, and says so as the entry that it is now', () => {
    const outcome = fold([suppress('0h', { by: 'alice', until: '10d' }), amend('1d', { until: '20d', note: 'longer' })], '2d');
    expect(entriesOf(outcome)).toMatchObject([{ since: at('0h'), expiresAt: at('20d'), by: 'alice', note: 'longer' }]);
    expect(outcome.changes.at(-1)).toMatchObject({
      type: 'suppressed',
      cause: 'operator',
      effectiveAt: at('1d'),
      suppression: { since: at('0h'), expiresAt: at('20d') },
      from: 'suppressed',
      to: 'suppressed',
    });
    // The note is nobody's but the list's.
    expect(JSON.stringify(outcome.changes)).not.toContain('longer');
  });

  it('ends an entry at the moment that it names, also one that has passed', () => {
    expect(entriesOf(fold([suppress('0h'), amend('1h', { until: '5h' })], '5h'))).toEqual([]);
    expect(entriesOf(fold([suppress('0h'), amend('1h', { until: '0h' })], '2h'))).toEqual([]);
  });

  it.each([
    ['nothing is active', [amend('1h', { note: 'x' })]],
    ['the entry is of another stream', [suppress('0h', { scope: 'news' }), amend('1h', { note: 'x' })]],
    ['the entry has another reason', [suppress('0h'), amend('1h', { note: 'x', reason: 'complaint' })]],
    ['the entry is over', [suppress('0h', { until: '30m' }), amend('1h', { note: 'x' })]],
    ['the entry was released', [suppress('0h'), release('30m'), amend('1h', { note: 'x' })]],
  ])('is refused when %s', (_, events) => {
    const { refusals, changes } = fold(events, '2h');
    expect(refusals.at(-1)).toBe('nothing_active');
    expect(changes.filter(({ effectiveAt }) => effectiveAt === at('1h'))).toEqual([]);
  });

  it('... and counts after all when what it amends becomes known later', () => {
    const outcome = fold([amend('1h', { note: 'x', until: '9d' }), suppress('0h')], '2h');
    expect(entriesOf(outcome)).toMatchObject([{ since: at('0h'), expiresAt: at('9d'), note: 'x' }]);
  });

  it("takes the operator's entry of the scope; when there is none, all others", () => {
    const operators = fold([bounced('0h'), suppress('0h'), amend('1h', { until: '9d' })], '2h');
    expect(entriesOf(operators)).toMatchObject([
      { reason: 'hard_bounce', expiresAt: null },
      { reason: 'operator', expiresAt: at('9d') },
    ]);
    const others = fold([bounced('0h'), complained('0h'), amend('1h', { note: 'x' })], '2h');
    expect(entriesOf(others)).toMatchObject([{ note: 'x' }, { note: 'x' }]);
  });

  it('ends no complaint earlier without force, and takes the note all the same', () => {
    const outcome = fold([complained('0h'), amend('1h', { until: '9d' }), amend('2h', { until: '9d', note: 'x' })], '3h');
    expect(outcome.refusals).toEqual([undefined, 'needs_force', undefined]);
    expect(entriesOf(outcome)).toMatchObject([{ reason: 'complaint', expiresAt: null, note: 'x' }]);
    const forced = [complained('0h'), amend('1h', { until: '9d', force: true })];
    expect(entriesOf(fold(forced, '3h'))).toMatchObject([{ expiresAt: at('9d') }]);
    expect(entriesOf(fold(forced, '9d'))).toEqual([]);
    // Later than it ends now: that lifts nothing.
    expect(entriesOf(fold([...forced, amend('2h', { until: '10d' })], '9d'))).toMatchObject([{ expiresAt: at('10d') }]);
    expect(entriesOf(fold([...forced, amend('2h', { until: '8d' })], '8d'))).toMatchObject([{ expiresAt: at('9d') }]);
  });

  it.each([
    ['complaint', complained],
    ['hard bounce', bounced],
  ])('gives a %s an end that a further one takes away', (_, happened) => {
    const outcome = fold(
      [happened('0h'), amend('1h', { until: '9d', force: true }), happened('2h', { id: 'again', message: 'm2' })],
      '20d',
    );
    expect(entriesOf(outcome)).toMatchObject([{ since: at('0h'), expiresAt: null }]);
  });

  it('keeps the evidence void when a deferral ends at another moment', () => {
    const failures = Array.from({ length: 13 }, (_, n) => deferred(`${n * 6}h`));
    const outcome = fold([...failures, amend('80h', { until: '82h' }), deferred('90h', { reply: 'user_unknown_450' })], '91h');
    expect(entriesOf(outcome)).toEqual([]);
    expect(viewOf(outcome.recipient, CONTEXT).streak).toMatchObject({ failures: 1, firstFailureAt: at('90h') });
  });

  it('gives ends to what has none 32 times, and no more until a release', () => {
    const amends = Array.from({ length: 34 }, (_, n) => amend(`${n + 1}h`, { id: `a${n}`, until: `${90 + n}d`, force: true }));
    const outcome = fold([complained('0h'), ...amends], '40h');
    expect(outcome.refusals.slice(-3)).toEqual([undefined, 'too_many_amends', 'too_many_amends']);
    expect(entriesOf(outcome)).toMatchObject([{ expiresAt: at('121d') }]);
  });

  it('tells a refused allowance, too', () => {
    const all = Array.from({ length: 257 }, (_, n) => allow(`${n}m`, { scope: `s${n}` }));
    expect(fold(all, '5h').refusals.at(-1)).toBe('too_many_allowances');
  });
});

describe('the entry of a domain', () => {
  const recipient = '@example.com';

  it('is only widened by suppress; amend and release narrow it', () => {
    const wide = [suppress('0h', { recipient, subdomains: true }), suppress('1h', { recipient, note: 'again' })];
    expect(entriesOf(fold(wide, '2h'))).toMatchObject([{ subdomains: true, note: 'again' }]);
    const narrow = fold([...wide, amend('2h', { recipient, subdomains: false })], '3h');
    expect(entriesOf(narrow)[0]).not.toHaveProperty('subdomains');
    expect(narrow.changes.map(({ suppression }) => suppression?.subdomains)).toEqual([true, true, undefined]);
    expect(entriesOf(fold([...wide, release('2h', { recipient })], '3h'))).toEqual([]);
  });

  it('is corrected by a command that comes late', () => {
    const outcome = fold(
      [suppress('0h', { recipient }), amend('2h', { recipient, note: 'x' }), amend('1h', { recipient, subdomains: true })],
      '3h',
    );
    expect(entriesOf(outcome)).toMatchObject([{ subdomains: true, note: 'x' }]);
    expect(outcome.changes.at(-1)).toMatchObject({ type: 'suppressed', cause: 'correction', suppression: { subdomains: true } });
  });
});
