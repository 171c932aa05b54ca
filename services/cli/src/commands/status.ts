/** `desist status`: lag, clock and dead letters of a running service, and the counters that its commits keep. */
import { createClient } from '../client.ts';
import { defineCommand, SERVICE_OPTIONS } from '../command.ts';
import type { Fault, Misdirected, UnknownWord, WebhookInTrouble } from '../faults.ts';
import { faultText, misdirectedText, unknownWordText, webhookText } from '../faults.ts';
import { paint, say, sayJson, table } from '../terminal.ts';

export const command = defineCommand({
  name: 'status',
  section: 'Services and set-up',
  summary:
    'show lag, clock and backlog of the partitions, which are stopped and why; recipients by state and at risk, suppressions, allowances',
  options: SERVICE_OPTIONS,
  examples: ['desist status', "desist status --json | jq '.partitions[] | select(.stopped)'"],
  run: async ({ options: { url, json } }) => {
    const client = createClient(url);
    const status = (await client.get('/v1/status')) as Status;
    const { status: answered, body } = await client.getStatus('/v1/summary');
    // A service of before has no counters.
    const summary = answered === 200 ? (body as Summary) : undefined;
    if (json)
      sayJson(
        summary === undefined ? status : { ...status, atRisk: summary.atRisk, allowances: summary.allowances, last24h: summary.last24h },
      );
    else say(...statusLines(status, summary));
  },
});

export interface Status {
  readonly partitions: readonly {
    readonly partition: number;
    readonly nextOffset: number;
    readonly clock: string | null;
    readonly stopped: string | null;
    readonly outbox: number;
    readonly deadLetters: number;
    readonly lag?: number | null;
    readonly outdated?: number | null;
  }[];
  readonly recipients: Readonly<Record<string, number>>;
  /** Of a service of this version. */
  readonly faults?: readonly Fault[];
  readonly misdirected?: readonly Misdirected[];
  readonly unknownWords?: readonly UnknownWord[];
  /** Those that fail, are paused or have ended. */
  readonly webhooks?: readonly WebhookInTrouble[];
  readonly suppressions: readonly { readonly scope: string; readonly reason: string; readonly count: number }[];
}

/** Of `/v1/summary`: kept with the commits, never counted on request. */
export interface Summary {
  /** Recipients that a deadline suppresses within 24 hours if nothing changes. */
  readonly atRisk: number;
  readonly allowances: number;
  /** Of a service that has probations. */
  readonly probation?: number;
  /** Of a service that measures regret. */
  readonly last24h?: { readonly suppressed: number; readonly regretted?: number };
}

const HEADLINE = ['PARTITION', 'AT', 'BEHIND', 'CLOCK', 'CHANGES WAITING', 'DEAD LETTERS WAITING'];

export function statusLines(
  { partitions, recipients, suppressions, faults = [], misdirected = [], unknownWords = [], webhooks = [] }: Status,
  summary?: Summary,
): readonly string[] {
  const rows = partitions.map((one) => {
    const { partition, nextOffset, clock, outbox, deadLetters } = one;
    return [partition, nextOffset, behind(one), clock ?? 'not started', outbox, deadLetters].map(String);
  });
  const stoppedLines = partitions.flatMap(({ partition, stopped }) =>
    stopped === null ? [] : [paint('red', `partition ${partition} STOPPED: ${stopped}`), `  \`desist doctor\` says how to resume it`],
  );
  const outdated = partitions.reduce((sum, one) => sum + (one.outdated ?? 0), 0);
  return [
    ...table(HEADLINE, rows),
    ...stoppedLines,
    ...faults.map((fault) => paint('yellow', faultText(fault))),
    ...misdirected.map((one) => paint('yellow', misdirectedText(one))),
    ...unknownWords.map((one) => paint('yellow', unknownWordText(one))),
    ...webhooks.map((one) => paint(one.state === 'failing' ? 'yellow' : 'red', webhookText(one))),
    ...(outdated === 0 ? [] : [`the policy was changed: ${outdated} recipients are still folded again`]),
    ...Object.entries(recipients).map(([state, count]) => `${state}: ${count} recipients`),
    ...suppressions.map(({ scope, reason, count }) => `suppressed, ${reason} (${scope}): ${count}`),
    ...(summary === undefined ? [] : counterLines(summary)),
  ];
}

function counterLines({ atRisk, allowances, probation, last24h }: Summary): readonly string[] {
  return [
    `at risk: ${atRisk} recipients are suppressed within 24 hours if nothing changes`,
    ...(probation === undefined ? [] : [`on probation: ${probation} recipients`]),
    `allowances: ${allowances}`,
    ...(last24h?.regretted === undefined
      ? []
      : [
          `last 24 hours: ${last24h.suppressed} suppressed; ${last24h.regretted} suppressed addresses took mail again (\`desist series --measure regret\`)`,
        ]),
  ];
}

/** The lag is known only to the process that reads the partition. A stopped partition is not read. */
function behind({ lag, stopped }: Status['partitions'][number]): string {
  if (stopped !== null) return 'stopped';
  return lag === undefined || lag === null ? 'not read here' : String(lag);
}
