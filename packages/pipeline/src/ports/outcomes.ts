/** What became of commands and records: written by the commits, read by whoever waits or asks. */

export interface CommandRef {
  readonly tenant: string;
  readonly id: string;
}

/** Written by the commit that folds the command, for those who wait for it. */
export interface CommandOutcome extends CommandRef {
  /**
   * `dead_letter`: it was not applied, for this reason. `refused`: it is kept like every command, and changes nothing, for this reason (a
   * `CommandRefusal`).
   */
  readonly outcome: 'applied' | 'dead_letter' | 'refused';
  readonly reason: string | null;
  readonly detail: string | null;
  /** Published changes that it brought about. */
  readonly changes: number;
}

/** A key whose hash belongs to another partition: `release` and `forget` do not reach what is folded here. */
export const OTHER_PARTITIONER = 'other_partitioner';

/** Records of a commit that are not as they should be. */
export interface RecordFault {
  /** The reason of a dead letter, or `OTHER_PARTITIONER`. */
  readonly kind: string;
  readonly count: number;
  readonly lastOffset: number;
}

/** All of a partition so far. */
export interface CountedFault extends RecordFault {
  readonly partition: number;
  /** When the last one was committed, ms. */
  readonly lastAt: number;
}

/** @throws StoreError like `RecipientStore`. */
export interface OutcomeStore {
  /** Somebody will wait for these commands, which are not appended yet. */
  expectCommands(commands: readonly CommandRef[]): Promise<void>;
  /** Of the expected ones among these that were folded. */
  commandOutcomes(commands: readonly CommandRef[]): Promise<readonly CommandOutcome[]>;
  /** By partition and kind. */
  recordFaults(): Promise<readonly CountedFault[]>;
}
