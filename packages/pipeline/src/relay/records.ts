/** What a relay appends: changes, what holds now, and dead letters, as records of the topics (CONTRACT 1.3 and 1.4). */
import type { DeadLetter, OutboxRow } from '../ports/commit-plan.ts';
import type { OutRecord, TopicRecords } from '../ports/log.ts';
import type { Claim } from '../ports/store.ts';

/** Bytes of a dead letter's value; with key and headers it stays below the 1 MiB that a topic takes by default. */
const LETTER_VALUE_BYTES = 768 * 1024;
const LETTER_KEY_BYTES = 64 * 1024;
/** Characters: up to four times as many bytes. */
const LETTER_DETAIL_LENGTH = 4 * 1024;

/** The source partition of what is published, and the incarnation of its claim. */
type Source = Pick<Claim, 'partition' | 'incarnation'>;

/** Changes of a source partition, and behind them what holds for whom they concern. */
export function recordsOfChanges(owner: Source, changes: readonly OutboxRow[]): readonly TopicRecords[] {
  const events = changes.map(({ key, change }): OutRecord => ({ key, value: change }));
  const list = changes.flatMap((row) => listRecord(owner, row) ?? []);
  const sequence = changes.at(-1)?.sequence ?? 0;
  return [
    { topic: 'suppressionEvents', records: events, published: { incarnation: owner.incarnation, sequence } },
    ...(list.length === 0 ? [] : [{ topic: 'suppressions', records: list } as const]),
  ];
}

function listRecord(owner: Source, { sequence, key, change, value }: OutboxRow): OutRecord | undefined {
  if (value === undefined) return undefined;
  const { recipientVersion } = JSON.parse(change) as { readonly recipientVersion: number };
  return { key, value, headers: listHeaders(owner, recipientVersion, sequence) };
}

/**
 * The headers of a record on `suppressions` let a reader keep the highest incarnation and version of a key, also behind a tombstone. The
 * incarnation is that of the owner who publishes: what the database still says after it went back replaces whatever was published since.
 */
export function listHeaders({ partition, incarnation }: Source, version: number, sequence: number): NonNullable<OutRecord['headers']> {
  return { version: String(version), incarnation: String(incarnation), partition: String(partition), sequence: String(sequence) };
}

/**
 * Records that could not be read, as they were. What is too long is cut; a header `truncated` (`truncated-key`) then says how many bytes
 * it had.
 */
export function recordsOfDeadLetters(partition: number, topic: string, letters: readonly DeadLetter[]): readonly TopicRecords[] {
  const records = letters.map(({ offset, key, value, reason, detail }): OutRecord => {
    const origin = { reason, detail: detail.slice(0, LETTER_DETAIL_LENGTH), topic, partition: String(partition), offset: String(offset) };
    return {
      key: key?.subarray(0, LETTER_KEY_BYTES) ?? null,
      value: value?.subarray(0, LETTER_VALUE_BYTES) ?? null,
      headers: {
        ...origin,
        ...(value !== null && value.length > LETTER_VALUE_BYTES ? { truncated: String(value.length) } : {}),
        ...(key !== null && key.length > LETTER_KEY_BYTES ? { 'truncated-key': String(key.length) } : {}),
      },
    };
  });
  return [{ topic: 'deadLetters', records }];
}
