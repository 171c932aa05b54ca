/**
 * Runs the incident coordinator. Every engine process runs one, and the owner of the lowest partition looks: incidents are detected in the counts of the partitions, decided in the
 * database and announced in the log.
 */
import { encodeIncident, encodeSenderIncident } from '@desist/contracts';
import type { PolicySet } from '@desist/domain';
import { createCoordinator, createSenderCoordinator } from '@desist/pipeline';
import type { LogSink } from '@desist/pipeline';
import type { Database } from '@desist/store-postgres';
import { createIncidentStore, createSenderIncidentStore } from '@desist/store-postgres';
import { repeat } from './every.ts';
import type { Background } from './every.ts';

/** ms */
const EVERY = 5_000;

interface Watched extends Background {
  readonly db: Database;
  readonly sink: Pick<LogSink, 'append'>;
  /** Those in force at the moment. */
  readonly policies: () => PolicySet;
  /** Name of this process in the checkpoints. */
  readonly owner: string;
  /** The input's number of partitions; undefined: not known yet. */
  readonly partitions: () => number | undefined;
}

/** Numbers of open incidents, as of the last round. */
export interface WatchedIncidents {
  open(): number;
  openSenders(): number;
}

/** Runs until the signal aborts. */
export function watchIncidents(options: Watched): WatchedIncidents {
  const { db, sink, policies, owner, partitions, time, logger } = options;
  const incidents = createIncidentStore(db);
  const common = { sink, partitions, owner, logger, monotonic: (): number => time.monotonic() };
  const coordinator = createCoordinator({ ...common, incidents, encode: encodeIncident, policy: () => policies().base.incidents });
  const senders = createSenderCoordinator({
    ...common,
    incidents: createSenderIncidentStore(db),
    progress: incidents,
    encode: encodeSenderIncident,
    policy: () => policies().base.senderIncidents,
  });
  const work = async (): Promise<void> => {
    await coordinator.tick();
  };
  repeat(EVERY, work, 'incidents could not be checked', options);
  const workOnSenders = async (): Promise<void> => {
    await senders.tick();
  };
  repeat(EVERY, workOnSenders, 'sender incidents could not be checked', options);
  return { open: () => coordinator.open(), openSenders: () => senders.open() };
}
