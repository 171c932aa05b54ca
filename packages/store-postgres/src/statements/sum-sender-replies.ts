/** The most frequent replies that refused tries of a place, with an example each. Locks nothing; primary key. */
import { statement } from '@desist/postgres';
import type { SenderReply } from '@desist/domain';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Wanted {
  readonly tenant: string;
  readonly provider: string;
  /** Null: of all pools. */
  readonly pool: string | null;
  /** ms; `until` is exclusive. */
  readonly from: number;
  readonly until: number;
  readonly limit: number;
}

export const sumSenderReplies = statement(
  'sum_sender_replies',
  (_, { tenant, provider, pool, from, until, limit }: Slots<Wanted>) => sql<SenderReply>`
    select category, code, sum(events)::bigint as count, min(reply) as reply from desist.sender_reply
    where tenant = ${tenant} and provider = ${provider} and at >= ${from}::bigint and at < ${until}::bigint
      and (${pool}::text is null or pool = ${pool}::text)
    group by category, code order by 3 desc, category, code limit ${limit}`,
);
