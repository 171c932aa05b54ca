import { LogError } from '@desist/pipeline';
import type { RecordMetadata } from 'kafkajs';

/**
 * kafkajs 2.2.4 resolves a send although some of it was never sent: when one of several brokers fails and its partitions have moved to
 * another one, which has answered for its own already, that one is not asked again (producer/sendMessages.js, `brokersWithoutResponse`).
 * What was stored is what an answer names.
 *
 * @throws LogError `unavailable`: records of a partition are not in the log. Others may be; all are to be sent again.
 */
export function expectAnswered(answers: readonly RecordMetadata[], topic: string, partitions: Iterable<number>): void {
  const answered = new Set(answers.flatMap((one) => (one.topicName === topic ? [one.partition] : [])));
  const missing = [...new Set(partitions)].filter((partition) => !answered.has(partition));
  if (missing.length === 0) return;
  throw new LogError('unavailable', `${topic}: partition ${missing.join(', ')} has a new leader, and was sent nothing: send all again`);
}
