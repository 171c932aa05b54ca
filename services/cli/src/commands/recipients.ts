/** `desist recipients`: who is not healthy, the next deadline first. */
import { createClient } from '../client.ts';
import { defineCommand, limit, SERVICE_OPTIONS, value } from '../command.ts';
import { momentAhead } from '../moments.ts';
import { minute, printPages } from '../print-page.ts';

export const command = defineCommand({
  name: 'recipients',
  section: 'The list',
  summary: 'list recipients that are not healthy, the next deadline first',
  options: {
    tenant: value('TENANT', 'of this tenant; default all'),
    state: value('STATE', 'deferred, persistent, soft_bounced, suppressed; or probation'),
    provider: value('PROVIDER', 'as in gmail, microsoft, or a domain'),
    category: value('CATEGORY', 'of the failures: mailbox_full, greylisting, …; `desist codes` lists them'),
    domain: value('DOMAIN', 'the part after the @'),
    suppressedBefore: momentAhead('will be suppressed before'),
    limit: limit('at most'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist recipients --suppressed-before 24h', 'desist recipients --state persistent --provider gmail --json'],
  run: async ({ options: { url, json, limit: most, ...filters } }) => {
    const pages = { path: '/v1/recipients', filters, limit: most, json, headline: HEADLINE, cellsOf, noun: 'recipient' };
    await printPages<Item>(createClient(url), pages);
  },
});

interface Item {
  readonly tenant: string;
  readonly address: string;
  readonly state: string;
  readonly suppressAt: string | null;
  readonly probationUntil: string | null;
  readonly streak: {
    readonly startedAt: string;
    readonly failures: number;
    readonly category: string | null;
    readonly provider: string | null;
  } | null;
  readonly suppressions: readonly { readonly reason: string; readonly expiresAt: string | null }[];
  readonly advice: string | null;
}

const HEADLINE = ['ADDRESS', 'STATE', 'SUPPRESSED AT', 'FAILING SINCE', 'FAILURES', 'CATEGORY', 'PROVIDER', 'ADVICE'];

function cellsOf({ tenant, address, state, suppressAt, probationUntil, streak, suppressions, advice }: Item): readonly string[] {
  const who = tenant === 'default' ? address : `${tenant}/${address}`;
  const since = streak === null ? '' : minute(streak.startedAt);
  const deadline = suppressAt === null ? suppressions.map(({ reason }) => reason).join(', ') : minute(suppressAt);
  const stateOf = probationUntil === null ? state : `${state}, on probation until ${minute(probationUntil)}`;
  return [who, stateOf, deadline, since, String(streak?.failures ?? 0), streak?.category ?? '', streak?.provider ?? '', advice ?? ''];
}
