/** `desist list`: the suppression list, page by page. */
import type { Client } from '../client.ts';
import type { ListFilters } from '../listing.ts';
import { minute, printList } from '../listing.ts';

export interface ListOptions extends ListFilters {
  /** Rows at most; all when undefined. */
  readonly limit?: number;
  readonly json: boolean;
}

interface Item {
  readonly tenant: string;
  readonly address: string;
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
  readonly failures: number;
  readonly reply: string | null;
}

const HEADLINE = ['ADDRESS', 'REASON', 'SCOPE', 'SINCE', 'UNTIL', 'FAILURES', 'LAST REPLY'];

export async function runList(client: Client, { limit, json, ...filters }: ListOptions): Promise<void> {
  const { tenant, scope, reason, domain, prefix, since } = filters;
  await printList<Item>(client, {
    path: '/v1/suppressions',
    filters: { tenant, scope, reason, domain, prefix, since },
    limit,
    json,
    headline: HEADLINE,
    cellsOf,
    noun: 'suppression',
  });
}

function cellsOf({ tenant, address, scope, reason, since, expiresAt, failures, reply }: Item): readonly string[] {
  const who = tenant === 'default' ? address : `${tenant}/${address}`;
  return [who, reason, scope, minute(since), expiresAt === null ? 'released' : minute(expiresAt), String(failures), reply ?? ''];
}
