/**
 * Every entry with every hostile input: what a mebibyte costs, and that it grows with the bytes and not with their square. An input that
 * found a fault stays in the table.
 */
import { RULES } from '@desist/verdicts';
import { describe, expect, it } from 'vitest';
import { costOf, isWithin } from './cost.ts';
import { classifyPieces, ENTRIES } from './entries.ts';
import { repeated } from './hostile.ts';

const MEBIBYTE = 1024 * 1024;

describe.each(ENTRIES)('$name', ({ inputs, bounds, read, bytes = MEBIBYTE }) => {
  it('takes time in proportion to the bytes', { timeout: 300_000 }, async () => {
    const dear: string[] = [];
    for (const [name, input] of Object.entries(inputs)) {
      const cost = await costOf(read, input, bytes, bounds);
      if (!isWithin(cost, bounds))
        dear.push(`${name}: ${Math.round(cost.perMebibyte)} ms per MiB, ${cost.growth.toFixed(1)} times for 4 times the bytes`);
    }
    expect(dear).toEqual([]);
  });
});

/** Of a phrase of the rules: every word but the last, so that the search for it begins everywhere and ends nowhere. */
function baitOf(phrase: string): string | undefined {
  const words = phrase
    .split(/\s+/)
    .filter((piece) => !/^(?:\^|\$|\.\.\d*)$/.test(piece))
    .map((piece) => (piece.replaceAll(/[[\]*@]/g, '').split('|')[0] as string).replace(/^[./]/, ''));
  return words.length < 2 ? undefined : `${words.slice(0, -1).join(' ')} `;
}

describe('replies that nearly match a rule', () => {
  const phrases = RULES.flatMap(({ text = [], and = [], unless = [] }) => [...text, ...and, ...unless]);
  const baits = [...new Set(phrases.flatMap((phrase) => baitOf(phrase) ?? []))];
  const GROUP = 50;

  /** Every phrase of the group, as a reply full of it. */
  const repliesOf = (group: readonly string[]) => (): Buffer =>
    Buffer.concat(group.map((bait) => repeated(bait)(4 * 1024).subarray(0, 4 * 1024)));

  it(`take no longer than others: ${baits.length} phrases`, { timeout: 300_000 }, async () => {
    expect(baits.length).toBeGreaterThan(900);
    // Replies of 4 KiB each, which is all that is read of one: 4 ms.
    const bounds = { perMebibyte: 1_000, growth: Number.POSITIVE_INFINITY };
    const dear: string[] = [];
    for (let from = 0; from < baits.length; from += GROUP) {
      const group = baits.slice(from, from + GROUP);
      const cost = await costOf(classifyPieces, repliesOf(group), GROUP * 4 * 1024, bounds);
      if (!isWithin(cost, bounds)) dear.push(`one of ${group.join('| ')}: ${Math.round(cost.perMebibyte)} ms per MiB`);
    }
    expect(dear).toEqual([]);
  });
});
