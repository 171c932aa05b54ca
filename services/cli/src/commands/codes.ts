/** `desist codes`: explain reply codes and categories: meaning, causes, what to do. Of one code, or a list of all. */
import {
  adviceFor,
  CATEGORIES,
  CATEGORY_KNOWLEDGE,
  classifierOf,
  CODE_KNOWLEDGE,
  explainCode,
  GREYLISTING_SIGNS,
  SENDING_ADVICE,
} from '@desist/verdicts';
import type { Category } from '@desist/verdicts';
import { codeTitle, knowledgeLines, ladder, sendingLine } from '../advice.ts';
import { defineCommand, JSON_OPTION, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { say, sayJson } from '../terminal.ts';

export const command = defineCommand({
  name: 'codes',
  section: 'Files, without a service',
  summary: 'explain reply codes and categories: meaning, causes, what to do',
  operands: {
    name: 'CODE',
    summary: 'for example 450, 4.2.1, 450 4.2.1, or a category; default: all',
    least: 0,
    most: Number.POSITIVE_INFINITY,
  },
  options: { provider: value('PROVIDER', 'for example gmail, microsoft, yahoo'), ...JSON_OPTION },
  examples: ['desist codes 450 4.2.1', 'desist codes 421 --provider gmail', 'desist codes mailbox_full'],
  run({ operands, options }) {
    const requested = operands.join(' ');
    if (operands.length === 0) listAll(options);
    else if (requested in CATEGORY_KNOWLEDGE) showCategory(requested as Category, options);
    else showCode(requested, options);
  },
});

interface CodesOptions {
  readonly json: boolean;
  readonly provider?: string;
}

function listAll({ json, provider }: CodesOptions): void {
  const codes = CODE_KNOWLEDGE.filter((one) => provider === undefined || one.provider === undefined || one.provider === provider);
  if (json) {
    for (const one of codes) sayJson({ type: 'code', ...one });
    for (const { category, attribution } of CATEGORIES)
      sayJson({ type: 'category', category, attribution, ...CATEGORY_KNOWLEDGE[category] });
    for (const one of SENDING_ADVICE) sayJson({ type: 'sending', ...one });
    return;
  }
  say('Codes (desist codes CODE says more)');
  for (const one of codes) say(`  ${codeTitle(one).padEnd(24)} ${one.category.padEnd(23)} ${one.meaning}`);
  say('', 'Categories (desist codes CATEGORY says more)');
  for (const { category, attribution } of CATEGORIES)
    say(`  ${category.padEnd(24)} ${attribution.padEnd(11)} ${CATEGORY_KNOWLEDGE[category].meaning}`);
  say('', 'Sending', `  retries: ${ladder()}`);
  for (const one of SENDING_ADVICE) say(`  ${sendingLine(one)}`);
}

function showCategory(category: Category, { json }: CodesOptions): void {
  const { attribution } = CATEGORIES.find((one) => one.category === category) ?? { attribution: 'unknown' };
  if (json) {
    sayJson({ type: 'category', category, attribution, ...CATEGORY_KNOWLEDGE[category] });
    return;
  }
  say(`${category}: ${attribution}`);
  say(...knowledgeLines(CATEGORY_KNOWLEDGE[category]));
  if (category === 'greylisting') say(`    ${'signs'.padEnd(10)} ${GREYLISTING_SIGNS.join('; ')}`);
}

function showCode(asked: string, { json, provider }: CodesOptions): void {
  const explained = explainCode(classifierOf(undefined), asked, provider);
  if (explained === undefined) {
    throw new CommandError(
      EXIT.usage,
      `${asked} is neither a code of 4xx or 5xx (450, 4.2.1, "550 5.1.1") nor a category; \`desist codes\` lists them`,
    );
  }
  const { code, basic, enhanced, reading, entries } = explained;
  if (json) {
    sayJson({ type: 'code', ...explained });
    return;
  }
  say(code);
  for (const part of [basic, enhanced]) if (part !== null) say(`    ${part.code.padEnd(10)} ${part.meaning} [${part.source}]`);
  if (basic === null && enhanced === null) say('    no standard has this code');
  const { category, attribution, permanence, hardBounce, rule } = reading;
  say(`read as ${category}: ${attribution}, ${permanence}${hardBounce ? ', a hard bounce' : ''}; without words, by the rule ${rule}`);
  say(...knowledgeLines(reading));
  for (const one of entries) say(`${codeTitle(one)}: ${one.category}`, ...knowledgeLines(one), `    ${'source'.padEnd(10)} ${one.source}`);
  if ([category, ...entries.map((one) => one.category)].some((one) => ['rate_limited', 'server_busy'].includes(one))) {
    say('', `retries: ${ladder()}`);
    say(sendingLine(adviceFor(provider ?? entries.find((one) => one.provider !== undefined)?.provider)));
  }
}
