/** Prints a list of the service page by page, as tables or as NDJSON. */
import type { Client } from './client.ts';
import { queryOf } from './client.ts';
import { say, sayJson, table, warn } from './terminal.ts';

/** Filters of the suppression list. */
export interface ListFilters {
  readonly tenant?: string;
  readonly scope?: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly prefix?: string;
  readonly since?: string;
}

export interface Pages<T> {
  readonly path: string;
  readonly filters: Readonly<Record<string, string | undefined>>;
  /** Rows at most; all when undefined. */
  readonly limit: number | undefined;
  /** Rows that the service gives at once at most; default 1,000. */
  readonly page?: number;
  readonly json: boolean;
  readonly headline: readonly string[];
  readonly cellsOf: (item: T) => readonly string[];
  /** Singular name of an item, and its plural unless an s makes it. */
  readonly noun: string;
  readonly nouns?: string;
  /** What prints all of them; default: a higher limit. */
  readonly all?: string;
}

const PAGE = 1_000;

export async function printPages<T>(
  client: Client,
  { path, filters, limit, page: most = PAGE, json, headline, cellsOf, noun, nouns = `${noun}s`, all }: Pages<T>,
): Promise<void> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  let cursor: string | undefined;
  let shown = 0;
  let more = false;
  while (left > 0) {
    const query = queryOf({ ...filters, cursor, limit: String(Math.min(left, most)) });
    const page = (await client.get(`${path}${query}`)) as { items: readonly T[]; cursor: string | null };
    if (json) for (const item of page.items) sayJson(item);
    else if (page.items.length > 0) say(...table(headline, page.items.map(cellsOf)));
    shown += page.items.length;
    left -= page.items.length;
    more = page.cursor !== null;
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  if (!json) say(`${shown} ${shown === 1 ? noun : nouns}`);
  // On standard error, so that nobody who reads NDJSON takes a part for the whole.
  if (more) warn(`there are more: --limit ROWS shows them${all === undefined ? '' : `, ${all} all of them`}`);
}

/** The time without seconds, for tables; `--json` has milliseconds. */
export function minute(time: string): string {
  return time.replace(/:\d\d\.\d{3}Z$/, 'Z');
}
