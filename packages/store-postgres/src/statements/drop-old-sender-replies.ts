/** Drops some of the replies from before a moment; a row for each. Locks them; index sender_reply_at. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

export const dropOldSenderReplies = statement(
  'drop_old_sender_replies',
  (_, { before, limit }: Slots<{ before: number; limit: number }>) => sql<{ readonly dropped: number }>`
    delete from desist.sender_reply r using (
      select tenant, provider, at, pool, category, code, partition from desist.sender_reply where at < ${before}::bigint limit ${limit}) old
    where r.tenant = old.tenant and r.provider = old.provider and r.at = old.at and r.pool = old.pool and r.category = old.category
      and r.code = old.code and r.partition = old.partition returning 1 as dropped`,
);
