/** A series of the roll-ups by quarters: see `series.ts`. Primary key; locks nothing. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';
import { rollupQuarters } from './rollup-columns.ts';
import { sumRollups } from './series.ts';
import type { SeriesRow, SeriesTerms } from './series.ts';

export const sumQuarters = statement<SeriesTerms, SeriesRow>('sum_quarters', (_, terms) =>
  sumRollups(rollupQuarters, terms, sql`and hour > ${terms.from}::bigint - 3600000 and hour < ${terms.to}::bigint`),
);
