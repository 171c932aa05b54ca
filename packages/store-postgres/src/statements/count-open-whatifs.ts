/** What-ifs that wait or run. Locks nothing; index whatif_open. */
import { statement } from '@desist/postgres';
import { sql } from 'kysely';

export const countOpenWhatIfs = statement(
  'count_open_whatifs',
  () => sql<{ readonly count: number }>`select count(*)::integer as count from desist.whatif w where w.state in ('waiting', 'running')`,
);
