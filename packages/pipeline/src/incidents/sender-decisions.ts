/** What is decided about sender incidents: the same for the coordinator (roll-ups of all partitions) and a replay (its own counts). */
import { countsOfPlace, DAY, HOUR, senderClosingOf, senderIncidentIdOf, senderOpeningsOf, totalIn } from '@desist/domain';
import type { PoolCounts, SenderIncidentPolicy, SenderNotice, SenderSummary } from '@desist/domain';
import type { SentBy } from '../ports/sender-incidents.ts';

/** One begins at most so long ago, unless reports come very late, ms. */
export const LATE = 26 * HOUR;
/** So long what was replied is kept, ms. */
export const REPLIES_KEPT = 5 * DAY;
/** Replies that an incident shows at most. */
export const MOST_REPLIES = 5;

/** A decision before it is announced in the log, and before its replies are known. */
export type DecidedSender = Omit<SenderNotice, 'announcedBy' | 'summary'> & { readonly summary: Omit<SenderSummary, 'replies'> };

interface Opening {
  readonly by: SentBy;
  /** Where the last incident of a pool (null: of all) ended, ms; null: one goes on. */
  readonly after: (pool: string | null) => number | null;
  /** The clock, ms. */
  readonly now: number;
}

export function openedSenders(
  policy: SenderIncidentPolicy,
  pools: readonly PoolCounts[],
  { by, after, now }: Opening,
): readonly DecidedSender[] {
  return senderOpeningsOf(policy, pools, after).map(({ pool, from, usualShare }): DecidedSender => {
    const place = { ...by, pool };
    const counts = totalIn(countsOfPlace(pools, pool), from, Number.POSITIVE_INFINITY);
    return {
      id: senderIncidentIdOf(place, from),
      revision: 1,
      action: 'opened',
      place,
      from,
      until: null,
      at: now,
      summary: { ...counts, usualShare },
    };
  });
}

/** The incident, closed; undefined: it goes on. */
export function closedSender(
  policy: SenderIncidentPolicy,
  { id, revision, place, from, summary: { usualShare } }: Omit<SenderNotice, 'announcedBy'>,
  { pools, now }: { readonly pools: readonly PoolCounts[]; readonly now: number },
): DecidedSender | undefined {
  const counts = countsOfPlace(pools, place.pool);
  const until = senderClosingOf(policy, counts, { from, usual: usualShare, now });
  if (until === undefined) return undefined;
  const summary = { ...totalIn(counts, from, until), usualShare };
  return { id, revision: revision + 1, action: 'closed', place, from, until, at: now, summary };
}
