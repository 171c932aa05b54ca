import type { Kafka } from 'kafkajs';
import { LogError, type LogBounds, type LogConsumer, type LogSource, type Signal } from '@desist/pipeline';

import type { Admins } from './admin.ts';
import { isAway, operatorHint, toLogError } from './errors.ts';
import { createGroup, type Group } from './group.ts';
import { anyAccepts } from './broker-probe.ts';
import type { Settings } from './options.ts';
import { pause } from './timers.ts';

const HINT_EVERY = 5_000;
/** Ticks between two questions for the ends of the partitions while nothing is read. */
const IDLE_TICKS = 5;
const LOOK_AGAIN = 30_000;
const LONGEST_WAIT = 10_000;
const SAY_AWAY_EVERY = 30_000;

/** Changes when a partition was read on, or is another one. */
function positionsOf({ slots }: Group): string {
  return slots
    .reading()
    .map(({ partition, position }) => `${partition}:${position}`)
    .join();
}

/** Reads delivery events as a member of the group. */
export function createSource(client: Kafka, settings: Settings, admins: Admins): LogSource {
  const topic = settings.topics.deliveryEvents;

  async function bounds(partition: number): Promise<LogBounds> {
    const found = (await admins.offsets(topic)).get(partition);
    if (found === undefined) throw new LogError('misconfigured', `${topic} has no partition ${String(partition)}`);
    return found;
  }

  async function identity(): Promise<string> {
    const { clusterId } = await admins.use('the identity of the cluster', (admin) => admin.describeCluster());
    return `kafka ${clusterId}/${topic}`;
  }

  async function run(consumer: LogConsumer, signal: Signal): Promise<void> {
    const over = new AbortController();
    const abort = (): void => {
      over.abort();
    };
    if (signal.aborted) return;
    signal.addEventListener('abort', abort, { once: true });
    try {
      await reachable(over.signal);
      if (!over.signal.aborted) await member(consumer, over.signal);
    } finally {
      signal.removeEventListener('abort', abort);
      over.abort();
    }
  }

  /** Waits for the brokers; a missing topic or a refusal is not waited for. */
  async function reachable(signal: AbortSignal): Promise<void> {
    for (let wait = 1_000; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      try {
        await admins.partitions(topic);
        return;
      } catch (error) {
        if (error instanceof LogError && error.kind === 'misconfigured') throw error;
        settings.logger.warn({ error: String(error), wait }, 'the log can not be reached');
        await pause(wait, signal);
      }
    }
  }

  async function member(consumer: LogConsumer, signal: AbortSignal): Promise<void> {
    const group = createGroup(client, settings, admins, consumer);
    const inside = new AbortController();
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    });
    try {
      await Promise.race([group.start().then(() => aborted), aborted, group.failed, watch(group, inside.signal)]);
    } catch (error) {
      const hint = operatorHint(error);
      if (hint !== null) throw toLogError(`reading ${topic}`, error);
      throw error;
    } finally {
      inside.abort();
      await group.leave();
    }
  }

  /**
   * Once a tick: where do the partitions end, and is the client still alive? Rejects when it is not. While no broker takes a
   * connection the client can show no life: that is waited for, since a new one would find them no better.
   */
  async function watch(group: Group, signal: AbortSignal): Promise<void> {
    const limit = settings.requestTimeout + settings.sessionTimeout;
    let quiet = 0;
    let sinceHint = 0;
    let positions = new Map<number, number>();
    let said = new Map<number, number>();
    let asking: Promise<void> | null = null;
    let sinceAsked = IDLE_TICKS;
    let lastAt = '';
    let saidAway = Number.NEGATIVE_INFINITY;
    const away = (problem: string | null): void => {
      settings.observer.away?.(problem);
      if (problem === null) {
        if (saidAway > Number.NEGATIVE_INFINITY) settings.logger.info({}, 'the log is back');
        saidAway = Number.NEGATIVE_INFINITY;
        return;
      }
      if (performance.now() - saidAway < SAY_AWAY_EVERY) return;
      saidAway = performance.now();
      settings.logger.warn({ problem }, 'the log is away: waiting for it');
    };
    const looked = new Map<number, number>();
    while (!signal.aborted) {
      await pause(settings.tickInterval, signal);
      // Counted in ticks, not by the clock: a process that was stopped gets the chance to look before it gives up.
      quiet = group.signs() > 0 ? 0 : quiet + settings.tickInterval;
      if (quiet > limit) {
        if (await anyAccepts(settings.brokers)) {
          throw new LogError('fatal', `no sign of life from the log client for ${String(quiet)} ms`);
        }
        quiet = 0;
        away('no broker takes a connection');
      }
      // While nothing is read, the ends are asked for less often: the clocks of idle partitions follow the present in larger steps.
      const at = positionsOf(group);
      sinceAsked = at === lastAt ? sinceAsked + 1 : IDLE_TICKS;
      lastAt = at;
      if (sinceAsked >= IDLE_TICKS && asking === null) {
        sinceAsked = 0;
        asking = askEnds(group, looked, away).finally(() => {
          asking = null;
        });
      }
      sinceHint += settings.tickInterval;
      if (sinceHint >= HINT_EVERY) {
        sinceHint = 0;
        // What was taken one round ago has been committed since, as a rule.
        const news = new Map([...positions].filter(([partition, at]) => said.get(partition) !== at));
        said = new Map([...said, ...news]);
        void group.hint(news);
        positions = new Map(group.slots.reading().map((slot) => [slot.partition, slot.position]));
      }
    }
  }

  async function askEnds(group: Group, looked: Map<number, number>, away: (problem: string | null) => void): Promise<void> {
    const asOf = settings.now();
    const asked = group.slots.reading().map((slot) => ({ slot, before: slot.position }));
    let ends: ReadonlyMap<number, LogBounds>;
    try {
      ends = await admins.offsets(topic);
    } catch (error) {
      settings.logger.debug({ error: String(error) }, 'the ends of the partitions are not known');
      if (isAway(error)) away(error instanceof Error ? error.message : String(error));
      return;
    }
    away(null);
    for (const { slot, before } of asked) {
      const end = ends.get(slot.partition);
      if (end === undefined || !group.slots.isCurrent(slot) || slot.state !== 'reading') continue;
      settings.observer.lag?.(slot.partition, Math.max(0, end.high - slot.position));
      if (end.high < before || (!slot.busy && end.low > slot.position)) {
        // Records went away under the reader: the consumer must look at its checkpoint and the bounds again.
        const now = performance.now();
        if (now - (looked.get(slot.partition) ?? -Infinity) >= LOOK_AGAIN) {
          looked.set(slot.partition, now);
          settings.logger.warn({ partition: slot.partition, position: slot.position, ...end }, 'the log does not hold the position');
          group.slots.again(slot);
        }
        continue;
      }
      group.slots.mark(slot, asOf, end);
    }
  }

  return { identity, partitions: () => admins.partitions(topic), bounds, run };
}
