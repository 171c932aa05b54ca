/**
 * Watches that the input keeps its number of partitions. With another number the producers send the events of a recipient to another
 * partition, where nothing is known of it: then nothing is folded any more, in any partition, until an operator has acted.
 */
import type { Engine } from '@desist/pipeline';
import type { Backends } from './backends.ts';
import { repeat } from './every.ts';
import type { Background } from './every.ts';

const EVERY = 10_000;

export interface PartitionCount {
  /** Name of the input topic. */
  readonly topic: string;
  /** Of the input as it is now. */
  readonly partitions: number;
  /** Over which the recipients in the database are distributed. */
  readonly bound: number;
}

/** What an operator is told, wherever the two numbers differ. */
export function otherPartitionCount({ topic, partitions, bound }: PartitionCount): string {
  return (
    `${topic} has ${partitions} partitions, but the recipients in this database are distributed over ${bound}: ` +
    'events go to other partitions, so nothing is read. Configure the topic that it was filled from; ' +
    'if that topic was given more partitions, follow "More partitions" in docs/operations.md'
  );
}

export interface WatchPartitions extends Background {
  readonly log: Pick<Backends['log'], 'partitions'>;
  readonly engine: Pick<Engine, 'halt'>;
  readonly topic: string;
  readonly bound: () => number | undefined;
}

export function watchPartitionCount(options: WatchPartitions): void {
  const { log, engine, topic, bound, logger } = options;
  const work = async (): Promise<void> => {
    const wanted = bound();
    const partitions = await log.partitions();
    if (wanted === undefined || partitions === wanted) return;
    const reason = otherPartitionCount({ topic, partitions, bound: wanted });
    logger.error({ topic, partitions, bound: wanted }, reason);
    await engine.halt(reason);
  };
  repeat(EVERY, work, 'the number of partitions is not known', options);
}
