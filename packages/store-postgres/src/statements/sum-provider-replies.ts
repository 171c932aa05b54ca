/** The most frequent replies of a provider that refused tries, with an example each. Locks nothing; index sender_reply_at. */
import { statement } from '@desist/postgres';
import type { SenderReply } from '@desist/domain';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Wanted {
  readonly provider: string;
  /** Null: of every tenant. */
  readonly tenants: readonly string[] | null;
  /** ms */
  readonly from: number;
  readonly limit: number;
}

export const sumProviderReplies = statement(
  'sum_provider_replies',
  (_, { provider, tenants, from, limit }: Slots<Wanted>) => sql<SenderReply>`
    select category, code, sum(events)::bigint as count, min(reply) as reply from desist.sender_reply
    where provider = ${provider} and at >= ${from}::bigint and (${tenants}::text[] is null or tenant = any(${tenants}::text[]))
    group by category, code order by 3 desc, category, code limit ${limit}`,
);
