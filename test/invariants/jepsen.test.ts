/**
 * Three brokers, a primary with a standby, two engines, and harm to all of them, one after the other, under live traffic. What the log
 * acknowledged is the truth. In the end the table equals the oracle; versions are dense; the last value of each key is the table's; and
 * so do our own subscriber and replica, which ran all the time, by way of the same doors.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReplica, IncompleteReplicaError, subscribe } from '@desist/client';
import type { Change, Replica, Subscription } from '@desist/client';
import { policiesOf } from '@desist/runtime';
import kafkajs from 'kafkajs';
import type { KafkaConfig } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startCluster } from '../integration/kafka/cluster.ts';
import type { Cluster } from '../integration/kafka/cluster.ts';
import { until } from '../integration/kafka/support.ts';
import { randomOf } from '../support/load/events.ts';
import type { Planted } from '../support/load/events.ts';
import { startGate } from '../support/load/gate.ts';
import type { Gate } from '../support/load/gate.ts';
import { install, PARTITIONS } from '../support/load/installation.ts';
import type { Installation } from '../support/load/installation.ts';
import { HARM, harm, startFleet, startPair } from '../support/load/nemesis.ts';
import type { Fleet, Harm, Pair } from '../support/load/nemesis.ts';
import { verify } from '../support/load/verify.ts';
import type { Published } from '../support/load/verify.ts';
import { heldForGood, startWriter } from '../support/load/writer.ts';
import type { Writer } from '../support/load/writer.ts';

const LONG = process.env['DESIST_LONG'] === '1';
const SEED = Number(process.env['DESIST_SEED'] ?? 20_261_130);
/** How often each kind of harm is done. */
const ROUNDS = Number(process.env['JEPSEN_ROUNDS'] ?? 2);
/** To look closer at a failure: only these kinds, by a part of the name. */
const KINDS = HARM.filter((kind) => (process.env['JEPSEN_HARM'] ?? '').split(',').some((part) => kind.includes(part)));
/** Days as seconds, so that deadlines, expiries and gaps fall into the run. */
const POLICY = `
deferral: {persistent_after: 2s, soft_bounce_after: 5s, suppress_after: 8s, suppress_failures: 3, evidence_span: 4s, largest_gap: 20s, at_risk_before: 2s}
give_up: {messages: 3, span: 8s, remembered: 60s}
suppression: {expiry: [10s, 25s, never]}
incidents: {detect: false}
`;
/** ms in which everything must be folded again once the harm is mended. */
const RECOVERY = 120_000;

