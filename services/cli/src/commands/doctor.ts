/** `desist doctor`: what is wrong and how to fix it; lets a stopped partition go on when an operator says so. */
import { openBackends, policiesOf, readSettings } from '@desist/assembly';
import type { Backends, Settings } from '@desist/assembly';
import { LogError, StoreError } from '@desist/pipeline';
import { createLogger } from '@desist/shell';
import type { Client } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Finding } from './migrate.ts';
import { findings, show } from './migrate.ts';

export interface DoctorOptions {
  readonly json: boolean;
  /** Let this partition go on. */
  readonly resume?: string;
  /** ... and give up the records that retention has eaten. */
  readonly acceptGap: boolean;
}

/** ms that host and database may differ: half of the default grace. */
const SKEW = 30_000;

export async function runDoctor(client: Client, options: DoctorOptions): Promise<number> {
  const settings = readSettings(process.env);
  policiesOf(settings.policy, process.env['DESIST_POLICY']);
  if (options.resume !== undefined) return withBackends(settings, (backends) => resume(backends, options));
  if (options.acceptGap) throw new CommandError(EXIT.usage, '--accept-gap: say which partition, with --resume N');
  const found: Finding[] = [...(await examineService(client))];
  const embedded = settings.databaseUrl === null;
  // The embedded database belongs to the service that runs: it was asked already.
  const running = !found.some(({ what }) => what.startsWith('no service'));
  if (!embedded || !running) found.push(...(await examineBackends(settings)));
  return show(found, options.json);
}

async function examineService(client: Client): Promise<readonly Finding[]> {
  try {
    const { status, body } = await client.ask('/readyz');
    if (status === 200) return [];
    const problems = (body as { problems?: readonly string[]; detail?: string } | null)?.problems ?? [];
    return [
      { severity: 'error', what: `the service is not ready: ${problems.join('; ') || `status ${status}`}`, fix: 'see its log lines' },
    ];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ severity: 'warning', what: error.message, fix: 'start the service, or give its address with --url' }];
  }
}

async function examineBackends(settings: Settings): Promise<readonly Finding[]> {
  try {
    return await withBackends(settings, async (backends) => {
      const found = [...(await findings(backends))];
      if (found.some(({ severity }) => severity === 'error')) return found;
      for (const { partition, stopped, attempts, outbox, deadLetters } of (await backends.reader.status()).partitions) {
        const again = `\`desist doctor --resume ${partition}\``;
        if (stopped !== null) {
          const gap = stopped.includes('retention');
          const fix = gap
            ? `restore the records, or accept the loss: ${again.slice(0, -1)} --accept-gap\``
            : `mend the cause, then ${again}`;
          found.push({ severity: 'error', what: `partition ${partition} stands still: ${stopped}`, fix });
        }
        if (attempts > 2) {
          found.push({
            severity: 'warning',
            what: `partition ${partition}: something kills the process (begun ${attempts} times, and never ended)`,
            fix: 'see the log lines',
          });
        }
        if (outbox + deadLetters > 10_000) {
          const what = `partition ${partition}: ${outbox} changes and ${deadLetters} dead letters wait to be published`;
          found.push({ severity: 'warning', what, fix: 'is the log reachable, and are its topics writable?' });
        }
      }
      const skew = Date.now() - (await backends.store.now());
      if (Math.abs(skew) > SKEW) {
        const what = `this host's clock and the database's differ by ${Math.round(skew / 1_000)} s: deadlines wait`;
        found.push({ severity: 'error', what, fix: 'synchronise both with NTP' });
      }
      return found;
    });
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof LogError)) throw error;
    return [{ severity: 'error', what: error.message, fix: 'is it running, and are DATABASE_URL and KAFKA_BROKERS right?' }];
  }
}

async function resume({ store, log }: Backends, { resume: text, acceptGap, json }: DoctorOptions): Promise<number> {
  const partition = Number(text);
  if (!Number.isInteger(partition) || partition < 0) throw new CommandError(EXIT.usage, `--resume: ${String(text)} is no partition number`);
  const { low, high } = await log.bounds(partition);
  const resumed = await store.resume(partition, { toleratedBelow: high, ...(acceptGap ? { skipTo: low } : {}) });
  if (resumed === null) throw new CommandError(EXIT.usage, `partition ${partition} was never read: nothing holds it back`);
  const { was, from, nextOffset } = resumed;
  if (json) console.log(JSON.stringify(resumed));
  else {
    console.log(
      was === null ? `partition ${partition} did not stand still` : `partition ${partition} goes on; it stood still because: ${was}`,
    );
    if (nextOffset !== from) console.log(`  records ${from} to ${nextOffset - 1} are given up`);
  }
  return EXIT.done;
}

async function withBackends<T>(settings: Settings, work: (backends: Backends) => Promise<T>): Promise<T> {
  const logger = createLogger({ service: 'doctor', level: 'silent', stream: 2 });
  const backends = await openBackends({ settings, logger, name: 'desist-doctor', owner: 'doctor', connections: 2 });
  try {
    return await work(backends);
  } finally {
    await backends.close();
  }
}
