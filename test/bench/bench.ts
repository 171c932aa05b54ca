/**
 * Events per second of the engine as a ratio to a bare kafkajs consumer that only counts: same machine, same topic, same run, each in
 * a process of its own, in turn. `npm run bench -- [--events N] [--recipients N] [--domains N] [--rounds N] [--failures 2,10] [--tracked N] [--profile FOLDER]`.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeEvent } from '@desist/formats/event';
import { partitionOf } from '@desist/pipeline';
import type { DeliveryEvent } from '@desist/domain';
import { asTenant, asAddress } from '@desist/domain';
import { startBroker } from '../integration/kafka/broker.ts';
import { withProducer } from '../integration/kafka/raw.ts';
import { until } from '../integration/kafka/support.ts';
import type { EngineProcess } from '../support/load/engine-process.ts';
import { startEngine } from '../support/load/engine-process.ts';
import { randomOf } from '../support/load/events.ts';
import type { Installation } from '../support/load/installation.ts';
import { install, PARTITIONS } from '../support/load/installation.ts';
import { childEndsWithUs } from '../support/servers/ends-with-us.ts';
import { startPostgres } from '../support/servers/postgres.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    recipients: { type: 'string', default: '1000000' },
    /** Whose recipients are spread over evenly: the more, the longer the tail of providers with next to no mail. */
    domains: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
    /** Shares of events that fail, in per cent. */
    failures: { type: 'string', default: '2,10' },
    tracked: { type: 'string', default: '1000000' },
    /** CPU profiles of the engine are written here. */
    profile: { type: 'string' },
  },
});
const EVENTS = Number(values.events);
const RECIPIENTS = Number(values.recipients);
const DOMAINS = Number(values.domains);
const ROUNDS = Number(values.rounds);
const SHARES = values.failures.split(',').map((percent) => Number(percent) / 100);
const TRACKED = Number(values.tracked);
const HOUR = 3_600_000;
const REPLIES = [
  '452 4.2.2 The email account that you tried to reach is over quota',
  '421 4.7.28 Our system has detected an unusual rate of unsolicited mail',
  '451 4.7.1 Greylisted, please try again in 300 seconds',
  '550 5.1.1 <user@example.com>: Recipient address rejected: User unknown',
  '451 4.3.0 Temporary system problem. Try again later',
] as const;

interface Bare {
  readonly perSecond: number;
  /** Processor time of the process for one event. */
  readonly cpuMicros: number;
}

interface Run extends Bare {
  readonly processes: number;
  readonly peakMegabytes: number;
  readonly commit: string;
  readonly relayMs: number;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const thousands = (n: number): string => Math.round(n).toLocaleString('en');

const [postgres, broker] = await Promise.all([startPostgres({ durable: true }), startBroker()]);
try {
  console.log(
    `${cpus().length} cores, Node ${process.versions.node}, ${thousands(EVENTS)} events over ${thousands(RECIPIENTS)} recipients, ${ROUNDS} rounds\n`,
  );
  console.log(
    '| failures | engine processes | bare consumer, events/s | engine, events/s | ratio (each round) | bare, CPU µs an event | engine, CPU µs an event | peak memory | commits | list published after the last commit |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const share of SHARES) await compare(share);
  if (TRACKED > 0) await memory();
} finally {
  await broker.stop();
  await postgres.stop();
}

async function compare(share: number): Promise<void> {
  const world = await install(postgres.url, broker.brokers, 'CreateTime');
  await fill(world, share);
  const counts = [...new Set([1, cpus().length])];
  const bare: Bare[] = [];
  const engines: Run[][] = counts.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await bareConsumer(world));
    for (const [index, processes] of counts.entries()) engines[index]?.push(await engineRun(world, processes));
    const speeds = engines.map((runs) => thousands(runs[round]?.perSecond ?? Number.NaN));
    say(`${share * 100} %, round ${round + 1}: bare ${thousands(bare[round]?.perSecond ?? Number.NaN)}/s, engine ${speeds.join('/s, ')}/s`);
  }
  const middle = (runs: readonly Bare[], of: (run: Bare) => number): number => median(runs.map(of));
  const cpu = (runs: readonly Bare[]): string => middle(runs, ({ cpuMicros }) => cpuMicros).toFixed(1);
  for (const runs of engines) {
    const ratios = runs.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN));
    const last = runs.at(-1) as Run;
    console.log(
      `| ${share * 100} % | ${last.processes} | ${thousands(middle(bare, ({ perSecond }) => perSecond))} | ${thousands(middle(runs, ({ perSecond }) => perSecond))} | ` +
        `${median(ratios).toFixed(2)} (${ratios.map((r) => r.toFixed(2)).join(', ')}) | ${cpu(bare)} | ${cpu(runs)} | ` +
        `${Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes))} MB | ${last.commit} | ${Math.round(median(runs.map(({ relayMs }) => relayMs)))} ms |`,
    );
  }
  await world.close();
}

