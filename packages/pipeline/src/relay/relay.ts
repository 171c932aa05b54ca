/**
 * Brings a partition's outbox to the topics, in order, at least once: append, then delete, changes and dead letters apart. No append of a
 * former owner follows one of its successor (fenced-sink.ts), and a record that the log refuses holds nothing else up (publish.ts).
 */
import type { AuditPorts } from '../ports/audit.ts';
import type { Ownership } from '../ports/checkpoint.ts';
import type { Codec } from '../ports/codec.ts';
import type { DeadLetter, OutboxRow } from '../ports/commit-plan.ts';
import type { LogSink } from '../ports/log.ts';
import { isTemporary, messageOf, retryDelay } from '../ports/retry.ts';
import type { Waits } from '../ports/retry.ts';
import type { Claim, RecipientStore } from '../ports/store.ts';
import type { Logger, Signal, Time } from '../ports/time.ts';
import { createAuditor } from './audit.ts';
import { createFencedSink } from './fenced-sink.ts';
import type { Outlet } from './publish.ts';
import { createPublisher } from './publish.ts';
import { recordsOfChanges, recordsOfDeadLetters } from './records.ts';
import { createTurns } from './turns.ts';

const PAGE = 1_000;
/** Of dead letters: each may have 768 KiB. */
const LETTERS_PAGE = 100;
/** ms between two looks when nothing was committed here: only the owner fills its outbox, and each commit wakes the relay at once. */
const IDLE = 60_000;

export interface Relay {
  /** Something was committed: look at once. */
  wake(): void;
  /** An audit of the partition may have been asked for, or be needed: look at once. */
  lookForAudit(): void;
  /** Runs until the signal aborts or the epoch is another one. @throws what waiting cannot mend */
  run(signal: Signal): Promise<'aborted' | 'fenced'>;
  /** Records relayed since the start. */
  relayed(): number;
}

export interface RelayOptions {
  readonly owner: Ownership & Pick<Claim, 'incarnation'>;
  readonly store: RecipientStore;
  readonly sink: Pick<LogSink, 'openRelaySink' | 'published'>;
  readonly time: Time;
  readonly waits: Pick<Waits, 'begin'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Name of the input topic, for the headers of dead letters. */
  readonly inputTopic: string;
  /** Without it the topic is never compared with the table. */
  readonly audit?: RelayAudit | undefined;
}

export interface RelayAudit extends AuditPorts {
  readonly codec: Pick<Codec, 'encodeSuppressions'>;
  /** Characters of the topic that are compared at once; default 12 million. */
  readonly sliceCharacters?: number;
}

export function createRelay({ owner, store, sink, time, waits, logger, inputTopic, audit }: RelayOptions): Relay {
  const { partition } = owner;
  const fenced = createFencedSink(owner, sink, store);
  const publisher = createPublisher(fenced);
  const turns = createTurns();
  const auditor =
    audit === undefined
      ? undefined
      : createAuditor({
          ...{ owner, audit, store, turns, time, waits, logger },
          ...{ codec: audit.codec, sink: fenced, sliceCharacters: audit.sliceCharacters },
        });
  let sent = 0;
  let wakeUp: (() => void) | undefined;
  let woken = false;

  const changes: Outlet<OutboxRow> = {
    recordsOf: (rows) => recordsOfChanges(owner, rows),
    published: (rows) => auditor?.relayed(rows),
    drop: ({ sequence }) => store.relayed(owner, { sequence, deadLetterOffset: null }),
    park: ({ sequence }, reason) => park({ sequence }, reason),
  };
  const letters: Outlet<DeadLetter> = {
    recordsOf: (rows) => recordsOfDeadLetters(partition, inputTopic, rows),
    drop: ({ offset }) => store.relayed(owner, { sequence: null, deadLetterOffset: offset }),
    park: ({ offset }, reason) => park({ deadLetterOffset: offset }, reason),
  };

  function park(which: Parameters<RecipientStore['park']>[1], reason: string): ReturnType<RecipientStore['park']> {
    logger.error({ partition, ...which, reason }, 'the log refuses a record for good: it is kept in the database, and not published');
    return store.park(owner, which, reason);
  }

  /** One page of each kind. Answers how many rows there were, or that the partition is another's. */
  async function step(): Promise<number | 'fenced'> {
    const page = await store.outbox(partition, PAGE);
    const ofChanges = await turns(() => publisher.publish(page, changes));
    if (ofChanges === 'fenced') return 'fenced';
    sent += ofChanges;
    const lettersPage = await store.deadLetters(partition, LETTERS_PAGE);
    const ofLetters = await turns(() => publisher.publish(lettersPage, letters));
    if (ofLetters === 'fenced') return 'fenced';
    sent += ofLetters;
    return page.length + lettersPage.length;
  }

  /** Ends early when woken. A wake ends the sleep itself, too: timers must not pile up, one for every commit. */
  async function pause(ms: number, signal: Signal): Promise<void> {
    if (!woken && !signal.aborted) {
      const nap = new AbortController();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const end = (): void => {
        resolve(undefined);
      };
      wakeUp = end;
      signal.addEventListener('abort', end, { once: true });
      await Promise.race([promise, time.sleep(ms, nap.signal)]);
      signal.removeEventListener('abort', end);
      wakeUp = undefined;
      nap.abort();
    }
    woken = false;
  }

  async function relayUntilEnded(signal: Signal): Promise<'aborted' | 'fenced'> {
    const wait = waits.begin('publishing');
    try {
      for (let failures = 0; !signal.aborted;) {
        try {
          const count = await step();
          if (count === 'fenced') return 'fenced';
          if (failures > 0) wait.ended();
          failures = 0;
          if (count === 0) await pause(IDLE, signal);
        } catch (error) {
          if (!isTemporary(error)) throw error;
          wait.failed(failures, messageOf(error));
          await time.sleep(retryDelay(failures, time), signal);
          failures += 1;
        }
      }
      return 'aborted';
    } finally {
      wait.ended();
    }
  }

  return {
    wake() {
      woken = true;
      wakeUp?.();
    },
    lookForAudit: () => auditor?.look(),
    relayed: () => sent,
    async run(signal) {
      const over = new AbortController();
      const end = (): void => {
        over.abort();
      };
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      const auditing = auditor?.run(over.signal);
      const relaying = relayUntilEnded(over.signal);
      try {
        // A fault of the audit ends both. An audit that ends by itself does not.
        return await Promise.race([relaying, (auditing ?? relaying).then(() => relaying)]);
      } finally {
        end();
        signal.removeEventListener('abort', end);
        await Promise.allSettled([relaying, auditing]);
        await fenced.close();
      }
    },
  };
}
