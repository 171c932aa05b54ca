/** How many keys are not ended, and how many of them may make keys for every tenant (`at`: and have not expired). Locks nothing; reads the table. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Counted {
  readonly usable: number;
  readonly administrators: number;
}

export const countKeys = statement(
  'count_keys',
  (_, { at }: Slots<{ at: number }>) => sql<Counted>`
    select count(*)::integer as usable,
      (count(*) filter (where k.tenants is null and 'operator' = any(k.roles) and coalesce(k.expires_at > ${at}, true)))::integer as administrators
    from desist.api_key k where k.ended_at is null`,
);
