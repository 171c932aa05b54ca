/**
 * `npm run verdicts:score`: the figures of the development set, per category, language and provider and in all, and with a fifth of the
 * sources held out.
 */
import { createClassifier } from '@desist/verdicts';
import { developmentSet, FRESH_SETS, freshSet, shippedSet } from './corpus.ts';
import { holdOut } from './holdout.ts';
import { languageOf } from './language.ts';
import { blameOf, score, scoreBy } from './score.ts';
import type { Score } from './score.ts';

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`.padStart(8);

function summary(name: string, found: Score): string {
  return [
    name.padEnd(44),
    percent(found.right, found.rows),
    percent(found.rightDesign, found.rows),
    percent(found.found, found.recipients),
    `${percent(found.blamed, found.others)} (${found.blamed} of ${found.others})`,
    `${found.hardBounced}`.padStart(17),
    percent(found.categories, 1),
  ].join('  ');
}

const whole = developmentSet();
if (whole === undefined) console.log('The development set is not here (DESIST_CORPUS): only the replies in this project are scored.\n');
const rows = whole ?? shippedSet();
const { classify } = createClassifier();
const all = score(rows, classify);
const bare = score(rows, ({ text }) => classify({ text }));

console.log(`${'category'.padEnd(24)} ${'rows'.padStart(4)}  attribution  category`);
for (const { category, rows: count, attribution, category_right } of all.perCategory) {
  console.log(`${category.padEnd(24)} ${String(count).padStart(4)}  ${percent(attribution, count)}     ${percent(category_right, count)}`);
}
console.log(`\n${rows.length} replies of ${new Set(rows.map(({ source }) => source)).size} sources`);
console.log(
  `${''.padEnd(44)}  ${'4 words'.padStart(8)}  ${'7 words'.padStart(8)}  ${'recall'.padStart(8)}  false blame           false hard bounces  category (macro)`,
);
console.log(summary('all rules, reply and labelled codes', all));
console.log(summary('all rules, reply text alone', bare));
console.log(summary('sources held out: phrases', holdOut(rows, false)));
console.log(summary('sources held out: phrases and words', holdOut(rows, true)));

const languagesOf = new Map(freshSet('languages.tsv').map(({ reply, language }) => [reply.text, language]));

function table(title: string, parts: readonly (readonly [string, Score])[]): void {
  console.log(`\n${title.padEnd(24)} rows  attribution    recall  false blame  false hard bounces`);
  for (const [part, found] of parts) {
    const figures = [percent(found.right, found.rows), found.recipients === 0 ? '       -' : percent(found.found, found.recipients)];
    console.log(
      `${part.padEnd(24)} ${String(found.rows).padStart(4)}  ${figures.map((one) => one.padStart(10)).join('')}  ${String(found.blamed).padStart(11)}  ${String(found.hardBounced).padStart(18)}`,
    );
  }
}

table(
  'language',
  scoreBy(rows, classify, ({ reply }) => languageOf(reply.text)),
);
table(
  'provider',
  scoreBy(rows, classify, ({ provider }) => provider ?? 'not known'),
);
console.log('\nfresh replies (test/golden): labelled before they were first tried, then mended');
for (const file of FRESH_SETS) {
  const found = score(freshSet(file), classify);
  const blamed = `${found.blamed} of ${found.others}`;
  console.log(
    `${file.padEnd(24)} ${String(found.rows).padStart(4)}  attribution ${percent(found.right, found.rows)}  recall ${percent(found.found, found.recipients)}  false blame ${blamed}  false hard bounces ${found.hardBounced}`,
  );
}
table(
  'language, fresh',
  scoreBy(freshSet('languages.tsv'), classify, (row) => languagesOf.get(row.reply.text) ?? '?'),
);
if (process.argv.includes('--wrong')) {
  for (const { row, verdict } of all.wrong) {
    console.log(
      `\n${row.accept.join(',')} (${row.category}), not ${blameOf(verdict)} (${verdict.category}, ${verdict.rule}):\n  ${row.reply.text}`,
    );
  }
}
if (process.argv.includes('--held-out')) {
  for (const { row, verdict } of holdOut(rows, process.argv.includes('--words')).wrong) {
    console.log(
      `${row.accept.join(',')} (${row.category}), not ${blameOf(verdict)} (${verdict.category}, ${verdict.rule}): ${row.reply.text.slice(0, 200)}`,
    );
  }
}
