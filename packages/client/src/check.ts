/**
 * `check` over HTTP. Calls made within a few ms share one request. Answers are cached for a configured time. The caller configures what
 * happens when the service does not answer.
 *
 *   check(a) ┐
 *   check(b) ┼─ a few ms ─> POST /v1/check, up to 10,000 at once ─> answers, cached for `keep` ms
 *   check(c) ┘
 */
import { normaliseAddress } from './address.ts';

export interface CheckerOptions {
  /** Base URL of the service, for example `http://127.0.0.1:8425`. */
  readonly url: string;
  readonly key?: string;
  readonly tenant?: string;
  readonly stream?: string;
  /** Cache time of an answer, ms. It adds to the service's own staleness (`asOf`). Default 10,000; 0 disables the cache. */
  readonly keep?: number;
  /** Maximum number of cached answers; the least recently used are evicted first. Default 100,000. */
  readonly remembered?: number;
  /** ms that a call waits for other calls to join its request. Default 2. */
  readonly gather?: number;
  /** Timeout of a request, ms. Default 5,000. */
  readonly timeout?: number;
  /** Result when the service does not answer. `open`: allowed; `closed`: not allowed; `reject`: the promise rejects. Default `reject`. */
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
  /** When the request for this answer was sent, ms since the epoch. */
  readonly answeredAt: number;
}

export interface Checker {
  check(recipient: string): Promise<CheckAnswer>;
  /** Returns one answer per recipient, in the order given. */
  checkAll(recipients: readonly string[]): Promise<readonly CheckAnswer[]>;
  /** Clears the cache. */
  clear(): void;
}

/** The service did not answer, or not with results. `message` is the problem it reported; `status` is the HTTP status, null without a response. */
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

const MOST_ADDRESSES = 10_000;

export function createChecker(options: CheckerOptions): Checker {
  const { keep = 10_000, remembered = 100_000, gather = 2, timeout = 5_000, whenAway = 'reject' } = options;
  const fetchFunction = options.fetch ?? fetch;
  const now = options.now ?? Date.now;
  const target = new URL('/v1/check', options.url);
  const cached = new Map<string, CheckAnswer>();
  let waiting = new Map<string, Waiting[]>();
  let timer: NodeJS.Timeout | undefined;

  function remember(key: string, answer: CheckAnswer): void {
    if (keep <= 0) return;
    cached.delete(key);
    cached.set(key, answer);
    if (cached.size <= remembered) return;
    const [oldest] = cached.keys();
    if (oldest !== undefined) cached.delete(oldest);
  }

  /** Cache lookup; moves the entry to the most recently used end. An answer whose suppression has expired is a miss. */
  function recall(key: string): CheckAnswer | undefined {
    const answer = cached.get(key);
    if (answer === undefined) return undefined;
    const at = now();
    const ended = answer.expiresAt !== null && Date.parse(answer.expiresAt) <= at;
    cached.delete(key);
    if (at - answer.answeredAt >= keep || ended) return undefined;
    cached.set(key, answer);
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
      response = await fetchFunction(target, {
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
    for (let from = 0; from < keys.length; from += MOST_ADDRESSES) void send(keys.slice(from, from + MOST_ADDRESSES), calls);
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

  return { check, checkAll: (recipients) => Promise.all(recipients.map(check)), clear: () => cached.clear() };
}
