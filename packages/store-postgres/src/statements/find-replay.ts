/**
 * Whether this server is a standby, and how far it is behind its primary. While what it received is replayed and more can come, it is not behind,
 * however long ago the last commit was. Locks nothing.
 */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export interface Replay {
  readonly standby: boolean;
  /** ms; null: it is no standby, or has replayed nothing yet. */
  readonly behind: number | null;
}

export const findReplay = statement<unknown, Replay>(
  'find_replay',
  () => sql`select pg_is_in_recovery() as standby,
         case when not pg_is_in_recovery() then null
              when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() and exists (select from pg_stat_wal_receiver) then 0
              else (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint end as behind`,
);
