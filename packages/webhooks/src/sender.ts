/**
 * Sends signed requests (Standard Webhooks) to subscribers. What a subscriber's server does costs it alone: 10 s in all, redirects are not
 * followed, and of an answer only its status is used, and with 429 and 503 its `Retry-After`.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { WebhookAnswer, WebhookRequest, WebhookSender } from '@desist/pipeline';
import { Webhook } from 'standardwebhooks';
import type { Network } from './addresses.ts';
import { checkedLookup, createResolve, RefusedAddressError } from './resolve.ts';
import type { Resolve } from './resolve.ts';
import { readRetryAfter } from './retry-after.ts';
import { wrongUrl } from './url.ts';

export interface SenderOptions {
  /** Networks that requests may go to although they are not public. */
  readonly allowed: readonly Network[];
  readonly userAgent: string;
  /** ms in all: name, connection, TLS and answer. */
  readonly timeout?: number;
  /** For tests. */
  readonly resolve?: Resolve;
}

const TIMEOUT = 10_000;
/** Bytes of an answer that are taken so that its connection can be used again, and how long, ms. */
const ANSWER_LIMIT = 64 * 1_024;
const ANSWER_PATIENCE = 1_000;
/** ms that a connection is kept without a request. */
const IDLE = 4_000;

/** Statuses whose `Retry-After` is read. */
const PUTS_OFF: ReadonlySet<number> = new Set([429, 503]);

interface Answered {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

export interface Sender extends WebhookSender {
  close(): void;
}

export function createSender({ allowed, userAgent, timeout = TIMEOUT, resolve = createResolve() }: SenderOptions): Sender {
  const lookup = checkedLookup(resolve, allowed);
  const terms = { keepAlive: true, maxFreeSockets: 64, timeout: IDLE, scheduling: 'lifo' } as const;
  const agents = { 'http:': new HttpAgent(terms), 'https:': new HttpsAgent(terms) };

  /** Rejects when there is no answer. */
  function post(url: URL, headers: Readonly<Record<string, string>>, body: Buffer, signal: AbortSignal): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const isSecure = url.protocol === 'https:';
      const options = { method: 'POST', headers, lookup, signal, agent: isSecure ? agents['https:'] : agents['http:'] };
      const sent: ClientRequest = isSecure ? httpsRequest(url, options) : httpRequest(url, options);
      sent.once('error', (error: NodeJS.ErrnoException) => {
        reject(Object.assign(error, { reused: sent.reusedSocket }));
      });
      sent.once('response', (answer) => {
        resolve({ status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'] });
        discard(answer);
      });
      sent.end(body);
    });
  }

  return {
    async send({ url: text, id, at, body, secrets, headers = {} }) {
      const startedAt = performance.now();
      const ended = (status: number | null, problem: string | null): WebhookAnswer => ({
        ...{ status, problem, duration: Math.round(performance.now() - startedAt) },
      });
      const wrong = wrongUrl(text, allowed);
      if (wrong !== undefined) return ended(null, `its URL ${wrong}`);
      const url = new URL(text);
      const bytes = Buffer.from(body);
      const sent = {
        ...headers,
        ...{ 'content-type': 'application/json', 'content-length': String(bytes.length), 'user-agent': userAgent },
        ...signed({ id, at, body, secrets }),
      };
      const signal = AbortSignal.timeout(timeout);
      try {
        const { status, retryAfter } = await post(url, sent, bytes, signal).catch((error: unknown) => {
          // The server closed a connection that was kept for it, at the moment when it was used again: nothing was received.
          const { reused, code } = error as { reused?: boolean; code?: string };
          if (reused === true && (code === 'ECONNRESET' || code === 'EPIPE')) return post(url, sent, bytes, signal);
          throw error;
        });
        const wait = PUTS_OFF.has(status) ? readRetryAfter(retryAfter, Date.now()) : undefined;
        return { ...ended(status, problemOfStatus(status)), ...(wait === undefined ? {} : { retryAfter: wait }) };
      } catch (error) {
        return ended(null, signal.aborted ? `no answer within ${timeout / 1_000} s` : problemOf(error));
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** The headers of Standard Webhooks: a signature by each secret. */
export function signed({ id, at, body, secrets }: Pick<WebhookRequest, 'id' | 'at' | 'body' | 'secrets'>): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body));
  return { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at / 1_000)), 'webhook-signature': signatures.join(' ') };
}

/** A short answer is read to its end, so that the connection can be used again; any other one is cut. */
function discard(answer: IncomingMessage): void {
  let bytes = 0;
  const cut = setTimeout(() => answer.destroy(), ANSWER_PATIENCE);
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT) answer.destroy();
  });
  answer.once('error', () => undefined);
  answer.once('close', () => {
    clearTimeout(cut);
  });
}

function problemOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `it answered ${status}: redirects are not followed` : `it answered ${status}`;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'its name is not known',
  ENODATA: 'its name has no address',
  ETIMEOUT: 'its name server does not answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** Without what the server said, which may be anything. */
function problemOf(error: unknown): string {
  if (error instanceof RefusedAddressError) return error.message;
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code = (first as { code?: unknown }).code;
  if (typeof code !== 'string' || !/^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return 'no answer';
  return `no answer: ${REASONS[code] === undefined ? code : `${REASONS[code]} (${code})`}`;
}
