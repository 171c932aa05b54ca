/** Log lines are NDJSON on one stream, made at moments of the life cycle and never per event. */
import { pino } from 'pino';
import type { Logger } from '@desist/pipeline';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What could stand for a person or a secret, should anybody ever pass it. */
const NEVER = ['address', 'recipient', 'key', 'password', 'authorization', 'url', '*.address', '*.recipient', '*.password'];

export function createLogger(options: { readonly service: string; readonly level: LogLevel; readonly stream?: 1 | 2 }): Logger {
  const { service, level, stream } = options;
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: NEVER, censor: '[redacted]' },
    },
    // Synchronous: the last lines before an end are the ones that matter.
    pino.destination({ fd: stream ?? 1, sync: true }),
  );
}
