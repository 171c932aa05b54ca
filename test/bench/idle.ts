/**
 * What an idle installation costs: `npm run bench:idle [-- --seconds 60] [--log kafka|journal]`. Starts `desist start` with 12 partitions on a
 * Postgres (and a Kafka) of its own, and asks for nothing but a scrape of the metrics every 15 s. Prints transactions a second as Postgres
 * counts them, and the processor time of the process.
 */
import { readFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openServer } from '@desist/store-postgres';
import { desist } from '../e2e/desist.ts';
import { startBroker } from '../integration/kafka/broker.ts';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';

const { values: flags } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, log: { type: 'string', default: 'kafka' } },
});
const SECONDS = Number(flags.seconds);
const PARTITIONS = 12;
/** Ticks of /proc, a second. */
const TICKS = 100;
const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

const server = await startPostgres();
const broker = flags.log === 'kafka' ? await startBroker() : undefined;
const { url } = await createDatabase(server.url);
const env = {
  DATABASE_URL: url,
  DESIST_PARTITIONS: String(PARTITIONS),
  ...(broker === undefined ? {} : { KAFKA_BROKERS: broker.brokers.join(',') }),
};
const migrated = await desist(['migrate'], env);
if (migrated.code !== 0) throw new Error(migrated.err);

// Compiled, as it is run: `npm run build` first.
const main = fileURLToPath(new URL('../../services/standalone/dist/main.js', import.meta.url));
const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, '--http', '127.0.0.1:0'], {
  env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
});
let said = '';
child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
const address = /Desist is running at (http:\S+)/;
while (!address.test(said)) {
  if (child.exitCode !== null) throw new Error(said);
  await pause(0.1);
}
const service = address.exec(said)?.[1] ?? '';

/** Seconds of processor time so far. */
async function used(): Promise<number> {
  const fields = (await readFile(`/proc/${String(child.pid)}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
const db = openServer({ url: server.url, applicationName: 'bench', onIdleError: () => undefined });
const name = new URL(url).pathname.slice(1);
async function transactions(): Promise<number> {
  // Other sessions tell their numbers with a delay, of a second at most.
  await pause(1.5);
  const [row] = await db.query('select xact_commit + xact_rollback as count from pg_stat_database where datname = $1', [name]);
  return Number(row?.['count']);
}

const scrape = setInterval(() => void fetch(`${service}/metrics`).catch(() => undefined), 15_000);
await pause(30);
const before = { cpu: await used(), transactions: await transactions(), at: performance.now() };
await pause(SECONDS);
const cpu = (await used()) - before.cpu;
const count = (await transactions()) - before.transactions;
const seconds = (performance.now() - before.at) / 1_000;
clearInterval(scrape);
console.log(
  `${PARTITIONS} idle partitions on ${flags.log}, ${seconds.toFixed(0)} s: ${(count / seconds).toFixed(1)} transactions a second, ` +
    `${((100 * cpu) / seconds).toFixed(2)} % of a core`,
);
child.kill('SIGTERM');
await new Promise((resolve) => child.once('close', resolve));
await db.close();
await broker?.stop();
await server.stop();
