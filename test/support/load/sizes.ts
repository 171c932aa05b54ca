/** Bytes of tables and of their indexes, as `desist capacity` names them. */
import type { Queries } from '@desist/postgres';

export interface Size {
  readonly table: string;
  /** Null: the table itself, with what is stored out of line. */
  readonly index: string | null;
  readonly bytes: number;
}

/** Partitions of a table count for the table that they are of, and their indexes for its indexes. */
export async function sizesOf(db: Queries, tables: readonly string[]): Promise<readonly Size[]> {
  const rows = await db.query(
    `with t as (
       select c.oid, c.reltoastrelid, coalesce(p.relname, c.relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'desist'
       left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
       where c.relkind = 'r')
     select name as table, null as index, sum(pg_relation_size(oid) + case when reltoastrelid = 0 then 0 else pg_total_relation_size(reltoastrelid) end) as bytes
       from t where name = any($1) group by name
     union all
     select t.name, coalesce(p.relname, c.relname), sum(pg_relation_size(c.oid))
       from t join pg_index x on x.indrelid = t.oid join pg_class c on c.oid = x.indexrelid
       left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
      where t.name = any($1) group by 1, 2
     order by 1, 2 nulls first`,
    [tables],
  );
  return rows.map(({ table, index, bytes }) => ({
    table: String(table),
    index: index as string | null,
    bytes: Number(bytes),
  }));
}
