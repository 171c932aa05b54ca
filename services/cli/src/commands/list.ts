/** `desist list`: the suppression list, page by page. */
import { createClient } from '../client.ts';
import { defineCommand, limit, SERVICE_OPTIONS } from '../command.ts';
import { FILTER_OPTIONS } from '../filters.ts';
import { minute, printPages } from '../print-page.ts';

/** Rows without `--limit`. */
const USUAL = 1_000;

export const command = defineCommand({
  name: 'list',
  section: 'The list',
  summary: 'print the suppression list, in a stable order: by partition of the log, then as recipients came',
  options: { ...FILTER_OPTIONS, limit: limit(`at most; default ${USUAL}`), ...SERVICE_OPTIONS },
  examples: ['desist list --reason hard_bounce --domain example.com', 'desist list --since 7d --json'],
  run: async ({ options: { url, json, limit: most = USUAL, ...filters } }) => {
    const pages = {
      path: '/v1/suppressions',
      filters,
      limit: most,
      json,
      headline: HEADLINE,
      cellsOf,
      noun: 'suppression',
      all: '`desist export`',
    };
    await printPages<Item>(createClient(url), pages);
  },
});

interface Item {
  readonly tenant: string;
  readonly address: string;
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
  readonly failures: number;
  readonly reply: string | null;
  readonly createdBy: string | null;
  readonly note: string | null;
  readonly source: string | null;
  readonly subdomains: boolean;
}

const HEADLINE = ['ADDRESS', 'REASON', 'SCOPE', 'SINCE', 'UNTIL', 'FAILURES', 'FROM', 'LAST REPLY, OR NOTE'];

function cellsOf(item: Item): readonly string[] {
  const { tenant, address, scope, reason, since, expiresAt, failures, reply, createdBy, source, note } = item;
  const who = `${tenant === 'default' ? address : `${tenant}/${address}`}${item.subdomains ? ' and below' : ''}`;
  const until = expiresAt === null ? 'released' : minute(expiresAt);
  return [who, reason, scope, minute(since), until, String(failures), createdBy ?? source ?? '', reply ?? note ?? ''];
}
