/**
 * The list by what it is filtered by. Its text follows from the filter, so it is not prepared. Locks nothing; primary key of suppression,
 * or the index of what is searched: recipient_domain, recipient_prefix, suppression_since, suppression_reason, suppression_scope,
 * recipient_tracked_of_tenant, unique index on tenant and address.
 */
import { builder } from '@desist/postgres';
import type { ListedSuppression, ListFilter } from '@desist/pipeline';
import type { Address } from '@desist/domain';
import { sql } from 'kysely';
import type { CompiledQuery } from 'kysely';
import { SUPPRESSION_COLUMNS } from './suppression-columns.ts';

export type Conditions = Omit<ListFilter, 'cursor' | 'limit'>;

/** In the order of the list. */
export type Position = readonly [id: number, scope: string, reason: string];

export type Listed = ListedSuppression & { readonly id: number };

export interface ListPage {
  /** From the first on when it is null. */
  readonly after: Position | null;
  readonly limit: number;
  /** Only these recipients, by their ids. Undefined: all. */
  readonly within?: { readonly from: number; readonly upTo: number } | undefined;
}

/** The id of the last recipient of a bounded page; no row: it reaches behind the last one. Primary key of recipient. */
export function endOfPage(from: number, count: number): CompiledQuery<{ readonly id: number }> {
  return sql<{ id: number }>`select id from desist.recipient where id >= ${from}::bigint order by id offset ${count - 1} limit 1`.compile(
    builder,
  );
}

/** How many addresses begin with a text, counted up to a limit. Index recipient_prefix. */
export function measurePrefix(prefix: string, limit: number): CompiledQuery<{ readonly count: number }> {
  return sql<{ count: number }>`select count(*) as count from (select 1 from desist.recipient
    where address collate "C" like ${beginning(prefix)} limit ${limit}) counted`.compile(builder);
}

/** Up to `limit` rows behind a position. */
export function pageSuppressions(filter: Conditions, { after, limit, within }: ListPage): CompiledQuery<Listed> {
  return filtered(filter, within)
    .select('s.recipient_id as id')
    .$if(after !== null, (query) =>
      query.where((eb) => eb(eb.refTuple('s.recipient_id', 's.scope', 's.reason'), '>', eb.tuple(...(after as [number, string, string])))),
    )
    .limit(limit)
    .$castTo<Listed>()
    .compile();
}

function filtered({ tenants, address, domain, prefix, scope, reason, since }: Conditions, within: ListPage['within']) {
  return (
    builder
      .selectFrom('desist.suppression as s')
      .innerJoin('desist.recipient as r', 'r.id', 's.recipient_id')
      .select(['r.tenant', 'r.address'])
      .select(SUPPRESSION_COLUMNS)
      .select('s.updated_at as updatedAt')
      // Of one tenant: its own index, in the order of the list. Whoever is on the list is tracked.
      .$if(tenants?.length === 1, (query) => query.where(sql<boolean>`r.tenant = ${tenants?.[0]} and r.tracked`))
      .$if(tenants !== undefined && tenants.length !== 1, (query) => query.where(sql<boolean>`r.tenant = any(${tenants}::text[])`))
      // Of every tenant the index of prefixes finds it: the other one begins with the tenant.
      .$if(address !== undefined && tenants !== undefined, (query) => query.where('r.address', '=', address as Address))
      .$if(address !== undefined && tenants === undefined, (query) => query.where(sql<boolean>`r.address collate "C" = ${address}`))
      .$if(domain !== undefined, (query) => query.where(sql<boolean>`split_part(r.address, '@', 2) = ${domain}`))
      // Of another collation than the column: only so has it an index for what begins with a text.
      .$if(prefix !== undefined, (query) =>
        // Of many, the index would have to be read whole before the first can be shown: they are looked for in the order of the list.
        within === undefined
          ? query.where(sql<boolean>`r.address collate "C" like ${beginning(prefix as string)}`)
          : query.where(sql<boolean>`(r.address || '') collate "C" like ${beginning(prefix as string)}`),
      )
      .$if(within !== undefined, (query) => query.where(sql<boolean>`r.id >= ${within?.from}::bigint and r.id <= ${within?.upTo}::bigint`))
      .$if(scope !== undefined, (query) => query.where('s.scope', '=', scope as string))
      .$if(reason !== undefined, (query) => query.where('s.reason', '=', reason as string))
      .$if(since !== undefined, (query) => query.where('s.since', '>=', since as number))
      .orderBy('s.recipient_id')
      .orderBy('s.scope')
      .orderBy('s.reason')
  );
}

function beginning(prefix: string): string {
  return `${prefix.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
