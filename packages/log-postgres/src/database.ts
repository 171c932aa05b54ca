/** The part of a database that the journal uses. */
import type { Database as Whole } from '@desist/postgres';

export type Database = Pick<Whole, 'kind' | 'query' | 'transaction'>;
