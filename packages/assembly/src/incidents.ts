/** Incidents: noticed in what the partitions counted, decided in the database, told to the log. Every engine process does it. */
import { encodeIncident } from '@desist/contracts';
import type { PolicySet } from '@desist/domain';
import { createCoordinator } from '@desist/pipeline';
import type { Coordinator, LogSink } from '@desist/pipeline';
import type { Database } from '@desist/store-postgres';
import { createIncidentStore } from '@desist/store-postgres';
import { keepDoing } from './every.ts';
import type { Keeping } from './every.ts';

/** ms */
const EVERY = 5_000;

interface Watched extends Keeping {
  readonly db: Database;
  readonly sink: LogSink;
  readonly policies: PolicySet;
  /** Of the input topic; undefined: not known yet. */
  readonly partitions: () => number | undefined;
}

/** Until the signal aborts. `open`: incidents that go on, as of the last look. */
export function keepWatching(options: Watched): Pick<Coordinator, 'open'> {
  const { db, sink, policies, partitions, time, logger } = options;
  const coordinator = createCoordinator({
    incidents: createIncidentStore(db),
    sink,
    encode: encodeIncident,
    policy: policies.base.incidents,
    partitions,
    logger,
    monotonic: () => time.monotonic(),
  });
  const work = async (): Promise<void> => {
    await coordinator.tick();
  };
  keepDoing(EVERY, work, 'incidents were not looked at', options);
  return coordinator;
}
