/** Errors as problem documents (RFC 9457). No document and no log line contains an address, or a path with one in it. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { InvalidCursorError, LogError, StoreError } from '@desist/pipeline';
import type { Logger } from '@desist/pipeline';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Further members of the document, and headers of the response. */
export interface ProblemMore {
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown to respond with this status. `detail` tells the caller what is wrong and what to do. */
export class Problem extends Error {
  readonly status: number;
  readonly more: ProblemMore;

  constructor(status: number, detail: string, more: ProblemMore = {}) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.more = more;
  }
}

/** Seconds. */
const RETRY_AFTER = '5';
const RETRY = { headers: { 'retry-after': RETRY_AFTER } };

export function unavailable(detail: string): Problem {
  return new Problem(503, detail, RETRY);
}

/** In a process that only reads. */
export function readsOnly(): Problem {
  return unavailable('This service only reads. Send the request to one that accepts events and commands.');
}

export function handleErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: unknown, request, reply) => {
    send(reply, problemOf(error, request, logger));
  });
  app.setNotFoundHandler((_request, reply) => {
    send(reply, new Problem(404, 'There is nothing at this path.'));
  });
}

/** For errors that the framework finds before it has matched a route. */
export function sendFrameworkError(_error: unknown, reply: FastifyReply): void {
  send(reply, new Problem(400, 'The path is not a valid URL: percent signs must be written as %25.'));
}

/** Sends bytes, because the framework adds a charset to strings, and JSON has no such parameter. */
function send(reply: FastifyReply, problem: Problem): void {
  void reply
    .code(problem.status)
    .headers({ ...problem.more.headers })
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(documentOf(problem))));
}

/** Answers a problem with another status; `meant` is the one that it had. @returns the document to send */
export function answeredAs(reply: FastifyReply, status: number, payload: unknown): Buffer {
  const meant = reply.statusCode;
  const document = JSON.parse(Buffer.isBuffer(payload) ? payload.toString('utf8') : String(payload)) as object;
  const bytes = Buffer.from(JSON.stringify({ ...document, title: STATUS_CODES[status] ?? 'Error', status, meant }));
  // A reply has its length already when its hooks run.
  void reply.code(status).header('content-length', bytes.length);
  if (!reply.hasHeader('retry-after')) void reply.header('retry-after', RETRY_AFTER);
  return bytes;
}

function documentOf({ status, message, more }: Problem): object {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: `urn:desist:problem:${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`, title, status, detail: message, ...more.members };
}

function problemOf(error: unknown, request: FastifyRequest, logger: Logger): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof InvalidCursorError) return new Problem(400, 'cursor: must come from an earlier page of the same list');
  const where = { method: request.method, route: request.routeOptions.url ?? null };
  if (error instanceof StoreError || error instanceof LogError) {
    logger[error.kind === 'unavailable' ? 'warn' : 'error'](
      { ...where, error: error.name, kind: error.kind },
      'a request was not answered',
    );
    return unavailable(`The ${error instanceof StoreError ? 'database' : 'log'} cannot be used at the moment. Try again.`);
  }
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Problem(413, `The body is larger than ${request.routeOptions.bodyLimit} bytes.`);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new Problem(415, 'This path does not accept this content type.');
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new Problem(statusCode, statusCode === 400 ? 'The body cannot be read: it must be valid JSON.' : 'The request cannot be read.');
  }
  return unknownProblem(error, where, logger);
}

/** The message may quote the request, so only the name and the stack frames are logged. */
function unknownProblem(error: unknown, where: object, logger: Logger): Problem {
  const instance = `urn:uuid:${randomUUID()}`;
  const { name, code, stack } = error instanceof Error ? (error as NodeJS.ErrnoException) : { name: typeof error };
  const frames = stack?.split('\n').filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
  logger.error({ ...where, instance, error: name, code, frames: frames?.slice(0, 10).map((line) => line.trim()) }, 'a request failed');
  return new Problem(500, 'An internal error. Find it in the service log by the instance.', { members: { instance } });
}

/** For bytes that are no HTTP request, for which the framework has no reply object. */
export function refuseConnection(error: { readonly code?: string }, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const problem = CONNECTION_PROBLEMS[error.code ?? ''] ?? new Problem(400, 'This is not an HTTP request.');
  const body = JSON.stringify(documentOf(problem));
  const head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\nContent-Type: application/problem+json`;
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

const CONNECTION_PROBLEMS: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'The path and headers are larger than 16 KiB.'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'The request took too long to arrive.'),
};
