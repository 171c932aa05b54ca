/** Greylisting by its signs: what an explanation says of a first deferral that heals by itself. */
import { describe, expect, it } from 'vitest';
import { explain } from '@desist/domain';
import { deferred, delivered, ms, tell } from './story.ts';
import type { Told } from './story.ts';

const MINUTES = 1 / 60;
const SIGNS = /signs of greylisting/;
const BUSY = '451 Temporary local problem';

function whyOfFirst(events: readonly Told[]): string {
  const { recipient, context } = tell(events, 2);
  return explain(recipient, context).facts[0]?.why ?? '';
}

describe('greylisting is known by its signs', () => {
  it('first attempt deferred, the same message accepted 5 to 15 minutes later', () => {
    const first = deferred(0, { reply: BUSY });
    expect(whyOfFirst([first, delivered(5 * MINUTES, { message: 'm-1' })])).toMatch(SIGNS);
    expect(whyOfFirst([first, delivered(15 * MINUTES, { message: 'm-1' })])).toMatch(/accepted 15 minutes later/);
    expect(whyOfFirst([first, delivered(5 * MINUTES - ms(1), { message: 'm-1' })])).not.toMatch(SIGNS);
    expect(whyOfFirst([first, delivered(15 * MINUTES + ms(1), { message: 'm-1' })])).not.toMatch(SIGNS);
  });

  it('not when another message was accepted, when it never was, or when it was not the first attempt', () => {
    const first = deferred(0, { reply: BUSY });
    const healed = delivered(7 * MINUTES, { message: 'm-1' });
    expect(whyOfFirst([first, delivered(7 * MINUTES, { message: 'm-2' })])).not.toMatch(SIGNS);
    expect(whyOfFirst([first])).not.toMatch(SIGNS);
    const { recipient, context } = tell([first, deferred(1, { reply: BUSY }), delivered(1 + 7 * MINUTES, { message: 'm-1' })], 2);
    expect(explain(recipient, context).facts.some(({ why }) => SIGNS.test(why ?? ''))).toBe(false);
    expect(whyOfFirst([deferred(0, { reply: '452 4.2.2 Mailbox full' }), healed])).not.toMatch(SIGNS);
    expect(whyOfFirst([deferred(0, { reply: '421 4.7.28 Rate limit exceeded' }), healed])).not.toMatch(SIGNS);
  });
});
