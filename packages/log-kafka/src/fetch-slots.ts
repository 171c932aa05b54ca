import type { LogBounds, LogConsumer } from '@desist/pipeline';

import { pause } from './timers.ts';

/**
 * One partition from one join of the group to the next.
 *
 *   assigning ──assign: start──> reading ──batch: fenced──> assigning
 *       │  ^                        │
 *       │  └──────── retry ─────┐   │ batch: stopped, or a record that can not be decompressed
 *       └──assign: stopped──> stopped <┘
 *
 * A partition is paused in every state but `reading`. A join replaces the slot; `gone` then aborts.
 */
export interface FetchSlot {
  readonly partition: number;
  readonly gone: AbortController;
  state: 'assigning' | 'reading' | 'stopped';
  /** The next offset to be handed over. Meaningful while reading. */
  position: number;
  /** A batch is with the consumer. */
  busy: boolean;
  /** The end of the partition at the moment `asOf`, until it is reached. */
  mark: { readonly asOf: number; readonly high: number } | null;
  /** Times in a row that the log was read from somewhere else than `position`. */
  strayed: number;
}

/** What the slots need of the running client. */
export interface Reader {
  seek(partition: number, offset: number): void;
  pause(partitions: readonly number[]): void;
  resume(partition: number): void;
  /** Resolves at the next heartbeat that the coordinator accepts, or when the signal aborts. */
  heartbeat(signal: AbortSignal): Promise<void>;
  /** Reading can not go on. */
  fail(error: unknown): void;
  stopped(partition: number, offset: number, reason: string | null): void;
}

export interface FetchSlots {
  get(partition: number): FetchSlot | undefined;
  reading(): readonly FetchSlot[];
  held(): readonly number[];
  /** The partitions after a join: revokes what was lost, takes over what is held. Synchronous up to the pause. */
  join(partitions: readonly number[]): void;
  /** Lets go of everything: revoke. Resolves when the consumer has done it. */
  release(): Promise<void>;
  /** The client has forgotten all positions; what is held stays held until the next join says otherwise. */
  forget(): void;
  /** Calls for one partition take turns: `work` blocks later ones of this partition. */
  occupy(partition: number, work: Promise<unknown>): void;
  /** Another owner has it, as the consumer says. */
  fenced(slot: FetchSlot): void;
  stop(slot: FetchSlot, reason: string): void;
  /** Asks the consumer again where to read from. */
  again(slot: FetchSlot): void;
  advance(slot: FetchSlot, position: number): void;
  mark(slot: FetchSlot, asOf: number, bounds: LogBounds): void;
  isCurrent(slot: FetchSlot): boolean;
}

export function createFetchSlots(consumer: LogConsumer, reader: Reader, stoppedRetry: number): FetchSlots {
  const slots = new Map<number, FetchSlot>();
  /** What the consumer believes to own. */
  let owned = new Set<number>();
  const turns = new Map<number, Promise<unknown>>();

  const isCurrent = (slot: FetchSlot): boolean => slots.get(slot.partition) === slot;

  function occupy(partition: number, work: Promise<unknown>): void {
    // Without the results: each would hold on to all earlier ones.
    turns.set(
      partition,
      Promise.allSettled([turns.get(partition), work]).then(() => undefined),
    );
  }

  function takeOver(slot: FetchSlot): void {
    const before = turns.get(slot.partition) ?? Promise.resolve();
    occupy(
      slot.partition,
      before
        .then(() => assign(slot))
        .catch((error: unknown) => {
          reader.fail(error);
        }),
    );
  }

  async function assign(slot: FetchSlot): Promise<void> {
    while (isCurrent(slot)) {
      const outcome = await consumer.assign(slot.partition);
      if (!isCurrent(slot)) {
        // The answer came after the partition had been given away: the revoke of that moment may have found nothing yet.
        if (!owned.has(slot.partition)) await consumer.revoke([slot.partition]);
        return;
      }
      if (outcome.kind === 'start') {
        if (slot.state === 'stopped') reader.stopped(slot.partition, outcome.offset, null);
        slot.position = outcome.offset;
        slot.mark = null;
        slot.state = 'reading';
        reader.seek(slot.partition, outcome.offset);
        reader.resume(slot.partition);
        return;
      }
      if (slot.state !== 'stopped') reader.stopped(slot.partition, slot.position, outcome.reason);
      slot.state = 'stopped';
      await pause(stoppedRetry, slot.gone.signal);
    }
  }

  function drop(): void {
    for (const slot of slots.values()) slot.gone.abort();
    slots.clear();
  }

  function revoke(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return Promise.resolve();
    for (const partition of partitions) owned.delete(partition);
    const work = consumer.revoke(partitions).catch((error: unknown) => {
      reader.fail(error);
    });
    for (const partition of partitions) occupy(partition, work);
    return work;
  }

  function join(partitions: readonly number[]): void {
    drop();
    reader.pause(partitions);
    const kept = new Set(partitions);
    void revoke([...owned].filter((partition) => !kept.has(partition)));
    owned = kept;
    for (const partition of partitions) {
      const slot: FetchSlot = {
        partition,
        gone: new AbortController(),
        state: 'assigning',
        position: 0,
        busy: false,
        mark: null,
        strayed: 0,
      };
      slots.set(partition, slot);
      takeOver(slot);
    }
  }

  function release(): Promise<void> {
    drop();
    return revoke([...owned]);
  }

  function again(slot: FetchSlot): void {
    if (!isCurrent(slot)) return;
    slot.state = 'assigning';
    slot.mark = null;
    reader.pause([slot.partition]);
    takeOver(slot);
  }

  function fenced(slot: FetchSlot): void {
    if (!isCurrent(slot)) return;
    slot.state = 'assigning';
    slot.mark = null;
    reader.pause([slot.partition]);
    // Only a member that the coordinator knows may claim: a sleeper that wakes must not take a partition back.
    void reader.heartbeat(slot.gone.signal).then(() => {
      if (isCurrent(slot)) takeOver(slot);
    });
  }

  function stop(slot: FetchSlot, reason: string): void {
    if (!isCurrent(slot)) return;
    slot.state = 'stopped';
    slot.mark = null;
    reader.pause([slot.partition]);
    reader.stopped(slot.partition, slot.position, reason);
    void pause(stoppedRetry, slot.gone.signal).then(() => {
      if (isCurrent(slot)) takeOver(slot);
    });
  }

  function advance(slot: FetchSlot, position: number): void {
    slot.position = position;
    slot.strayed = 0;
    reach(slot);
  }

  function mark(slot: FetchSlot, asOf: number, bounds: LogBounds): void {
    // An older mark that is not reached yet is reached sooner.
    slot.mark ??= { asOf, high: bounds.high };
    reach(slot);
  }

  function reach(slot: FetchSlot): void {
    if (slot.mark === null || slot.state !== 'reading' || slot.position < slot.mark.high) return;
    const { asOf } = slot.mark;
    slot.mark = null;
    if (consumer.caughtUp(slot.partition, slot.position, asOf) === 'fenced') fenced(slot);
  }

  return {
    get: (partition) => slots.get(partition),
    reading: () => [...slots.values()].filter(({ state }) => state === 'reading'),
    held: () => [...owned],
    join,
    release,
    forget: drop,
    occupy,
    fenced,
    stop,
    again,
    advance,
    mark,
    isCurrent,
  };
}
