/** The database's clock, ms since the epoch. It is the current time, not the start of the transaction. */
import { sql } from 'kysely';

export const now = sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`;
