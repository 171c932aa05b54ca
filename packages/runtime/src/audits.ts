/**
 * Tells the engine when audits were asked for, and now and then to look whether the topic of suppressions is what it was. One query for all
 * partitions of the process.
 */
import type { AuditStore, Engine } from '@desist/pipeline';
import { repeat } from './every.ts';
import type { Background } from './every.ts';

/** ms */
const EVERY = 5_000;
/** Looks at the requests for each look at the topic. */
const TOPIC_EVERY = 12;

interface Watched extends Background {
  readonly audits: Pick<AuditStore, 'audits'>;
  readonly engine: Pick<Engine, 'lookForAudits'>;
}

/** Runs until the signal aborts. */
export function watchAudits(options: Watched): void {
  const { audits, engine } = options;
  let round = 0;
  const work = async (): Promise<void> => {
    round += 1;
    if (round % TOPIC_EVERY === 0) return engine.lookForAudits();
    const asked = (await audits.audits()).filter(({ state }) => state === 'requested');
    if (asked.length > 0) engine.lookForAudits(new Set(asked.map(({ partition }) => partition)));
  };
  repeat(EVERY, work, 'audits could not be looked for', options);
}
