/** How many subscribers there are by state, and how many active ones of which a partition fails. Locks nothing; reads all of them. */
import { statement } from '@desist/postgres';
import type { SubscriberState } from '@desist/pipeline';
import { sql } from 'kysely';

interface Counted {
  readonly state: SubscriberState;
  readonly count: number;
  readonly failing: number;
}

export const countSubscribers = statement(
  'count_subscribers',
  () => sql<Counted>`
    select s.state, count(*) as count, count(*) filter (where exists (select from desist.subscriber_cursor c
      where c.subscriber_id = s.id and c.failing_since is not null)) as failing
    from desist.subscriber s group by s.state`,
);
