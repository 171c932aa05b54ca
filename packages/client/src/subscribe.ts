/**
 * Typed changes from `suppression-events`, in order per recipient, without the duplicates that the relay writes after a crash. Progress is
 * stored in Kafka: the metadata of each committed offset holds the highest `sequence.number`s seen in that partition. Duplicates are
 * therefore recognised after a restart too, in any process of the group.
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
  /** Where a group without committed offsets starts. Default `start`. */
  readonly from?: 'start' | 'end';
  /**
   * Awaited before the next change of the partition is delivered. A rejection aborts the batch, and the whole batch is delivered again:
   * changes are marked as seen only when their batch has completed.
   */
  readonly onChange: (change: Change) => Promise<void> | void;
  /** Handles decisions about incidents; awaited like `onChange`. Default: they are skipped. */
  readonly onIncident?: (change: IncidentChange) => Promise<void> | void;
  /** Called for records that are not a change of version 1. Default: they are skipped. */
  readonly onUnreadable?: (where: { readonly partition: number; readonly offset: string }) => void;
}

export interface Subscription {
  /** Since the start: changes delivered (of recipients and of incidents) and duplicates dropped. */
  readonly counts: { readonly changes: number; readonly duplicates: number };
  stop(): Promise<void>;
}

const MEMBERS = ['id', 'type', 'tenant', 'sequence'];
const OF_RECIPIENT = ['recipient', 'recipientVersion'];
const OF_INCIDENT = ['incident', 'holds', 'terms'];
/** Kept below Kafka's default limit for offset metadata, 4096 bytes. */
const METADATA_LIMIT = 4_000;

/** The furthest change seen of a source partition: numbers of a higher incarnation come behind all of a lower one. */
export interface Mark {
  readonly incarnation: number;
  readonly number: number;
}

/** By source partition. */
export type Marks = Map<number, Mark>;

export function encodeMarks(marks: Marks): string {
  const text = [...marks]
    .map(([partition, { incarnation, number }]) => {
      const place = `${partition.toString(36)}:${number.toString(36)}`;
      return incarnation === 0 ? place : `${place}.${incarnation.toString(36)}`;
    })
    .join(',');
  // An output partition has at most as many source partitions as the input has partitions. Over the limit, the least recently seen are dropped.
  return text.length <= METADATA_LIMIT ? text : text.slice(text.indexOf(',', text.length - METADATA_LIMIT) + 1);
}

export function decodeMarks(text: string | null | undefined): Marks {
  const marks: Marks = new Map();
  for (const part of (text ?? '').split(',')) {
    const [, partition, number, incarnation = '0'] = /^([0-9a-z]+):([0-9a-z]+)(?:\.([0-9a-z]+))?$/.exec(part) ?? [];
    if (partition === undefined || number === undefined) continue;
    marks.set(parseInt(partition, 36), { incarnation: parseInt(incarnation, 36), number: parseInt(number, 36) });
  }
  return marks;
}

/**
 * True if the change was not seen before: its number is above the highest one of its source partition and incarnation. After the database
 * went back in time numbers are given again, to other changes, under a higher incarnation. Records the number, so a second call with the
 * same change returns false.
 */
export function isNew(marks: Marks, { sequence: { partition, number, incarnation = 0 } }: Pick<Change, 'sequence'>): boolean {
  const mark = marks.get(partition) ?? { incarnation: 0, number: 0 };
  if (incarnation < mark.incarnation || (incarnation === mark.incarnation && number <= mark.number)) return false;
  marks.delete(partition);
  marks.set(partition, { incarnation, number });
  return true;
}

type Read =
  { readonly kind: 'change'; readonly change: Change } | { readonly kind: 'incident'; readonly change: IncidentChange } | undefined;

/** Undefined if the value is not a change of version 1. */
function readChange(value: Uint8Array | null): Read {
  const json = value === null ? undefined : (decodeObject(value, MEMBERS) as Readonly<Record<string, unknown>> | undefined);
  if (json === undefined || typeof json['type'] !== 'string' || !isSequence(json['sequence'])) return undefined;
  const incident = json['type'].startsWith('incident_');
  if ((incident ? OF_INCIDENT : OF_RECIPIENT).some((member) => json[member] === undefined)) return undefined;
  if (!incident) return { kind: 'change', change: json as unknown as Change };
  // Versions before sender incidents wrote the id alone.
  const { incident: of } = json;
  const named = typeof of === 'string' ? { ...json, incident: { id: of, kind: 'provider' } } : json;
  return { kind: 'incident', change: named as unknown as IncidentChange };
}

function isSequence(value: unknown): boolean {
  const { partition, number, incarnation = 0 } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return [partition, number, incarnation].every(Number.isSafeInteger);
}

/** Delivers one record to its handler. A record without a handler is marked as seen, too. */
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
  // After a rebalance another process may have advanced a partition; its progress is read from Kafka again.
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
