/** Knowledge about verdicts and codes as people read it on a terminal. */
import { CATEGORY_KNOWLEDGE, GIVE_UP_AFTER_HOURS, knowledgeOfCode, RETRY_LADDER, worryOf } from '@desist/domain';
import type { Category, CodeKnowledge, Hints, Knowledge, SendingAdvice } from '@desist/domain';

/** Of the code where there is something to say about it that fits the verdict, otherwise of the category. */
export function knowledgeFor(category: Category, code: string | undefined, provider: string | undefined): Knowledge {
  const own = code === undefined || code === '' ? [] : knowledgeOfCode(code, provider);
  return own.find((one) => one.category === category && one.code === code) ?? CATEGORY_KNOWLEDGE[category];
}

export function knowledgeLines(knowledge: Knowledge, indent = '    '): readonly string[] {
  const list = (name: string, items: readonly string[]): string => `${indent}${name.padEnd(10)} ${items.join('; ')}`;
  return [
    `${indent}${'means'.padEnd(10)} ${knowledge.meaning}`,
    list('because', knowledge.causes),
    list('do', knowledge.actions),
    `${indent}${'worry'.padEnd(10)} ${worryOf(knowledge)}`,
  ];
}

export function hintLines({ retryAfter, blockList, link, limit }: Hints, indent = '    '): readonly string[] {
  const says = [
    retryAfter === undefined ? [] : [`try again in ${duration(retryAfter)}`],
    blockList === undefined ? [] : [`list ${blockList}`],
    limit === undefined ? [] : [`limit ${limit}`],
    link === undefined ? [] : [link],
  ].flat();
  return says.length === 0 ? [] : [`${indent}${'it says'.padEnd(10)} ${says.join('; ')}`];
}

export function codeTitle({ code, provider }: CodeKnowledge): string {
  return provider === undefined ? code : `${code} (${provider})`;
}

export function sendingLine({ title, connections, notes, source, asOf }: SendingAdvice): string {
  return `${title}: ${connections[0]} to ${connections[1]} connections at a time; ${notes.join('; ')} [${source}, ${asOf}]`;
}

export function ladder(): string {
  return `${RETRY_LADDER.map((minutes) => duration(minutes * 60)).join(', ')} … at most ${GIVE_UP_AFTER_HOURS} h, then a soft failure`;
}

function duration(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
