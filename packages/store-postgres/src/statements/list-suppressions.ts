/**
 * The list by what it is filtered by. Its text follows from the filter, so it is not prepared. Locks nothing; primary key of suppression,
 * or the index of what is searched: recipient_domain, recipient_prefix, suppression_since, unique index on tenant and address.
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

/** Up to `limit` rows behind a position; from the first on when it is null. */
export function pageSuppressions(filter: Conditions, after: Position | null, limit: number): CompiledQuery<Listed> {
  return filtered(filter)
    .select('s.recipient_id as id')
    .$if(after !== null, (query) =>
      query.where((eb) => eb(eb.refTuple('s.recipient_id', 's.scope', 's.reason'), '>', eb.tuple(...(after as [number, string, string])))),
    )
    .limit(limit)
    .$castTo<Listed>()
    .compile();
}

function filtered({ tenants, address, domain, prefix, scope, reason, since }: Conditions) {
  return (
    builder
      .selectFrom('desist.suppression as s')
      .innerJoin('desist.recipient as r', 'r.id', 's.recipient_id')
      .select(['r.tenant', 'r.address'])
      .select(SUPPRESSION_COLUMNS)
      .select('s.updated_at as updatedAt')
      .$if(tenants !== undefined, (query) => query.where(sql<boolean>`r.tenant = any(${tenants}::text[])`))
      .$if(address !== undefined, (query) => query.where('r.address', '=', address as Address))
      .$if(domain !== undefined, (query) => query.where(sql<boolean>`split_part(r.address, '@', 2) = ${domain}`))
      // Of another collation than the column: only so has it an index for what begins with a text.
      .$if(prefix !== undefined, (query) => query.where(sql<boolean>`r.address collate "C" like ${beginning(prefix as string)}`))
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
