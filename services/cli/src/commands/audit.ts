/** `desist audit`: who did what. */
import { createClient } from '../client.ts';
import { defineCommand, limit, SERVICE_OPTIONS, value } from '../command.ts';
import { momentBefore } from '../moments.ts';
import { minute, printPages } from '../print-page.ts';

/** Rows without `--limit`. */
const USUAL = 100;

export const command = defineCommand({
  name: 'audit',
  section: 'Keys and shells',
  summary: 'show who did what, the newest first: commands, keys, incidents, dead letters, resumed partitions',
  options: {
    tenant: value('TENANT', 'of this tenant; default all'),
    who: value('WHO', 'name or id of the API key, or the person'),
    action: value('ACTION', 'release, forget, key_made, incident_voided …'),
    recipient: value('ADDRESS', 'about this address'),
    since: momentBefore('at or after'),
    limit: limit(`at most; default ${USUAL}`),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist audit --action release --who support --since 7d', 'desist audit --recipient alice@example.com --json'],
  run: async ({ options: { url, json, limit: most = USUAL, ...filters } }) => {
    const shown = { headline: HEADLINE, cellsOf, noun: 'entry', nouns: 'entries' };
    await printPages<Entry>(createClient(url), { path: '/v1/audit', filters, limit: most, json, ...shown });
  },
});

interface Entry {
  readonly at: string;
  readonly action: string;
  readonly tenant: string | null;
  readonly by: string | null;
  readonly key: string | null;
  readonly from: string | null;
  readonly recipient: string | null;
  readonly erased: boolean;
  readonly target: string | null;
  readonly outcome: string;
  readonly note: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

const HEADLINE = ['AT', 'ACTION', 'TENANT', 'BY', 'KEY', 'FROM', 'ABOUT', 'OUTCOME', 'NOTE'];

function cellsOf({ at, action, tenant, by, key, from, recipient, erased, target, outcome, note, detail }: Entry): readonly string[] {
  const { name } = detail;
  const about = recipient ?? (erased ? '(erased)' : typeof name === 'string' ? name : (target ?? ''));
  return [minute(at), action, tenant ?? '', by ?? '', key ?? '', from ?? '', about, outcome, note ?? ''];
}
