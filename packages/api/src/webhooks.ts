/**
 * `POST /v1/webhooks/{format}/{source}`: a provider's webhook. The raw bytes go to whoever checks the signature; 2xx says that the
 * log has the events. What is under way at one time is bounded in bytes: beyond it senders are told to come again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem, unavailable } from './problem.ts';

/** What takes webhooks in. Headers have names in lower case. Rejects for what should not happen only. */
export interface WebhookReceiver {
  has(format: string, source: string): boolean;
  /** Nothing is checked: then it answers to names of this machine only, like everything else. */
  isOpen(source: string): boolean;
  /** Before the body is read: refuses a request whose headers alone tell that it is not genuine. */
  admit(source: string, headers: Headers): Promise<Refused | undefined>;
  receive(source: string, request: { readonly headers: Headers; readonly body: Uint8Array }): Promise<Received>;
  /** A request was turned away unread. */
  overloaded(): void;
}

type Headers = Readonly<Record<string, string>>;
type Refused = { readonly kind: 'refused'; readonly status: number; readonly refusal: string; readonly detail: string };
type Received =
  | { readonly kind: 'stored'; readonly events: number; readonly ignored: number; readonly deadLetters: number }
  | { readonly kind: 'acknowledged'; readonly what: string }
  | Refused
  | { readonly kind: 'again'; readonly detail: string };

export interface WebhookRouteOptions {
  readonly webhooks: WebhookReceiver;
  /** Bytes of one body; default 8 MiB. */
  readonly bodyLimit?: number;
  /** Bytes of all bodies that are being read or stored; default 64 MiB. */
  readonly inFlightLimit?: number;
}

export const WEBHOOK_PATH = '/v1/webhooks/:format/:source';
const BODY_LIMIT = 8 * 1024 * 1024;
const IN_FLIGHT_LIMIT = 64 * 1024 * 1024;
const RETRY_AFTER = '2';
/** The rest of the body is not read: the connection can not be used again. */
const CLOSE = { connection: 'close' };

interface Path {
  Params: { format: string; source: string };
}

export async function webhookRoutes(app: FastifyInstance, options: WebhookRouteOptions): Promise<void> {
  const { webhooks, bodyLimit = BODY_LIMIT, inFlightLimit = IN_FLIGHT_LIMIT } = options;
  let inFlight = 0;

  function overloaded(): Problem {
    webhooks.overloaded();
    const headers = { 'retry-after': RETRY_AFTER, ...CLOSE };
    return new Problem(429, 'More webhooks are under way than there is memory for. Send the same request again.', { headers });
  }

  /** Counts what it reads, until the answer is out or the sender gone. */
  async function read(payload: IncomingMessage, response: ServerResponse): Promise<Buffer> {
    const announced = Number(payload.headers['content-length'] ?? 0);
    if (announced > bodyLimit) throw tooLarge(bodyLimit);
    if (inFlight + announced > inFlightLimit) throw overloaded();
    let held = 0;
    response.once('close', () => {
      inFlight -= held;
      held = 0;
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (!response.closed) {
        held += chunk.length;
        inFlight += chunk.length;
      }
      if (bytes > bodyLimit) throw tooLarge(bodyLimit);
      if (inFlight > inFlightLimit) throw overloaded();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  }

  app.removeAllContentTypeParsers();
  // The raw bytes are what is signed. They are read by the handler, which can answer while they still come.
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
  app.route<Path>({
    method: 'POST',
    url: WEBHOOK_PATH,
    onRequest: async (request) => {
      const { source } = known(request, webhooks);
      const refused = await webhooks.admit(source, headersOf(request));
      if (refused !== undefined) throw refusal(refused, CLOSE);
    },
    handler: async (request, reply) => {
      const body = await read(request.raw, reply.raw);
      const received = await webhooks.receive(request.params.source, { headers: headersOf(request), body });
      switch (received.kind) {
        case 'stored': {
          const { events, ignored, deadLetters } = received;
          return reply.code(200).send({ accepted: events, ignored, deadLetters });
        }
        case 'acknowledged':
          return reply.code(200).send({ accepted: 0, ignored: 0, deadLetters: 0 });
        case 'refused':
          throw refusal(received, {});
        case 'again':
          throw unavailable(received.detail);
        default:
          received satisfies never;
          return reply;
      }
    },
  });
  // Some ask so whether there is anything here, before they send.
  app.head<Path>(WEBHOOK_PATH, async (request, reply) => {
    known(request, webhooks);
    return reply.code(200).send();
  });
}

function known(request: FastifyRequest<Path>, webhooks: WebhookReceiver): Path['Params'] {
  const { params } = request;
  if (!webhooks.has(params.format, params.source)) {
    throw new Problem(404, 'There is no webhook source of this format and name: see the sources file.', { headers: CLOSE });
  }
  return params;
}

function refusal({ status, refusal: reason, detail }: Refused, headers: Record<string, string>): Problem {
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="webhook", charset="UTF-8"' } : {};
  return new Problem(status, `Refused: ${detail}.`, { members: { reason }, headers: { ...headers, ...challenge } });
}

function tooLarge(limit: number): Problem {
  return new Problem(413, `The body is larger than ${limit} bytes.`, { headers: CLOSE });
}

/** Given more than once, a header is none that anybody signs with: the values are joined as HTTP says. */
function headersOf({ headers }: FastifyRequest): Headers {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value].flat().join(', ')] as const],
  );
  return Object.fromEntries(entries);
}
