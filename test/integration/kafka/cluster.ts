/**
 * Three real Kafka brokers (KRaft, each a controller, too). Clients reach each broker by way of a switch, whose port is advertised, so they can
 * be cut from one; the brokers reach each other without it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../../support/free-port.ts';
import { startSwitch } from '../../support/load/switch.ts';
import type { Switch } from '../../support/load/switch.ts';
import { endsWithUs } from '../../support/servers/ends-with-us.ts';
import { removeAtOnce } from '../../support/servers/postgres.ts';
import { classPath, listening, serving } from './broker.ts';
import { withAdmin } from './raw.ts';
import { until } from './support.ts';

const run = promisify(execFile);
const IDS = [1, 2, 3] as const;

export interface ClusterBroker {
  readonly id: number;
  /** Between clients and this broker. */
  readonly door: Switch;
  /** Starts it again, with the data that it has. */
  start(): Promise<void>;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface Cluster {
  /** Doors of all brokers. */
  readonly brokers: readonly string[];
  readonly members: readonly ClusterBroker[];
  /** Waits until every partition of every topic has all its replicas in sync. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

interface Ports {
  readonly client: number;
  readonly internal: number;
  readonly controller: number;
}

/** Topics have three replicas, and a write is acknowledged when two have it. A broker that is silent for 3 s is out of the cluster. */
export async function startCluster(): Promise<Cluster> {
  const jars = await classPath();
  const folder = await mkdtemp(join(tmpdir(), 'desist-cluster-'));
  const id = `A${randomBytes(16).toString('base64url').slice(1)}`;
  const free = await freePorts(3 * IDS.length);
  const ports = IDS.map((_, index): Ports => {
    const [client, internal, controller] = free.slice(3 * index) as [number, number, number];
    return { client, internal, controller };
  });
  const voters = ports.map(({ controller }, index) => `${String(IDS[index])}@127.0.0.1:${String(controller)}`).join(',');
  const children = new Set<ChildProcess>();
  const ended = endsWithUs(() => {
    for (const child of children) child.kill('SIGKILL');
    removeAtOnce(folder);
  });
  const members = await Promise.all(
    ports.map(async (own, index) => {
      const door = await startSwitch(own.client);
      const node = IDS[index] as number;
      const properties = join(folder, `${String(node)}.properties`);
      await writeFile(properties, configuration({ node, own, door: door.port, voters, data: join(folder, String(node)) }));
      await run('java', ['-cp', jars, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties]);
      return member({ node, door, port: own.client, arguments: ['-cp', jars, 'kafka.Kafka', properties], children });
    }),
  );
  const brokers = members.map(({ door }) => `127.0.0.1:${String(door.port)}`);
  await Promise.all(members.map((one) => one.start()));
  await serving(brokers[0] as string);

  async function whole(): Promise<void> {
    await until(() => inSync(brokers).catch(() => false), 'all replicas are in sync', 120_000);
  }
  await whole();
  return {
    brokers,
    members,
    whole,
    async stop() {
      await Promise.all(members.map((one) => one.kill()));
      await Promise.all(members.map(({ door }) => door.close()));
      await rm(folder, { recursive: true, force: true });
      ended();
    },
  };
}

async function inSync(brokers: readonly string[]): Promise<boolean> {
  return withAdmin(brokers, async (admin) => {
    const { brokers: alive } = await admin.describeCluster();
    const { topics } = await admin.fetchTopicMetadata();
    const partitions = topics.flatMap((topic) => topic.partitions);
    return alive.length === IDS.length && partitions.every(({ isr, replicas, leader }) => leader >= 0 && isr.length === replicas.length);
  });
}

interface Member {
  readonly node: number;
  readonly door: Switch;
  readonly port: number;
  readonly arguments: readonly string[];
  readonly children: Set<ChildProcess>;
}

function member({ node, door, port, arguments: args, children }: Member): ClusterBroker {
  let child: ChildProcess | null = null;
  return {
    id: node,
    door,
    async start() {
      const started = spawn('java', ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', ...args], { stdio: 'ignore' });
      child = started;
      children.add(started);
      started.once('exit', () => children.delete(started));
      await listening(port);
    },
    async kill() {
      const running = child;
      child = null;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}

interface Configuration {
  readonly node: number;
  readonly own: Ports;
  readonly door: number;
  readonly voters: string;
  readonly data: string;
}

function configuration({ node, own, door, voters, data }: Configuration): string {
  const inside = `INTERNAL://127.0.0.1:${String(own.internal)}`;
  return `
process.roles=broker,controller
node.id=${String(node)}
controller.quorum.voters=${voters}
listeners=CLIENT://127.0.0.1:${String(own.client)},${inside},CONTROLLER://127.0.0.1:${String(own.controller)}
advertised.listeners=CLIENT://127.0.0.1:${String(door)},${inside}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT
inter.broker.listener.name=INTERNAL
log.dirs=${data}
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=2
`;
}
