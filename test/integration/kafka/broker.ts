/** One real Kafka broker (KRaft) in a temporary folder, from jars that Maven has put into the user's cache. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import kafkajs from 'kafkajs';
import { rawClient } from './raw.ts';
import { freePort, freePorts } from '../../support/free-port.ts';
import { endsWithUs } from '../../support/servers/ends-with-us.ts';
import { removeAtOnce } from '../../support/servers/postgres.ts';

const run = promisify(execFile);
const VERSION = '4.3.1';

/** A second door of the broker, with TLS and a password (SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512). */
export interface SecureDoor {
  readonly brokers: readonly string[];
  /** The certificate of the broker, PEM. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

export interface Broker {
  readonly brokers: readonly string[];
  /** Only when asked for. */
  readonly secure: SecureDoor | null;
  /** Of its process while it runs; -1 otherwise. */
  pid(): number;
  start(): Promise<void>;
  /** SIGTERM, or SIGKILL when `hard`. */
  halt(hard?: boolean): Promise<void>;
  /** Runs a Java tool of Kafka with this input. */
  tool(main: string, args: readonly string[], input?: string): Promise<string>;
  /** Ends the broker and removes its folder. */
  stop(): Promise<void>;
}

/** A Java that lives for a minute or less loses more by thorough compilation than it gains. */
const BRIEF = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'] as const;

export interface BrokerOptions {
  /** With a second door. */
  readonly secure?: boolean;
  /** Where its folder is made. */
  readonly parent?: string;
}

/** Starts a broker on free ports of 127.0.0.1 and waits until it serves. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const jars = await classPath();
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'desist-kafka-'));
  const [port, controller] = (await freePorts(2)) as [number, number];
  const properties = join(folder, 'server.properties');
  const door = options.secure === true ? await secureDoor(folder) : null;
  await writeFile(properties, configuration(port, controller, join(folder, 'data'), door));
  const id = `A${randomBytes(16).toString('base64url').slice(1)}`;
  const users = door === null ? [] : ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((name) => ['--add-scram', scramUser(name, door)]);
  await run('java', [...BRIEF, '-cp', jars, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties, ...users]);
  let child: ChildProcess | null = null;
  const ended = endsWithUs(() => {
    child?.kill('SIGKILL');
    removeAtOnce(folder);
  });

  async function start(): Promise<void> {
    child = spawn('java', ['-Xms256m', '-Xmx512m', ...BRIEF, '-cp', jars, 'kafka.Kafka', properties], { stdio: 'ignore' });
    await listening(port);
    await serving(`127.0.0.1:${String(port)}`);
  }

  async function halt(hard = false): Promise<void> {
    const running = child;
    if (running === null || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(hard ? 'SIGKILL' : 'SIGTERM');
    await gone;
    child = null;
  }

  async function tool(main: string, args: readonly string[], input = ''): Promise<string> {
    const working = run('java', [...BRIEF, '-cp', jars, main, ...args], { maxBuffer: 64 * 1024 * 1024 });
    working.child.stdin?.end(input);
    return (await working).stdout;
  }

  async function stop(): Promise<void> {
    await halt(true);
    await rm(folder, { recursive: true, force: true });
    ended();
  }

  await start();
  return { brokers: [`127.0.0.1:${String(port)}`], secure: door, pid: () => child?.pid ?? -1, start, halt, tool, stop };
}

/** The jars of Kafka; the first time Maven brings them. */
export async function classPath(): Promise<string> {
  const folder = join(homedir(), '.cache', 'desist', `kafka-${VERSION}`);
  if (!existsSync(join(folder, `kafka_2.13-${VERSION}.jar`))) {
    const project = await mkdtemp(join(tmpdir(), 'desist-maven-'));
    await mkdir(folder, { recursive: true });
    const dependency = (name: string): string =>
      `<dependency><groupId>org.apache.kafka</groupId><artifactId>${name}</artifactId><version>${VERSION}</version></dependency>`;
    await writeFile(
      join(project, 'pom.xml'),
      `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>desist</groupId>
      <artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
      <dependencies>${dependency('kafka_2.13')}${dependency('kafka-tools')}</dependencies></project>`,
    );
    await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`], { cwd: project });
    await rm(project, { recursive: true, force: true });
  }
  return join(folder, '*');
}

/** A key of its own, made by the Java that runs the broker. */
async function secureDoor(folder: string): Promise<SecureDoor> {
  const store = ['-keystore', join(folder, 'keys.p12'), '-storepass', STORE_PASSWORD, '-alias', 'broker'];
  const names = ['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1,dns:localhost'];
  await run('keytool', ['-genkeypair', '-keyalg', 'EC', '-validity', '2', '-storetype', 'PKCS12', ...names, ...store]);
  const { stdout: ca } = await run('keytool', ['-exportcert', '-rfc', ...store]);
  const password = randomBytes(12).toString('base64url');
  return { brokers: [`127.0.0.1:${String(await freePort())}`], ca, username: 'desist', password };
}

const STORE_PASSWORD = 'changeit';

function scramUser(mechanism: string, { username, password }: SecureDoor): string {
  return `${mechanism}=[name=${username},password=${password}]`;
}

function secureConfiguration({ username, password }: SecureDoor, folder: string): string {
  const login = 'org.apache.kafka.common.security';
  return `
ssl.keystore.location=${join(folder, 'keys.p12')}
ssl.keystore.type=PKCS12
ssl.keystore.password=${STORE_PASSWORD}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.secure.plain.sasl.jaas.config=${login}.plain.PlainLoginModule required user_${username}="${password}";
listener.name.secure.scram-sha-256.sasl.jaas.config=${login}.scram.ScramLoginModule required;
listener.name.secure.scram-sha-512.sasl.jaas.config=${login}.scram.ScramLoginModule required;
`;
}

function configuration(port: number, controller: number, data: string, door: SecureDoor | null): string {
  const second = door === null ? '' : `,SECURE://${door.brokers[0] ?? ''}`;
  const map = door === null ? '' : ',SECURE:SASL_SSL';
  return `${door === null ? '' : secureConfiguration(door, dirname(data))}
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${String(controller)}
listeners=PLAINTEXT://127.0.0.1:${String(port)},CONTROLLER://127.0.0.1:${String(controller)}${second}
advertised.listeners=PLAINTEXT://127.0.0.1:${String(port)}${second}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT${map}
inter.broker.listener.name=PLAINTEXT
log.dirs=${data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
log.message.timestamp.type=LogAppendTime
num.network.threads=2
num.io.threads=2
`;
}

export async function listening(port: number): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    if (open) return;
    if (Date.now() > deadline) throw new Error('Kafka does not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** An open port is not enough: a record must be stored and the coordinator of groups must answer. */
export async function serving(broker: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  const topic = 'probe';
  for (;;) {
    const client = rawClient([broker]);
    const admin = client.admin();
    const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    try {
      await Promise.all([admin.connect(), producer.connect()]);
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
      await producer.send({ topic, messages: [{ value: 'x' }] });
      await admin.fetchOffsets({ groupId: topic, topics: [topic] });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error('Kafka listens but does not serve', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 200));
    } finally {
      await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
    }
  }
}
