/** What a live partition publishes: changes with their sequence numbers, as rows of the outbox and of the history, and erasures. */
import { recipientKey, viewOf } from '@desist/domain';
import type { Change, SenderNotice, Tenant, Address } from '@desist/domain';
import { placeInFeed } from '../ports/change-feed.ts';
import type { Codec, Sequence } from '../ports/codec.ts';
import type { AnnouncementRow, ErasedRow, HistoryRow, OutboxRow } from '../ports/commit-plan.ts';
import type { ContextOf } from './contexts.ts';
import type { ErasedRecipient, Publisher } from './recipients.ts';
import { concernsList } from './recipients.ts';

export interface Outbox extends Publisher {
  /** What was decided about a sender incident. `recordedAt`: the partition clock, ms. */
  announcedSender(notice: SenderNotice, recordedAt: number): void;
  /** The next change gets this number. */
  nextSequence(): number;
  /** Characters of the changes and list values that the next commit carries. */
  characters(): number;
  /** What was published since the last drain, for the next commit. */
  drain(): {
    readonly outbox: readonly OutboxRow[];
    readonly history: readonly HistoryRow[];
    readonly announcements: readonly AnnouncementRow[];
    readonly erased: readonly ErasedRow[];
  };
}

export interface OutboxOptions {
  readonly partition: number;
  readonly incarnation: number;
  readonly nextSequence: number;
  readonly codec: Codec;
  readonly contextOf: ContextOf;
  /** Version (hash) of the policy. */
  readonly policy: string;
}

export function createOutbox({ partition, incarnation, nextSequence, codec, contextOf, policy }: OutboxOptions): Outbox {
  let next = nextSequence;
  let outbox: OutboxRow[] = [];
  /** Where in the outbox the list value of a recipient is. */
  let valueAt = new Map<string, number>();
  let characters = 0;
  let history: HistoryRow[] = [];
  let announcements: AnnouncementRow[] = [];
  let erased = new Map<string, ErasedRow>();

  const place = (number: number): Sequence => ({ partition, number, ...(incarnation === 0 ? {} : { incarnation }) });

  function add(row: OutboxRow): void {
    characters += row.change.length + lengthOf(row);
    outbox.push(row);
  }

  /**
   * Only the last change of a commit carries what holds for its recipient: the compacted topic keeps nothing else, and a list may be long.
   */
  function addToList(row: OutboxRow): void {
    const before = valueAt.get(row.key);
    const outdated = before === undefined ? undefined : outbox[before];
    if (before !== undefined && outdated !== undefined) {
      characters -= lengthOf(outdated);
      outbox[before] = { ...outdated, value: undefined };
    }
    valueAt.set(row.key, outbox.length);
    add(row);
  }

  return {
    nextSequence: () => next,
    characters: () => characters,
    changed({ tenant, address, recipient }, changes) {
      const key = recipientKey(tenant, address);
      const { suppressions, allowed } = viewOf(recipient, contextOf(tenant));
      const value = codec.encodeSuppressions({ tenant, address, version: recipient.version, suppressions, allowed });
      for (const change of changes) {
        const sequence = next;
        next += 1;
        const text = codec.encodeChange({ tenant, address, change, sequence: place(sequence) });
        const row = { sequence, key, change: text };
        if (concernsList(change)) addToList({ ...row, value });
        else add({ ...row, value: undefined });
        history.push(historyRow(tenant, address, placeInFeed(incarnation, sequence), change));
      }
    },
    announced(notice, recordedAt) {
      const sequence = next;
      next += 1;
      const { key, value } = codec.encodeIncidentChange({ notice, recordedAt, policy, sequence: place(sequence) });
      add({ sequence, key, change: value, value: undefined });
      announcements.push({ sequence: placeInFeed(incarnation, sequence), tenant: notice.terms.tenant ?? '*', recordedAt, change: value });
    },
    announcedSender(notice, recordedAt) {
      const sequence = next;
      next += 1;
      const { key, value } = codec.encodeSenderChange({ notice, recordedAt, policy, sequence: place(sequence) });
      add({ sequence, key, change: value, value: undefined });
      announcements.push({ sequence: placeInFeed(incarnation, sequence), tenant: notice.place.tenant, recordedAt, change: value });
    },
    erased({ tenant, address, tombstone }, whole, offset) {
      const key = recipientKey(tenant, address);
      if (whole) history = history.filter((row) => row.tenant !== tenant || row.address !== address);
      // Everything that was ever published of it has a lower number.
      const sequence = next - 1;
      const before = erased.get(key);
      erased.set(key, { tenant, address, ...(tombstone as ErasedRecipient), whole: whole || before?.whole === true, offset, sequence });
    },
    drain() {
      const drained = { outbox, history, announcements, erased: [...erased.values()] };
      outbox = [];
      valueAt = new Map();
      characters = 0;
      history = [];
      announcements = [];
      erased = new Map();
      return drained;
    },
  };
}

function lengthOf({ value }: OutboxRow): number {
  return value?.length ?? 0;
}

function historyRow(tenant: Tenant, address: Address, sequence: number, change: Change): HistoryRow {
  const { version, type, effectiveAt, recordedAt, counts: _, ...detail } = change;
  return { tenant, address, sequence, version, type, effectiveAt, recordedAt, detail: JSON.stringify(detail) };
}
