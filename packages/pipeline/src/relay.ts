/**
 * Brings a partition's outbox to the topics, in order, at least once: append, then delete. A process that was stopped
 * for a while asks for its epoch before it appends again, so that an old value does not follow a newer one.
 */
import { LogError, StoreError } from './errors.ts';
import type { Logger, LogSink, OutRecord, Ownership, RecipientStore, Signal, Time } from './ports.ts';
import { backOff, messageOf } from './retry.ts';

const PAGE = 1_000;
/** Milliseconds for which an answer about the epoch is believed. */
const EPOCH_KNOWN_FOR = 1_000;
const IDLE = 250;

export interface Relay {
  /** Something was committed: look at once. */
  wake(): void;
  /** Resolves when the outbox is empty, the partition is lost, or the signal aborts. */
  drained(signal: Signal): Promise<void>;
  /** Runs until the signal aborts or the epoch is another one. */
  run(signal: Signal): Promise<'aborted' | 'fenced'>;
  /** Records relayed since the start, and the age of the oldest one waiting is the caller's to measure. */
  relayed(): number;
}

export interface RelayOptions {
  readonly owner: Ownership;
  readonly store: RecipientStore;
  readonly sink: LogSink;
  readonly time: Time;
  readonly logger: Logger;
  /** Name of the input topic, for the headers of dead letters. */
  readonly inputTopic: string;
}

export function createRelay({ owner, store, sink, time, logger, inputTopic }: RelayOptions): Relay {
  let epochKnownAt = Number.NEGATIVE_INFINITY;
  let sent = 0;
  let idle = false;
  let wakeUp: (() => void) | undefined;
  let woken = false;

  async function stillOwner(): Promise<boolean> {
    if (time.monotonic() - epochKnownAt < EPOCH_KNOWN_FOR) return true;
    const asked = time.monotonic();
    const now = await store.position(owner.partition);
    if (now?.epoch !== owner.epoch) return false;
    epochKnownAt = asked;
    return true;
  }

  /** One page of each kind. Answers how many records went out, or that the partition is another's. */
  async function step(): Promise<number | 'fenced'> {
    const changes = await store.outbox(owner.partition, PAGE);
    const letters = await store.deadLetters(owner.partition, PAGE);
    if (changes.length + letters.length === 0) return 0;
    if (!(await stillOwner())) return 'fenced';
    if (changes.length > 0) {
      await sink.append(
        'suppressionEvents',
        changes.map(({ key, change }): OutRecord => ({ key, value: change })),
      );
      const list = changes.flatMap(({ key, value }): OutRecord[] => (value === undefined ? [] : [{ key, value }]));
      if (!(await stillOwner())) return 'fenced';
      if (list.length > 0) await sink.append('suppressions', list);
    }
    if (letters.length > 0) {
      const partition = String(owner.partition);
      await sink.append(
        'deadLetters',
        letters.map(({ offset, key, value, reason, detail }): OutRecord => {
          return { key, value, headers: { reason, detail, topic: inputTopic, partition, offset: String(offset) } };
        }),
      );
    }
    const upTo = { number: changes.at(-1)?.number ?? null, deadLetterOffset: letters.at(-1)?.offset ?? null };
    if ((await store.relayed(owner, upTo)) === 'fenced') return 'fenced';
    sent += changes.length + letters.length;
    return changes.length + letters.length;
  }

  async function pause(ms: number, signal: Signal): Promise<void> {
    if (woken) {
      woken = false;
      return;
    }
    await new Promise<void>((resolve) => {
      wakeUp = resolve;
      void time.sleep(ms, signal).then(resolve);
    });
    wakeUp = undefined;
    woken = false;
  }

  return {
    wake() {
      woken = true;
      idle = false;
      wakeUp?.();
    },
    async drained(signal) {
      while (!idle && !signal.aborted) await time.sleep(20, signal);
    },
    relayed: () => sent,
    async run(signal) {
      for (let failures = 0; !signal.aborted;) {
        try {
          const count = await step();
          if (count === 'fenced') {
            idle = true;
            return 'fenced';
          }
          failures = 0;
          idle = count === 0;
          if (count === 0) await pause(IDLE, signal);
        } catch (error) {
          if (!(error instanceof LogError) && !(error instanceof StoreError)) throw error;
          failures += 1;
          epochKnownAt = Number.NEGATIVE_INFINITY;
          if (failures === 5) logger.warn({ partition: owner.partition, problem: messageOf(error) }, 'relay waits: log or database away');
          await time.sleep(backOff(failures), signal);
        }
      }
      return 'aborted';
    },
  };
}
