import kafkajs from 'kafkajs';
import type { Kafka, KafkaConfig, logCreator, RetryOptions, SASLOptions } from 'kafkajs';
import type { Logger } from '@desist/pipeline';

import { registerCodecs } from './codecs.ts';
import { replaceDecodeMessages } from './decode-messages.ts';
import type { KafkaOptions, SaslOptions } from './options.ts';
import { quietRequestQueues } from './request-queue.ts';

const LEVEL = kafkajs.logLevel;

/**
 * kafkajs' lines as ours. It says ERROR for things that it then tries again, so nothing of it is more than a warning: what
 * is really wrong, this package says itself. Batches and records are in none of its lines.
 */
export function logTo(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const {
        message,
        timestamp: _timestamp,
        logger: _logger,
        stack: _stack,
        ...fields
      } = log as Record<string, unknown> & {
        message: string;
      };
      const line = { kafka: namespace, ...fields };
      if (level === LEVEL.ERROR || level === LEVEL.WARN) logger.warn(line, message);
      else logger.debug(line, message);
    };
}

/** The client that all parts share settings through; each part opens its own connections. */
export function createClient(options: KafkaOptions, retry?: RetryOptions): Kafka {
  registerCodecs();
  replaceDecodeMessages();
  quietRequestQueues();
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 5_000,
    requestTimeout: options.requestTimeout ?? 30_000,
    logLevel: LEVEL.INFO,
    logCreator: logTo(options.logger),
    ...(retry === undefined ? {} : { retry }),
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: saslOf(options.sasl) }),
    ...(options.socketFactory === undefined ? {} : { socketFactory: options.socketFactory }),
  };
  return new kafkajs.Kafka(config);
}

function saslOf({ mechanism, username, password }: SaslOptions): SASLOptions {
  return { mechanism, username, password };
}
