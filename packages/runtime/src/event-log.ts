/** Reads the delivery events that the log still has, for whoever folds them once more. Changes nothing, and opens no more than it needs. */
import { openJournal } from '@desist/log-postgres';
import type { LogBounds, Logger, LogRecord, Signal } from '@desist/pipeline';
import type { Backends } from './backends.ts';
import { openDatabase } from './backends.ts';
import type { Settings } from './settings.ts';
import { systemTime } from './time.ts';

export interface EventLog {
  /** What there is now, by partition. */
  bounds(): Promise<ReadonlyMap<number, LogBounds>>;
  /** The records of a partition up to the end that it has when the reading begins, in order. */
  read(partition: number, signal?: Signal): AsyncIterable<LogRecord>;
}

interface OpenEventLog extends EventLog {
  /** For people, without secrets. */
  readonly described: string;
  close(): Promise<void>;
}

type Log = Pick<Backends, 'kafka' | 'journal'>;

/** The log of a process that has it open. */
export function eventLogOf({ kafka, journal }: Log): EventLog {
  const log = kafka ?? journal;
  if (log === null) throw new Error('a service has a log');
  return {
    async bounds() {
      const bounds = new Map<number, LogBounds>();
      for (let partition = 0; partition < (await log.partitions()); partition += 1) bounds.set(partition, await log.bounds(partition));
      return bounds;
    },
    async *read(partition, signal) {
      if (kafka !== null) {
        const records = kafka.readTopic('deliveryEvents', { partitions: [partition], ...(signal === undefined ? {} : { signal }) });
        for await (const { offset, key, value, timestamp } of records) yield { offset, key, value, recordTime: timestamp };
        return;
      }
      for await (const record of journal?.readTopic('deliveryEvents', { partition }) ?? []) {
        if (signal?.aborted === true) return;
        yield record;
      }
    },
  };
}

/** Opens the log that the settings name. @throws StoreError when the data folder is in use */
export async function openEventLog(settings: Settings, logger: Logger): Promise<OpenEventLog> {
  if (settings.kafka !== null) {
    const { connectKafka } = await import('@desist/log-kafka');
    const kafka = connectKafka({ ...settings.kafka, topics: settings.topics, logger });
    const described = `topic ${settings.topics.deliveryEvents} at ${settings.kafka.brokers.join(', ')}`;
    return { ...eventLogOf({ kafka, journal: null }), described, close: () => kafka.close() };
  }
  const db = await openDatabase(settings, logger, 'desist-whatif', 1);
  const journal = openJournal({ db, owner: 'whatif', logger, time: systemTime });
  return {
    ...eventLogOf({ kafka: null, journal }),
    described: settings.databaseUrl === null ? `journal in ${settings.dataFolder}` : 'journal in the database',
    async close() {
      await journal.close();
      await db.close();
    },
  };
}
