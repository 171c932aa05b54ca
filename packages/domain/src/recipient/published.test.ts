import { describe, expect, it } from 'vitest';
import type { Transition } from './machine.ts';
import { activeAllowances, activeSuppressions, publishedAfter, opensItem, itemKey } from './published.ts';
import type { PublishedItem } from './published.ts';

function transition(type: Transition['type'], rest: Partial<Transition> = {}): Transition {
  return { type, at: 5, from: 'healthy', to: 'deferred', cause: 'event', suppression: null, allowance: null, evidence: null, ...rest };
}

const suppressed = (scope: string, reason: 'complaint' | 'operator', since = 1, expiresAt: number | null = null): Transition =>
  transition('suppressed', { suppression: { scope, reason, since, expiresAt }, to: 'suppressed' });
const released = (scope: string, reason: 'complaint' | 'operator', to: Transition['to'] = 'suppressed'): Transition =>
  transition('released', { suppression: { scope, reason, since: 1, expiresAt: null }, to });
const allowed = (scope: string, expiresAt: number | null = null): Transition => transition('allowed', { allowance: { scope, expiresAt } });
const disallowed = (scope: string): Transition => transition('disallowed', { allowance: { scope, expiresAt: null } });

const after = (...transitions: readonly Transition[]): readonly PublishedItem[] =>
  transitions.reduce<readonly PublishedItem[]>((published, one, index) => publishedAfter(published, one, index + 1, 'p'), []);
const keys = (published: readonly PublishedItem[]): readonly string[] => published.map(({ key }) => key);

describe('what is published and active', () => {
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
    expect(opensItem(transition(type))).toBe(opens);
  });

  it('has a key: a suppression its scope, reason and moment; an allowance its scope; a stage its type and moment', () => {
    expect(itemKey(suppressed('*', 'complaint', 7))).toBe('suppressed * complaint 7');
    expect(itemKey(allowed('news', 9))).toBe('allowed news');
    expect(itemKey(transition('persistent'))).toBe('persistent 5');
  });

  it.each(['deferred', 'persistent', 'soft_bounced', 'at_risk'] as const)('%s is a stage', (type) => {
    const [item] = after(transition(type));
    expect(item).toEqual({ key: `${type} 5`, stage: true, version: 1, policy: 'p', expiresAt: null, openedBy: transition(type) });
  });

  it('a suppression and an allowance have their expiry, and are no stages', () => {
    const published = after(suppressed('*', 'operator', 1, 30), allowed('news', 40));
    expect(published.map(({ stage, expiresAt }) => [stage, expiresAt])).toEqual([
      [false, 30],
      [false, 40],
    ]);
    expect(keys(activeSuppressions(published))).toEqual(['suppressed * operator 1']);
    expect(keys(activeAllowances(published))).toEqual(['allowed news']);
  });

  it('the same key is there once, as announced last', () => {
    const published = after(allowed('news', 40), transition('deferred'), allowed('news', 50));
    expect(published.map(({ key, version, expiresAt }) => [key, version, expiresAt])).toEqual([
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
    const before = [suppressed('*', 'operator', 3), suppressed('*', 'complaint'), suppressed('news', 'operator'), allowed('*')];
    expect(keys(after(...before, released('*', 'operator')))).toEqual([
      'suppressed * complaint 1',
      'suppressed news operator 1',
      'allowed *',
    ]);
  });

  it('released to healthy ends the stages too', () => {
    const before = [transition('persistent'), suppressed('*', 'operator')];
    expect(keys(after(...before, released('*', 'operator', 'healthy')))).toEqual([]);
    expect(keys(after(...before, released('*', 'operator', 'persistent')))).toEqual(['persistent 5']);
  });

  it('disallowed ends the allowance of its scope and nothing else', () => {
    const before = [allowed('*'), allowed('news'), suppressed('*', 'complaint'), transition('deferred')];
    expect(keys(after(...before, disallowed('news')))).toEqual(['allowed *', 'suppressed * complaint 1', 'deferred 5']);
  });
});
