/** Does harm to a cluster, a pair of databases and engines, each kind as often as any other, in an order that a seed decides; then mends it. */
import type { Cluster, ClusterBroker } from '../../integration/kafka/cluster.ts';
import { until } from '../../integration/kafka/support.ts';
import type { SmallDisk } from '../servers/small-disk.ts';
import { mountSmallDisk } from '../servers/small-disk.ts';
import type { PostgresServer, Standby } from '../servers/postgres.ts';
import { startPostgres } from '../servers/postgres.ts';
import type { EngineProcess } from './engine-process.ts';
import { startSwitch } from './switch.ts';
import type { Switch } from './switch.ts';

export const HARM = [
  'a broker is killed',
  'a broker is paused',
  'clients are cut from a broker',
  'clients hear nothing from a broker',
  'an engine is killed',
  'an engine is paused past its session',
  'Postgres is started again',
  'a standby that is behind is promoted',
  'a standby that commits wait for is promoted',
  'the disk of Postgres is full',
] as const;
export type Harm = (typeof HARM)[number];

/** Megabytes of the disk that a database has for itself, when this user may mount one. */
const DISK = 1_536;
/** ms */
const SESSION = 3_000;

// --- A pair of databases -----------------------------------------------------------------------------

export interface Pair {
  readonly door: Switch;
  /** Of the administrator's database on the primary, by way of the door. */
  readonly url: string;
  /** Whether its disk can be filled. */
  readonly small: boolean;
  fillDisk(): void;
  freeDisk(): void;
  /** Stops at once and starts again. */
  restart(): Promise<void>;
  /** Starts the primary if it has ended. */
  ensureStarted(): Promise<void>;
  /** The standby takes no more of what is written. */
  fallBehind(): Promise<void>;
  /** From now on commits wait for the standby. */
  waitForStandby(): Promise<void>;
  /** The primary ends at once, the standby takes its place and gets a standby of its own. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

interface Housed<S extends PostgresServer> {
  readonly server: S;
  readonly disk: SmallDisk | null;
}

export async function startPair(): Promise<Pair> {
  async function housed<S extends PostgresServer>(start: (folder?: string) => Promise<S>): Promise<Housed<S>> {
    const disk = await mountSmallDisk(DISK);
    return { server: await (disk === null ? start() : start(disk.folder)), disk };
  }
  let primary: Housed<PostgresServer> = await housed((folder) => startPostgres(folder === undefined ? {} : { folder }));
  const portOf = (server: PostgresServer): number => Number(new URL(server.url).port);
  const follow = (): Promise<Housed<Standby>> => housed((folder) => primary.server.standby(folder));
  let standby = await follow();
  const door = await startSwitch(portOf(primary.server));
  const url = new URL(primary.server.url);
  url.port = String(door.port);

  async function remove({ server, disk }: Housed<PostgresServer>): Promise<void> {
    await server.stop();
    disk?.unmount();
  }
  return {
    door,
    url: url.href,
    small: primary.disk !== null,
    fillDisk: () => primary.disk?.fill(),
    freeDisk: () => primary.disk?.free(),
    restart: () => primary.server.restart(),
    ensureStarted: () => primary.server.start().catch(() => undefined),
    fallBehind: () => standby.server.fallBehind(),
    waitForStandby: () => primary.server.waitForStandby(true),
    async failOver() {
      const former = primary;
      await former.server.stopImmediate();
      await standby.server.promote();
      door.to(portOf(standby.server));
      primary = standby;
      await remove(former);
      standby = await follow();
    },
    async stop() {
      await door.close();
      await remove(standby);
      await remove(primary);
    },
  };
}

// --- Engines, started again as a supervisor does -------------------------------------------------------

export interface Fleet {
  any(): EngineProcess;
  /** How many ended without being killed. */
  endedByThemselves(): number;
  /** SIGTERM to all. Answers what was not in order: the last words of those that did not end with 0. */
  stop(): Promise<readonly string[]>;
}

export function startFleet(count: number, start: () => EngineProcess, random: () => number): Fleet {
  const running = new Set<EngineProcess>();
  let ending = false;
  let own = 0;
  function keep(): void {
    const engine = start();
    running.add(engine);
    void engine.ended().then((code) => {
      running.delete(engine);
      if (ending) return;
      if (code !== null) {
        own += 1;
        console.log(`an engine ended by itself (${code}): ${engine.lastWords().split('\n').slice(-3).join('\n')}`);
      }
      keep();
    });
  }
  for (let index = 0; index < count; index += 1) keep();
  return {
    any: () => [...running][Math.floor(random() * running.size)] as EngineProcess,
    endedByThemselves: () => own,
    async stop() {
      ending = true;
      const all = [...running];
      for (const engine of all) engine.signal('SIGTERM');
      const words = await Promise.all(all.map(async (engine) => ((await engine.ended()) === 0 ? [] : [engine.lastWords()])));
      return words.flat();
    },
  };
}

// --- Harm ----------------------------------------------------------------------------------------------

export interface Nemesis {
  readonly cluster: Cluster;
  readonly pair: Pair;
  readonly fleet: Fleet;
  readonly random: () => number;
  /** By partition: the next offset of its checkpoint. Rejects while nobody answers. */
  readonly positions: () => Promise<readonly number[]>;
}

/** Does it, and has mended it when it resolves; not that everything runs again. */
export async function harm(kind: Harm, nemesis: Nemesis): Promise<void> {
  const { cluster, pair, fleet, random, positions } = nemesis;
  const broker = cluster.members[Math.floor(random() * cluster.members.length)] as ClusterBroker;
  const moment = (from: number, to: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, from + random() * (to - from)));
  const sum = async (): Promise<number> => (await positions()).reduce((all, one) => all + one, 0);
  switch (kind) {
    case 'a broker is killed':
      await broker.kill();
      await moment(1_000, 8_000);
      await broker.start();
      return cluster.whole();
    case 'a broker is paused':
      broker.pause();
      await moment(1_000, 12_000);
      broker.resume();
      return cluster.whole();
    case 'clients are cut from a broker':
      broker.door.cut();
      await moment(2_000, 12_000);
      return broker.door.heal();
    case 'clients hear nothing from a broker':
      broker.door.hold();
      await moment(2_000, 12_000);
      return broker.door.heal();
    case 'an engine is killed':
      return fleet.any().signal('SIGKILL');
    case 'an engine is paused past its session': {
      const engine = fleet.any();
      engine.signal('SIGSTOP');
      await moment(SESSION + 1_000, SESSION + 6_000);
      return engine.signal('SIGCONT');
    }
    case 'Postgres is started again':
      return pair.restart();
    case 'a standby that is behind is promoted': {
      await pair.fallBehind();
      const before = await sum();
      await until(async () => (await sum().catch(() => 0)) > before + 200, 'commits that the standby does not have');
      return pair.failOver();
    }
    case 'a standby that commits wait for is promoted': {
      await pair.waitForStandby();
      await moment(500, 3_000);
      const before = await positions();
      await pair.failOver();
      const after = await until(() => positions().catch(() => null), 'the standby answers');
      const lost = before.filter((offset, partition) => (after[partition] ?? 0) < offset);
      if (lost.length > 0) throw new Error(`commits that were waited for are lost: ${before.join()} became ${after.join()}`);
      return;
    }
    case 'the disk of Postgres is full': {
      pair.fillDisk();
      await moment(5_000, 12_000);
      pair.freeDisk();
      await until(
        () =>
          positions()
            .then(() => true)
            .catch(async () => {
              await pair.ensureStarted();
              return false;
            }),
        'Postgres answers again',
      );
      return;
    }
  }
}
