/** What operators and services ask of the database beside the store: which input it belongs to, and letting go of what stands still. */
import type { Database } from './database.ts';

export interface Input {
  readonly topic: string;
  readonly partitions: number;
}

export interface Resumed {
  readonly partition: number;
  readonly epoch: number;
  /** Where it stood, and where it goes on. */
  readonly from: number;
  readonly nextOffset: number;
  /** Why it stood still; null when it did not. */
  readonly was: string | null;
}

/** Binds the database to an input, once. Answers what it is bound to: the caller compares. */
export async function bindInput(db: Database, input: Input): Promise<Input> {
  await db.query('insert into desist.input (topic, partitions) values ($1, $2) on conflict (single) do nothing', [
    input.topic,
    input.partitions,
  ]);
  return (await boundInput(db)) as Input;
}

/** What the database is bound to; undefined before the first start. */
export async function boundInput(db: Database): Promise<Input | undefined> {
  const [row] = await db.query('select topic, partitions from desist.input');
  return row === undefined ? undefined : { topic: row['topic'] as string, partitions: Number(row['partitions']) };
}

/**
 * Lets a stopped partition go on. With `skipTo`, records below it are given up (retention has eaten them): the only call
 * that ever moves a checkpoint without folding. Undefined when there is no such partition.
 */
export async function resumePartition(db: Database, partition: number, skipTo?: number): Promise<Resumed | undefined> {
  return db.transaction(async (tx) => {
    const [before] = await tx.query('select next_offset, stopped from desist.checkpoint where partition = $1 for update', [partition]);
    if (before === undefined) return undefined;
    // A new epoch: whoever holds the partition now starts again from what stands here.
    const [after] = await tx.query(
      `update desist.checkpoint set stopped = null, attempts = 0, epoch = epoch + 1, next_offset = coalesce($2::bigint, next_offset),
              updated_at = now() where partition = $1 returning epoch, next_offset`,
      [partition, skipTo ?? null],
    );
    return {
      partition,
      epoch: Number(after?.['epoch']),
      from: Number(before['next_offset']),
      nextOffset: Number(after?.['next_offset']),
      was: before['stopped'] as string | null,
    };
  });
}
