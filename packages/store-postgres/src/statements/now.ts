/** The begin of the transaction, by the database's clock. */
import { sql } from 'kysely';

export const now = sql<Date>`now()`;
