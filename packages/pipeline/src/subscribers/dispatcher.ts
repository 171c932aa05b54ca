/**
 * Delivers to the HTTP subscribers. Each engine process runs one dispatcher, and all of them share the cursors by leases.
 *
 * A look (twice a second) reads what was published since the last one, once for all subscribers, and claims the cursors of those that want
 * any of it. That is for speed only: every 2 s the look also claims cursors whose next try is due, and those that nobody has looked at for
 * 15 s. So what a hint missed, what another process dropped and what a new process does not know is found by the cursors.
 *
 * Requests run side by side, in two lanes: subscribers whose last request took longer than 2 s share one, all others the other one. No
 * subscriber has more than four at a time, and one at a time until it has answered this process. So those that hang wait for each other
 * only. For one subscriber and partition there is one request at a time, which keeps the order of each recipient.
 */
import { FeedGapError } from '../ports/change-feed.ts';
import type { FedChange, FeedPosition, PartitionFeed } from '../ports/change-feed.ts';
import type { ClaimedCursor, Subscriber, SubscriberStore, Wanted } from '../ports/subscribers.ts';
import type { Logger, Signal, Time } from '../ports/time.ts';
import { messageOf } from '../ports/retry.ts';
import type { WebhookAnswer, WebhookSender } from '../ports/webhook-sender.ts';
import { LEASE, takeTurn } from './turn.ts';

export interface DispatcherOptions {
  readonly store: SubscriberStore;
  readonly feed: Pick<PartitionFeed, 'ends' | 'read' | 'readPartition'>;
  readonly sender: WebhookSender;
  /** JSON of a change, as on `suppression-events`. */
  readonly encode: (change: FedChange) => string;
  /** Name of this process in the leases. */
  readonly owner: string;
  readonly time: Time;
  readonly logger: Logger;
  readonly limits?: Partial<DispatcherLimits>;
}

export interface DispatcherLimits {
  /** ms between two looks at most. */
  readonly interval: number;
  /** ms between two looks at least. */
  readonly pause: number;
  /** ms between two sweeps over all cursors. */
  readonly sweep: number;
  /** ms after which a cursor is looked at although nothing hints at it. */
  readonly idle: number;
  /** ms between two looks at the subscribers themselves. */
  readonly refresh: number;
  /** Turns of one lane at a time. */
  readonly lane: number;
  /** Turns of one subscriber at a time. */
  readonly ofSubscriber: number;
  /** ms that a request of a quick subscriber takes at most. */
  readonly quick: number;
}

export const DISPATCHER_LIMITS: DispatcherLimits = {
  ...{ interval: 500, pause: 25, sweep: 2_000, idle: 15_000, refresh: 2_000 },
  ...{ lane: 256, ofSubscriber: 4, quick: 2_000 },
};

/** Changes that a look reads at most; of more than these the cursors tell. */
const TAIL_PAGE = 1_000;
const TAIL_PAGES = 5;
/** ms that a hint is kept while another process holds the cursor. */
const HINT_KEPT = 5_000;

type Interest = Awaited<ReturnType<SubscriberStore['active']>>[number];

export interface Dispatcher {
  /** Runs until the signal aborts; then requests that were sent are waited for. Rejects only for a fault of the program. */
  run(signal: Signal): Promise<void>;
  /** Requests so far, by outcome, for metrics; and what the last ones took, ms, since the last call. */
  counts(): { readonly taken: number; readonly refused: number };
  drainDurations(): readonly number[];
}

