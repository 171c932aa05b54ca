/**
 * Reads a slice of records: which of them must be folded, and which recipients that needs at hand.
 *
 *   record ──> peek ──> a delivery or acceptance, recognised on its bytes: counted, and done with unless its recipient is tracked
 *                └────> decode ──> an event to fold, or a dead letter
 *
 * Counting of deliveries happens here, at the clock that each record will bring; folding comes later, in the same order.
 */
import { recipientKey } from '@desist/domain';
import type { LogEvent, RecipientKey, RecipientRef } from '@desist/domain';
import type { Codec, FieldOffsets } from '../ports/codec.ts';
import type { LogRecord } from '../ports/log.ts';
import type { PipelineMetrics } from '../traffic/metrics.ts';
import { hashOfKey, hashOfText } from '../traffic/key-hash.ts';
import type { Traffic } from '../traffic/traffic.ts';
import type { Deadlines } from './deadlines.ts';

/** Records of a slice: after each I/O gets its turn. */
export const SLICE = 2_000;

export interface ReadSlice {
  /** Where it ends: at the end that was asked for, or at a record about an incident. */
  readonly to: number;
  readonly needed: ReadonlyMap<RecipientKey, RecipientRef>;
  /** What to fold of the record at this index of the batch; undefined: nothing. */
  eventAt(index: number): { readonly event: LogEvent; readonly key: RecipientKey } | undefined;
  /** Records that needed no parsing. */
  readonly peeked: number;
  readonly clamped: number;
}

export interface ReadOptions {
  readonly codec: Codec;
  readonly deadlines: Deadlines;
  readonly traffic: Traffic;
  readonly leavesTrace: (event: LogEvent, key: RecipientKey) => boolean;
  readonly metrics?: PipelineMetrics | undefined;
  /** The record could not be read. */
  readonly reject: (record: LogRecord, reason: string, detail: string) => void;
  /** The record was readable, or was not. */
  readonly note: (record: LogRecord, readable: boolean) => void;
  /** Called for what is decoded, and for a sample of the rest: does its key belong to another partition? */
  readonly examine: (record: LogRecord) => void;
}

export interface Slice {
  readonly records: readonly LogRecord[];
  readonly from: number;
  readonly end: number;
  /** The partition clock before the slice, and the present, ms. */
  readonly clock: number;
  readonly present: number;
}

export type ReadBatch = (slice: Slice) => ReadSlice;

export function createReadBatch(options: ReadOptions): ReadBatch {
  const { codec, deadlines, traffic, leavesTrace, metrics, reject, note, examine } = options;
  /** By position in the slice: the key hash of a delivery that was only peeked at; 0: none. */
  const peekedHash = new Int32Array(SLICE);
  const offsets: FieldOffsets = {
    ...{ occurredAt: 0, messageStart: 0, messageEnd: 0, hostStart: 0, hostEnd: 0 },
    ...{ streamStart: 0, streamEnd: 0, poolStart: 0, poolEnd: 0 },
  };

  return ({ records, from, end, clock, present }) => {
    const needed = new Map<RecipientKey, RecipientRef>();
    const decoded = new Array<{ readonly event: LogEvent; readonly key: RecipientKey } | undefined>(end - from);
    let to = end;
    let delivered = 0;
    let accepted = 0;
    let clamped = 0;
    let ahead = clock;

    function decode(record: LogRecord, index: number): LogEvent | undefined {
      const read = codec.decode(record);
      note(record, read.ok);
      if (!read.ok) {
        reject(record, read.reason, read.detail);
        return undefined;
      }
      if (read.clamped) clamped += 1;
      examine(record);
      const { event } = read;
      const key = recipientKey(event.tenant, event.recipient);
      metrics?.event(event.type);
      decoded[index] = { event, key };
      if (leavesTrace(event, key)) needed.set(key, { tenant: event.tenant, address: event.recipient });
      return event;
    }

    // Nearly all records are only peeked at: one of each slice tells of their producer.
    let sampled = false;
    for (let i = from; i < to; i += 1) {
      const record = records[i] as LogRecord;
      const type = codec.peek(record, offsets);
      if (type === undefined && codec.isIncident(record.key)) {
        to = i;
        break;
      }
      peekedHash[i - from] = 0;
      ahead = Math.max(ahead, Math.min(record.recordTime, present));
      if (type !== undefined && !sampled) {
        sampled = true;
        examine(record);
      }
      if (type === 'accepted') {
        accepted += 1;
        traffic.acceptedRecord({ key: record.key as Uint8Array, value: record.value as Uint8Array, offsets });
        note(record, true);
      } else if (type === 'delivered') {
        const key = record.key as Uint8Array;
        const keyHash = hashOfKey(key);
        traffic.deliveredRecord({ key, keyHash, value: record.value as Uint8Array, offsets }, ahead);
        if (deadlines.mayBeTracked(keyHash) && deadlines.isTracked(codec.keyText(key))) {
          decode(record, i - from);
        } else {
          delivered += 1;
          // Untracked so far: a record of the same slice may still open a streak, so this one is looked at again then.
          peekedHash[i - from] = keyHash;
          note(record, true);
        }
      } else {
        const event = decode(record, i - from);
        if (event?.type === 'delivered') traffic.delivered(event, recipientKey(event.tenant, event.recipient), ahead);
        else if (event?.type === 'accepted' || event?.type === 'rejected' || event?.type === 'engaged') traffic.passed(event);
      }
    }
    if (delivered > 0) metrics?.event('delivered', delivered);
    if (accepted > 0) metrics?.event('accepted', accepted);

    let hashes: Set<number> | undefined;
    return {
      to,
      needed,
      peeked: delivered + accepted,
      clamped,
      eventAt(index) {
        const one = decoded[index - from];
        if (one !== undefined) return needed.has(one.key) ? one : undefined;
        const hash = peekedHash[index - from] as number;
        if (hash === 0) return undefined;
        hashes ??= new Set([...needed.keys()].map((key) => hashOfText(key)));
        if (!hashes.has(hash)) return undefined;
        const record = records[index] as LogRecord;
        const key = codec.keyText(record.key as Uint8Array);
        const read = needed.has(key) ? codec.decode(record) : undefined;
        return read?.ok === true ? { event: read.event, key } : undefined;
      },
    };
  };
}
