/** Knowledge about verdicts and codes as people read it on a terminal. */
import { GIVE_UP_AFTER_HOURS, RETRY_LADDER, worryOf } from '@desist/verdicts';
import type { CodeKnowledge, Hints, Knowledge, SendingAdvice } from '@desist/verdicts';

export function knowledgeLines(knowledge: Knowledge, indent = '    '): readonly string[] {
  const list = (name: string, items: readonly string[]): string => `${indent}${name.padEnd(10)} ${items.join('; ')}`;
  return [
    `${indent}${'means'.padEnd(10)} ${knowledge.meaning}`,
    list('because', knowledge.causes),
    list('do', knowledge.actions),
    `${indent}${'escalate'.padEnd(10)} ${worryOf(knowledge)}`,
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

export function duration(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return seconds > 600 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
}
