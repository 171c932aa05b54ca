/** The Kafka Streams application that does a good part of the same job (test/bench/kafka-streams): built with Maven, run over a topic. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Installation } from '../support/load/installation.ts';
import { withAdmin } from '../integration/kafka/raw.ts';
import type { Run, Servers } from './runs.ts';

const run = promisify(execFile);
const SOURCES = fileURLToPath(new URL('./kafka-streams', import.meta.url));

/** Builds it when its sources are others than those of the last build. Answers the class path. */
export async function buildPeer(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of globSync('{pom.xml,src/**/*}', { cwd: SOURCES }).sort()) {
    const path = join(SOURCES, file);
    if (/\.\w+$/.test(file)) hash.update(file).update(readFileSync(path));
  }
  const target = join(homedir(), '.cache', 'desist', `kafka-streams-${hash.digest('hex').slice(0, 12)}`);
  const classPath = join(target, 'classpath');
  if (!existsSync(classPath)) {
    await run('mvn', ['-q', '-B', 'compile', 'dependency:build-classpath', `-Dpeer.target=${target}`, `-Dmdep.outputFile=${classPath}`], {
      cwd: SOURCES,
    });
  }
  return `${join(target, 'classes')}:${await readFile(classPath, 'utf8')}`;
}

export interface PeerOptions {
  readonly classPath: string;
  readonly servers: Servers;
  readonly events: number;
}

/** With `exactly_once_v2` and two threads; from its first record until all its offsets are committed. Leaves nothing behind. */
export async function peerRun({ options }: Installation, { classPath, servers, events }: PeerOptions): Promise<Run> {
  const id = `peer-${randomUUID().slice(0, 8)}`;
  const state = await mkdtemp(join(tmpdir(), 'desist-peer-'));
  try {
    const { stdout } = await run(
      'java',
      [
        ...['-Xms1g', '-Xmx1g', '-XX:+UseParallelGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'],
        ...['-cp', classPath, 'peer.SuppressionTopology'],
        ...['--broker', options.brokers.join(','), '--input', options.topics.deliveryEvents],
        ...['--application-id', id, '--output', id, '--state-dir', state, '--threads', '2'],
        ...['--watch', `broker=${servers.broker}`, '--watch', `postgres=${servers.postgres}`],
      ],
      { env: { ...process.env, MALLOC_ARENA_MAX: '2' } },
    );
    const report = JSON.parse(stdout) as Readonly<Record<string, number>>;
    // What it cannot read it does not have to work on.
    if (report['processed'] !== events || report['deadLetters'] !== 0) throw new Error(`the peer did not read the same topic: ${stdout}`);
    return {
      perSecond: report['eventsPerSecondToLagZero'] ?? Number.NaN,
      cpuMicros: report['cpuSecondsPerMillion'] ?? Number.NaN,
      brokerMicros: report['brokerCpuSecondsPerMillion'] ?? Number.NaN,
      // The postmaster alone: the peer does not use it.
      postgresMicros: report['postgresCpuSecondsPerMillion'] ?? Number.NaN,
      machineMicros: report['machineCpuSecondsPerMillion'] ?? Number.NaN,
      peakMegabytes: report['maxRssMiB'] ?? Number.NaN,
    };
  } finally {
    await rm(state, { recursive: true, force: true });
    await withAdmin(options.brokers, (admin) => admin.deleteTopics({ topics: [id, `${id}-dead-letter`] })).catch(() => undefined);
  }
}
