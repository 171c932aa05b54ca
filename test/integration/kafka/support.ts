import { randomUUID } from 'node:crypto';
import { connectKafka, type KafkaLog, type KafkaOptions } from '@desist/log-kafka';
import type { AssignOutcome, BatchOutcome, LogBatch, LogConsumer } from '@desist/pipeline';

/** Resolves when `condition` answers something other than false, null or undefined. */
export async function until<T>(condition: () => T | Promise<T>, what: string, ms = 60_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await condition();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Options with topics and a group that nobody else has. */
export function freshOptions(brokers: readonly string[], over: Partial<KafkaOptions> = {}): KafkaOptions {
  const id = randomUUID().slice(0, 8);
  return {
    brokers,
    clientId: 'test',
    groupId: `group-${id}`,
    topics: {
      deliveryEvents: `in-${id}`,
      suppressionEvents: `changes-${id}`,
      suppressions: `list-${id}`,
      deadLetters: `dead-${id}`,
    },
    sessionTimeout: 6_000,
    heartbeatInterval: 500,
    tickInterval: 200,
    stoppedRetry: 500,
    logger: process.env['DESIST_TEST_LOG'] === undefined ? silent : consoleLogger(id),
    ...over,
  };
}

function consoleLogger(id: string): KafkaOptions['logger'] {
  const say = (level: string) => (fields: object, message: string) => {
    process.stderr.write(`${new Date().toISOString()} ${id} ${level} ${message} ${JSON.stringify(fields)}\n`);
  };
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
}

/** What happened to a partition, in order. */
export type Seen =
  | { readonly call: 'assign'; readonly partition: number; readonly offset: number }
  | { readonly call: 'batch'; readonly partition: number; readonly offsets: readonly number[]; readonly nextOffset: number }
  | { readonly call: 'revoke'; readonly partitions: readonly number[] };

/** The store that several consumers share: a checkpoint per partition, and everything that was ever handed over. */
export interface Checkpoints {
  readonly offsets: Map<number, number>;
  readonly values: Map<number, string[]>;
}

export const checkpoints = (): Checkpoints => ({ offsets: new Map(), values: new Map() });

export interface Recorder extends LogConsumer {
  readonly seen: Seen[];
  readonly caught: Map<number, { position: number; asOf: number }>;
  readonly held: Set<number>;
  /** Overrides of what is answered. */
  onAssign: (partition: number, offset: number) => Promise<AssignOutcome>;
  onBatch: (batch: LogBatch, take: () => BatchOutcome) => Promise<BatchOutcome>;
  onRevoke: (partitions: readonly number[]) => Promise<void>;
  /** What went against the rules of the port. */
  readonly faults: string[];
}

/** A consumer that keeps records of everything, and its checkpoint with each batch. */
export function recorder(shared: Checkpoints = checkpoints()): Recorder {
  const active = new Set<number>();
  const self: Recorder = {
    seen: [],
    caught: new Map(),
    held: new Set(),
    faults: [],
    onAssign: (_partition, offset) => Promise.resolve({ kind: 'start', offset }),
    onBatch: (_batch, take) => Promise.resolve(take()),
    onRevoke: () => Promise.resolve(),
    async assign(partition) {
      if (active.has(partition)) self.faults.push(`assign during a batch of ${String(partition)}`);
      const offset = shared.offsets.get(partition) ?? 0;
      self.seen.push({ call: 'assign', partition, offset });
      const outcome = await self.onAssign(partition, offset);
      if (outcome.kind === 'start') self.held.add(partition);
      return outcome;
    },
    async batch(batch) {
      const { partition, records, nextOffset } = batch;
      if (active.has(partition)) self.faults.push(`overlapping batches of ${String(partition)}`);
      if (!self.held.has(partition)) self.faults.push(`a batch of ${String(partition)}, which is not held`);
      active.add(partition);
      try {
        self.seen.push({ call: 'batch', partition, offsets: records.map(({ offset }) => offset), nextOffset });
        return await self.onBatch(batch, () => {
          const at = shared.offsets.get(partition) ?? 0;
          const values = shared.values.get(partition) ?? [];
          shared.values.set(partition, values);
          for (const record of records) {
            if (record.offset >= at) values.push(Buffer.from(record.value ?? []).toString());
          }
          shared.offsets.set(partition, Math.max(at, nextOffset));
          return { kind: 'processed' };
        });
      } finally {
        active.delete(partition);
      }
    },
    caughtUp(partition, position, asOf) {
      self.caught.set(partition, { position, asOf });
      return undefined;
    },
    async revoke(partitions) {
      self.seen.push({ call: 'revoke', partitions });
      for (const partition of partitions) self.held.delete(partition);
      await self.onRevoke(partitions);
    },
  };
  return self;
}

export interface Running {
  readonly log: KafkaLog;
  readonly consumer: Recorder;
  /** How `run` ended: null as long as it goes on. */
  outcome(): { readonly error: unknown } | null;
  stop(): Promise<void>;
}

/** Runs a consumer until `stop`, which rejects when `run` did. */
export function running(options: KafkaOptions, consumer: Recorder): Running {
  const log = connectKafka(options);
  const over = new AbortController();
  let ended: { error: unknown } | null = null;
  const run = log.run(consumer, over.signal).then(
    () => {
      ended = { error: null };
    },
    (error: unknown) => {
      ended = { error };
    },
  );
  return {
    log,
    consumer,
    outcome: () => ended,
    stop: async () => {
      over.abort();
      await run;
      await log.close();
      const error = ended?.error;
      if (error instanceof Error) throw error;
    },
  };
}
