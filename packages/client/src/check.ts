/**
 * `check` over HTTP: calls of one moment go in one request, answers are remembered for a stated time, and what to do when no
 * answer comes is said by whoever asks.
 *
 *   check(a) ┐
 *   check(b) ┼─ a few ms ─> POST /v1/check, up to 10,000 at once ─> answers, kept for `keep` ms
 *   check(c) ┘
 */
import { normaliseAddress } from './address.ts';

export interface CheckerOptions {
  /** Of the service, like `http://127.0.0.1:8425`. */
  readonly url: string;
  readonly key?: string;
  readonly tenant?: string;
  readonly stream?: string;
  /** ms that an answer is used again. The bound of how old one can be, besides `asOf`. Default 10,000; 0: never. */
  readonly keep?: number;
  /** Answers remembered at most; the ones used longest ago go. Default 100,000. */
  readonly remembered?: number;
  /** ms that a call waits for others to go with it. Default 2. */
  readonly gather?: number;
  /** ms that a request may take. Default 5,000. */
  readonly timeout?: number;
  /** When the service gives no answer: send, do not send, or reject. Default `reject`. */
  readonly whenAway?: 'open' | 'closed' | 'reject';
  readonly fetch?: typeof fetch;
  readonly now?: () => number;
}

export interface CheckAnswer {
  readonly recipient: string;
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  readonly state: string | null;
  readonly expiresAt: string | null;
  /** ms since the epoch: when this was answered. */
  readonly answeredAt: number;
}

export interface Checker {
  check(recipient: string): Promise<CheckAnswer>;
  /** One answer per recipient, in order. */
  checkAll(recipients: readonly string[]): Promise<readonly CheckAnswer[]>;
  /** Forgets what is remembered. */
  clear(): void;
}

/** The service's answer was not one: what it said, and the status if there was any. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
  readonly status: number | null;

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

interface Waiting {
  readonly recipient: string;
  readonly resolve: (answer: CheckAnswer) => void;
  readonly reject: (error: unknown) => void;
}

const AT_ONCE = 10_000;

export function createChecker(options: CheckerOptions): Checker {
  const { keep = 10_000, remembered = 100_000, gather = 2, timeout = 5_000, whenAway = 'reject' } = options;
  const ask = options.fetch ?? fetch;
  const now = options.now ?? Date.now;
  const target = new URL('/v1/check', options.url);
  const known = new Map<string, CheckAnswer>();
  let waiting = new Map<string, Waiting[]>();
  let timer: NodeJS.Timeout | undefined;

  function remember(key: string, answer: CheckAnswer): void {
    if (keep <= 0) return;
    known.delete(key);
    known.set(key, answer);
    if (known.size <= remembered) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }

  /** Used now, so it goes last; a suppression that has ended is asked for again. */
  function recall(key: string): CheckAnswer | undefined {
    const answer = known.get(key);
    if (answer === undefined) return undefined;
    const at = now();
    const ended = answer.expiresAt !== null && Date.parse(answer.expiresAt) <= at;
    known.delete(key);
    if (at - answer.answeredAt >= keep || ended) return undefined;
    known.set(key, answer);
    return answer;
  }

  async function send(keys: readonly string[], calls: ReadonlyMap<string, readonly Waiting[]>): Promise<void> {
    let answers: readonly CheckAnswer[];
    try {
      answers = await request(keys);
      for (const [index, answer] of answers.entries()) remember(keys[index] as string, answer);
    } catch (error) {
      const refused = error instanceof CheckError && error.status !== null && error.status < 500 && error.status !== 429;
      if (whenAway === 'reject' || refused) {
        for (const key of keys) for (const { reject } of calls.get(key) ?? []) reject(error);
        return;
      }
      const allowed = whenAway === 'open';
      const reasons = allowed ? [] : ['unavailable'];
      answers = keys.map((recipient) => ({ recipient, allowed, reasons, state: null, expiresAt: null, answeredAt: now() }));
    }
    for (const [index, answer] of answers.entries()) {
      for (const { recipient, resolve } of calls.get(keys[index] as string) ?? []) resolve({ ...answer, recipient });
    }
  }

  async function request(recipients: readonly string[]): Promise<readonly CheckAnswer[]> {
    const { tenant, stream, key } = options;
    const answeredAt = now();
    let response: Response;
    try {
      response = await ask(target, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
        body: JSON.stringify({ tenant, stream, recipients }),
        signal: AbortSignal.timeout(timeout),
      });
    } catch (error) {
      throw new CheckError(`no answer from ${target.origin}`, null, { cause: error });
    }
    const body = (await response.json().catch(() => null)) as { results?: readonly CheckAnswer[]; detail?: string } | null;
    if (!response.ok || body?.results?.length !== recipients.length) {
      throw new CheckError(body?.detail ?? `${target.origin} answered ${response.status}`, response.status);
    }
    return body.results.map((result) => ({ ...result, answeredAt }));
  }

  function flush(): void {
    timer = undefined;
    const calls = waiting;
    waiting = new Map();
    const keys = [...calls.keys()];
    for (let from = 0; from < keys.length; from += AT_ONCE) void send(keys.slice(from, from + AT_ONCE), calls);
  }

  function check(recipient: string): Promise<CheckAnswer> {
    const normalised = normaliseAddress(recipient);
    const key = normalised.ok ? normalised.address : recipient;
    const answer = recall(key);
    if (answer !== undefined) return Promise.resolve({ ...answer, recipient });
    return new Promise((resolve, reject) => {
      const calls = waiting.get(key);
      if (calls === undefined) waiting.set(key, [{ recipient, resolve, reject }]);
      else calls.push({ recipient, resolve, reject });
      timer ??= setTimeout(flush, gather);
    });
  }

  return { check, checkAll: (recipients) => Promise.all(recipients.map(check)), clear: () => known.clear() };
}
