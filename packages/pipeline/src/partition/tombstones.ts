/**
 * Erasure: what it leaves of a recipient, and what later events do to that. A tombstone holds no address and no evidence: a moment, the
 * last version that was given, and the suppressions that go on to block the address.
 */
import { addFact, eraseRecipient, isObjectionReason, newRecipient, viewOf } from '@desist/domain';
import type { Change, Command, Fact, RecipientKey } from '@desist/domain';
import type { BlockRow } from '../ports/commit-plan.ts';
import type { ContextOf } from './contexts.ts';
import type { CachedRecipient, ErasedRecipient, Publisher, Recipients } from './recipients.ts';

export interface Tombstones {
  /** Erases the recipient, at the record with this offset. Answers what is published of it. */
  erase(key: RecipientKey, command: Command, clock: number, offset: number): readonly Change[];
  /** True when the fact happened before the erasure: then at most what blocks grows. */
  absorbs(cached: CachedRecipient, fact: Fact, offset: number): boolean;
  /** Lifts what an erasure left behind, as far as a `release` may. */
  release(cached: CachedRecipient, command: Command, offset: number): void;
}

export interface TombstonesOptions {
  readonly recipients: Pick<Recipients, 'get' | 'settle'>;
  readonly contextOf: ContextOf;
  readonly publisher: Publisher;
}

export function createTombstones({ recipients, contextOf, publisher }: TombstonesOptions): Tombstones {
  function keep(cached: CachedRecipient, tombstone: ErasedRecipient, whole: boolean, offset: number): void {
    cached.tombstone = tombstone;
    publisher.erased(cached, whole, offset);
  }

  return {
    erase(key, command, clock, offset) {
      const cached = recipients.get(key) as CachedRecipient;
      const { occurredAt } = command;
      const { changes, blocks, rest } = eraseRecipient(cached.recipient, occurredAt, clock, contextOf(cached.tenant));
      cached.recipient = rest;
      recipients.settle(key, changes);
      const before = cached.tombstone;
      const at = Math.max(occurredAt, before?.at ?? occurredAt);
      keep(cached, { at, version: rest.version, blocks: merged(before?.blocks ?? [], blocks) }, true, offset);
      cached.stored = false;
      cached.listChanged = true;
      return changes;
    },
    absorbs(cached, fact, offset) {
      const { tombstone, tenant } = cached;
      if (tombstone === undefined || fact.at > tombstone.at) return false;
      // It came late: what it would have brought about by itself blocks, as if it had been known then. The record goes like the others.
      const alone = newRecipient();
      const context = contextOf(tenant);
      addFact(alone, fact, fact.at, context);
      keep(cached, { ...tombstone, blocks: merged(tombstone.blocks, viewOf(alone, context).suppressions) }, false, offset);
      return true;
    },
    release(cached, command, offset) {
      const { tombstone } = cached;
      if (command.type !== 'release' || tombstone === undefined || tombstone.blocks.length === 0) return;
      keep(cached, { ...tombstone, blocks: tombstone.blocks.filter((block) => !lifts(command, block)) }, false, offset);
    },
  };
}

/** One per scope and reason: the later end counts. */
function merged(known: readonly BlockRow[], more: readonly BlockRow[]): readonly BlockRow[] {
  const blocks = new Map<string, BlockRow>();
  for (const { scope, reason, since, expiresAt } of [...known, ...more]) {
    const key = `${scope} ${reason}`;
    const before = blocks.get(key);
    const forEver = before !== undefined && (before.expiresAt === null || expiresAt === null);
    const end = forEver ? null : Math.max(expiresAt ?? 0, before?.expiresAt ?? 0);
    blocks.set(key, { scope, reason, since: before?.since ?? since, expiresAt: before === undefined ? expiresAt : end });
  }
  return [...blocks.values()];
}

/** As `release` lifts suppressions: complaint and unsubscribe only with force. */
function lifts({ scope, force }: Command, block: BlockRow): boolean {
  if (scope !== '*' && scope !== block.scope) return false;
  return force === true || !isObjectionReason(block.reason);
}