/** Ten days of mail up to an hour ago, in order of time. */
async function fill({ options }: Installation, share: number): Promise<void> {
  const random = randomOf(1);
  const end = Date.now() - HOUR;
  const step = (240 * HOUR) / EVENTS;
  await withProducer(options.brokers, async (producer) => {
    let messages: { key: string; value: string; timestamp: string; partition: number }[] = [];
    for (let n = 0; n < EVENTS; n += 1) {
      const at = Math.floor(end - 240 * HOUR + n * step);
      const { key, value } = encodeEvent(eventOf(n, at, random() < share, Math.floor(random() * RECIPIENTS)));
      messages.push({ key, value, timestamp: String(at), partition: partitionOf(Buffer.from(key), PARTITIONS) });
      if (messages.length < 5_000 && n < EVENTS - 1) continue;
      await producer.send({ topic: options.topics.deliveryEvents, messages });
      messages = [];
      if (n % 250_000 < 5_000) say(`produced ${thousands(n)}`);
    }
  });
}

function eventOf(n: number, occurredAt: number, fails: boolean, who: number): DeliveryEvent {
  const common = {
    id: `e-${n}`,
    tenant: asTenant('acme'),
    stream: 'transactional',
    recipient: asAddress(`user${who}@example${who % DOMAINS}.com`),
    messageId: `m-${n}`,
    occurredAt,
    attempt: 1,
    remoteHost: `mx${who % 9}.example${who % DOMAINS}.com`,
    source: 'bench',
  };
  if (!fails) return { ...common, type: 'delivered', smtp: { code: 250, enhanced: '2.0.0', text: '250 2.0.0 OK' }, phase: 'end_of_data' };
  const text = REPLIES[who % REPLIES.length] ?? REPLIES[0];
  return { ...common, type: text.startsWith('5') ? 'bounced' : 'deferred', smtp: { code: Number(text.slice(0, 3)), text }, phase: 'rcpt' };
}

