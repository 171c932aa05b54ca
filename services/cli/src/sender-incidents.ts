/** Sender incidents as people read them on a terminal. */
import type { ExplainedSenderReply, SenderCountsJson } from '@desist/contracts';
import { percent } from './terminal.ts';

/** Of a try: `usualShare` is that of the days before. */
export function senderCountsText({ tries, refused, usualShare }: Omit<SenderCountsJson, 'share'>): string {
  const share = tries === 0 ? 0 : refused / tries;
  return `${refused} of ${tries} tries refused for the sender's fault: ${percent(share)}; usually ${percent(usualShare)}`;
}

/** Each reply with what it means and what to do. */
export function senderReplyLines(replies: readonly ExplainedSenderReply[], indent = '      '): readonly string[] {
  return replies.flatMap(({ category, code, count, reply, meaning, actions }) => [
    `${indent}${count}x ${code}, ${category}${reply === null ? '' : `: ${reply}`}`,
    `${indent}  means  ${meaning}`,
    `${indent}  do     ${actions.join('; ')}`,
  ]);
}
