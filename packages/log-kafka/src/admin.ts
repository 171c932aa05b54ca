import type { Admin, Kafka } from 'kafkajs';
import { LogError, type LogBounds } from '@desist/pipeline';

import { brokerCode, MissingTopicError, toLogError } from './errors.ts';
import { pause } from './timers.ts';

/**
 * One admin connection, opened when first needed. After any failure it is thrown away: kafkajs' admin does not look for a
 * new leader after an error of its own accord.
 */
export interface Admins {
  /** Rejects with `LogError`. */
  use<T>(what: string, work: (admin: Admin) => Promise<T>): Promise<T>;
  /** Low and high of every partition, asked after the call was made. `high` stops at an open transaction. */
  offsets(topic: string): Promise<ReadonlyMap<number, LogBounds>>;
  /** Number of partitions of each topic that there is, by name. Those that were just made are waited for: brokers learn of them one by one. */
  topics(): Promise<ReadonlyMap<string, number>>;
  /** These topics were just made. Resolves when each of their partitions is served. */
  made(topics: readonly string[]): Promise<void>;
  /** Number of partitions; rejects `misconfigured` when the topic does not exist. */
  partitions(topic: string): Promise<number>;
  close(): Promise<void>;
}

/** ms after which each broker knows of a new topic, or it was deleted again. */
const NEW_FOR = 10_000;
const ASK_AGAIN = 100;

export function createAdmins(client: Kafka, whenMissing: string): Admins {
  let current: Promise<Admin> | null = null;
  const over = new AbortController();

  async function open(): Promise<Admin> {
    const admin = client.admin({ retry: { retries: 3, initialRetryTime: 200 } });
    await admin.connect();
    return admin;
  }

  async function use<T>(what: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    if (over.signal.aborted) throw new LogError('unavailable', `${what}: the log is closed`);
    const used = current;
    try {
      return await once((current ??= open()), work);
    } catch (error) {
      // kafkajs asks again for every topic that this connection was ever asked about: a deleted one fails questions about others.
      if (used === null || brokerCode(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw toLogError(what, error);
    }
    try {
      return await once((current ??= open()), work);
    } catch (error) {
      throw toLogError(what, error);
    }
  }

  async function once<T>(mine: Promise<Admin>, work: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      return await work(await mine);
    } catch (error) {
      if (current === mine) current = null;
      mine.then((admin) => admin.disconnect()).catch(() => undefined);
      throw error;
    }
  }

  // Callers that come while a question is under way share the next one: an answer may not be older than its question.
  const waiting = new Map<string, Promise<ReadonlyMap<number, LogBounds>>>();
  const asking = new Map<string, Promise<unknown>>();

  function offsets(topic: string): Promise<ReadonlyMap<number, LogBounds>> {
    const next = waiting.get(topic);
    if (next !== undefined) return next;
    const before = asking.get(topic) ?? Promise.resolve();
    const mine = before.then(
      () => ask(topic),
      () => ask(topic),
    );
    waiting.set(topic, mine);
    return mine;
  }

  function ask(topic: string): Promise<ReadonlyMap<number, LogBounds>> {
    const question = use(`offsets of ${topic}`, (admin) => admin.fetchTopicOffsets(topic)).then(
      (rows) => new Map(rows.map((row) => [row.partition, { low: Number(row.low), high: Number(row.high) }])),
    );
    asking.set(topic, question);
    waiting.delete(topic);
    return question;
  }

  /** Until when (monotonic ms) a topic that was made here is waited for. */
  const newUntil = new Map<string, number>();

  async function topics(): Promise<ReadonlyMap<string, number>> {
    for (;;) {
      // Asked for all topics: a question for one that does not exist is tried again for ten seconds.
      const all = await use('topics', (admin) => admin.fetchTopicMetadata());
      const counts = new Map(all.topics.map(({ name, partitions }) => [name, partitions.length]));
      const now = performance.now();
      for (const [name, until] of newUntil) if (now >= until) newUntil.delete(name);
      if ([...newUntil.keys()].every((name) => counts.has(name))) return counts;
      await pause(ASK_AGAIN, over.signal);
    }
  }

  async function partitions(topic: string): Promise<number> {
    const count = (await topics()).get(topic);
    if (count === undefined) throw new MissingTopicError(`the topic ${topic} does not exist: ${whenMissing}`);
    return count;
  }

  /** A broker knows of a partition before it leads it. */
  async function untilServed(topic: string): Promise<void> {
    for (const until = performance.now() + NEW_FOR; ;) {
      try {
        await offsets(topic);
        return;
      } catch (error) {
        if (over.signal.aborted || performance.now() >= until) throw error;
        await pause(ASK_AGAIN, over.signal);
      }
    }
  }

  async function close(): Promise<void> {
    over.abort();
    const last = current;
    current = null;
    await last?.then((admin) => admin.disconnect()).catch(() => undefined);
  }

  return {
    use,
    offsets,
    topics,
    async made(names) {
      for (const name of names) newUntil.set(name, performance.now() + NEW_FOR);
      await topics();
      for (const name of names) await untilServed(name);
    },
    partitions,
    close,
  };
}
