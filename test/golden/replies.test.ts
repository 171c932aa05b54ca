/** Real replies with what they mean: how many are attributed rightly, and how often the recipient is blamed wrongly. */
import { readFileSync } from 'node:fs';
import { categoryInfo, classify } from '@desist/domain';
import type { Category } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { developmentSet, shippedSet } from '../verdicts/corpus.ts';
import { holdOut } from '../verdicts/holdout.ts';
import type { Score } from '../verdicts/score.ts';
import { blameOf, score } from '../verdicts/score.ts';

const whole = developmentSet();
const sets = [
  ['the replies in the project', shippedSet()] as const,
  ...(whole === undefined ? [] : [['the development set', whole] as const]),
];

describe.each(sets)('%s', (_, rows) => {
  // Asked within the tests: the mutation check then knows which of them read replies.
  const asked = (): Score => score(rows, classify);

  it('are attributed as a careful reader would: 97 of 100, with the labelled codes and by the text alone', () => {
    const found = asked();
    const bare = score(rows, ({ text }) => classify({ text }));
    expect(rows.length).toBeGreaterThan(300);
    expect(found.right / found.rows).toBeGreaterThanOrEqual(0.97);
    expect(bare.right / bare.rows).toBeGreaterThanOrEqual(0.97);
    expect(found.rightDesign / found.rows).toBeGreaterThanOrEqual(0.95);
  });

  it('find the recipient at fault in 95 of 100, and blame him wrongly in none', () => {
    const found = asked();
    expect(found.found / found.recipients).toBeGreaterThanOrEqual(0.95);
    expect(found.wrong.filter(({ verdict, row }) => verdict.attribution === 'recipient' && row.attribution !== 'recipient')).toEqual([]);
    expect(found.blamed).toBe(0);
  });

  it('never count a rate limit of the recipient', () => {
    const limited = rows.filter(({ category }) => category === 'recipient_rate_limited');
    expect(limited.length).toBeGreaterThan(3);
    for (const { reply } of limited) expect(blameOf(classify({ text: reply.text }))).toBe('system');
  });
});

it.skipIf(whole === undefined)(
  'without what was learned from a source, its replies are still read: 90 of 100, false blame under 1 in 100',
  () => {
    const held = holdOut(whole ?? [], false);
    expect(held.right / held.rows).toBeGreaterThanOrEqual(0.9);
    expect(held.found / held.recipients).toBeGreaterThanOrEqual(0.9);
    expect(held.blamed / held.others).toBeLessThan(0.01);
  },
);

describe.each(['documented.tsv', 'wordings.tsv'])('replies of %s', (file) => {
  const rows = readFileSync(new URL(file, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t') as [Category, string, string]);

  it.each(rows)('%s, %s: %s', (category, _, text) => {
    const verdict = classify({ text });
    expect(verdict.category).toBe(category);
    expect(verdict.attribution).toBe(categoryInfo(category).attribution);
  });
});

describe('never blamed on the recipient', () => {
  const lines = readFileSync(new URL('not-the-recipient.txt', import.meta.url), 'utf8').split('\n');
  it.each(lines.filter((line) => line !== '' && !line.startsWith('#')))('%s', (text) => {
    expect(classify({ text }).attribution).not.toBe('recipient');
  });
});
