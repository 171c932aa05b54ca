/** What a checkpoint says beside offset and clock: whose the partition is, which past of the database it belongs to, and which log. */
import { HOUR } from '@desist/domain';

/** The owner of a partition, from the checkpoint row. */
export interface Ownership {
  readonly partition: number;
  readonly epoch: number;
  /** Drawn at random by the claim. When the database goes back in time, two owners can get one epoch, but never one nonce. */
  readonly nonce: string;
}

/** Whether a checkpoint still names this owner. */
export function isOwnedBy(
  checkpoint: Pick<Ownership, 'epoch' | 'nonce'> | null,
  { epoch, nonce }: Pick<Ownership, 'epoch' | 'nonce'>,
): boolean {
  return checkpoint?.epoch === epoch && checkpoint.nonce === nonce;
}

/** The last record that a partition has folded, to be found again in the log. */
export interface LastRecord {
  readonly offset: number;
  /** ms, as the log gave it. */
  readonly recordTime: number;
  /** A short hash of the key: it tells records apart, and nobody by whom it was sent. */
  readonly keyHash: number;
}

/** What the log says of itself and of a partition, before the partition is claimed. */
export interface LogEvidence {
  /** The log that the offsets belong to (`LogSource.identity`). */
  readonly log: string;
  /** How far changes of the partition were published (`LogSink.published`). */
  readonly published: Published | null;
}

/** How far the changes of a source partition were published. Later ones have a higher incarnation, or a higher sequence in the same one. */
export interface Published {
  readonly incarnation: number;
  readonly sequence: number;
}

/** A checkpoint as it is. The nonce is none that a claim has when the database server has started anew since the claim. */
export interface Position extends Pick<Ownership, 'epoch' | 'nonce'> {
  readonly nextOffset: number;
  readonly nextSequence: number;
}

/**
 * The incarnation to go on with, when what was published is ahead of a checkpoint: that was committed, and the database knows nothing of
 * it any more. `now`: ms. Undefined: nothing says so.
 */
export function incarnationAfter(
  published: Published | null,
  { incarnation, nextSequence }: { readonly incarnation: number; readonly nextSequence: number },
  now: number,
): number | undefined {
  if (published === null) return undefined;
  const isAhead = published.incarnation > incarnation || (published.incarnation === incarnation && published.sequence >= nextSequence);
  return isAhead ? incarnationBehind(Math.max(published.incarnation, incarnation), now) : undefined;
}

/** 2026-01-01T00:00:00Z: incarnations count steps from here on. */
const FIRST_STEP = 1_767_225_600_000;
/** 3.5 s: no two returns of a database are that near to each other, for each needs a copy of it and a claim. */
const STEP = HOUR / 1_024;

/**
 * The next incarnation: a moment, and no mere counter, for a back-up that is older than an earlier return would give a counter's value
 * again. `now`: ms.
 */
export function incarnationBehind(known: number, now: number): number {
  return Math.max(known + 1, Math.floor((now - FIRST_STEP) / STEP));
}
