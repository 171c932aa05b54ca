/** How many recipients stand at a domain, counted up to a limit. Locks nothing; index recipient_domain. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';
import { rowsOfDomain } from './rows-of-domain.ts';

export const measureDomain = statement(
  'measure_domain',
  (_, { domain, limit }: Slots<{ domain: string; limit: number }>) => sql<{ readonly count: number }>`select count(*) as count
    from (select 1 from ${rowsOfDomain(domain)} limit ${limit}) counted`,
);