async function bareConsumer({ options }: Installation): Promise<Bare> {
  const main = fileURLToPath(new URL('./bare-consumer.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', main, options.brokers.join(','), options.topics.deliveryEvents, String(EVENTS)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  childEndsWithUs(child);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  const { records, ms, cpuMs } = JSON.parse(out) as { records: number; ms: number; cpuMs: number };
  return { perSecond: (records / ms) * 1_000, cpuMicros: (cpuMs * 1_000) / records };
}

/** A database of its own each time; from the first claim until everything is committed. */
async function engineRun(world: Installation, processes: number): Promise<Run> {
  await world.db.script(
    'truncate desist.checkpoint, desist.outbox, desist.dead_letter, desist.clock_move; truncate desist.recipient cascade',
  );
  const options = { ...world.options, groupId: `bench-${Date.now()}` };
  const profiled = values.profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.profile}` };
  const more = { DESIST_HTTP: '127.0.0.1:0', ...profiled };
  const engine = startEngine({ databaseUrl: world.databaseUrl, options, more, args: ['--processes', String(processes)] });
  const { listening } = (await engine.next('serving HTTP')) as { listening: string };
  // The first of several has all partitions until the others come: the clock runs from there.
  await engine.next('partition claimed');
  const began = performance.now();
  const cpuBefore = cpuMsOf(engine);
  const count = async (text: string): Promise<number> => Number((await world.db.query(text))[0]?.['n']);
  await until(
    async () => (await count('select coalesce(sum(next_offset), 0) as n from desist.checkpoint')) >= EVENTS,
    'everything is folded',
    900_000,
  );
  const folded = performance.now();
  const cpuMicros = ((cpuMsOf(engine) - cpuBefore) * 1_000) / EVENTS;
  await until(async () => (await count('select count(*) as n from desist.outbox')) === 0, 'everything is published', 900_000);
  const published = performance.now();
  const metrics = await (await fetch(`${listening}/metrics`)).text();
  const peakMegabytes = peakOf(engine);
  engine.signal('SIGTERM');
  await engine.ended();
  return {
    processes,
    perSecond: (EVENTS / (folded - began)) * 1_000,
    cpuMicros,
    peakMegabytes,
    commit: commitsOf(metrics),
    relayMs: published - folded,
  };
}

/** The process and those that it has started (proc(5)). */
function family(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [
    pid,
    ...children
      .split(' ')
      .filter((text) => text !== '')
      .flatMap((text) => family(Number(text))),
  ];
}

/** Peak resident set, all processes together, from the kernel. */
function peakOf({ pid }: EngineProcess): number {
  const peak = (one: number): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? Number.NaN);
  return Math.round(family(pid).reduce((sum, one) => sum + peak(one), 0) / 1024);
}

/** Processor time so far, user and system, from the kernel: fields 14 and 15 of /proc/pid/stat, in hundredths of a second (proc(5)). */
function cpuMsOf({ pid }: EngineProcess): number {
  return family(pid).reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(' ');
    return sum + (Number(fields[13]) + Number(fields[14])) * 10;
  }, 0);
}

/** The histogram's bucket that 99 of 100 commits fall below. */
function commitsOf(metrics: string): string {
  const buckets = [...metrics.matchAll(/^desist_commit_seconds_bucket\{le="([^"]+)"\} (\d+)/gm)].map(([, le, count]) => ({
    le: le ?? '',
    count: Number(count),
  }));
  const all = buckets.at(-1)?.count ?? 0;
  const p99 = buckets.find(({ count }) => count >= all * 0.99)?.le ?? '?';
  return `${all}, p99 below ${p99} s`;
}

/** An engine that starts with many tracked recipients. */
async function memory(): Promise<void> {
  const world = await install(postgres.url, broker.brokers, 'CreateTime');
  say(`storing ${thousands(TRACKED)} tracked recipients`);
  await world.db.query(
    `insert into desist.recipient (tenant, address, partition, version, tracked, state, due, policy, failures, messages, evidence, updated_at)
     select 'acme', 'recipient-number-' || n || '@example' || n % 500 || '.com', n % ${PARTITIONS}, 1, true, 'suppressed', 4102444800000, $1, 0, 0, '{}', 0
     from generate_series(1, ${TRACKED}) as n`,
    [(await import('@desist/contracts')).defaultPolicies().version],
  );
  const began = performance.now();
  const engine = world.engine({});
  await until(() => engine.said('partition claimed').length === PARTITIONS, 'all partitions are claimed', 300_000);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const tracked = engine.said('partition claimed').reduce((sum, line) => sum + Number(line['tracked']), 0);
  console.log(`\n${thousands(tracked)} tracked recipients: peak memory of the engine ${peakOf(engine)} MB, ready after ${seconds} s`);
  engine.signal('SIGTERM');
  await engine.ended();
  await world.close();
}
