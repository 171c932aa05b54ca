import kafkajs from 'kafkajs';
import type { Kafka, KafkaConfig, logCreator, SASLOptions } from 'kafkajs';
import type { Logger } from '@desist/pipeline';

import { registerCodecs } from './codecs.ts';
import type { KafkaOptions, SaslOptions } from './options.ts';

const LEVEL = kafkajs.logLevel;

/**
 * kafkajs 2.2.4 asks for timers in the past at every connect (its queue's `throttledUntil` begins at -1), and Node 24 warns of each on
 * standard error. They fire at once, as meant: only this one warning is left out.
 */
function hushPastTimers(): void {
  if (hushed) return;
  hushed = true;
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = ((...args: unknown[]) => {
    if (args[1] !== 'TimeoutNegativeWarning') emitWarning(...args);
  }) as typeof process.emitWarning;
}
let hushed = false;

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
export function createClient(options: KafkaOptions): Kafka {
  registerCodecs();
  hushPastTimers();
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 5_000,
    requestTimeout: options.requestTimeout ?? 30_000,
    logLevel: LEVEL.INFO,
    logCreator: logTo(options.logger),
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: saslOf(options.sasl) }),
    ...(options.socketFactory === undefined ? {} : { socketFactory: options.socketFactory }),
  };
  return new kafkajs.Kafka(config);
}

function saslOf({ mechanism, username, password }: SaslOptions): SASLOptions {
  return { mechanism, username, password };
}
