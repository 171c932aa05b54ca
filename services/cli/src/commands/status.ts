/** `desist status`: lag, clock, dead letters of a running service. */
import type { Client } from '../client.ts';
import { paint, table } from '../terminal.ts';

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
  const rows = status.partitions.map(({ partition, nextOffset, clock, outbox, deadLetters, lag }) => {
    return [partition, nextOffset, lag ?? '?', clock ?? 'not started', outbox, deadLetters].map(String);
  });
  console.log(table(['PARTITION', 'AT', 'BEHIND', 'CLOCK', 'CHANGES WAITING', 'DEAD LETTERS WAITING'], rows));
  for (const { partition, stopped } of status.partitions)
    if (stopped !== null) console.log(paint('red', `partition ${partition} STOPPED: ${stopped}`));
  for (const [state, count] of Object.entries(status.recipients)) console.log(`${state}: ${count} recipients`);
  for (const { scope, reason, count } of status.suppressions) console.log(`suppressed, ${reason} (${scope}): ${count}`);
}
