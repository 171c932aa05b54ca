/** `desist list`: the suppression list, page by page. */
import type { Client } from '../client.ts';
import { queryOf } from '../client.ts';

export interface ListOptions {
  readonly tenant?: string;
  readonly scope?: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly since?: string;
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

const PAGE = 1_000;

export async function runList(client: Client, options: ListOptions): Promise<void> {
  const { tenant, scope, reason, domain, since, json } = options;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let cursor: string | undefined;
  let shown = 0;
  while (left > 0) {
    const query = queryOf({ tenant, scope, reason, domain, since, cursor, limit: String(Math.min(left, PAGE)) });
    const page = (await client.get(`/v1/suppressions${query}`)) as { items: readonly Item[]; cursor: string | null };
    for (const item of page.items) console.log(json ? JSON.stringify(item) : rowOf(item));
    shown += page.items.length;
    left -= page.items.length;
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  if (!json) console.log(`${shown} suppression${shown === 1 ? '' : 's'}`);
}

function rowOf({ tenant, address, scope, reason, since, expiresAt, failures, reply }: Item): string {
  const who = tenant === 'default' ? address : `${tenant}/${address}`;
  const what = `${reason}${scope === '*' ? '' : ` for ${scope}`}, since ${since}, ${expiresAt === null ? 'until released' : `until ${expiresAt}`}`;
  return `${who}  ${what}${failures > 0 ? `\n    ${failures} failures, last reply: ${reply ?? 'none'}` : ''}`;
}
