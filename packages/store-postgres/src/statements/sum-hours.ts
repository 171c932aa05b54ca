/** A series of the roll-ups by hours: see `series.ts`. Primary key; locks nothing. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';
import { sumRollups } from './series.ts';
import type { SeriesRow, SeriesTerms } from './series.ts';

export const sumHours = statement<SeriesTerms, SeriesRow>('sum_hours', (_, terms) => sumRollups(sql`desist.rollup_hour`, terms));
