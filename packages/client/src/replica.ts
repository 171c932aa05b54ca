/**
 * An in-process replica of the compacted topic `suppressions`. Checks need no request, and the replica reports how fresh it is. It is
 * saved to disk, so that a restart resumes from the saved positions.
 *
 *   file ──> table ──┐
 *   topic ───────────┴─> table ──> check()          saved to the file every `saveEvery` and on stop
 *
 *   incomplete ──> complete     it read up to the ends that the topic had at its start, and the service (if one is given) agrees
 *   complete ──> incomplete     the topic was made anew: the table is built again, and what the former one blocked stays blocked
 */
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { Batch, ConsumerEndBatchProcessEvent, EachBatchPayload, KafkaConfig, KafkaMessage } from 'kafkajs';
import { isComplete } from './completeness.ts';
import type { ReplicaService } from './completeness.ts';
import { positionAfterHidden } from './hidden.ts';
import { loadReplica, saveReplica } from './replica-file.ts';
import type { Header, Loaded } from './replica-file.ts';
import type { Table } from './table.ts';
import { createTable } from './table.ts';
import type { Decision } from './terms.ts';

export interface ReplicaOptions {
  readonly kafka: KafkaConfig;
  /** Default `suppressions`. */
  readonly topic?: string;
  /** File that keeps the replica between starts. Without it, each start reads the topic from the beginning. */
  readonly file?: string;
  /** ms between two saves to disk. Default 60,000. */
  readonly saveEvery?: number;
  /**
   * Maximum age of a saved file, ms. An older file is ignored, because the topic may already have dropped tombstones that the file
   * lacks. Must be below the topic's `delete.retention.ms`. Default 20 hours.
   */
  readonly oldestFile?: number;
  /**
   * What `check` answers for a recipient without a suppression while the replica is incomplete. `open`: allowed; `closed`: not allowed,
   * reason `incomplete`; `reject`: it throws `IncompleteReplicaError`. Default `reject`.
   */
  readonly whenIncomplete?: 'open' | 'closed' | 'reject';
  /**
   * A service that knows how many recipients are on the list, and whether the topic is being brought to the table. Without it the replica
   * trusts that the topic was complete at its start.
   */
  readonly service?: ReplicaService;
}

/** The replica may lack suppressions, so nobody knows whether sending is allowed. */
export class IncompleteReplicaError extends Error {
  override readonly name = 'IncompleteReplicaError';
}

export interface Freshness {
  /** The replica contains everything that was on the topic at this time (ms since the epoch). Null until it first caught up. */
  readonly asOf: number | null;
  /** Lag: records on the topic that are not read yet. */
  readonly behind: number;
  /** Records that could not be decoded. */
  readonly unreadable: number;
  /** False: suppressions may be missing, and `whenIncomplete` decides what `check` answers. */
  readonly complete: boolean;
  /** Why it is not complete; null when it is. */
  readonly problem: string | null;
}

export interface Replica extends Pick<Table, 'check' | 'find' | 'size'> {
  freshness(): Freshness;
  /** Resolves when the replica is first complete. Rejects when `stop` is called before that. */
  ready(): Promise<void>;
  save(): Promise<void>;
  stop(): Promise<void>;
}

/** ms between two polls of the partitions' end offsets. */
const LOOK_EVERY = 1_000;
/** Looks at the ends for each comparison of times. */
const EXAMINE_EVERY = 10;
const OLDEST_FILE = 20 * 3_600_000;
const STARTING = 'it has not read up to the end of the topic yet';

