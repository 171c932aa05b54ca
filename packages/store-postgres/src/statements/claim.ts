/** What makes a claim one of its own, and what it is bound to. */
import { sql } from 'kysely';

/** A random value, drawn by the database. */
export const newNonce = sql<string>`gen_random_uuid()::text`;

/**
 * When this server was started. A promoted standby, a server on restored files and one with a restored dump were each started at another time
 * than the one that a copied checkpoint was claimed on.
 */
export const serverStarted = sql<Date>`pg_postmaster_start_time()`;
