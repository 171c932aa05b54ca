/** Where an agent brings what it has read: a running service over HTTP, or the log itself. Both wait for what is away. */
import { appendFile, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LogError, StoreError } from '@desist/pipeline';
import { withoutUnknown } from './message.ts';
import type { Appended, Logger, LogSink, OutRecord, Signal, Time } from '@desist/pipeline';

export type Deliver = Pick<LogSink, 'append'>;

interface Waiting {
  readonly time: Pick<Time, 'sleep'>;
  readonly logger: Logger;
  readonly signal: Signal;
}

/** The process was told to stop while something was under way: it is done again at the next start. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** Waiting does not help: somebody has to read the message. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

async function untilDone<T>({ time, logger, signal }: Waiting, work: () => Promise<T | Again>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    if (signal.aborted) throw new StoppedError('stopped before everything was delivered');
    const done = await work();
    if (!(done instanceof Again)) return done;
    if (attempt % 20 === 3) logger.warn({ problem: done.problem }, 'waiting: what was read is not delivered yet');
    await time.sleep(done.after ?? Math.min(10_000, 100 * 2 ** Math.min(attempt, 7)), signal);
  }
}

class Again {
  readonly problem: string;
  readonly after: number | undefined;

  constructor(problem: string, after?: number) {
    this.problem = problem;
    this.after = after;
  }
}

/** The log's own sink, asked again until it answers. */
export function toLog(log: Deliver, waiting: Waiting): Deliver {
  return {
    append: (topic, records) =>
      untilDone<readonly Appended[]>(waiting, async () => {
        try {
          return await log.append(topic, records);
        } catch (error) {
          if (!(error instanceof LogError || error instanceof StoreError) || error.kind === 'misconfigured') throw error;
          return new Again(error.message);
        }
      }),
  };
}

// ------------------------------------------------------------------------------------------------------- over HTTP

export interface HttpOptions extends Waiting {
  /** Of the service. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly key?: string;
  /** Dead letters are kept here: the service takes events only. */
  readonly deadLetters: string;
  readonly fetch?: typeof fetch;
}

const ITEMS = 5_000;
const BYTES = 4 * 1024 * 1024;
const PATIENCE = 30_000;
/** Bytes of dead letters at which somebody must look. */
const MOST_LETTERS = 256 * 1024 * 1024;

export function toService(options: HttpOptions): Deliver {
  const ask = options.fetch ?? fetch;

  async function post(values: readonly string[]): Promise<readonly OutRecord[]> {
    return untilDone(options, async () => {
      let response: Response;
      try {
        response = await ask(new URL('/v1/events', options.url), {
          method: 'POST',
          body: values.join('\n'),
          headers: {
            'content-type': 'application/x-ndjson',
            ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
          },
          signal: AbortSignal.timeout(PATIENCE),
        });
      } catch (error) {
        return new Again(`no service answers at ${options.url} (${reasonOf(error)})`);
      }
      const text = await response.text().catch(() => '');
      if (response.status === 429 || response.status >= 500) {
        const after = Number(response.headers.get('retry-after') ?? Number.NaN);
        return new Again(`${options.url} answers ${response.status}`, Number.isFinite(after) ? Math.min(after, 60) * 1_000 : undefined);
      }
      const errors = errorsOf(text);
      if (response.status === 202 || (response.status === 400 && errors.length > 0)) {
        return errors.map((error) => letterOf(error, values[error.index] ?? ''));
      }
      throw new DeliveryError(`${options.url} answers ${response.status} to POST /v1/events: ${text.slice(0, 300)}`);
    });
  }

  async function keep(letters: readonly OutRecord[]): Promise<void> {
    if (letters.length === 0) return;
    const { size } = await stat(options.deadLetters).catch(() => ({ size: 0 }));
    if (size > MOST_LETTERS) {
      throw new DeliveryError(`${options.deadLetters} has ${size} bytes of what could not be read: look at it, and move it away`);
    }
    await mkdir(dirname(options.deadLetters), { recursive: true });
    const lines = letters.map(({ value, headers }) => JSON.stringify({ ...headers, raw: textOf(value) }));
    await appendFile(options.deadLetters, `${lines.join('\n')}\n`, { mode: 0o600, flush: true });
  }

  return {
    async append(topic, records) {
      if (topic !== 'deliveryEvents') await keep(records);
      else for (const page of pages(records.map(({ value }) => withoutUnknown(textOf(value))))) await keep(await post(page));
      return [];
    },
  };
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
  const named = value.includes('"recipient":');
  return { key: null, value, headers: named ? { reason, detail } : { reason: 'no_recipient', detail: 'nothing is known of the message' } };
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
