/** `desist top`: where mail is deferred now, as it changes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.ts';
import { createClient, queryOf } from '../client.ts';
import { choice, defineCommand, flag, limit, SERVICE_OPTIONS, value } from '../command.ts';
import { minute } from '../print-page.ts';
import { paint, percent, say, sayJson, table } from '../terminal.ts';

/** ms: roll-ups are some seconds behind at most. */
const EVERY = 5_000;
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

export const command = defineCommand({
  name: 'top',
  section: 'Services and set-up',
  summary: 'show where mail is deferred now, compared with what is usual, why, how long it waits, and open incidents; live on a terminal',
  options: {
    by: choice(['provider', 'domain', 'pool'], 'whose mail is put together'),
    tenant: value('TENANT', 'only mail of this tenant; default all'),
    limit: limit('at most; default 20'),
    once: flag('print it once; so it does without a terminal, and with --json'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist top', 'desist top --by pool --tenant acme', "desist top --once --json | jq -c 'select(.openIncidents != [])'"],
  run: async ({ options: { by, tenant, limit: most, once, url, json } }) => {
    const client = createClient(url);
    const path = `/v1/top${queryOf({ by, tenant, limit: most === undefined ? undefined : String(Math.min(most, 50)) })}`;
    if (once || json || !process.stdout.isTTY) {
      const top = await topOf(client, path);
      if (json) for (const item of top.items) sayJson({ by, from: top.from, to: top.to, ...item });
      else say(...topLines(top));
      return;
    }
    for (;;) {
      const lines = topLines(await topOf(client, path));
      process.stdout.write(CLEAR);
      say(...lines, '', paint('dim', 'every 5 s; Ctrl-C ends it'));
      await sleep(EVERY);
    }
  },
});

interface Top {
  readonly by: string;
  readonly from: string;
  readonly to: string;
  readonly items: readonly {
    readonly name: string | null;
    readonly tries: number;
    readonly delivered: number;
    readonly deferred: number;
    readonly bounced: number;
    readonly deferralShare: number | null;
    readonly usualShare: number | null;
    readonly reason: { readonly category: string; readonly count: number } | null;
    /** Seconds. */
    readonly medianWait: number | null;
    readonly openIncidents: readonly string[];
  }[];
}

const topOf = async (client: Client, path: string): Promise<Top> => (await client.get(path)) as Top;

function topLines({ by, from, to, items }: Top): readonly string[] {
  const rows = items.map((one) => [
    one.name ?? '(none)',
    String(one.tries),
    String(one.deferred),
    one.deferralShare === null ? '' : percent(one.deferralShare),
    one.usualShare === null ? '' : percent(one.usualShare),
    one.reason === null ? '' : `${one.reason.category} (${one.reason.count})`,
    one.medianWait === null ? '' : wait(one.medianWait),
    one.openIncidents.join(' '),
  ]);
  const head = `by ${by}, ${minute(from)} to ${minute(to)}`;
  if (rows.length === 0) return [head, 'nothing was tried'];
  return [head, ...table([by.toUpperCase(), 'TRIES', 'DEFERRED', 'SHARE', 'USUAL', 'TOP REASON', 'MEDIAN WAIT', 'INCIDENTS'], rows)];
}

function wait(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`;
}
