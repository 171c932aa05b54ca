/** Log lines are NDJSON on one stream, written for life-cycle events and never per delivery event. */
import { pino } from 'pino';
import type { Logger } from '@desist/pipeline';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields that could identify a person or contain a secret. Nothing should log them; they are redacted as a second defence. */
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
    // Synchronous: the last lines before an exit matter most.
    pino.destination({ fd: stream ?? 1, sync: true }),
  );
}
