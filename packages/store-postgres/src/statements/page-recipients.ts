/**
 * Recipients that are not healthy, or those on probation, the next deadline first. The text follows from the filter, so it is not prepared. A page reads so many
 * rows at most, whatever it finds. Locks nothing; index recipient_deadline, recipient_deadline_of_tenant for one tenant (of those on probation recipient_probation and recipient_probation_of_tenant), recipient_domain for
 * a domain with few recipients.
 */
import { builder } from '@desist/postgres';
import type { UnhealthyRecipient, RecipientFilter } from '@desist/pipeline';
import { sql } from 'kysely';
import type { CompiledQuery, RawBuilder } from 'kysely';
import { rowsOfDomain } from './rows-of-domain.ts';

export type RecipientConditions = Omit<RecipientFilter, 'cursor' | 'limit'>;

/** In the order of the list. Those without a deadline stand at `Number.MAX_SAFE_INTEGER`. */
export type DeadlinePosition = readonly [deadline: number, id: number];

export type FoundRecipient = UnhealthyRecipient & { readonly id: number; readonly deadline: number };

export interface RecipientPage {
  readonly filter: RecipientConditions;
  /** From the first on when it is null. */
  readonly after: DeadlinePosition | null;
  readonly limit: number;
  /** Rows that are read at most. */
  readonly scanned: number;
  /** The domain has so few recipients that all of them are read, by its own index. */
  readonly smallDomain: boolean;
}

/** As in the indexes. */
const DEADLINE = sql<number>`coalesce(suppress_at, 9007199254740991)`;

export function pageRecipients({ limit, ...page }: RecipientPage): CompiledQuery<FoundRecipient> {
  return sql<FoundRecipient>`select r.id, r.deadline, r.tenant, r.address, r.state, r.version,
      r.streak_started_at as "streakStartedAt", r.last_failure_at as "lastFailureAt", r.failures, r.messages, r.category, r.provider,
      r.suppress_at as "suppressAt", r.probation_until as "probationUntil", r.updated_at as "updatedAt",
      (select v.advice from desist.recipient_status v where v.tenant = r.tenant and v.address = r.address) as advice,
      (select coalesce(json_agg(json_build_object('scope', s.scope, 'reason', s.reason, 'since', s.since, 'expiresAt', s.expires_at)
          order by s.scope, s.reason), '[]')
        from desist.suppression s where s.recipient_id = r.id) as suppressions
    from (${candidates(page)} limit ${page.scanned}) r
    where ${and(ofRow(page.filter))}
    order by r.deadline, r.id limit ${limit}`.compile(builder);
}

/** Where the rows that a page has read end; no row: it has read the last one. */
export function endOfScan(page: Omit<RecipientPage, 'limit'>): CompiledQuery<{ readonly deadline: number; readonly id: number }> {
  return sql<{ deadline: number; id: number }>`select deadline, id from (${candidates(page)} offset ${page.scanned - 1} limit 1) r`.compile(
    builder,
  );
}

/** In the order of the list, from the position on. */
function candidates({ filter, after, scanned, smallDomain }: Omit<RecipientPage, 'limit'>): RawBuilder<unknown> {
  const { tenants, domain, suppressedBefore, state } = filter;
  const source =
    smallDomain && domain !== undefined ? sql`(select * from ${rowsOfDomain(sql.val(domain))} limit ${scanned})` : sql`desist.recipient`;
  const conditions = [
    state === 'probation' ? sql`probation_until is not null` : sql`state <> 'healthy'`,
    ...(after === null ? [] : [sql`(${DEADLINE}, id) > (${after[0]}::bigint, ${after[1]}::bigint)`]),
    ...(suppressedBefore === undefined ? [] : [sql`${DEADLINE} < ${suppressedBefore}::bigint`]),
    // Of one tenant: its own index. Of several, their rows are looked for among those of all.
    ...(tenants?.length === 1 ? [sql`tenant = ${tenants[0]}`] : []),
  ];
  const order = tenants?.length === 1 ? sql`tenant, ${DEADLINE}, id` : sql`${DEADLINE}, id`;
  return sql`select *, ${DEADLINE} as deadline from ${source} candidate where ${and(conditions)} order by ${order}`;
}

function ofRow({ tenants, state, provider, category, domain }: RecipientConditions): readonly RawBuilder<unknown>[] {
  return [
    ...(tenants === undefined || tenants.length === 1 ? [] : [sql`r.tenant = any(${tenants}::text[])`]),
    ...(state === undefined || state === 'probation' ? [] : [sql`r.state = ${state}`]),
    ...(provider === undefined ? [] : [sql`r.provider = ${provider}`]),
    ...(category === undefined ? [] : [sql`r.category = ${category}`]),
    ...(domain === undefined ? [] : [sql`split_part(r.address, '@', 2) = ${domain}`]),
  ];
}

function and(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}
