import type { Topic } from '@desist/pipeline';
import type { Kafka, RecordMetadata } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { settingsOf } from './options.ts';
import { createRelaySinks } from './relay-sink.ts';
import { createSink } from './sink.ts';

const TOPICS = { deliveryEvents: 'in', suppressionEvents: 'changes', suppressions: 'list', deadLetters: 'dead' };
const settings = settingsOf({
  ...{ brokers: ['127.0.0.1:1'], clientId: 'test', groupId: 'test', topics: TOPICS },
  logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
});
const counts = { of: () => Promise.resolve(2), forget: (_: Topic) => undefined };
const RECORDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => ({ key, value: 'x' }));

/** As kafkajs after a leader has moved in the middle of a send: it resolves, and names only the partitions that were sent. */
function clientThatAnswersFor(partitions: readonly number[]): { readonly client: Kafka; readonly committed: () => boolean } {
  let committed = false;
  const answersOf = (topic: string): RecordMetadata[] =>
    partitions.map((partition) => ({ topicName: topic, partition, errorCode: 0, baseOffset: '7' }));
  const transaction = {
    sendBatch: ({ topicMessages }: { topicMessages: readonly { topic: string }[] }) =>
      Promise.resolve(topicMessages.flatMap(({ topic }) => answersOf(topic))),
    sendOffsets: () => Promise.resolve(),
    commit: () => {
      committed = true;
      return Promise.resolve();
    },
  };
  const producer = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    send: ({ topic }: { topic: string }) => Promise.resolve(answersOf(topic)),
    transaction: () => Promise.resolve(transaction),
  };
  return { client: { producer: () => producer } as unknown as Kafka, committed: () => committed };
}

describe('a send that resolves although a partition was sent nothing', () => {
  it('is a failure of an append, so its caller appends again', async () => {
    const sink = createSink(clientThatAnswersFor([0]).client, settings, counts);
    await expect(sink.append('deliveryEvents', RECORDS)).rejects.toMatchObject({ kind: 'unavailable' });
    const whole = createSink(clientThatAnswersFor([0, 1]).client, settings, counts);
    expect(await whole.append('deliveryEvents', RECORDS)).toHaveLength(RECORDS.length);
  });

  it('is a failure of a relay, whose transaction is not committed', async () => {
    const owner = { partition: 0, epoch: 1, nonce: 'n' } as never;
    const part = { topic: 'suppressions' as const, records: RECORDS };
    const half = clientThatAnswersFor([1]);
    const sink = await createRelaySinks(half.client, settings, counts).openRelaySink(owner);
    await expect(sink.append([part])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(half.committed()).toBe(false);
    const whole = clientThatAnswersFor([0, 1]);
    expect(await (await createRelaySinks(whole.client, settings, counts).openRelaySink(owner)).append([part])).toBe('appended');
    expect(whole.committed()).toBe(true);
  });
});
