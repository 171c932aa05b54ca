/** Changes what does not decide which changes a subscriber gets; no row when there is none. Locks its row; primary key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';
import { sql } from 'kysely';

interface Changed {
  readonly id: string;
  /** Null: stays. */
  readonly url: string | null;
  readonly describes: boolean;
  readonly description: string | null;
}

export const changeSubscriber = statement('change_subscriber', (db, { id, url, describes, description }: Slots<Changed>) =>
  db
    .updateTable('desist.subscriber')
    .set({
      url: sql<string>`coalesce(${url}::text, url)`,
      description: sql<string | null>`case when ${describes}::boolean then ${description}::text else description end`,
    })
    .where('id', '=', id)
    .returning('id'),
);
