/**
 * How far each source partition was published, kept by Kafka itself: as the committed offset of a consumer group that nobody joins, written in
 * the transaction of the relay. Offset: the next sequence number; metadata: the incarnation. One request reads it, where the topics would
 * have to be searched.
 *
 * Kafka forgets it when nothing was published for `offsets.retention.minutes` (a week): then nothing is compared.
 */
import type { Published } from '@desist/pipeline';
import type { Transaction } from 'kafkajs';

import type { Admins } from './admin.ts';
import type { Settings } from './options.ts';

type Offsets = Parameters<Transaction['sendOffsets']>[0];

/** What the transaction stores together with its records. */
export function offsetsOf(settings: Settings, partition: number, { incarnation, sequence }: Published): Offsets {
  const place = { partition, offset: String(sequence + 1), metadata: String(incarnation) };
  return { consumerGroupId: groupOf(settings), topics: [{ topic: settings.topics.deliveryEvents, partitions: [place] }] };
}

/** Null: nothing was published, or Kafka has forgotten it. */
export async function readProgress(admins: Admins, settings: Settings, partition: number): Promise<Published | null> {
  const topic = settings.topics.deliveryEvents;
  const found = await admins.use('how far changes were published', (admin) =>
    admin.fetchOffsets({ groupId: groupOf(settings), topics: [topic] }),
  );
  const place = found.find((one) => one.topic === topic)?.partitions.find((one) => one.partition === partition);
  const next = Number(place?.offset ?? -1);
  const incarnation = Number(place?.metadata ?? '');
  return next < 1 || !Number.isSafeInteger(incarnation) ? null : { incarnation, sequence: next - 1 };
}

/** Belongs to the installation as the transactional ids do. */
function groupOf(settings: Settings): string {
  return `${settings.relayIdPrefix}published`;
}
