import { describe, expect, it } from 'vitest';
import type { Transition } from './machine.ts';
import { activeAllowances, activeSuppressions, holdsAfter, isOpener, keyOf } from './standing.ts';
import type { Standing } from './standing.ts';

function transition(type: Transition['type'], rest: Partial<Transition> = {}): Transition {
  return { type, at: 5, from: 'healthy', to: 'deferred', cause: 'event', suppression: null, allowance: null, evidence: null, ...rest };
}

const suppressed = (scope: string, reason: 'complaint' | 'operator', since = 1, expiresAt: number | null = null): Transition =>
  transition('suppressed', { suppression: { scope, reason, since, expiresAt }, to: 'suppressed' });
const released = (scope: string, reason: 'complaint' | 'operator', to: Transition['to'] = 'suppressed'): Transition =>
  transition('released', { suppression: { scope, reason, since: 1, expiresAt: null }, to });
const allowed = (scope: string, expiresAt: number | null = null): Transition => transition('allowed', { allowance: { scope, expiresAt } });
const disallowed = (scope: string): Transition => transition('disallowed', { allowance: { scope, expiresAt: null } });

const after = (...transitions: readonly Transition[]): readonly Standing[] =>
  transitions.reduce<readonly Standing[]>((standing, one, index) => holdsAfter(standing, one, index + 1, 'p'), []);
const keys = (standing: readonly Standing[]): readonly string[] => standing.map(({ key }) => key);

describe('what stands published', () => {
  it.each([
    ['deferred', true],
    ['persistent', true],
    ['soft_bounced', true],
    ['at_risk', true],
    ['suppressed', true],
    ['allowed', true],
    ['recovered', false],
    ['released', false],
    ['disallowed', false],
  ] as const)('%s opens something: %s', (type, opens) => {
    expect(isOpener(transition(type))).toBe(opens);
  });

  it('is named by scope, reason and moment; an allowance by its scope; a stage by its type and moment', () => {
    expect(keyOf(suppressed('*', 'complaint', 7))).toBe('suppressed * complaint 7');
    expect(keyOf(allowed('news', 9))).toBe('allowed news');
    expect(keyOf(transition('persistent'))).toBe('persistent 5');
  });

  it.each(['deferred', 'persistent', 'soft_bounced', 'at_risk'] as const)('%s stands as a stage', (type) => {
    const [item] = after(transition(type));
    expect(item).toEqual({ key: `${type} 5`, stage: true, version: 1, policy: 'p', expiresAt: null, opener: transition(type) });
  });

  it('a suppression and an allowance stand with their expiry, and are no stages', () => {
    const standing = after(suppressed('*', 'operator', 1, 30), allowed('news', 40));
    expect(standing.map(({ stage, expiresAt }) => [stage, expiresAt])).toEqual([
      [false, 30],
      [false, 40],
    ]);
    expect(keys(activeSuppressions(standing))).toEqual(['suppressed * operator 1']);
    expect(keys(activeAllowances(standing))).toEqual(['allowed news']);
  });

  it('the same thing stands once, as it was announced last', () => {
    const standing = after(allowed('news', 40), transition('deferred'), allowed('news', 50));
    expect(standing.map(({ key, version, expiresAt }) => [key, version, expiresAt])).toEqual([
      ['deferred 5', 2, null],
      ['allowed news', 3, 50],
    ]);
  });

  it('recovered ends the stages and nothing else', () => {
    expect(keys(after(transition('deferred'), allowed('news'), suppressed('news', 'operator'), transition('recovered')))).toEqual([
      'allowed news',
      'suppressed news operator 1',
    ]);
  });

  it('released ends the suppression of its scope and reason, whenever it began', () => {
    const held = [suppressed('*', 'operator', 3), suppressed('*', 'complaint'), suppressed('news', 'operator'), allowed('*')];
    expect(keys(after(...held, released('*', 'operator')))).toEqual([
      'suppressed * complaint 1',
      'suppressed news operator 1',
      'allowed *',
    ]);
  });

  it('released to healthy ends the stages too', () => {
    const held = [transition('persistent'), suppressed('*', 'operator')];
    expect(keys(after(...held, released('*', 'operator', 'healthy')))).toEqual([]);
    expect(keys(after(...held, released('*', 'operator', 'persistent')))).toEqual(['persistent 5']);
  });

  it('disallowed ends the allowance of its scope and nothing else', () => {
    const held = [allowed('*'), allowed('news'), suppressed('*', 'complaint'), transition('deferred')];
    expect(keys(after(...held, disallowed('news')))).toEqual(['allowed *', 'suppressed * complaint 1', 'deferred 5']);
  });
});
