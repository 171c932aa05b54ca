/** `GET /v1/suppressions`: the list, filtered, page by page. */
import { formatTime, parseTime } from '@desist/formats/event';
import type { ListedSuppression as ListedRow, ListFilter } from '@desist/pipeline';
import { readPrefix } from '../address.ts';
import { addressIn, defined, domainIn } from '../filters.ts';
import type { Caller } from '../http/access.ts';
import { tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import type { ApiOptions } from '../options.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';
import { LIST_SUPPRESSIONS } from '../schemas/suppressions.ts';
import type { Filters, ListedSuppression } from '../schemas/suppressions.ts';
import { suppressionValue } from '../values.ts';

export async function suppressionRoutes(app: HttpApp, { reader }: ApiOptions): Promise<void> {
  app.get('/v1/suppressions', { schema: LIST_SUPPRESSIONS, config: { role: 'reader' } }, async ({ query, caller }) => {
    const { cursor, limit = DEFAULT_LIMIT, ...filters } = query;
    const page = await reader.list({ ...filterOf(filters, caller), ...(cursor === undefined ? {} : { cursor }), limit });
    return { items: page.items.map(listedValue), cursor: page.cursor };
  });
}

export function listedValue(row: ListedRow): ListedSuppression {
  const { tenant, address, updatedAt } = row;
  return { tenant, address, ...suppressionValue(row), updatedAt: formatTime(updatedAt) };
}

/** The filter with normalised values. */
export function filterOf(
  { tenant, scope, reason, domain, address, prefix, since }: Filters,
  caller: Caller,
): Omit<ListFilter, 'cursor' | 'limit'> {
  return defined({
    tenants: tenantsOf(caller, tenant),
    scope,
    reason,
    domain: domain === undefined ? undefined : domainIn(domain),
    address: address === undefined ? undefined : addressIn(address),
    prefix: prefix === undefined ? undefined : readPrefix(prefix),
    since: since === undefined ? undefined : parseTime(since),
  });
}
