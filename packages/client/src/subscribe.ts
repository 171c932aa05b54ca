/**
 * Typed changes from `suppression-events`, in order per recipient, each once. How far a subscriber has come is kept in Kafka: with the
 * committed offset of each partition stand the highest `sequence.number`s seen in it, so that what the relay repeats after a crash is
 * recognised after a restart too, in whichever process.
 */
import kafkajs from 'kafkajs';
import type { Admin, EachBatchPayload, KafkaConfig } from 'kafkajs';
import type { Change, IncidentChange } from './terms.ts';
import { decodeObject } from './terms.ts';

export interface SubscribeOptions {
  readonly kafka: KafkaConfig;
  /** Subscribers of one group share the partitions; each group sees every change. */
  readonly groupId: string;
  /** Default `suppression-events`. */
  readonly topic?: string;
  /** Where a group begins that was never here. Default `start`. */
  readonly from?: 'start' | 'end';
  /**
   * Awaited; the next change of the partition comes afterwards. What it rejects with stops the batch, which is brought again: a change
   * counts as seen when its batch is through.
   */
  readonly onChange: (change: Change) => Promise<void> | void;
  /** What was decided about incidents; awaited like `onChange`. Default: it is skipped. */
  readonly onIncident?: (change: IncidentChange) => Promise<void> | void;
  /** Records that are no change of version 1. Default: they are skipped. */
  readonly onUnreadable?: (where: { readonly partition: number; readonly offset: string }) => void;
}

export interface Subscription {
  /** Changes handed on (of recipients and of incidents), and repeats dropped, since the start. */
  readonly counts: { readonly changes: number; readonly duplicates: number };
  stop(): Promise<void>;
}

const MEMBERS = ['id', 'type', 'tenant', 'sequence'];
const OF_RECIPIENT = ['recipient', 'recipientVersion'];
const OF_INCIDENT = ['incident', 'holds', 'terms'];
/** Of Kafka, for what stands with an offset: 4096 bytes. */
const METADATA_LIMIT = 4_000;

/** Highest number seen of each source partition. */
export type Marks = Map<number, number>;

export function encodeMarks(marks: Marks): string {
  const text = [...marks].map(([partition, number]) => `${partition.toString(36)}:${number.toString(36)}`).join(',');
  // A partition of the output has as many sources as the input has partitions at most; the numbers seen last count.
  return text.length <= METADATA_LIMIT ? text : text.slice(text.indexOf(',', text.length - METADATA_LIMIT) + 1);
}

export function decodeMarks(text: string | null | undefined): Marks {
  const marks: Marks = new Map();
  for (const part of (text ?? '').split(',')) {
    const match = /^([0-9a-z]+):([0-9a-z]+)$/.exec(part);
    if (match !== null) marks.set(parseInt(match[1] as string, 36), parseInt(match[2] as string, 36));
  }
  return marks;
}

/** True once for each change: a number that is not above the last of its source partition was seen before. */
export function isNew(marks: Marks, { sequence: { partition, number } }: Pick<Change, 'sequence'>): boolean {
  if (number <= (marks.get(partition) ?? 0)) return false;
  marks.delete(partition);
  marks.set(partition, number);
  return true;
}

type Read =
  { readonly kind: 'change'; readonly change: Change } | { readonly kind: 'incident'; readonly change: IncidentChange } | undefined;

/** Undefined for what is no change of version 1. */
function readChange(value: Uint8Array | null): Read {
  const json = value === null ? undefined : (decodeObject(value, MEMBERS) as Readonly<Record<string, unknown>> | undefined);
  if (json === undefined || typeof json['type'] !== 'string' || !isSequence(json['sequence'])) return undefined;
  const incident = json['type'].startsWith('incident_');
  if ((incident ? OF_INCIDENT : OF_RECIPIENT).some((member) => json[member] === undefined)) return undefined;
  return incident ? { kind: 'incident', change: json as unknown as IncidentChange } : { kind: 'change', change: json as unknown as Change };
}

function isSequence(value: unknown): boolean {
  const { partition, number } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Number.isSafeInteger(partition) && Number.isSafeInteger(number);
}

/** Hands one record to whoever asked for such; what nobody asked for counts as seen, too. */
export async function handOn(
  value: Uint8Array | null,
  marks: Marks,
  { onChange, onIncident }: Pick<SubscribeOptions, 'onChange' | 'onIncident'>,
): Promise<'handed' | 'skipped' | 'repeated' | 'unreadable'> {
  const read = readChange(value);
  if (read === undefined) return 'unreadable';
  if (!isNew(marks, read.change)) return 'repeated';
  if (read.kind === 'change') await onChange(read.change);
  else if (onIncident === undefined) return 'skipped';
  else await onIncident(read.change);
  return 'handed';
}

export async function subscribe(options: SubscribeOptions): Promise<Subscription> {
  const { groupId, topic = 'suppression-events', from = 'start' } = options;
  const client = new kafkajs.Kafka(options.kafka);
  const admin = client.admin();
  const consumer = client.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 250 });
  const counts = { changes: 0, duplicates: 0 };
  let marksOf = new Map<number, Marks>();
  // After a rebalance another process may have gone on with a partition: what it saw stands in Kafka.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    marksOf = new Map();
  });

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const known = marksOf;
    const marks = new Map(known.get(batch.partition) ?? (await storedMarks(admin, groupId, topic, batch.partition)));
    for (const { value, offset } of batch.messages) {
      if (!payload.isRunning() || payload.isStale()) return;
      const became = await handOn(value, marks, options);
      if (became === 'handed') counts.changes += 1;
      else if (became === 'repeated') counts.duplicates += 1;
      else if (became === 'unreadable') options.onUnreadable?.({ partition: batch.partition, offset });
      await payload.heartbeat();
    }
    const offset = String(Number(batch.lastOffset()) + 1);
    await consumer.commitOffsets([{ topic, partition: batch.partition, offset, metadata: encodeMarks(marks) }]);
    known.set(batch.partition, marks);
  }

  await admin.connect();
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: from === 'start' });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: true, eachBatch });
  } catch (error) {
    await Promise.allSettled([consumer.disconnect(), admin.disconnect()]);
    throw error;
  }
  return {
    counts,
    async stop() {
      await consumer.disconnect();
      await admin.disconnect();
    },
  };
}

async function storedMarks(admin: Admin, groupId: string, topic: string, partition: number): Promise<Marks> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return decodeMarks(found?.partitions.find((one) => one.partition === partition)?.metadata);
}
