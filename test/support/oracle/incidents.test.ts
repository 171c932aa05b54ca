/** What is inside an incident, by hand, and what that does to the oracle's answer. */
import { describe, expect, it } from 'vitest';
import { asTenant, DEFAULT_POLICY } from '@desist/domain';
import type { Incident, LogEvent, PolicySet } from '@desist/domain';
import { at, bounced, deferred, expired, scriptedVerdict } from './events.ts';
import { heldBackBy } from './incidents.ts';
import { oracle } from './oracle.ts';

const POLICY: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };

function incident(terms: Partial<Incident['terms']> = {}, revision = 1, excludes = true): Incident {
  const all = { tenant: null, provider: 'example', domain: null, code: null, text: null, from: at('10h'), until: at('20h'), ...terms };
  return { id: 'one', revision, excludes, terms: all };
}

const heldBack = (...told: Incident[]) => heldBackBy(told, (domain) => domain.split('.')[0] ?? '');

describe('inside an incident', () => {
  it('is what fails from its beginning on and before its end', () => {
    const inside = ['10h-1ms', '10h', '20h-1ms', '20h'].map((moment) => heldBack(incident())(bounced(moment)));
    expect(inside).toEqual([false, true, true, false]);
    expect(heldBack(incident({ until: null }))(bounced('900h'))).toBe(true);
  });

  it('is what matches every term', () => {
    const event = bounced('12h');
    const agree: Partial<Incident['terms']>[] = [
      { tenant: asTenant('acme') },
      { domain: 'example.com' },
      { code: '550' },
      { code: '5.1.1' },
      { code: '550 5.1.1' },
      { text: 'USER' },
    ];
    const differ: Partial<Incident['terms']>[] = [
      { tenant: asTenant('other') },
      { provider: 'other' },
      { domain: 'example.org' },
      { code: '551' },
      { code: '550 5.1.2' },
      { text: 'full' },
    ];
    expect(agree.map((terms) => heldBack(incident(terms))(event))).toEqual(agree.map(() => true));
    expect(differ.map((terms) => heldBack(incident(terms))(event))).toEqual(differ.map(() => false));
  });

  it('follows the highest revision, and of equal ones the first', () => {
    const event = bounced('12h');
    expect(heldBack(incident({}, 1), incident({}, 2, false))(event)).toBe(false);
    expect(heldBack(incident({}, 2, false), incident({}, 1))(event)).toBe(false);
    expect(heldBack(incident({}, 1), incident({}, 1, false))(event)).toBe(true);
  });
});

describe('the oracle', () => {
  const run = (events: readonly LogEvent[], told: Incident) =>
    oracle({ events, clock: at('30h'), policy: POLICY, verdictOf: scriptedVerdict, heldBack: heldBack(told) });

  it('ignores a hard bounce inside, and counts what comes while it would have been suppressed', () => {
    const answer = run([bounced('12h'), deferred('25h')], incident());
    expect(answer.suppressions).toEqual([]);
    expect(answer.streak).toEqual({ startedAt: at('25h'), lastAt: at('25h'), failures: 1 });
  });

  it('lets an `expired` outside take its cause from a deferral inside', () => {
    const full = run([deferred('12h', { reply: 'mailbox_full' }), expired('25h')], incident());
    expect(full.state).toBe('soft_bounced');
    const limited = run([deferred('12h', { reply: 'rate_limited' }), expired('25h')], incident());
    expect(limited.state).toBe('healthy');
  });
});
