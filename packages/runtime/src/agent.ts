/** An agent that runs beside a mail server: follows a log or reads a mailbox, and forwards the events to a running service or to Kafka. */
import { join } from 'node:path';
import { formatOf, zoneOf } from '@desist/formats';
import type { Format } from '@desist/formats';
import {
  lookUpByService,
  createIngestMetrics,
  createIntake,
  ForwardError,
  rotatedFile,
  segmentFolder,
  follow,
  readMaildir,
  stateFile,
  StoppedError,
  forwardToLog,
  forwardToService,
} from '@desist/ingest';
import type { EventSink, Followed, Progress, Source } from '@desist/ingest';
import type { Logger, MessageMemory } from '@desist/pipeline';
import { systemTime } from './time.ts';
import { createLogger } from './logging.ts';
import { createLifecycle } from './lifecycle.ts';
import { ConfigError } from './environment.ts';
import type { Lifecycle } from './lifecycle.ts';
import { createMessageMemory, openServer } from '@desist/store-postgres';
import type { Settings } from './settings.ts';

export interface AgentOptions {
  readonly settings: Settings;
  readonly kind: 'follow' | 'maildir';
  readonly path: string;
  readonly isFolder: boolean;
  readonly format: AgentFormat;
  readonly source: string;
  readonly tenant: string;
  readonly stream: string;
  readonly timezone: string | undefined;
  readonly header: string | undefined;
  readonly from: 'start' | 'end';
  readonly once: boolean;
  readonly url: string;
  readonly key: string | undefined;
  readonly stateFolder: string;
}

export interface AgentFormat {
  readonly name: string;
  readonly format: Format;
  readonly auto: boolean;
}

const MAILS = ['auto', 'dsn', 'arf'];
const LOGS = [
  'postfix',
  'exim',
  'sendmail',
  'opensmtpd',
  'exchange',
  'haraka',
  'kumomta',
  'powermta',
  'canonical',
  'ses',
  'sparkpost',
  'mailgun',
  'sendgrid',
];

/** The format with this name, or the problem as text. */
export function agentFormat(name: string, ofMails: boolean): AgentFormat | string {
  const known = ofMails ? MAILS : LOGS;
  const format = known.includes(name) ? formatOf(name === 'auto' ? 'dsn' : name) : undefined;
  return format === undefined
    ? `must be one of ${known.join(', ')}`
    : { name: name === 'auto' ? 'mailbox' : name, format, auto: name === 'auto' };
}

/** Runs until SIGTERM or SIGINT, or to the end of the log with `once`. @throws ConfigError, LogError, or an error of the file system. */
export async function runAgent(options: AgentOptions): Promise<Followed> {
  const { settings, timezone } = options;
  if (timezone !== undefined && zoneOf(timezone) === undefined) throw new ConfigError([`--timezone: ${timezone} is not a time zone`]);
  const logger = createLogger({ service: 'ingest', level: settings.logLevel, stream: 2 });
  const life = createLifecycle(logger);
  try {
    return await run(options, logger, life);
  } catch (error) {
    const { syscall } = error as { syscall?: unknown };
    if (error instanceof ForwardError || syscall !== undefined) throw new ConfigError([(error as Error).message]);
    throw error;
  } finally {
    await life.close();
  }
}

async function run(options: AgentOptions, logger: Logger, life: Lifecycle): Promise<Followed> {
  const { kind, path, isFolder, source: name, tenant, stream, format, timezone, header, from, once, stateFolder } = options;
  const source: Source = {
    name,
    format: format.format,
    tenant,
    stream,
    ...(timezone === undefined ? {} : { timezone }),
    ...(header === undefined ? {} : { header }),
  };
  const sink = await sinkOf(options, logger, life);
  const memory = await memoryOf(options, logger, life);
  const intake = createIntake({ sink, metrics: createIngestMetrics(), ...(memory === undefined ? {} : { memory }) });
  const common = { source, intake, time: systemTime, logger, signal: life.signal, once };
  logger.info({ source: name, path, once }, kind === 'maildir' ? 'reading a mailbox' : 'following a log');
  let soFar: Followed = { lines: 0, events: 0, ignored: 0, deadLetters: 0 };
  try {
    if (kind === 'maildir') soFar = await readMaildir({ ...common, folder: path, auto: format.auto });
    else {
      const files = isFolder ? segmentFolder(path, () => systemTime.now()) : rotatedFile(path);
      soFar = await follow({ ...common, path, files, state: stateFile(stateFolder, path, name), from, progress: show });
    }
  } catch (error) {
    // Unfinished records are read again at the next start.
    if (!(error instanceof StoppedError)) throw error;
  }
  return soFar;
}

async function sinkOf({ settings, url, key, stateFolder, source }: AgentOptions, logger: Logger, life: Lifecycle): Promise<EventSink> {
  const waiting = { time: systemTime, logger, signal: life.signal };
  if (settings.kafka === null) {
    const deadLetters = join(stateFolder, `dead-letters-${source}.ndjson`);
    return forwardToService({ ...waiting, url, deadLetters, ...(key === undefined ? {} : { key }) });
  }
  const { connectKafka } = await import('@desist/log-kafka');
  const log = connectKafka({ ...settings.kafka, topics: settings.topics, logger });
  life.opened('log', () => log.close());
  return forwardToLog(log, waiting);
}

/**
 * The recipients of messages, because reports may omit them. Over HTTP the service looks them up; with Kafka this process asks the
 * database, if one is configured.
 */
async function memoryOf({ settings }: AgentOptions, logger: Logger, life: Lifecycle): Promise<MessageMemory | undefined> {
  const { databaseUrl: url, messageMemory: keptFor } = settings;
  if (settings.kafka === null) return lookUpByService;
  if (url === null || keptFor === null) return undefined;
  const onIdleError = (error: Error): void => logger.warn({ problem: error.message }, 'a database connection was lost: it is replaced');
  const db = openServer({ url, applicationName: 'desist-ingest', connections: 2, onIdleError });
  life.opened('database', () => db.close());
  return createMessageMemory(db, { now: () => systemTime.now(), keptFor });
}

function show({ file, position, size, lines, events }: Progress): void {
  const share = size > 0 && position <= size ? ` ${Math.floor((100 * position) / size)} %` : '';
  process.stderr.write(process.stderr.isTTY ? `\r${file}${share}, ${lines} lines, ${events} events ` : '');
}
