/** Greylisting by its signs, one sign at a time: the whole story stands in test/rules/greylisting.test.ts. */
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../policy/policy.ts';
import type { Attribution, Verdict } from '@desist/verdicts';
import { endsGreylisting } from './greylisting.ts';
import type { DeliveredFact, Fact, FailureFact } from './types.ts';

const delivered = (minutes: number, message: string | null = 'a'): DeliveredFact => {
  return { kind: 'delivered', at: minutes * MINUTE, id: `d${minutes}`, stream: 's', message };
};
function failed(attribution: Attribution, rest: Partial<FailureFact> = {}, permanence: Verdict['permanence'] = 'temporary'): FailureFact {
  const classified = { verdict: { category: 'unknown', attribution, permanence, rule: 'r' }, reply: null, provider: null } as const;
  return {
    kind: 'failure',
    type: 'deferred',
    at: 0,
    id: 'f',
    stream: 's',
    message: 'a',
    classified,
    causeUnknown: false,
    merged: 0,
    ...rest,
  };
}
const first = failed('system');

describe('a delivery some minutes after the first attempt ends greylisting', () => {
  it.each(['system', 'unknown', 'greylisting'] as const)('when the reply blames %s', (attribution) => {
    expect(endsGreylisting([failed(attribution)], delivered(10))).toBe(true);
  });

  it.each(['recipient', 'sender', 'message', 'local'] as const)('not when it blames %s', (attribution) => {
    expect(endsGreylisting([failed(attribution)], delivered(10))).toBe(false);
  });

  it('not when the failure was permanent, a give-up, or stands for several', () => {
    expect(endsGreylisting([failed('system', {}, 'permanent')], delivered(10))).toBe(false);
    expect(endsGreylisting([failed('system', { type: 'expired' })], delivered(10))).toBe(false);
    expect(endsGreylisting([failed('system', { merged: 1 })], delivered(10))).toBe(false);
  });

  it('of the same message, if both name one', () => {
    expect(endsGreylisting([first], delivered(10, 'b'))).toBe(false);
    expect(endsGreylisting([first], delivered(10, null))).toBe(true);
    expect(endsGreylisting([failed('system', { message: null })], delivered(10))).toBe(true);
    expect(endsGreylisting([failed('system', { message: null })], delivered(10, null))).toBe(true);
  });

  it('when nothing else happened since the last delivery', () => {
    const complained: Fact = { kind: 'complained', at: 0, id: 'c', stream: 's' };
    const before = { ...failed('recipient'), at: -2, id: 'old' };
    const healed = { ...delivered(0), at: -1 };
    expect(endsGreylisting([before, healed, first], delivered(10))).toBe(true);
    expect(endsGreylisting([before, first], delivered(10))).toBe(false);
    expect(endsGreylisting([complained], delivered(10))).toBe(false);
    expect(endsGreylisting([first, complained], delivered(10))).toBe(false);
    expect(endsGreylisting([], delivered(10))).toBe(false);
  });

  it('5 to 15 minutes later, both included', () => {
    const after = (at: number): boolean => endsGreylisting([first], { ...delivered(0), at });
    expect([5 * MINUTE - 1, 5 * MINUTE, 15 * MINUTE, 15 * MINUTE + 1].map(after)).toEqual([false, true, true, false]);
  });
});