describe.skipIf(!LONG || inject('databaseUrl') === undefined)('harm to brokers, databases and engines', () => {
  let folder: string;
  let cluster: Cluster;
  let pair: Pair;
  let world: Installation;
  let gate: Gate | undefined;
  let fleet: Fleet | undefined;
  let writers: readonly Writer[] = [];
  let subscription: Subscription | undefined;
  let replica: Replica | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'desist-jepsen-'));
    // One after the other: what was started is stopped, also when the next one fails.
    pair = await startPair();
    cluster = await startCluster();
    world = await install(pair.url, cluster.brokers, 'LogAppendTime');
    gate = await startGate(world.databaseUrl);
    await writeFile(join(folder, 'policy.yaml'), POLICY);
  });
  afterAll(async () => {
    await Promise.allSettled(writers.map((writer) => writer.stop()));
    await Promise.allSettled([fleet?.stop(), subscription?.stop(), replica?.stop()]);
    await gate?.close();
    // Not all of it is there when the start failed.
    await (world as Installation | undefined)?.close();
    await (cluster as Cluster | undefined)?.stop();
    await (pair as Pair | undefined)?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function positions(): Promise<readonly number[]> {
    const rows = await world.db.query('select partition, next_offset from desist.checkpoint');
    return Array.from({ length: PARTITIONS }, (_, partition) => {
      return Number(rows.find((row) => row['partition'] === partition)?.['next_offset'] ?? 0);
    });
  }

  /** What the log has now is folded. Answers how long that took, ms. */
  async function recovered(after: string): Promise<number> {
    const begun = performance.now();
    const highs = await until(() => highsOf(world).catch(() => null), `the log answers after: ${after}`, RECOVERY);
    await until(
      async () => (await positions().catch(() => [])).every((offset, partition) => offset >= (highs[partition] ?? 0)) || false,
      `everything is folded after: ${after}`,
      RECOVERY,
    );
    return performance.now() - begun;
  }

  it(
    `${ROUNDS} times each: table, versions, last values, subscriber and replica equal the oracle`,
    async ({ annotate }) => {
      const random = randomOf(SEED);
      const through = gate as Gate;
      const kafka: KafkaConfig = { brokers: [...cluster.brokers], clientId: 'reader', logLevel: kafkajs.logLevel.NOTHING };
      fleet = startFleet(2, () => world.engine(engineSettings(folder), through.url), random);
      const seen: Published[] = [];
      const places = new Set<string>();
      subscription = await subscribe({
        ...{ kafka, groupId: `${world.options.groupId}-subscriber`, topic: world.options.topics.suppressionEvents },
        onChange(change) {
          if (!places.has(placeOf(change))) seen.push(change as unknown as Published);
          places.add(placeOf(change));
        },
      });
      const reader = await createReplica({ kafka, topic: world.options.topics.suppressions });
      replica = reader;
      await reader.ready();
      writers = ['a', 'b'].map((name, index) =>
        startWriter({ brokers: cluster.brokers, topic: world.options.topics.deliveryEvents, name, seed: SEED + index }),
      );
      const watch = watchReplica(reader, writers);

      const done = new Map<Harm, number>();
      const skipped = pair.small ? [] : (['the disk of Postgres is full'] as const);
      if (skipped.length > 0) await annotate(`skipped, because this user may not mount a disk: ${skipped.join()}`, 'notice');
      let longest = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const kind of shuffled(KINDS, random)) {
          if (skipped.some((one) => one === kind)) continue;
          const begun = performance.now();
          await harm(kind, { cluster, pair, fleet, random, positions });
          const mended = performance.now();
          const took = await recovered(kind);
          longest = Math.max(longest, took);
          done.set(kind, (done.get(kind) ?? 0) + 1);
          console.log(`${kind}: ${seconds(mended - begun)}, all folded ${seconds(took)} later`);
        }
      }
      await Promise.all(writers.map((writer) => writer.stop()));
      await cluster.whole();
      await until(() => world.db.query('select 1').catch(() => null), 'Postgres answers');
      await world.settled();
      await until(async () => (await unfinishedAudits(world)) === 0, 'the topics were compared with the tables', RECOVERY);
      await world.settled();
      expect(await fleet.stop(), 'the engines end in order').toEqual([]);
      const planted = writers.flatMap(({ acknowledged }) => acknowledged);
      expect(await missing(world, planted), 'acknowledged, and not in the log').toEqual([]);
      await caughtUp(world, places, reader);
      const watched = watch.stop();
      const verified = await verify(world, planted, { policies: policiesOf(POLICY), readers: { changes: seen, replica: reader } });
      expect(watched.lifted, 'the replica answered allowed for somebody whom it had blocked, for good').toEqual([]);
      expect(verified.suppressions).toBeGreaterThan(100);
      console.log(
        [
          `seed ${SEED}: ${planted.length} events acknowledged, ${writers.reduce((sum, one) => sum + one.refusals(), 0)} sends refused and repeated`,
          ...[...done].map(([kind, times]) => `  ${times} x ${kind}`),
          ...skipped.map((kind) => `  skipped: ${kind}`),
          `  longest recovery ${seconds(longest)}; ${through.refused()} commits refused; ${fleet.endedByThemselves()} engines ended by themselves`,
          `  ${verified.recipients} recipients, ${verified.suppressions} suppressions, ${verified.changes} changes, ${verified.repeats} repeats, ${verified.forgotten} forgotten and made again`,
          `  subscriber: ${subscription.counts.changes} handed on, ${subscription.counts.duplicates} dropped; replica: ${watched.checks} checks of ${watched.held} who stay blocked, ${watched.incomplete} while incomplete`,
          '  0 lost, 0 lifted',
        ].join('\n'),
      );
    },
    ROUNDS * HARM.length * 90_000,
  );
});

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const placeOf = ({ sequence: { incarnation = 0, partition, number } }: Pick<Change, 'sequence'>): string =>
  `${incarnation}/${partition}/${number}`;

