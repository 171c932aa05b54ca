/**
 * The recipients of one partition that are at hand, and which of them were folded since the last commit.
 *
 *   load, add ──> cached ── settle (folded) ──> dirty ── drain ──> the next commit
 *                   └── evict: read again when needed
 *
 * Everything here dies with its owner: the store has the truth of a live partition, the log that of a replay.
 */
import { keepLastResets, newRecipient, recipientKey, viewOf } from '@desist/domain';
import type { Change, IncidentNotice, Recipient, RecipientKey, RecipientRef } from '@desist/domain';
import type { Tombstone } from '../ports/commit-plan.ts';
import type { ContextOf, ShadowPolicy } from './contexts.ts';
import type { Deadlines } from './deadlines.ts';

export interface CachedRecipient extends RecipientRef {
  recipient: Recipient;
  /** Its row belongs to another partition: it must not be touched here. */
  readonly foreign: boolean;
  /** The store has a row of it. */
  stored: boolean;
  /** What is active was changed since the last commit. */
  listChanged: boolean;
  /** What the erasure of an earlier recipient of this address left behind. */
  tombstone: ErasedRecipient | undefined;
  /** The version of `Incidents` that its evidence was compared with. */
  incidentsVersion: number;
  /** The same recipient under the shadow policy; undefined: there is none, or it is made of the evidence when it is needed. */
  shadow: Recipient | undefined;
  /** As it was under another shadow policy, until that is taken back; undefined: there was none. */
  formerShadow: Recipient | undefined;
  /** Version of the shadow policy of its last fold; null: there was none. */
  shadowPolicy: string | null;
}

export type ErasedRecipient = Pick<Tombstone, 'at' | 'version' | 'blocks'>;

/** Where what the fold decides goes: rows and records of the next commit, or a replay's output. */
export interface Publisher {
  /** A recipient's changes, in the order of their versions; at least one. */
  changed(cached: CachedRecipient, changes: readonly Change[]): void;
  /** What was decided about an incident. `recordedAt`: the partition clock, ms. */
  announced(notice: IncidentNotice, recordedAt: number): void;
  /** The tombstone of a recipient is another. `whole`: its row and history go. `offset`: of the record that brought it about. */
  erased(cached: CachedRecipient, whole: boolean, offset: number): void;
}

/** What a row says. */
export interface KnownRow {
  readonly recipient: Recipient;
  readonly foreign: boolean;
  readonly shadow?: Recipient | undefined;
  readonly formerShadow?: Recipient | undefined;
  readonly shadowPolicy?: string | null;
}

export interface Recipients {
  get(key: RecipientKey): CachedRecipient | undefined;
  /** A recipient that is not at hand yet; without a row it is a new one. */
  add(ref: RecipientRef, row?: KnownRow): CachedRecipient;
  keys(): IterableIterator<RecipientKey>;
  delete(key: RecipientKey): void;
  size(): number;
  /** A recipient was folded: its deadline is set anew, and its changes are published. */
  settle(key: RecipientKey, changes: readonly Change[]): void;
  /** How many were folded since the last drain. */
  dirty(): number;
  /** Those that were folded since the last drain. */
  drain(): readonly CachedRecipient[];
  /** Down to half of the bound when it is exceeded; never those that are needed, nor dirty ones. */
  evict(needed: { has(key: RecipientKey): boolean }): void;
}

/** Recipients kept at hand between batches. */
const AT_HAND = 50_000;

export interface RecipientsOptions {
  readonly deadlines: Deadlines;
  readonly contextOf: ContextOf;
  readonly publisher: Publisher;
  readonly shadow?: ShadowPolicy | undefined;
  /** How many are kept at hand; above it those loaded longest ago are evicted. */
  readonly atHand?: number;
}

export function createRecipients({ deadlines, contextOf, publisher, shadow, atHand = AT_HAND }: RecipientsOptions): Recipients {
  const cached = new Map<RecipientKey, CachedRecipient>();
  let dirty = new Set<RecipientKey>();
  /** Drained last: their commit may be on its way, and a row that is loaded again now would be the one before it. */
  let committing = new Set<RecipientKey>();

  return {
    get: (key) => cached.get(key),
    keys: () => cached.keys(),
    delete: (key) => void cached.delete(key),
    size: () => cached.size,
    add({ tenant, address }, row) {
      const one: CachedRecipient = {
        tenant,
        address,
        recipient: row?.recipient ?? newRecipient(),
        foreign: row?.foreign ?? false,
        stored: row !== undefined,
        listChanged: false,
        tombstone: undefined,
        incidentsVersion: 0,
        shadow: row?.shadow,
        formerShadow: row?.formerShadow,
        shadowPolicy: row?.shadowPolicy ?? null,
      };
      cached.set(recipientKey(tenant, address), one);
      return one;
    },
    settle(key, changes) {
      const one = cached.get(key) as CachedRecipient;
      dirty.add(key);
      const { untrackable, due } = dueUnderBoth(one, contextOf, shadow);
      one.shadowPolicy = shadow?.version ?? null;
      if (untrackable) {
        deadlines.untrack(key);
        // As it would be read again: its last resets are all that is kept of it.
        keepLastResets(one.recipient, isPublished(one) || (one.shadow?.version ?? 0) > 0, contextOf(one.tenant));
        one.shadow = undefined;
      } else {
        deadlines.track(key, due);
      }
      if (changes.length === 0) return;
      one.listChanged ||= changes.some(concernsList);
      publisher.changed(one, changes);
    },
    dirty: () => dirty.size,
    drain() {
      const folded = [...dirty].map((key) => cached.get(key) as CachedRecipient);
      committing = dirty;
      dirty = new Set();
      return folded;
    },
    evict(needed) {
      if (cached.size <= atHand) return;
      for (const key of cached.keys()) {
        if (cached.size <= atHand / 2) return;
        if (!needed.has(key) && !dirty.has(key) && !committing.has(key)) cached.delete(key);
      }
    },
  };
}

/** It is tracked as long as one of the two policies needs it. */
export function dueUnderBoth(
  { recipient, shadow: other, tenant }: CachedRecipient,
  contextOf: ContextOf,
  shadow: ShadowPolicy | undefined,
): { readonly untrackable: boolean; readonly due: number | null } {
  const real = viewOf(recipient, contextOf(tenant));
  if (shadow === undefined || other === undefined) return real;
  const view = viewOf(other, shadow.contextOf(tenant));
  if (view.untrackable) return real;
  return { untrackable: false, due: real.due === null || view.due === null ? (real.due ?? view.due) : Math.min(real.due, view.due) };
}

/** Something was published of it since its erasure, if it was erased: its versions must go on. */
export function isPublished({ recipient, tombstone }: CachedRecipient): boolean {
  return recipient.version !== (tombstone?.version ?? 0);
}

/** Does this change alter what the `suppressions` topic and the list say? */
export function concernsList({ suppression, allowance }: Change): boolean {
  return suppression !== null || allowance !== null;
}
