/** Forwards the events of an agent to a running service over HTTP, or directly to the log. Both wait while the target is unavailable. */
import { constants } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LogError, StoreError } from '@desist/pipeline';
import { withoutPlaceholder } from './message.ts';
import type { Appended, Logger, LogSink, OutRecord, Signal, Time } from '@desist/pipeline';

export type EventSink = Pick<LogSink, 'append'>;

interface Waiting {
  readonly time: Pick<Time, 'sleep'>;
  readonly logger: Logger;
  readonly signal: Signal;
}

/** The process stopped before the work was complete. It is repeated at the next start. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** Waiting does not help: somebody has to change a setting or check a file. The message says which. */
export class ForwardError extends Error {
  override readonly name = 'ForwardError';
}

async function untilDone<T>({ time, logger, signal }: Waiting, work: () => Promise<T | Retry>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    if (signal.aborted) throw new StoppedError('stopped before everything was forwarded');
    const done = await work();
    if (!(done instanceof Retry)) return done;
    if (attempt % 20 === 3) logger.warn({ problem: done.problem }, 'waiting to forward events');
    await time.sleep(done.after ?? Math.min(10_000, 100 * 2 ** Math.min(attempt, 7)), signal);
  }
}

class Retry {
  readonly problem: string;
  readonly after: number | undefined;

  constructor(problem: string, after?: number) {
    this.problem = problem;
    this.after = after;
  }
}

/** The log's sink, with retries until it succeeds. @throws StoppedError, and LogError when it is misconfigured */
export function forwardToLog(log: EventSink, waiting: Waiting): EventSink {
  return {
    append: (topic, records) =>
      untilDone<readonly Appended[]>(waiting, async () => {
        try {
          return await log.append(topic, records);
        } catch (error) {
          if (!(error instanceof LogError || error instanceof StoreError) || error.kind === 'misconfigured' || error.kind === 'refused')
            throw error;
          return new Retry(error.message);
        }
      }),
  };
}

// ------------------------------------------------------------------------------------------------------- over HTTP

export interface HttpOptions extends Waiting {
  /** URL of the service. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly key?: string;
  /** Path of a local file for dead letters, because the service accepts only events. */
  readonly deadLetters: string;
  readonly fetch?: typeof fetch;
}

const ITEMS = 5_000;
const BYTES = 4 * 1024 * 1024;
const PATIENCE = 30_000;
/** Largest size of the dead-letter file, bytes. Beyond it somebody must act. */
const MOST_LETTERS = 256 * 1024 * 1024;

export function forwardToService(options: HttpOptions): EventSink {
  const request = options.fetch ?? fetch;

  async function post(values: readonly string[]): Promise<readonly OutRecord[]> {
    return untilDone(options, async () => {
      let response: Response;
      try {
        response = await request(new URL('/v1/events', options.url), {
          method: 'POST',
          body: values.join('\n'),
          headers: {
            'content-type': 'application/x-ndjson',
            ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
          },
          signal: AbortSignal.timeout(PATIENCE),
        });
      } catch (error) {
        return new Retry(`no service responds at ${options.url} (${reasonOf(error)})`);
      }
      const text = await response.text().catch(() => '');
      if (response.status === 429 || response.status >= 500) {
        const after = Number(response.headers.get('retry-after') ?? Number.NaN);
        return new Retry(
          `${options.url} responds with ${response.status}`,
          Number.isFinite(after) ? Math.min(after, 60) * 1_000 : undefined,
        );
      }
      const errors = errorsOf(text);
      if (response.status === 202 || (response.status === 400 && errors.length > 0)) {
        return errors.map((error) => letterOf(error, values[error.index] ?? ''));
      }
      throw new ForwardError(`${options.url} responds with ${response.status} to POST /v1/events: ${text.slice(0, 300)}`);
    });
  }

  async function keep(letters: readonly OutRecord[]): Promise<void> {
    if (letters.length === 0) return;
    const { size } = await stat(options.deadLetters).catch(() => ({ size: 0 }));
    if (size > MOST_LETTERS) {
      throw new ForwardError(`${options.deadLetters} has ${size} bytes of records that could not be read: check it and move it away`);
    }
    await mkdir(dirname(options.deadLetters), { recursive: true, mode: 0o700 });
    const lines = letters.map(({ value, headers }) => JSON.stringify({ ...headers, raw: textOf(value) }));
    await append(options.deadLetters, `${lines.join('\n')}\n`);
  }

  return {
    async append(topic, records) {
      if (topic !== 'deliveryEvents') await keep(records);
      else for (const page of pages(records.map(({ value }) => withoutPlaceholder(textOf(value))))) await keep(await post(page));
      return [];
    },
  };
}

/** Durable when resolved. Does not follow a symbolic link, which anybody who may write to the folder could point at another file. */
async function append(path: string, text: string): Promise<void> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function* pages(values: readonly string[]): Generator<readonly string[]> {
  let page: string[] = [];
  let bytes = 0;
  for (const value of values) {
    const size = Buffer.byteLength(value) + 1;
    if (page.length > 0 && (page.length >= ITEMS || bytes + size > BYTES)) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(value);
    bytes += size;
  }
  if (page.length > 0) yield page;
}

function letterOf({ reason, detail }: ItemError, value: string): OutRecord {
  const hasRecipient = value.includes('"recipient":');
  return { key: null, value, headers: hasRecipient ? { reason, detail } : { reason: 'no_recipient', detail: 'the message is not known' } };
}

interface ItemError {
  readonly index: number;
  readonly reason: string;
  readonly detail: string;
}

function errorsOf(text: string): readonly ItemError[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly ItemError[] };
    return Array.isArray(errors) ? (errors as readonly ItemError[]) : [];
  } catch {
    return [];
  }
}

function textOf(value: OutRecord['value']): string {
  return typeof value === 'string' ? value : Buffer.from(value ?? []).toString('utf8');
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string }; message?: string };
  return cause?.code ?? message ?? String(error);
}