function engineSettings(folder: string): Readonly<Record<string, string>> {
  return {
    KAFKA_SESSION_TIMEOUT: '3s',
    KAFKA_HEARTBEAT_INTERVAL: '500ms',
    KAFKA_REBALANCE_TIMEOUT: '6s',
    DESIST_POLICY: join(folder, 'policy.yaml'),
    DESIST_CLOCK_GRACE: '2s',
  };
}

function shuffled<T>(values: readonly T[], random: () => number): readonly T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

const highsOf = ({ log }: Installation): Promise<readonly number[]> =>
  Promise.all(Array.from({ length: PARTITIONS }, async (_, partition) => (await log.bounds(partition)).high));

async function unfinishedAudits({ db }: Installation): Promise<number> {
  return (await db.query("select 1 from desist.audit where state in ('requested', 'running')")).length;
}

/** Ids that were acknowledged and are not in the log. */
async function missing({ log }: Installation, planted: readonly Planted[]): Promise<readonly string[]> {
  const there = new Set<string>();
  for await (const { value } of log.readTopic('deliveryEvents')) {
    there.add((JSON.parse(Buffer.from(value ?? []).toString()) as { id: string }).id);
  }
  return planted.flatMap((one) => ('event' in one && !there.has(one.event.id) ? [one.event.id] : []));
}

/** The subscriber has every change of the log, the replica every record. */
async function caughtUp({ log }: Installation, places: ReadonlySet<string>, replica: Replica): Promise<void> {
  const last = new Map<string, string>();
  for await (const { value } of log.readTopic('suppressionEvents')) {
    const change = JSON.parse(Buffer.from(value ?? []).toString()) as Published;
    last.set(change.recipient, placeOf(change as unknown as Change));
  }
  await until(() => [...last.values()].every((place) => places.has(place)), 'the subscriber has all changes');
  const now = Date.now();
  await until(() => (replica.freshness().asOf ?? 0) >= now, 'the replica has all records');
}

interface Watched {
  readonly held: number;
  readonly checks: number;
  readonly incomplete: number;
  readonly lifted: readonly string[];
}

/** Asks the replica about everybody who must stay blocked, again and again. */
function watchReplica(replica: Replica, writers: readonly Writer[]): { stop(): Watched } {
  const asked: { readonly recipient: string; readonly stream: string }[] = [];
  const looked = writers.map(() => 0);
  const blocked = new Set<string>();
  const lifted: string[] = [];
  let checks = 0;
  let incomplete = 0;
  const look = (): void => {
    for (const [index, { acknowledged }] of writers.entries()) {
      asked.push(...acknowledged.slice(looked[index]).flatMap((one) => heldForGood(one) ?? []));
      looked[index] = acknowledged.length;
    }
    for (const { recipient, stream } of asked) {
      const who = `${recipient} ${stream}`;
      try {
        checks += 1;
        const { allowed } = replica.check(recipient, { tenant: 'acme', stream });
        if (!allowed) blocked.add(who);
        else if (blocked.has(who)) lifted.push(`${who} at ${new Date().toISOString()}`);
      } catch (error) {
        if (!(error instanceof IncompleteReplicaError)) throw error;
        incomplete += 1;
      }
    }
  };
  const timer = setInterval(look, 250);
  return {
    stop() {
      clearInterval(timer);
      look();
      return { held: blocked.size, checks, incomplete, lifted };
    },
  };
}
