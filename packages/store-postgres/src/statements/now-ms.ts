/** The moment of the transaction, ms since the epoch. */
import { sql } from 'kysely';

export const nowMs = sql<number>`floor(extract(epoch from now()) * 1000)::bigint`;
