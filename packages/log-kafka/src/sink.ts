import kafkajs from 'kafkajs';
import type { Kafka, Producer } from 'kafkajs';
import { LogError, type Appended, type LogSink, type OutRecord, type Topic } from '@desist/pipeline';

import { expectAnswered } from './answered.ts';
import { prepare, type Outgoing } from './batching.ts';
import { brokerCode, isRefused, operatorHint, toLogError } from './errors.ts';
import { settledWithin } from './timers.ts';
import { createSendQueue, type BaseOffsets, type SendQueue } from './send-queue.ts';
import type { Settings } from './options.ts';
import type { PartitionCounts } from './partition-counts.ts';

export interface KafkaSink extends Pick<LogSink, 'append'> {
  close(): Promise<void>;
}

const CLOSE_LIMIT = 4_000;

/**
 * A plain producer, `acks` of all replicas, one request at a time and each awaited. Not the idempotent one: after a lost
 * response kafkajs gives the sequence numbers of that batch to the next, which the broker then takes for a repeat and
 * drops. Here a repeat is allowed and a gap is not.
 */
export function createSink(client: Kafka, settings: Settings, counts: PartitionCounts): KafkaSink {
  const queues = new Map<Topic, SendQueue>();
  let connecting: Promise<Producer> | null = null;
  let closed = false;
  let spread = Math.floor(Math.random() * 1_000_000);

  async function connect(): Promise<Producer> {
    const producer = client.producer({
      allowAutoTopicCreation: false,
      idempotent: false,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }

  async function send(topic: Topic, records: readonly Outgoing[]): Promise<BaseOffsets> {
    const mine = (connecting ??= connect());
    let producer: Producer;
    try {
      producer = await mine;
    } catch (error) {
      if (connecting === mine) connecting = null;
      throw error;
    }
    try {
      const answers = await producer.send({
        topic: settings.topics[topic],
        acks: -1,
        timeout: settings.requestTimeout,
        messages: records.map(({ partition, key, value, headers }) => ({ partition, key, value, headers })),
      });
      expectAnswered(
        answers,
        settings.topics[topic],
        records.map(({ partition }) => partition),
      );
      settings.observer.appended?.(topic, records.length);
      return new Map(answers.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]));
    } catch (error) {
      // The number of partitions is asked for again: the topic may have been made anew.
      counts.forget(topic);
      throw error;
    }
  }

  function queue(topic: Topic): SendQueue {
    let found = queues.get(topic);
    if (found === undefined) {
      found = createSendQueue((records) => send(topic, records), isLasting);
      queues.set(topic, found);
    }
    return found;
  }

  async function append(topic: Topic, records: readonly OutRecord[]): Promise<readonly Appended[]> {
    if (records.length === 0) return [];
    if (closed) throw new LogError('unavailable', 'the log is closed');
    const name = settings.topics[topic];
    try {
      const count = await counts.of(topic);
      return await queue(topic).append(records.map((record) => prepare(record, count, () => spread++)));
    } catch (error) {
      throw toLogError(`append to ${name}`, error);
    }
  }

  async function close(): Promise<void> {
    closed = true;
    // What is not appended by then is appended again after the next start: it stands in the outbox.
    await settledWithin(Promise.all([...queues.values()].map((each) => each.idle())), CLOSE_LIMIT);
    const last = connecting;
    connecting = null;
    if (last !== null)
      await settledWithin(
        last.then((producer) => producer.disconnect()),
        CLOSE_LIMIT,
      );
  }

  return { append, close };
}

function isLasting(error: unknown): boolean {
  return isRefused(error) || operatorHint(error) !== null || brokerCode(error) === 'INVALID_TIMESTAMP';
}
