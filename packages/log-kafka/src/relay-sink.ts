/**
 * Transactions, one transactional id per source partition: when a producer with the same id is initialised, the broker ends the open
 * transaction of the one before and refuses all that it sends later. A relay of a former owner is kept out by that.
 *
 * A producer is used up by its first rejection (kafkajs gives sequence numbers back, and the broker could take the next batch for a repeat).
 */
import kafkajs from 'kafkajs';
import type { Kafka, Message, Producer, TopicMessages } from 'kafkajs';
import { LogError } from '@desist/pipeline';
import type { LogSink, Ownership, RelaySink, TopicRecords } from '@desist/pipeline';

import { expectAnswered } from './answered.ts';
import { countForCall, prepare } from './batching.ts';
import type { Outgoing } from './batching.ts';
import { isFenced, MissingTopicError, toLogError } from './errors.ts';
import type { Settings } from './options.ts';
import type { PartitionCounts } from './partition-counts.ts';
import { offsetsOf } from './relay-progress.ts';
import { settledWithin } from './timers.ts';

/** ms. So long a transaction that nobody ends holds up readers of committed records. */
const TRANSACTION_TIMEOUT = 15_000;
/**
 * ms. After a commit the broker answers "concurrent transactions" until its markers are written, and kafkajs tries again; with its own
 * 300 ms that is most of what a transaction takes.
 */
const FIRST_RETRY = 20;
const CLOSE_LIMIT = 4_000;

type Transaction = Awaited<ReturnType<Producer['transaction']>>;

/** `client` retries after `FIRST_RETRY` (`RELAY_RETRY`). */
export function createRelaySinks(client: Kafka, settings: Settings, counts: PartitionCounts): Pick<LogSink, 'openRelaySink'> {
  let spread = 0;

  async function openRelaySink({ partition }: Ownership): Promise<RelaySink> {
    const producer = client.producer({
      transactionalId: `${settings.relayIdPrefix}${String(partition)}`,
      transactionTimeout: TRANSACTION_TIMEOUT,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
      // The first transaction initialises the producer: from here on the ones before are refused.
      return sinkOf(partition, producer, await producer.transaction());
    } catch (error) {
      await settledWithin(producer.disconnect(), CLOSE_LIMIT);
      throw toLogError(`opening the relay of partition ${String(partition)}`, error);
    }
  }

  function sinkOf(partition: number, producer: Producer, first: Transaction): RelaySink {
    let next: Transaction | null = first;
    let closed = false;
    return {
      async append(parts) {
        if (closed) throw new LogError('unavailable', 'the relay sink is closed');
        try {
          const transaction = next ?? (await producer.transaction());
          next = null;
          for (const topicMessages of await callsOf(parts)) {
            const answers = await transaction.sendBatch({ acks: -1, timeout: settings.requestTimeout, topicMessages });
            for (const { topic, messages } of topicMessages) {
              expectAnswered(
                answers,
                topic,
                messages.map(({ partition }) => partition ?? NaN),
              );
            }
          }
          for (const { published } of parts) {
            if (published !== undefined) await transaction.sendOffsets(offsetsOf(settings, partition, published));
          }
          await transaction.commit();
        } catch (error) {
          if (isFenced(error)) return 'fenced';
          for (const { topic } of parts) counts.forget(topic);
          const named = toLogError(`append of the relay of partition ${String(partition)}`, error);
          // Whoever publishes waits until the topic is made again: what stands in the outbox is published then, and an audit finds the rest.
          throw named instanceof MissingTopicError ? new LogError('unavailable', named.message, { cause: error }) : named;
        }
        for (const { topic, records } of parts) settings.observer.appended?.(topic, records.length);
        return 'appended';
      },
      async close() {
        closed = true;
        // An open transaction is aborted when the next producer is initialised, or by the broker at its timeout.
        await settledWithin(producer.disconnect(), CLOSE_LIMIT);
      },
    };
  }

  /** As few requests as its size allows, each with what comes next of every topic. */
  async function callsOf(parts: readonly TopicRecords[]): Promise<readonly TopicMessages[][]> {
    const queues = await Promise.all(
      parts.map(async ({ topic, records }) => {
        const count = await counts.of(topic);
        return { topic: settings.topics[topic], rest: records.map((record) => prepare(record, count, () => spread++)) };
      }),
    );
    const calls: TopicMessages[][] = [];
    while (queues.some(({ rest }) => rest.length > 0)) {
      calls.push(
        queues.flatMap(({ topic, rest }) => {
          const messages = rest.splice(0, countForCall(rest)).map(toMessage);
          return messages.length === 0 ? [] : [{ topic, messages }];
        }),
      );
    }
    return calls;
  }

  return { openRelaySink };
}

/** For the client of relays. */
export const RELAY_RETRY = { initialRetryTime: FIRST_RETRY, retries: 10 } as const;

function toMessage({ partition, key, value, headers }: Outgoing): Message {
  return { partition, key, value, headers };
}
