/** Takes every partition from its owner: nothing that was folded and is not committed counts any more. Locks all checkpoints, which are few. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const fenceAll = statement<unknown, { readonly partition: number }>(
  'fence_all',
  () => sql`with locked as (select partition from desist.checkpoint order by partition for update)
    update desist.checkpoint c set epoch = c.epoch + 1 from locked where c.partition = locked.partition returning c.partition`,
);
