/** `desist list`: the suppression list, page by page. */
import type { Client } from '../client.ts';
import { queryOf } from '../client.ts';
import { table } from '../terminal.ts';

export interface ListOptions {
  readonly tenant?: string;
  readonly scope?: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly prefix?: string;
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
const HEADLINE = ['ADDRESS', 'REASON', 'SCOPE', 'SINCE', 'UNTIL', 'FAILURES', 'LAST REPLY'];

export async function runList(client: Client, options: ListOptions): Promise<void> {
  const { tenant, scope, reason, domain, prefix, since, json } = options;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let cursor: string | undefined;
  let shown = 0;
  while (left > 0) {
    const query = queryOf({ tenant, scope, reason, domain, prefix, since, cursor, limit: String(Math.min(left, PAGE)) });
    const page = (await client.get(`/v1/suppressions${query}`)) as { items: readonly Item[]; cursor: string | null };
    if (json) for (const item of page.items) console.log(JSON.stringify(item));
    else if (page.items.length > 0) console.log(table(HEADLINE, page.items.map(cellsOf)));
    shown += page.items.length;
    left -= page.items.length;
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  if (!json) console.log(`${shown} suppression${shown === 1 ? '' : 's'}`);
}

function cellsOf({ tenant, address, scope, reason, since, expiresAt, failures, reply }: Item): readonly string[] {
  const who = tenant === 'default' ? address : `${tenant}/${address}`;
  return [who, reason, scope, minute(since), expiresAt === null ? 'released' : minute(expiresAt), String(failures), reply ?? ''];
}

/** Seconds help nobody to read a list; `--json` has the milliseconds. */
function minute(time: string): string {
  return time.replace(/:\d\d\.\d{3}Z$/, 'Z');
}
