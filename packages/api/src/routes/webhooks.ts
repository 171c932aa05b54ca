/**
 * `POST /v1/webhooks/{format}/{source}`: a provider's webhook. The raw bytes are passed on, because the signature covers them. 2xx
 * means that the events are durable in the log. The total size of bodies in progress is bounded; beyond it senders get a 429.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { HttpApp } from '../http/app.ts';
import { encodingOf, UNKNOWN_ENCODING, uncompressed } from '../http/content-encoding.ts';
import { answeredAs, Problem, unavailable } from '../http/problem.ts';
import { RECEIVE_WEBHOOK } from '../schemas/webhooks.ts';
import type { Headers, Refused, WebhookReceiver } from '../webhook-receiver.ts';

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
/** For responses before the body was read completely: the connection cannot be reused. */
const CLOSE = { connection: 'close' };

interface Path {
  readonly format: string;
  readonly source: string;
}

export async function webhookRoutes(app: HttpApp, options: WebhookRouteOptions): Promise<void> {
  const { webhooks, bodyLimit = BODY_LIMIT, inFlightLimit = IN_FLIGHT_LIMIT } = options;
  let inFlight = 0;
  /** One body is decompressed at a time: what is in memory beside the counted bytes is one body. */
  let decompressing: Promise<unknown> = Promise.resolve();
  /** Formats of bodies that are not those of their path: their providers decide what is answered. */
  const senders = new WeakMap<FastifyRequest, string>();

  function overloaded(): Problem {
    webhooks.overloaded();
    const headers = { 'retry-after': RETRY_AFTER, ...CLOSE };
    return new Problem(429, 'Too many webhooks are in progress. Send the same request again.', { headers });
  }

  async function opened(body: Buffer, request: FastifyRequest, response: ServerResponse): Promise<Buffer> {
    const encoding = encodingOf(request.headers['content-encoding']);
    if (encoding === 'identity') return body;
    const previous = decompressing;
    const result = previous.then(() => uncompressed(body, encoding as Exclude<typeof encoding, typeof UNKNOWN_ENCODING>, bodyLimit));
    decompressing = result.catch(() => undefined);
    const content = await result;
    if (content === 'too large') throw tooLarge(bodyLimit);
    if (content === undefined) throw new Problem(400, `The body is not the ${encoding} that its Content-Encoding says.`);
    const more = Math.max(0, content.length - body.length);
    if (inFlight + more > inFlightLimit) throw overloaded();
    inFlight += more;
    response.once('close', () => (inFlight -= more));
    return content;
  }

  /** Reads the body. Its bytes count as in flight until the response is sent or the sender disconnects. */
  async function read(payload: IncomingMessage, response: ServerResponse): Promise<Buffer> {
    const announced = Number(payload.headers['content-length'] ?? 0);
    if (announced > bodyLimit) throw tooLarge(bodyLimit);
    if (inFlight + announced > inFlightLimit) throw overloaded();
    let counted = 0;
    response.once('close', () => {
      inFlight -= counted;
      counted = 0;
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (!response.closed) {
        counted += chunk.length;
        inFlight += chunk.length;
      }
      if (bytes > bodyLimit) throw tooLarge(bodyLimit);
      if (inFlight > inFlightLimit) throw overloaded();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  }

  app.removeAllContentTypeParsers();
  // The handler reads the raw bytes, so that it can respond before the body is complete.
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
  app.route({
    method: 'POST',
    url: WEBHOOK_PATH,
    schema: RECEIVE_WEBHOOK,
    onRequest: async (request) => {
      const { format } = request.params;
      if (!webhooks.has(format, request.params.source)) webhooks.misdirected(format, request.params.source);
      const { source } = knownSource(request.params, webhooks);
      if (encodingOf(request.headers['content-encoding']) === UNKNOWN_ENCODING)
        throw new Problem(415, 'The body must be plain, or in one of gzip, deflate and br.', {
          headers: { ...CLOSE, 'accept-encoding': 'gzip, deflate, br' },
        });
      const refused = await webhooks.admit(source, headersOf(request));
      if (refused !== undefined) throw refusal(refused, CLOSE);
    },
    handler: async (request, reply) => {
      const body = await opened(await read(request.raw, reply.raw), request, reply.raw);
      const received = await webhooks.receive(request.params.source, { headers: headersOf(request), body });
      switch (received.kind) {
        case 'stored': {
          const { events, ignored, deadLetters } = received;
          return reply.code(200).send({ accepted: events, ignored, deadLetters });
        }
        case 'acknowledged':
          return reply.code(200).send({
            ...{ accepted: 0, ignored: 0, deadLetters: 0 },
            ...(received.validationResponse === undefined ? {} : { validationResponse: received.validationResponse }),
          });
        case 'refused':
          if (received.sender !== undefined) senders.set(request, received.sender);
          throw refusal(received, {});
        case 'again':
          throw unavailable(received.detail);
        default:
          received satisfies never;
          return reply;
      }
    },
  });
  // Whatever refuses the request: its provider must not throw the events away.
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'POST' || reply.statusCode < 400) return payload;
    const { format = '' } = request.params as Partial<Path>;
    const status = webhooks.answerTo(senders.get(request) ?? format, reply.statusCode);
    return status === reply.statusCode ? payload : answeredAs(reply, status, payload);
  });
  // Some providers check with HEAD whether the URL exists.
  app.head(WEBHOOK_PATH, { schema: { hide: true, params: RECEIVE_WEBHOOK.params } }, async (request, reply) => {
    knownSource(request.params, webhooks);
    return reply.code(200).send();
  });
}

function knownSource(params: Path, webhooks: WebhookReceiver): Path {
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

/** Joins repeated headers with a comma (RFC 9110 section 5.3). No header of a signature is repeated. */
function headersOf({ headers }: FastifyRequest): Headers {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value].flat().join(', ')] as const],
  );
  return Object.fromEntries(entries);
}
