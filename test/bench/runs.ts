/** One run each of the bare consumer and the engine over a whole topic. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../integration/kafka/support.ts';
import { startEngine } from '../support/load/engine-process.ts';
import type { Installation } from '../support/load/installation.ts';
import { childEndsWithUs } from '../support/servers/ends-with-us.ts';
import { cpuMsOf, machineCpuMs, peakMegabytesOf } from './process-usage.ts';

/** Processes that a run uses beside its own. */
export interface Servers {
  readonly broker: number;
  readonly postgres: number;
}

export interface Run {
  readonly perSecond: number;
  /** Processor time for one event, while the topic was read: of the process, or processes ... */
  readonly cpuMicros: number;
  /** ... of the servers ... */
  readonly brokerMicros: number;
  readonly postgresMicros: number;
  /** ... and of the whole machine, whatever else it did. */
  readonly machineMicros: number;
  readonly peakMegabytes: number;
}

export interface EngineRun extends Run {
  readonly processes: number;
  readonly commit: string;
  /** From the last commit until everything was published. */
  readonly relayMs: number;
}

export async function bareConsumer({ options }: Installation, servers: Servers, events: number): Promise<Run> {
  const main = fileURLToPath(new URL('./bare-consumer.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=TimeoutNegativeWarning', main, options.brokers.join(','), options.topics.deliveryEvents, String(events)],
      ...[String(servers.broker), String(servers.postgres)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  childEndsWithUs(child);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(out) as Run;
}

/** Processor time of servers and machine for one event, from here to the call of what is returned. */
export function serverUsage({ broker, postgres }: Servers): (events: number) => Omit<Run, 'perSecond' | 'cpuMicros' | 'peakMegabytes'> {
  const now = (): readonly number[] => [cpuMsOf(broker), cpuMsOf(postgres), machineCpuMs()];
  const before = now();
  return (events) => {
    const [brokerMicros = 0, postgresMicros = 0, machineMicros = 0] = now().map((ms, i) => ((ms - (before[i] ?? 0)) * 1_000) / events);
    return { brokerMicros, postgresMicros, machineMicros };
  };
}

export interface EngineRunOptions {
  readonly servers: Servers;
  readonly events: number;
  readonly processes: number;
  /** A folder for CPU profiles. */
  readonly profile?: string | undefined;
}

/** On an empty database; from the first claim until everything is committed. */
export async function engineRun(world: Installation, { servers, events, processes, profile }: EngineRunOptions): Promise<EngineRun> {
  await world.db.script(
    `truncate desist.checkpoint, desist.outbox, desist.dead_letter, desist.clock_move,
       desist.recipient, desist.suppression, desist.allowance, desist.recipient_event`,
  );
  const options = { ...world.options, groupId: `bench-${Date.now()}` };
  const profiled = profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` };
  const more = { DESIST_HTTP: '127.0.0.1:0', ...profiled };
  const engine = startEngine({ databaseUrl: world.databaseUrl, options, more, args: ['--processes', String(processes)] });
  const { listening } = (await engine.next('serving HTTP')) as { listening: string };
  // The first of several has all partitions until the others come: the clock runs from there.
  await engine.next('partition claimed');
  const began = performance.now();
  const cpuBefore = cpuMsOf(engine.pid);
  const usedByServers = serverUsage(servers);
  const count = async (text: string): Promise<number> => Number((await world.db.query(text))[0]?.['n']);
  await until(
    async () => (await count('select coalesce(sum(next_offset), 0) as n from desist.checkpoint')) >= events,
    'everything is folded',
    900_000,
  );
  const folded = performance.now();
  const cpuMicros = ((cpuMsOf(engine.pid) - cpuBefore) * 1_000) / events;
  const used = usedByServers(events);
  await until(async () => (await count('select count(*) as n from desist.outbox')) === 0, 'everything is published', 900_000);
  const published = performance.now();
  const metrics = await (await fetch(`${listening}/metrics`)).text();
  const peakMegabytes = peakMegabytesOf(engine.pid);
  engine.signal('SIGTERM');
  await engine.ended();
  return {
    processes,
    perSecond: (events / (folded - began)) * 1_000,
    cpuMicros,
    ...used,
    peakMegabytes,
    commit: commitsOf(metrics),
    relayMs: published - folded,
  };
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
