/** Adds counts to the hours of a partition. Locks each row, behind the checkpoint: nobody else writes them. Primary key. */
import { preparedStatement } from '@desist/postgres';
import { sql } from 'kysely';
import { addCounts } from './rollup-columns.ts';
import type { AddedCounts } from './rollup-columns.ts';

export const addToHours = preparedStatement('add_to_hours', (_, added: AddedCounts) => addCounts(sql`desist.rollup_hour`, added));
