/** docs/verdict-knowledge.md, made from the same data that the commands show. */
import {
  CATEGORIES,
  CATEGORY_KNOWLEDGE,
  CODE_KNOWLEDGE,
  GIVE_UP_AFTER_HOURS,
  GREYLISTING_SIGNS,
  RETRY_LADDER,
  RETRY_SOURCE,
  RULES,
  SENDING_ADVICE,
  worryOf,
} from '@desist/domain';
import type { Knowledge } from '@desist/domain';

export const PAGE = new URL('../../docs/verdict-knowledge.md', import.meta.url);

export function verdictPage(): string {
  return [
    '# What replies mean',
    '',
    'Made by `npm run docs:verdicts` from the data of the rules (packages/domain/src/verdict); do not edit. `desist codes [CODE]` shows the same.',
    '',
    '## Codes',
    '',
    'Without words. A provider in brackets: only of that one.',
    '',
    ...CODE_KNOWLEDGE.flatMap((one) => [
      `### ${one.code}${one.provider === undefined ? '' : ` (${one.provider})`}`,
      '',
      `Read as \`${one.category}\`. ${one.meaning}`,
      '',
      ...details(one),
      `- Source: ${one.source}`,
      '',
    ]),
    '## Categories',
    '',
    ...CATEGORIES.flatMap(({ category, attribution, lasting, streak, hardBounce }) => [
      `### ${category}`,
      '',
      CATEGORY_KNOWLEDGE[category].meaning,
      '',
      `- Whose: ${attribution}. Lasts: ${lasting.replace('_', ' ')}. Counts: ${streak.replace('_', ' ')}. Hard bounce: ${hardBounce}`,
      ...details(CATEGORY_KNOWLEDGE[category]),
      '',
    ]),
    '## Sending',
    '',
    `Retries after ${RETRY_LADDER.join(', ')} minutes, the last repeated, at most ${GIVE_UP_AFTER_HOURS} h: then a soft failure. Source: ${RETRY_SOURCE}.`,
    '',
    '| provider | connections at a time | also | source | as of |',
    '|---|---|---|---|---|',
    ...SENDING_ADVICE.map(
      ({ title, connections, notes, source, asOf }) =>
        `| ${title} | ${connections.join(' to ')} | ${notes.join('; ')} | ${source} | ${asOf} |`,
    ),
    '',
    `Greylisting shows by its signs: ${GREYLISTING_SIGNS.join('; ')}.`,
    '',
    '## Rules',
    '',
    'In the order in which they decide.',
    '',
    '| rule | category | source |',
    '|---|---|---|',
    ...RULES.map(
      ({ name, category, attribution, source }) =>
        `| ${name} | ${category}${attribution === undefined ? '' : ` (${attribution})`} | ${source} |`,
    ),
    '',
  ].join('\n');
}

function details(knowledge: Knowledge): readonly string[] {
  const { causes, actions } = knowledge;
  return [`- Causes: ${causes.join('; ')}`, `- Do: ${actions.join('; ')}`, `- Worry: ${worryOf(knowledge)}`];
}