export async function createReplica(options: ReplicaOptions): Promise<Replica> {
  const { topic = 'suppressions', file, saveEvery = 60_000, oldestFile = OLDEST_FILE, whenIncomplete = 'reject' } = options;
  const client = new kafkajs.Kafka(options.kafka);
  const groupId = `desist-replica-${randomUUID()}`;
  const admin = client.admin();
  const consumer = client.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 250 });
  let table = createTable();
  const positions = new Map<number, number>();
  /** Latest time of a record that was read, ms, by partition; markers of transactions are records, too. */
  const latest = new Map<number, number>();
  /** Up to where the times of all records are in `latest`: kafkajs hides a fetch that has markers only. */
  const knownTo = new Map<number, number>();
  /** Of the topic before it was made anew: what it blocked stays blocked until the new table is complete. */
  let former: Table | undefined;
  /** What was read by the last comparison of the topic with it. */
  let examined: Pick<Loaded, 'positions' | 'latest'> = { positions: new Map(), latest: new Map() };
  let problem: string | null = STARTING;
  /** When the topic was found to be made anew, ms. */
  let madeAnewAt: number | null = null;
  /** The topic could not be examined, so another one may have taken its place. */
  let isSuspect = false;
  let highs = new Map<number, number>();
  let asOf: number | null = null;
  let unreadable = 0;
  let changed = false;
  let stopped = false;
  let saving: Promise<void> = Promise.resolve();
  const first: PromiseWithResolvers<void> = Promise.withResolvers();
  first.promise.catch(() => undefined);

  async function ends(): Promise<Map<number, { low: number; high: number }>> {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  /** Start positions: those of the file if it belongs to this topic and is recent enough, otherwise the low watermarks. */
  async function readStartPositions(): Promise<void> {
    const now = await ends();
    const loaded = file === undefined ? undefined : await loadReplica(file, topic, Date.now() - oldestFile);
    const fits = loaded !== undefined && (await isSameTopic(loaded, now));
    if (loaded !== undefined && fits) {
      table = loaded.table;
      for (const [partition, time] of loaded.latest) latest.set(partition, time);
    }
    for (const [partition, { low, high }] of now) {
      const kept = fits ? loaded?.positions.get(partition) : undefined;
      positions.set(partition, kept ?? (low === high ? high : low));
      knownTo.set(partition, positions.get(partition) ?? low);
    }
    examined = { positions: new Map(knownTo), latest: new Map(latest) };
    highs = new Map([...now].map(([partition, { high }]) => [partition, high]));
  }

  /**
   * False when the topic was made anew since these records were read: a partition ends before them, or a later record than the latest of
   * them stands in front of where reading goes on.
   */
  async function isSameTopic(
    read: Pick<Loaded, 'positions' | 'latest'>,
    now: ReadonlyMap<number, { readonly high: number }>,
  ): Promise<boolean> {
    for (const [partition, position] of read.positions) {
      if (position > (now.get(partition)?.high ?? -1)) return false;
      const time = read.latest.get(partition);
      if (time === undefined) continue;
      const later = await admin.fetchTopicOffsetsByTimestamp(topic, time + 1);
      const first = later.find((one) => one.partition === partition);
      if (first !== undefined && Number(first.offset) >= 0 && Number(first.offset) < position) return false;
    }
    return true;
  }

  /** Has another topic taken the place of the one that was read? `thorough`: also when it is longer. */
  async function isAnother(now: ReadonlyMap<number, { readonly high: number }>, thorough: boolean): Promise<boolean> {
    if ([...positions].some(([partition, position]) => position > (now.get(partition)?.high ?? -1))) return true;
    if (!thorough) return false;
    // Taken first: what is read meanwhile may be of another topic already.
    const next = { positions: new Map(knownTo), latest: new Map(latest) };
    if (!(await isSameTopic(examined, now))) return true;
    examined = next;
    return false;
  }

  /** Everything is read again, into a table of its own. */
  function startOver(now: ReadonlyMap<number, { readonly low: number; readonly high: number }>): void {
    problem = 'the topic was made anew: it may not have every suppression yet';
    madeAnewAt = Date.now();
    asOf = null;
    former ??= table;
    table = createTable();
    latest.clear();
    positions.clear();
    knownTo.clear();
    examined = { positions: new Map(), latest: new Map() };
    for (const [partition, { low }] of now) {
      positions.set(partition, low);
      knownTo.set(partition, low);
      consumer.seek({ topic, partition, offset: String(low) });
    }
  }

  function behind(): number {
    let records = 0;
    for (const [partition, high] of highs) records += Math.max(0, high - (positions.get(partition) ?? 0));
    return records;
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const from = positions.get(batch.partition) ?? 0;
    if (Number(batch.lastOffset()) + 1 < from) {
      consumer.seek({ topic, partition: batch.partition, offset: String(from) });
      return;
    }
    // It may be a batch of which only the end is new, or the beginning of another topic of this name.
    if (Number(batch.firstOffset()) < from) isSuspect = true;
    for (const { offset, timestamp } of allOf(batch)) if (Number(offset) >= from) noteTime(batch.partition, Number(timestamp));
    for (const { key, value, offset, headers } of batch.messages) {
      if (Number(offset) < from || key === null) continue;
      if (!table.apply(key.toString('utf8'), value, headers)) unreadable += 1;
      changed = true;
    }
    positions.set(batch.partition, Math.max(from, Number(batch.lastOffset()) + 1));
    knownTo.set(batch.partition, positions.get(batch.partition) ?? from);
    await payload.heartbeat();
  }

  function noteTime(partition: number, time: number): void {
    latest.set(partition, Math.max(latest.get(partition) ?? 0, time));
  }

  /** A fetch that has markers, or records of a transaction that was given up, and nothing else. */
  function passHidden({ payload }: ConsumerEndBatchProcessEvent): void {
    if (payload.topic !== topic) return;
    const { partition } = payload;
    const position = positionAfterHidden(positions.get(partition) ?? 0, payload);
    if (position === null) return;
    positions.set(partition, position);
    // Of times that are not told, the present is not too early.
    noteTime(partition, Date.now());
  }

  /** Records the topic's end offsets with a timestamp. When the positions reach them, that timestamp becomes `asOf`. */
  async function look(): Promise<void> {
    let looks = 0;
    let mark: { readonly at: number; readonly ends: ReadonlyMap<number, number> } | undefined;
    for (let ticks = 0; !stopped; ticks += 1) {
      try {
        if (mark === undefined || ticks % 10 === 0) {
          const at = Date.now();
          const now = await ends();
          looks += 1;
          if (await isAnother(now, isSuspect || looks % EXAMINE_EVERY === 0)) {
            startOver(now);
            mark = undefined;
          }
          isSuspect = false;
          highs = new Map([...now].map(([partition, { high }]) => [partition, high]));
          mark ??= { at, ends: highs };
        }
        if ([...mark.ends].every(([partition, high]) => (positions.get(partition) ?? 0) >= high)) {
          asOf = mark.at;
          mark = undefined;
          if (problem !== null) await complete();
        }
      } catch {
        // The broker is unreachable: `asOf` does not advance, which shows callers that the replica is stale.
        isSuspect = true;
      }
      await new Promise((resolve) => setTimeout(resolve, mark === undefined ? LOOK_EVERY : 50).unref());
    }
  }

  /** It has read up to the end: is that everything? */
  async function complete(): Promise<void> {
    if (options.service === undefined) {
      // Without a service nobody can say whether the topic has been filled again.
      if (madeAnewAt !== null) return;
    } else {
      const missing = await isComplete(options.service, { size: table.size(), since: madeAnewAt });
      if (missing !== null) {
        problem = missing;
        return;
      }
    }
    problem = null;
    madeAnewAt = null;
    former = undefined;
    examined = { positions: new Map(knownTo), latest: new Map(latest) };
    changed = true;
    first.resolve();
  }

  function check(...of: Parameters<Table['check']>): Decision {
    const decision = table.check(...of);
    if (problem === null || !decision.allowed) return decision;
    const before = former?.check(...of);
    if (before?.allowed === false) return before;
    if (whenIncomplete === 'open') return decision;
    if (whenIncomplete === 'closed') return { allowed: false, reasons: ['incomplete'], expiresAt: null };
    throw new IncompleteReplicaError(`the replica is not complete: ${problem}`);
  }

  function save(): Promise<void> {
    if (file === undefined) return Promise.resolve();
    saving = saving.then(async () => {
      // What is incomplete is no better than no file.
      if (!changed || problem !== null) return;
      changed = false;
      const entries = table.entries();
      const header: Header = {
        desistReplica: 1,
        topic,
        savedAt: Date.now(),
        positions: Object.fromEntries(knownTo),
        latest: Object.fromEntries(latest),
        size: entries.length,
      };
      await saveReplica(file, header, entries);
    });
    return saving;
  }

  await admin.connect();
  try {
    await readStartPositions();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    consumer.on(consumer.events.CRASH, () => void (isSuspect = true));
    consumer.on(consumer.events.END_BATCH_PROCESS, passHidden);
    await consumer.run({ autoCommit: false, eachBatch });
  } catch (error) {
    await Promise.allSettled([consumer.disconnect(), admin.disconnect()]);
    throw error;
  }
  for (const [partition, position] of positions) consumer.seek({ topic, partition, offset: String(position) });
  const looking = look();
  const timer = setInterval(() => void save().catch(() => (changed = true)), saveEvery);
  timer.unref();

  return {
    check,
    find: (tenant, address) => table.find(tenant, address),
    size: () => table.size(),
    freshness: () => ({ asOf, behind: behind(), unreadable, complete: problem === null, problem }),
    ready: () => first.promise,
    save,
    async stop() {
      stopped = true;
      clearInterval(timer);
      first.reject(new Error('the replica was stopped'));
      await consumer.disconnect();
      await looking;
      await save();
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    },
  };
}

/** Those of markers and of transactions that were given up, too, which kafkajs has and does not hand on. */
function allOf(batch: Batch): readonly Pick<KafkaMessage, 'offset' | 'timestamp'>[] {
  return (batch as Batch & { readonly rawMessages?: readonly KafkaMessage[] }).rawMessages ?? batch.messages;
}
