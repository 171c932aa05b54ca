/** A client beside ours, for what ours never does: transactions, compression, deleting records. */
import kafkajs, { type Admin, type Producer } from 'kafkajs';

export type { CompressionTypes, Producer } from 'kafkajs';
export const compressions = kafkajs.CompressionTypes;

export function rawClient(brokers: readonly string[]): kafkajs.Kafka {
  return new kafkajs.Kafka({ brokers: [...brokers], clientId: 'raw', logLevel: kafkajs.logLevel.NOTHING });
}

export async function withAdmin<T>(brokers: readonly string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = rawClient(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export async function withProducer<T>(
  brokers: readonly string[],
  work: (producer: Producer) => Promise<T>,
  transactionalId?: string,
): Promise<T> {
  const producer = rawClient(brokers).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    ...(transactionalId === undefined ? {} : { transactionalId, maxInFlightRequests: 1, idempotent: true }),
  });
  await producer.connect();
  try {
    return await work(producer);
  } finally {
    await producer.disconnect();
  }
}

/** Idempotent, and not patient: whoever sends must be ready to send again, with a new one. */
export function rawProducer(brokers: readonly string[]): Producer {
  const client = new kafkajs.Kafka({
    ...{ brokers: [...brokers], clientId: 'raw', logLevel: kafkajs.logLevel.NOTHING },
    requestTimeout: 5_000,
  });
  return client.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    ...{ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: { maxRetryTime: 2_000 } },
  });
}
