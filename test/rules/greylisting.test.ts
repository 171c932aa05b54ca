/** Greylisting by its signs: a first attempt deferred and accepted some minutes later, whatever the reply said. */
import { describe, expect, it } from 'vitest';
import { defaultPolicies } from '@desist/contracts';
import { providerOf } from '@desist/verdicts';
import { createReplay } from '@desist/pipeline';
import { deferred, delivered, eventOf, ms } from './story.ts';
import type { Told } from './story.ts';

const MINUTES = 1 / 60;
const BUSY = '451 Temporary local problem';

function greylisted(...events: readonly Told[]): number {
  const replay = createReplay({ policies: defaultPolicies(), providerOf });
  for (const [index, told] of events.entries()) replay.fold(eventOf(told, index));
  return replay.summary().greylisted;
}

describe('greylisting is recognised', () => {
  const first = deferred(0, { reply: BUSY });
  const healed = (at: number, message = 'm-1'): Told => delivered(at, { message });

  it('first attempt deferred, the same message accepted 5 to 15 minutes later', () => {
    expect(greylisted(first, healed(5 * MINUTES))).toBe(1);
    expect(greylisted(first, healed(15 * MINUTES))).toBe(1);
    expect(greylisted(first, healed(5 * MINUTES - ms(1)))).toBe(0);
    expect(greylisted(first, healed(15 * MINUTES + ms(1)))).toBe(0);
  });

  it('once for each time it happens', () => {
    const again = { ...first, at: 30, message: 'm-2' };
    expect(greylisted(first, healed(7 * MINUTES), again, healed(30 + 7 * MINUTES, 'm-2'))).toBe(2);
  });

  it('not when another message was accepted, or when it was not the first attempt', () => {
    expect(greylisted(first, healed(7 * MINUTES, 'm-2'))).toBe(0);
    expect(greylisted(first)).toBe(0);
    expect(greylisted(first, deferred(1, { reply: BUSY }), healed(1 + 7 * MINUTES))).toBe(0);
  });

  it('not when the reply says whose fault it was', () => {
    expect(greylisted(deferred(0, { reply: '452 4.2.2 Mailbox full' }), healed(7 * MINUTES))).toBe(0);
    expect(greylisted(deferred(0, { reply: '421 4.7.28 Rate limit exceeded' }), healed(7 * MINUTES))).toBe(0);
  });
});
