import type { KafkaMessage } from 'kafkajs';
import type { LogBatch, LogRecord } from '@desist/pipeline';

import { placeholderReason } from './placeholder-records.ts';
import { FetchedRecord } from './record-batch.ts';

/** A record as the pipeline sees it. Headers are no part of the input contract. */
export function toRecord(message: Pick<KafkaMessage, 'offset' | 'key' | 'value' | 'timestamp'>): LogRecord {
  if (message instanceof FetchedRecord) {
    const { offsetNumber: offset, key, value, recordTime } = message;
    return { offset, key, value, recordTime };
  }
  return {
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    recordTime: Number(message.timestamp),
  };
}

/** What one fetched batch holds for the consumer. */
export interface Fetched {
  /** Offset of the first record of any kind in the fetch; null when there is none. */
  readonly rawFirst: number | null;
  /** Null: nothing in it for the consumer. */
  readonly batch: LogBatch | null;
  /** The first record that could not be decompressed; the batch ends before it. */
  readonly unreadable: { readonly offset: number; readonly reason: string } | null;
}

/** The part of a batch of kafkajs that is used here. */
export interface KafkaBatch {
  readonly partition: number;
  readonly highWatermark: string;
  readonly messages: readonly Pick<KafkaMessage, 'offset' | 'key' | 'value' | 'timestamp'>[];
  firstOffset(): string | null;
  lastOffset(): string;
}

/** Decimal strings become numbers here, once. */
export function toBatch(fetched: KafkaBatch): Fetched {
  const records: LogRecord[] = [];
  let unreadable: Fetched['unreadable'] = null;
  for (const message of fetched.messages) {
    const reason = placeholderReason(message.value);
    if (reason !== null) {
      unreadable = { offset: Number(message.offset), reason };
      break;
    }
    records.push(toRecord(message));
  }
  const raw = fetched.firstOffset();
  const first = records[0];
  return {
    rawFirst: raw === null ? null : Number(raw),
    unreadable,
    batch:
      first === undefined
        ? null
        : {
            partition: fetched.partition,
            firstOffset: first.offset,
            nextOffset: unreadable === null ? Number(fetched.lastOffset()) + 1 : unreadable.offset,
            highWatermark: Number(fetched.highWatermark),
            records,
          },
  };
}
