import { LogError } from '@desist/pipeline';
import type { LogConsumer, Signal } from '@desist/pipeline';
import { createLeases } from './leases.ts';
import type { Leases, Share } from './leases.ts';
import { drivePartition } from './partition.ts';
import type { ReaderOptions } from './partition.ts';
import type { Database } from './database.ts';

export interface SourceOptions extends Omit<ReaderOptions, 'sure'> {
  readonly db: Database;
  /** Id of this member in the group that shares the partitions; must be unique. */
  readonly member: string;
  /** Lease duration, ms. */
  readonly lease: number;
}

/** Shutdown timeout, ms: for readers that wait for an unreachable database, and for releasing the leases. Also the longest retry wait. */
const LEAVING = 5_000;
const FIRST_WAIT = 500;

interface Held {
  readonly gone: AbortController;
  readonly done: Promise<void>;
}

/** Drives `consumer` until the signal aborts. Rejects when the journal is misconfigured or the consumer fails. */
export async function runSource(consumer: LogConsumer, signal: Signal, options: SourceOptions): Promise<void> {
  const { db, tables, time, logger, lease } = options;
  if (signal.aborted) return;
  const over = new AbortController();
  const abort = (): void => over.abort();
  signal.addEventListener('abort', abort, { once: true });

  const held = new Map<number, Held>();
  let failure: { readonly error: unknown } | undefined;
  let leases: Leases | null = null;
  /** Number of renewal rounds started, and the number of the last one that succeeded. */
  let begun = 0;
  let succeeded = 0;
  let listeners: (() => void)[] = [];
  let soon = new AbortController();

  const fail = (error: unknown): void => {
    failure ??= { error };
    over.abort();
  };

  /** True if a renewal that started after the fence confirms ownership. A round already running at that moment may have read older leases. */
  async function sure(partition: number, gone: Signal): Promise<boolean> {
    if (leases === null) {
      await time.sleep(options.pollInterval, gone);
    } else {
      const wanted = begun + 1;
      while (!gone.aborted && succeeded < wanted) {
        soon.abort();
        await new Promise<void>((resolve) => {
          listeners.push(resolve);
          gone.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    }
    return !gone.aborted && held.has(partition);
  }

  function take(partition: number): void {
    const gone = new AbortController();
    const done = drivePartition(partition, consumer, gone.signal, { ...options, sure }).catch(fail);
    held.set(partition, { gone, done });
  }

  /** Revokes a partition. It is assigned again only after its reader has ended, or after `LEAVING` ms. */
  async function giveUp(partition: number, reader: Held): Promise<void> {
    reader.gone.abort();
    await consumer.revoke([partition]);
    // The reader may be waiting for the store, so this wait has a timeout.
    const waiting = new AbortController();
    await Promise.race([reader.done, time.sleep(LEAVING, waiting.signal)]);
    waiting.abort();
    held.delete(partition);
  }

  function follow(mine: Leases, share: Share): void {
    const kept = new Set(share.held.filter((partition) => !share.surplus.includes(partition)));
    for (const [partition, reader] of held) {
      if (kept.has(partition) || reader.gone.signal.aborted) continue;
      // Not awaited: draining may take longer than a lease, and renewals must continue meanwhile.
      void giveUp(partition, reader)
        .catch(fail)
        .then(() => mine.release([partition]))
        .catch((error: unknown) => logger.warn({ partition, problem: String(error) }, 'a lease was not given back: it runs out by itself'));
    }
    for (const partition of kept) if (!held.has(partition)) take(partition);
  }

  async function share(mine: Leases): Promise<void> {
    while (!over.signal.aborted) {
      const round = ++begun;
      soon = new AbortController();
      let wait = lease / 3;
      try {
        const found = await mine.renew();
        if (over.signal.aborted) return;
        follow(mine, found);
        succeeded = round;
        const told = listeners;
        listeners = [];
        for (const tell of told) tell();
      } catch (error) {
        if (error instanceof LogError && error.kind === 'misconfigured') throw error;
        logger.warn({ problem: String(error) }, 'the leases were not renewed');
        wait = Math.min(FIRST_WAIT, wait);
        soon = new AbortController();
      }
      await time.sleep(wait, AbortSignal.any([over.signal, soon.signal]));
    }
  }

  async function untilAborted(): Promise<void> {
    if (over.signal.aborted) return;
    await new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Retries until the database returns the number of partitions; undefined if the source is stopped first. */
  async function known(): Promise<number | undefined> {
    for (let wait = FIRST_WAIT; !over.signal.aborted; wait = Math.min(wait * 2, LEAVING)) {
      try {
        return await tables.partitions('deliveryEvents');
      } catch (error) {
        if (error instanceof LogError && error.kind === 'misconfigured') throw error;
        logger.warn({ problem: String(error), wait }, 'the journal can not be reached: waiting');
        await time.sleep(wait, over.signal);
      }
    }
    return undefined;
  }

  try {
    const partitions = await known();
    if (partitions === undefined) return;
    if (db.kind === 'embedded') {
      for (let partition = 0; partition < partitions; partition += 1) take(partition);
      await untilAborted();
    } else {
      leases = createLeases(db, options.member, partitions, lease);
      await share(leases);
    }
  } catch (error) {
    fail(error);
  } finally {
    signal.removeEventListener('abort', abort);
    over.abort();
    await letGoOfAll().catch(fail);
    const mine: Leases | null = leases;
    if (mine !== null) await leave(mine);
  }
  if (failure !== undefined) throw failure.error;

  async function letGoOfAll(): Promise<void> {
    for (const { gone } of held.values()) gone.abort();
    const partitions = [...held.keys()];
    if (partitions.length > 0) await consumer.revoke(partitions);
    const waiting = new AbortController();
    await Promise.race([Promise.all([...held.values()].map(({ done }) => done)), time.sleep(LEAVING, waiting.signal)]);
    waiting.abort();
  }

  async function leave(mine: Leases): Promise<void> {
    const waiting = new AbortController();
    const left = mine.leave().catch((error: unknown) => {
      logger.warn({ problem: String(error) }, 'the leases were not given back: they run out by themselves');
    });
    await Promise.race([left, time.sleep(LEAVING, waiting.signal)]);
    waiting.abort();
  }
}
