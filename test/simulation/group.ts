/**
 * A group as Kafka's: a coordinator that gives partitions to members, throws out those whose session ended and tells the rest at
 * their next heartbeat; and a member's side of it, which drives an engine as `log-kafka` does. Nobody waits for anybody: a new
 * owner may have its partitions before the old one knows that they are lost.
 */
import type { LogConsumer } from '@desist/pipeline';
import type { Random } from './random.ts';
import type { Process } from './scheduler.ts';
import type { Ports } from './servers.ts';

export interface Coordinator {
  join(member: Process): void;
  /** Null: not a member. */
  heartbeat(member: Process): { readonly generation: number; readonly partitions: readonly number[] } | null;
  /** The session of a member has ended, or it has left. */
  remove(member: Process): void;
  rebalance(): void;
  has(member: Process): boolean;
}

export function createCoordinator(random: Random, partitions: number, tell: (line: () => string) => void): Coordinator {
  const members: Process[] = [];
  /** Dead, and their sessions have ended: what they sent before may still arrive, and no session would end again. */
  const gone = new Set<Process>();
  let owners: (Process | undefined)[] = Array.from({ length: partitions }, () => undefined);
  let generation = 0;

  function rebalance(): void {
    generation += 1;
    const turn = random.between(0, partitions);
    // As often as not everybody keeps what can be kept.
    const sticky = random.chance(0.5);
    const share = Math.ceil(partitions / Math.max(1, members.length));
    const held = new Map<Process, number>();
    owners = owners.map((owner, partition) => {
      const kept = sticky && owner !== undefined && members.includes(owner) && (held.get(owner) ?? 0) < share;
      const chosen = kept ? owner : members[(partition + turn) % Math.max(1, members.length)];
      if (chosen !== undefined) held.set(chosen, (held.get(chosen) ?? 0) + 1);
      return chosen;
    });
    tell(
      () =>
        `the group's generation ${generation}: ${owners.map((owner, partition) => `${partition} to ${owner?.name ?? 'nobody'}`).join(', ')}`,
    );
  }

  return {
    join(member) {
      if (gone.has(member)) return;
      if (!members.includes(member)) members.push(member);
      rebalance();
    },
    heartbeat(member) {
      if (!members.includes(member)) return null;
      return { generation, partitions: owners.flatMap((owner, partition) => (owner === member ? [partition] : [])) };
    },
    remove(member) {
      if (!member.alive) gone.add(member);
      const index = members.indexOf(member);
      if (index === -1) return;
      members.splice(index, 1);
      rebalance();
    },
    rebalance,
    has: (member) => members.includes(member),
  };
}

const HEARTBEAT = 2_000;
const TICK = 5_000;
const LOG_AWAY = 1_000;
const STOPPED_RETRY = 30_000;

interface Slot {
  readonly partition: number;
  current: boolean;
}

export interface Member {
  /** Joins and reads until the process ends. */
  run(): Promise<void>;
  /** From now on it lets go of everything and leaves. */
  leave(): void;
}

export function createMember(options: {
  readonly process: Process;
  readonly consumer: LogConsumer;
  readonly ports: Ports;
  readonly coordinator: Coordinator;
  readonly batch: number;
  readonly left: () => void;
}): Member {
  const { process, consumer, ports, coordinator, batch } = options;
  const { time } = ports;
  const slots = new Map<number, Slot>();
  const turns = new Map<number, Promise<unknown>>();
  let owned = new Set<number>();
  let generation = -1;
  let leaving = false;
  let beats: (() => void)[] = [];

  /** Calls for one partition take turns. */
  function occupy(partition: number, work: Promise<unknown>): void {
    turns.set(partition, Promise.allSettled([turns.get(partition), work]));
  }

  function drop(): void {
    for (const slot of slots.values()) slot.current = false;
    slots.clear();
  }

  function revoke(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return Promise.resolve();
    for (const partition of partitions) owned.delete(partition);
    const work = consumer.revoke(partitions);
    for (const partition of partitions) occupy(partition, work);
    return work;
  }

  function hold(partitions: readonly number[]): void {
    drop();
    const kept = new Set(partitions);
    void revoke([...owned].filter((partition) => !kept.has(partition)));
    owned = kept;
    for (const partition of partitions) {
      const slot: Slot = { partition, current: true };
      slots.set(partition, slot);
      occupy(
        partition,
        (turns.get(partition) ?? Promise.resolve()).then(() => drive(slot)),
      );
    }
  }

  const acceptedHeartbeat = (): Promise<void> => new Promise((resolve) => void beats.push(resolve));

  async function drive(slot: Slot): Promise<void> {
    const { partition } = slot;
    while (slot.current) {
      const assigned = await consumer.assign(partition);
      if (!slot.current) {
        if (!owned.has(partition)) await consumer.revoke([partition]);
        return;
      }
      if (assigned.kind === 'stopped') await time.sleep(STOPPED_RETRY);
      else await read(slot, assigned.offset);
    }
  }

  /** Until the slot is another's, or the consumer must be asked again where to read from. */
  async function read(slot: Slot, from: number): Promise<void> {
    const { partition } = slot;
    for (let position = from; slot.current;) {
      const asOf = time.now();
      const page = await ports.fetch(partition, position, batch).catch(() => undefined);
      if (!slot.current) return;
      if (page === undefined) {
        await time.sleep(LOG_AWAY);
        continue;
      }
      const { records, high } = page;
      const first = records[0];
      const last = records.at(-1);
      if (first === undefined || last === undefined) {
        position = Math.max(position, high);
        if (consumer.caughtUp(partition, position, asOf) === 'fenced') return acceptedHeartbeat();
        await time.sleep(TICK);
        continue;
      }
      const nextOffset = last.offset + 1;
      const outcome = await consumer.batch({ partition, firstOffset: first.offset, nextOffset, highWatermark: high, records });
      if (outcome.kind === 'processed') position = nextOffset;
      else if (outcome.kind === 'seek') position = outcome.offset;
      else if (outcome.kind === 'stopped') return time.sleep(STOPPED_RETRY);
      // Only a member that the coordinator knows may claim.
      else return acceptedHeartbeat();
    }
  }

  return {
    async run() {
      await ports.call('join', () => coordinator.join(process));
      while (!leaving) {
        const told = await ports.call('heartbeat', () => coordinator.heartbeat(process));
        if (told === null || told.generation !== generation) {
          if (process.host.drains) {
            drop();
            await revoke([...owned]);
          }
          if (told === null) await ports.call('join', () => coordinator.join(process));
          else {
            generation = told.generation;
            hold(told.partitions);
          }
        } else {
          const waiting = beats;
          beats = [];
          for (const resolve of waiting) resolve();
        }
        await time.sleep(told === null ? 0 : HEARTBEAT);
      }
      drop();
      await revoke([...owned]);
      await ports.call('leave', () => coordinator.remove(process));
      options.left();
    },
    leave: () => void (leaving = true),
  };
}
