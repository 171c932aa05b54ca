/** What is read of the counts of senders, wherever they are kept. */
import type { SenderReply } from '@desist/domain';
import type { RollupRow } from '../ports/commit-plan.ts';
import type { SenderReplyRow } from '../ports/sender-incidents.ts';

const TRIES: ReadonlySet<string> = new Set(['delivered', 'deferred', 'bounced']);

/** Whether a roll-up counts tries that were answered. */
export function isTry({ family, type }: RollupRow): boolean {
  return family === 'events' && TRIES.has(type);
}

/** The most frequent replies first, each with an example; of equally frequent ones by category and code. */
export function topReplies(rows: readonly SenderReplyRow[], limit: number): readonly SenderReply[] {
  const found = Map.groupBy(rows, ({ category, code }) => `${category} ${code}`);
  return [...found.values()]
    .map((of): SenderReply => {
      const { category, code } = of[0] as SenderReplyRow;
      const [reply = null] = of.flatMap((row) => row.reply ?? []).sort();
      return { category, code, count: of.reduce((sum, { events }) => sum + events, 0), reply };
    })
    .sort((a, b) => b.count - a.count || compare(a.category, b.category) || compare(a.code, b.code))
    .slice(0, limit);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