/** Durations that are kept between two scrapes. */
const DURATIONS_KEPT = 10_000;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const limits = { ...DISPATCHER_LIMITS, ...options.limits };
  const { store, feed, sender, encode, owner, time, logger } = options;
  const hints = new Map<string, Wanted & { readonly until: number }>();
  /** Turns that run, by subscriber. */
  const running = new Map<string, number>();
  const turns = new Set<Promise<void>>();
  const slow = new Set<string>();
  const quick = new Set<string>();
  /** Ends the wait for the next look: there is a free turn, and somebody waits for it. */
  let wake = new AbortController();
  let subscribers: readonly Interest[] = [];
  let tail: FeedPosition | undefined;
  let refreshedAt = Number.NEGATIVE_INFINITY;
  let sweptAt = Number.NEGATIVE_INFINITY;
  let taken = 0;
  let refused = 0;
  let durations: number[] = [];

  function answered({ id }: Pick<Subscriber, 'id'>, { problem, duration }: WebhookAnswer): void {
    if (problem === null) taken += 1;
    else refused += 1;
    if (durations.length < DURATIONS_KEPT) durations.push(duration);
    const [now, before] = duration > limits.quick ? [slow, quick] : [quick, slow];
    now.add(id);
    before.delete(id);
  }

  function hint(subscriber: string, partition: number, upTo: number): void {
    hints.set(`${subscriber} ${partition}`, { subscriber, partition, upTo, until: time.monotonic() + HINT_KEPT });
  }

  /** Hints at those that want what was published since the last look. */
  async function readTail(ends: FeedPosition): Promise<void> {
    if (tail === undefined) {
      tail = ends;
      return;
    }
    try {
      for (let pages = 0; pages < TAIL_PAGES; pages += 1) {
        if (!ends.some((end, partition) => end > (tail?.[partition] ?? 0))) return;
        const page = await feed.read({}, tail, TAIL_PAGE);
        for (const change of page.changes)
          for (const one of subscribers) if (wants(one, change)) hint(one.id, change.partition, change.sequence);
        tail = page.position;
        if (!page.more) return;
      }
      tail = ends;
    } catch (error) {
      if (!(error instanceof FeedGapError)) throw error;
      // The database went back, or deleted what this process was behind: the cursors tell what is left.
      tail = ends;
    }
  }

  async function look(signal: Signal): Promise<void> {
    const now = time.monotonic();
    const isRefreshed = now - refreshedAt >= limits.refresh;
    if (isRefreshed) {
      subscribers = await store.active();
      refreshedAt = now;
      const known = new Set(subscribers.map(({ id }) => id));
      for (const lane of [slow, quick]) for (const id of lane) if (!known.has(id)) lane.delete(id);
    }
    if (subscribers.length === 0) {
      tail = undefined;
      hints.clear();
      return;
    }
    const ends = await feed.ends();
    if (isRefreshed) await store.completeCursors(ends.length);
    await readTail(ends);
    const isSweep = now - sweptAt >= limits.sweep;
    if (isSweep) sweptAt = now;
    const sweep = isSweep ? ends.map((upTo, partition): Wanted => ({ partition, upTo })) : [];
    await claimAndStart([...hints.values(), ...sweep], signal);
    for (const [pair, { until }] of hints) if (until < time.monotonic()) hints.delete(pair);
  }

  async function claimAndStart(wanted: readonly Wanted[], signal: Signal): Promise<void> {
    let [quickTurns, slowTurns] = [0, 0];
    for (const [id, count] of running) {
      if (slow.has(id)) slowTurns += count;
      else quickTurns += count;
    }
    const limit = limits.lane - quickTurns;
    if (wanted.length === 0 || limit <= 0) return;
    const full = [...running].filter(([id, count]) => count >= (quick.has(id) ? limits.ofSubscriber : 1)).map(([id]) => id);
    const except = new Set([...full, ...(slowTurns >= limits.lane ? slow : [])]);
    const terms = { owner, wanted, except: [...except], limit, limitOfSubscriber: 1 };
    const claimedAt = time.monotonic();
    const claimed = await store.claim({ ...terms, lease: LEASE, idle: limits.idle });
    for (const cursor of claimed) {
      const turn = startTurn(cursor, claimedAt, signal).finally(() => turns.delete(turn));
      turns.add(turn);
    }
  }

  /** Never rejects. */
  async function startTurn(cursor: ClaimedCursor, claimedAt: number, signal: Signal): Promise<void> {
    const { subscriber, partition } = cursor;
    const { id } = subscriber;
    hints.delete(`${id} ${partition}`);
    running.set(id, (running.get(id) ?? 0) + 1);
    try {
      const ended = await takeTurn(cursor, claimedAt, { store, feed, sender, encode, time, logger, signal, answered });
      if (ended === 'again' && !signal.aborted) hint(id, partition, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      // The lease ends by itself, and then the cursor says what is left.
      logger.warn({ subscriber: id, partition, problem: messageOf(error) }, 'a turn at a subscriber was given up');
    } finally {
      const left = (running.get(id) ?? 1) - 1;
      if (left === 0) running.delete(id);
      else running.set(id, left);
      if (hints.size > 0) wake.abort();
    }
  }

  return {
    counts: () => ({ taken, refused }),
    drainDurations() {
      const drained = durations;
      durations = [];
      return drained;
    },
    async run(signal) {
      signal.addEventListener('abort', () => {
        wake.abort();
      });
      while (!signal.aborted) {
        try {
          await look(signal);
        } catch (error) {
          logger.warn({ problem: messageOf(error) }, 'subscribers could not be looked at: they wait');
        }
        await time.sleep(limits.pause, signal);
        await time.sleep(limits.interval - limits.pause, wake.signal);
        wake = new AbortController();
      }
      await Promise.all(turns);
    },
  };
}

function wants({ tenants, types }: Interest, change: FedChange): boolean {
  if (tenants?.includes(change.tenant) === false) return false;
  // The type of a change about an incident is inside: reading by the filter decides.
  return change.kind === 'incident' || types?.includes(change.type) !== false;
}
