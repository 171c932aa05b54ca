/**
 * Events per second of the engine as a ratio to a bare kafkajs consumer that only counts: same machine, same topic, same run, each in
 * a process of its own, in turn. `npm run bench -- [--events N] [--recipients N] [--domains N] [--rounds N] [--failures 2,10] [--tracked N] [--profile FOLDER]`.
 *
 * `--peer`: a Kafka Streams application that does a good part of the same job runs between the two. `--processes 1,2`: engines of so many
 * processes; default: one, and one for each core.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startBroker } from '../integration/kafka/broker.ts';
import { until } from '../integration/kafka/support.ts';
import { install, PARTITIONS } from '../support/load/installation.ts';
import { startPostgres } from '../support/servers/postgres.ts';
import { buildPeer, peerRun } from './peer.ts';
import { peakMegabytesOf } from './process-usage.ts';
import { bareConsumer, engineRun } from './runs.ts';
import type { EngineRun, Run } from './runs.ts';
import { fill } from './topic.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    recipients: { type: 'string', default: '1000000' },
    /** Whose recipients are spread over evenly: the more, the longer the tail of providers with next to no mail. */
    domains: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
    /** Shares of events that fail, in per cent. */
    failures: { type: 'string', default: '2,10' },
    processes: { type: 'string', default: [...new Set([1, cpus().length])].join(',') },
    peer: { type: 'boolean', default: false },
    tracked: { type: 'string', default: '1000000' },
    /** CPU profiles of the engine are written here. */
    profile: { type: 'string' },
  },
});
const numbersOf = (list: string): readonly number[] => list.split(',').map(Number);
const EVENTS = Number(values.events);
const RECIPIENTS = Number(values.recipients);
const ROUNDS = Number(values.rounds);
const PROCESSES = numbersOf(values.processes);
const TRACKED = Number(values.tracked);

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const thousands = (n: number): string => Math.round(n).toLocaleString('en');

const classPath = values.peer ? await buildPeer() : undefined;
const [postgres, broker] = await Promise.all([startPostgres({ durable: true }), startBroker()]);
const servers = { broker: broker.pid(), postgres: postgres.pid() };
try {
  console.log(
    `${cpus().length} cores, Node ${process.versions.node}, ${thousands(EVENTS)} events over ${thousands(RECIPIENTS)} recipients, ${ROUNDS} rounds (medians)`,
  );
  for (const percent of numbersOf(values.failures)) await compare(percent);
  if (TRACKED > 0) await memory();
} finally {
  await broker.stop();
  await postgres.stop();
}

/** Who reads the topic. Each has a turn in every round. */
interface Runner {
  readonly name: string;
  readonly run: () => Promise<Run | EngineRun>;
}

async function compare(percent: number): Promise<void> {
  const world = await install(postgres.url, broker.brokers, 'CreateTime');
  const shape = { events: EVENTS, recipients: RECIPIENTS, domains: Number(values.domains), share: percent / 100 };
  await fill(world, shape, (events) => {
    say(`produced ${thousands(events)}`);
  });
  const runners: Runner[] = [{ name: 'bare consumer', run: () => bareConsumer(world, servers, EVENTS) }];
  if (classPath !== undefined) runners.push({ name: 'Kafka Streams', run: () => peerRun(world, { classPath, servers, events: EVENTS }) });
  for (const processes of PROCESSES) {
    const run = (): Promise<EngineRun> => engineRun(world, { servers, events: EVENTS, processes, profile: values.profile });
    runners.push({ name: `engine, ${processes} ${processes === 1 ? 'process' : 'processes'}`, run });
  }
  const runs = new Map<string, (Run | EngineRun)[]>(runners.map(({ name }) => [name, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const { name, run } of runners) {
      const one = await run();
      runs.get(name)?.push(one);
      say(`${percent} %, round ${round}: ${name} ${thousands(one.perSecond)}/s, ${one.cpuMicros.toFixed(1)} µs`);
    }
  }
  await world.close();
  report(percent, runs);
}

function report(percent: number, runs: ReadonlyMap<string, readonly (Run | EngineRun)[]>): void {
  console.log(`\n${percent} % of the events fail; processor time in µs for one event\n`);
  console.log(
    '| | events/s | own µs | broker µs | Postgres µs | whole machine µs | peak memory | commits | published after the last commit |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const [name, all] of runs) {
    const of = (figure: keyof Run): number => median(all.map((run) => run[figure]));
    const engines = all.filter((run) => 'relayMs' in run);
    const relay = engines.length === 0 ? '' : `${Math.round(median(engines.map(({ relayMs }) => relayMs)))} ms`;
    const times = (['cpuMicros', 'brokerMicros', 'postgresMicros', 'machineMicros'] as const).map((figure) => of(figure).toFixed(1));
    console.log(
      `| ${[name, thousands(of('perSecond')), ...times, `${of('peakMegabytes')} MB`, engines.at(-1)?.commit ?? '', relay].join(' | ')} |`,
    );
  }
  const figureOf = (name: string, figure: keyof Run): readonly number[] => runs.get(name)?.map((run) => run[figure]) ?? [];
  const engines = [...runs.keys()].filter((name) => name.startsWith('engine'));
  console.log('\n| figure | median | each round |');
  console.log('|---|---|---|');
  const ratios = (figure: string, of: readonly number[], to: readonly number[]): void => {
    const each = of.map((value, round) => value / (to[round] ?? Number.NaN));
    console.log(`| ${figure} | ${median(each).toFixed(2)} | ${each.map((ratio) => ratio.toFixed(2)).join(', ')} |`);
  };
  for (const name of engines) {
    ratios(`${name}: processor time ÷ bare consumer's`, figureOf(name, 'cpuMicros'), figureOf('bare consumer', 'cpuMicros'));
    ratios(`${name}: events/s ÷ bare consumer's`, figureOf(name, 'perSecond'), figureOf('bare consumer', 'perSecond'));
  }
  if (classPath === undefined) return;
  const best = Array.from({ length: ROUNDS }, (_, round) => Math.max(...engines.map((name) => figureOf(name, 'perSecond')[round] ?? 0)));
  ratios('best engine: events/s ÷ Kafka Streams', best, figureOf('Kafka Streams', 'perSecond'));
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
  console.log(
    `\n${thousands(tracked)} tracked recipients: peak memory of the engine ${peakMegabytesOf(engine.pid)} MB, ready after ${seconds} s`,
  );
  engine.signal('SIGTERM');
  await engine.ended();
  await world.close();
}
