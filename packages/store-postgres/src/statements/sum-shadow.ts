/** Recipients by who suppresses them, the real policy or the shadow one, as the commits counted them. A row per partition and kind. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const sumShadow = statement(
  'sum_shadow',
  () => sql<{ readonly kind: string; readonly count: number }>`select kind, sum(count)::bigint as count
    from desist.shadow_count group by kind having sum(count) > 0 order by kind`,
);
