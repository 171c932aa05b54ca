/** `desist status`: lag, clock, dead letters of a running service. */
import type { Client } from '../client.ts';

interface Status {
  readonly partitions: readonly {
    readonly partition: number;
    readonly nextOffset: number;
    readonly clock: string | null;
    readonly stopped: string | null;
    readonly outbox: number;
    readonly deadLetters: number;
    readonly lag?: number | null;
  }[];
  readonly recipients: Readonly<Record<string, number>>;
  readonly suppressions: readonly { readonly scope: string; readonly reason: string; readonly count: number }[];
}

export async function runStatus(client: Client, options: { readonly json: boolean }): Promise<void> {
  const status = (await client.get('/v1/status')) as Status;
  if (options.json) {
    console.log(JSON.stringify(status));
    return;
  }
  for (const { partition, nextOffset, clock, stopped, outbox, deadLetters, lag } of status.partitions) {
    const waiting = `${outbox} changes and ${deadLetters} dead letters to be published`;
    console.log(`partition ${partition}: at ${nextOffset}, ${lag ?? '?'} behind, clock ${clock ?? 'not started'}, ${waiting}`);
    if (stopped !== null) console.log(`  STOPPED: ${stopped}`);
  }
  for (const [state, count] of Object.entries(status.recipients)) console.log(`${state}: ${count} recipients`);
  for (const { scope, reason, count } of status.suppressions) console.log(`suppressed, ${reason} (${scope}): ${count}`);
}
