/** Lists that the service gives page by page, as people read them or a line of JSON each. */
import type { Client } from './client.ts';
import { queryOf } from './client.ts';
import { table } from './terminal.ts';

/** Of the suppression list and what is made of it. */
export interface ListFilters {
  readonly tenant?: string;
  readonly scope?: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly prefix?: string;
  readonly since?: string;
}

export interface Listing<T> {
  readonly path: string;
  readonly filters: Readonly<Record<string, string | undefined>>;
  /** Rows at most; all when undefined. */
  readonly limit: number | undefined;
  readonly json: boolean;
  readonly headline: readonly string[];
  readonly cellsOf: (item: T) => readonly string[];
  /** One of them, in a word. */
  readonly noun: string;
}

const PAGE = 1_000;

export async function printList<T>(client: Client, { path, filters, limit, json, headline, cellsOf, noun }: Listing<T>): Promise<void> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  let cursor: string | undefined;
  let shown = 0;
  while (left > 0) {
    const query = queryOf({ ...filters, cursor, limit: String(Math.min(left, PAGE)) });
    const page = (await client.get(`${path}${query}`)) as { items: readonly T[]; cursor: string | null };
    if (json) for (const item of page.items) console.log(JSON.stringify(item));
    else if (page.items.length > 0) console.log(table(headline, page.items.map(cellsOf)));
    shown += page.items.length;
    left -= page.items.length;
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  if (!json) console.log(`${shown} ${noun}${shown === 1 ? '' : 's'}`);
}

/** Seconds help nobody to read a list; `--json` has the milliseconds. */
export function minute(time: string): string {
  return time.replace(/:\d\d\.\d{3}Z$/, 'Z');
}
