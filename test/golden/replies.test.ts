/** Real replies with what they mean: the share with the right attribution, and how often the recipient is blamed wrongly. */
import { readFileSync } from 'node:fs';
import { categoryInfo, classify, isHardBounce, providerOf } from '@desist/verdicts';
import type { Attribution, Category, SmtpPhase } from '@desist/verdicts';
import { describe, expect, it } from 'vitest';
import { developmentSet, FRESH_SETS, freshSet, shippedSet } from '../verdicts/corpus.ts';
import { holdOut } from '../verdicts/holdout.ts';
import type { Score } from '../verdicts/score.ts';
import { blameOf, score } from '../verdicts/score.ts';

const whole = developmentSet();
const sets = [
  ['the replies in the project', shippedSet()] as const,
  ...(whole === undefined ? [] : [['the development set', whole] as const]),
];

describe.each(sets)('%s', (_, rows) => {
  // Classified within the tests, so that the mutation check knows which tests depend on it.
  const asked = (): Score => score(rows, classify);

  it('are attributed as a careful reader would: 97 of 100, with the labelled codes and by the text alone', () => {
    const found = asked();
    const bare = score(rows, ({ text }) => classify({ text }));
    expect(rows.length).toBeGreaterThan(300);
    expect(found.right / found.rows).toBeGreaterThanOrEqual(0.97);
    expect(bare.right / bare.rows).toBeGreaterThanOrEqual(0.97);
    expect(found.rightDesign / found.rows).toBeGreaterThanOrEqual(0.95);
  });

  it('blame the recipient correctly in 95 of 100, and wrongly in none', () => {
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

it.skipIf(whole === undefined)('are still read without what was learned from their source: 90 of 100, false blame under 1 in 100', () => {
  const held = holdOut(whole ?? [], false);
  expect(held.right / held.rows).toBeGreaterThanOrEqual(0.9);
  expect(held.found / held.recipients).toBeGreaterThanOrEqual(0.9);
  expect(held.blamed / held.others).toBeLessThan(0.01);
});

describe.each(FRESH_SETS)('fresh replies: %s', (file) => {
  it('are attributed as a careful reader would, 97 of 100; nobody is blamed or suppressed who is not at fault', () => {
    const found = score(freshSet(file), classify);
    expect(found.right / found.rows).toBeGreaterThanOrEqual(0.97);
    expect(found.found / found.recipients).toBeGreaterThanOrEqual(0.95);
    expect([found.blamed, found.hardBounced]).toEqual([0, 0]);
  });
});

it('each of fourteen languages is read as well as the others', () => {
  const rows = Map.groupBy(freshSet('languages.tsv'), ({ language }) => language);
  expect(rows.size).toBe(14);
  for (const [language, own] of rows)
    expect([language, score(own, classify).wrong.map(({ row }) => row.reply.text)]).toEqual([language, []]);
});

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

interface Accepted {
  readonly reply: string;
  readonly phase?: SmtpPhase;
  readonly remoteHost?: string;
  readonly accept: readonly Attribution[];
}

/** Expects an attribution that a careful reader accepts, and no hard bounce of a recipient who is not at fault. */
function expectAccepted({ reply: text, phase, remoteHost, accept }: Accepted): void {
  const provider = remoteHost === undefined ? undefined : providerOf('example.com', remoteHost);
  const verdict = classify({ text, ...(phase === undefined ? {} : { phase }), ...(provider === undefined ? {} : { provider }) });
  expect(accept).toContain(verdict.attribution);
  if (!accept.includes('recipient')) expect(isHardBounce(verdict)).toBe(false);
}

describe('public replies, each with its source', () => {
  const lines = readFileSync(new URL('./field.ndjson', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  it.each(lines.map((line) => JSON.parse(line) as Accepted))('$reply', expectAccepted);
});

describe('kinds of replies', () => {
  const lines = readFileSync(new URL('./kinds.tsv', import.meta.url), 'utf8').split('\n');
  const rows = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t') as [string, string]);
  it.each(rows)('%s: %s', (accept, reply) => expectAccepted({ reply, accept: accept.split(',') as Attribution[] }));
});

describe('never blamed on the recipient', () => {
  const lines = readFileSync(new URL('./not-the-recipient.txt', import.meta.url), 'utf8').split('\n');
  it.each(lines.filter((line) => line !== '' && !line.startsWith('#')))('%s', (text) => {
    expect(classify({ text }).attribution).not.toBe('recipient');
  });
});
