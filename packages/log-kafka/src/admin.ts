import type { Admin, Kafka } from 'kafkajs';
import { LogError, type LogBounds } from '@desist/pipeline';

import { toLogError } from './errors.ts';

/**
 * One admin connection, opened when first needed. After any failure it is thrown away: kafkajs' admin does not look for a
 * new leader after an error of its own accord.
 */
export interface Admins {
  /** Rejects with `LogError`. */
  use<T>(what: string, work: (admin: Admin) => Promise<T>): Promise<T>;
  /** Low and high of every partition, asked after the call was made. `high` stops at an open transaction. */
  offsets(topic: string): Promise<ReadonlyMap<number, LogBounds>>;
  /** Number of partitions; rejects `misconfigured` when the topic does not exist. */
  partitions(topic: string): Promise<number>;
  close(): Promise<void>;
}

export function createAdmins(client: Kafka): Admins {
  let current: Promise<Admin> | null = null;
  let closed = false;

  async function open(): Promise<Admin> {
    const admin = client.admin({ retry: { retries: 3, initialRetryTime: 200 } });
    await admin.connect();
    return admin;
  }

  async function use<T>(what: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    if (closed) throw new LogError('unavailable', `${what}: the log is closed`);
    const mine = (current ??= open());
    try {
      return await work(await mine);
    } catch (error) {
      if (current === mine) current = null;
      mine.then((admin) => admin.disconnect()).catch(() => undefined);
      throw toLogError(what, error);
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

  async function partitions(topic: string): Promise<number> {
    // Asked for all topics: a question for one that does not exist is tried again for ten seconds.
    const all = await use('topics', (admin) => admin.fetchTopicMetadata());
    const found = all.topics.find(({ name }) => name === topic);
    if (found === undefined) {
      throw new LogError('misconfigured', `the topic ${topic} does not exist: run \`desist migrate\``);
    }
    return found.partitions.length;
  }

  async function close(): Promise<void> {
    closed = true;
    const last = current;
    current = null;
    await last?.then((admin) => admin.disconnect()).catch(() => undefined);
  }

  return { use, offsets, partitions, close };
}
