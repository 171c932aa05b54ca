/** `desist codes`: what reply codes and categories mean, why they come, what to do. Of one code, or a list of all. */
import {
  adviceFor,
  CATEGORIES,
  CATEGORY_KNOWLEDGE,
  classify,
  CODE_KNOWLEDGE,
  GREYLISTING_SIGNS,
  knowledgeOfCode,
  SENDING_ADVICE,
} from '@desist/domain';
import type { Category, CodeKnowledge } from '@desist/domain';
import { codeTitle, knowledgeLines, ladder, sendingLine } from '../advice.ts';
import { CommandError, EXIT } from '../exit.ts';

export interface CodesOptions {
  readonly json: boolean;
  readonly provider?: string;
}

export function runCodes(asked: string | undefined, options: CodesOptions): void {
  if (asked === undefined) listAll(options);
  else if (asked in CATEGORY_KNOWLEDGE) showCategory(asked as Category, options);
  else showCode(asked, options);
}

function listAll({ json, provider }: CodesOptions): void {
  const codes = CODE_KNOWLEDGE.filter((one) => provider === undefined || one.provider === undefined || one.provider === provider);
  if (json) {
    for (const one of codes) console.log(JSON.stringify({ type: 'code', ...one }));
    for (const { category, attribution } of CATEGORIES)
      console.log(JSON.stringify({ type: 'category', category, attribution, ...CATEGORY_KNOWLEDGE[category] }));
    for (const one of SENDING_ADVICE) console.log(JSON.stringify({ type: 'sending', ...one }));
    return;
  }
  console.log('Codes (desist codes CODE says more)');
  for (const one of codes) console.log(`  ${codeTitle(one).padEnd(24)} ${one.category.padEnd(23)} ${one.meaning}`);
  console.log('\nCategories (desist codes CATEGORY says more)');
  for (const { category, attribution } of CATEGORIES)
    console.log(`  ${category.padEnd(24)} ${attribution.padEnd(11)} ${CATEGORY_KNOWLEDGE[category].meaning}`);
  console.log(`\nSending\n  retries: ${ladder()}`);
  for (const one of SENDING_ADVICE) console.log(`  ${sendingLine(one)}`);
}

function showCategory(category: Category, { json }: CodesOptions): void {
  const { attribution } = CATEGORIES.find((one) => one.category === category) ?? { attribution: 'unknown' };
  if (json) {
    console.log(JSON.stringify({ type: 'category', category, attribution, ...CATEGORY_KNOWLEDGE[category] }));
    return;
  }
  console.log(`${category}: ${attribution}`);
  for (const line of knowledgeLines(CATEGORY_KNOWLEDGE[category])) console.log(line);
  if (category === 'greylisting') console.log(`    ${'signs'.padEnd(10)} ${GREYLISTING_SIGNS.join('; ')}`);
}

function showCode(asked: string, { json, provider }: CodesOptions): void {
  const found = knowledgeOfCode(asked, provider);
  if (found.length > 0) {
    for (const one of found) print(one, json);
    if (!json && found.some(({ category }) => ['rate_limited', 'server_busy'].includes(category))) {
      console.log(`\nretries: ${ladder()}`);
      console.log(sendingLine(adviceFor(provider ?? found.find((one) => one.provider !== undefined)?.provider)));
    }
    return;
  }
  if (!/^[\d. x-]+$/i.test(asked.trim()))
    throw new CommandError(EXIT.usage, `${asked} is neither a code (450, 4.2.1, "450 4.2.1") nor a category`);
  const verdict = classify({ text: asked, ...(provider === undefined ? {} : { provider }) });
  const { category, attribution, rule } = verdict;
  const knowledge = CATEGORY_KNOWLEDGE[category];
  if (json) console.log(JSON.stringify({ type: 'code', code: asked, category, attribution, rule, ...knowledge }));
  else {
    console.log(`${asked}: nothing of its own; without words it is read as ${category} (${attribution}, rule ${rule})`);
    for (const line of knowledgeLines(knowledge)) console.log(line);
  }
}

function print(one: CodeKnowledge, json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ type: 'code', ...one }));
    return;
  }
  console.log(`${codeTitle(one)}: ${one.category}`);
  for (const line of [...knowledgeLines(one), `    ${'source'.padEnd(10)} ${one.source}`]) console.log(line);
}
