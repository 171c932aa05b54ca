/** The HTTP surface as one application: routes over ports, no database and no broker. */
import { isIP } from 'node:net';
import type { PolicySet } from '@desist/domain';
import rateLimit from '@fastify/rate-limit';
import type { Appended, IncidentStore, Logger, PartitionStatus, StateReader, Time } from '@desist/pipeline';
import fastify from 'fastify';
import type { RateLimitPluginOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { guard } from './access.ts';
import { checkRoute } from './check.ts';
import type { WhenAway } from './check.ts';
import { commandRoutes } from './commands.ts';
import { describeRoutes } from './document.ts';
import { eventRoutes } from './events.ts';
import type { ApiKey } from './keys.ts';
import { incidentRoutes } from './incidents.ts';
import { listRoutes } from './list.ts';
import { readBodies } from './input.ts';
import { handleErrors, Problem, refuseConnection, sendFrameworkError } from './problem.ts';
import { probeRoutes, statusRoute } from './probes.ts';
import { recipientRoutes } from './recipients.ts';
import { WEBHOOK_PATH, webhookRoutes } from './webhooks.ts';
import type { WebhookReceiver } from './webhooks.ts';

export interface ApiOptions {
  readonly reader: StateReader;
  /**
   * Appends records to the delivery events of the log; durable when resolved. Rejects with `LogError` or `StoreError`; some
   * records may be stored then. Without it the service only reads: the routes that write answer 503.
   */
  readonly append?: (records: readonly { readonly key: string; readonly value: string }[]) => Promise<readonly Appended[]>;
  /** Who messages went to, one answer per event; for reports that leave it out. Never rejects. */
  readonly recall?: (
    events: readonly { readonly tenant: string; readonly messageId: string }[],
  ) => Promise<readonly (string | undefined)[]>;
  /** Told of events that `POST /v1/events` has appended. Never rejects. */
  readonly accepted?: (records: readonly { readonly value: string }[]) => Promise<void>;
  /** What is decided about incidents. Without it there are no paths for them. */
  readonly incidents?: IncidentStore;
  /** As the engine uses them: explanations fold a recipient's facts again. */
  readonly policies: PolicySet;
  /** Partitions that this process owns, for the lag in the status. */
  readonly engineStatus?: () => readonly PartitionStatus[];
  readonly ready: () => { readonly ok: boolean; readonly problems: readonly string[] };
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly time: Pick<Time, 'now'>;
  readonly logger: Logger;
  /** Of the product. */
  readonly version: string;
  /** Bytes of a request's body; default 8 MiB. */
  readonly bodyLimit?: number;
  /** Who may do what. Without any, whoever reaches the port may do everything, so only loopback is served. */
  readonly keys?: readonly ApiKey[];
  /** Listen on other than loopback addresses although there are no keys. */
  readonly allowRemote?: boolean;
  /** Takes providers' webhooks in; without it there is no path for them. */
  readonly webhooks?: WebhookReceiver;
  /** Bytes of all webhook bodies under way at one time; default 64 MiB. */
  readonly webhooksInFlight?: number;
  /** Requests per second of one caller (key, otherwise address); undefined: no limit. */
  readonly rate?: number | undefined;
  /** What `check` answers of a stream while the database is away. Default: an error. */
  readonly whenAway?: (stream: string) => WhenAway;
}

export interface Api {
  /** Answers the URL that it listens at. Rejects for a host beyond loopback unless `allowRemote`, and when the port is taken. */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ readonly address: string }>;
  /** Takes no more connections, answers what is under way. */
  close(): Promise<void>;
  /** A request without a socket, for tests. */
  readonly inject: FastifyInstance['inject'];
}

const BODY_LIMIT = 8 * 1024 * 1024;
/** An address of RFC 5321's largest size with every octet percent-encoded. */
const ADDRESS_LIMIT = 2048;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'];

export function createApi(options: ApiOptions): Api {
  const { logger, keys = [], rate } = options;
  const remote = options.allowRemote === true || keys.length > 0;
  const bodyLimit = options.bodyLimit ?? BODY_LIMIT;
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit,
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    routerOptions: { maxParamLength: ADDRESS_LIMIT },
    frameworkErrors: (error, _request, reply) => sendFrameworkError(error, reply),
    clientErrorHandler: refuseConnection,
  });
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  handleErrors(app, logger, bodyLimit);
  readBodies(app);
  const methods = new Map<string, string[]>();
  app.addHook('onRoute', ({ url, method }) => {
    // The pages of the documentation are another package's, with routes that overlap.
    if (url.startsWith('/docs')) return;
    methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()]);
  });
  const { webhooks, webhooksInFlight } = options;
  if (!remote) {
    app.addHook('onRequest', async (request) => {
      // A webhook proves by its signature where it is from, and comes by the name that a proxy has.
      if (request.routeOptions.url === WEBHOOK_PATH && webhooks?.isOpen((request.params as { source: string }).source) === false) return;
      refuseForeignHosts(request);
    });
  }
  app.addHook('onSend', addHeaders);
  // Not encapsulated: it describes every route that comes after it.
  void app.register(Object.assign(async (all: FastifyInstance) => describeRoutes(all, options.version, keys.length > 0), UNSCOPED));
  void app.register(async (probes) => probeRoutes(probes, options));
  void app.register(async (v1) => {
    guard(v1, keys);
    if (rate !== undefined) await v1.register(rateLimit, limitOf(rate));
    for (const routes of [checkRoute, listRoutes, recipientRoutes, commandRoutes, statusRoute, eventRoutes, incidentRoutes]) {
      // Each in a scope of its own: only the events read NDJSON.
      await v1.register(async (scope) => routes(scope, options));
    }
  });
  if (webhooks !== undefined) {
    // Each source asks for its own signature or password, so these are outside of what asks for keys.
    const inFlightLimit = webhooksInFlight === undefined ? {} : { inFlightLimit: webhooksInFlight };
    void app.register(async (scope) => webhookRoutes(scope, { webhooks, bodyLimit, ...inFlightLimit }));
  }
  app.after(() => refuseOtherMethods(app, methods));

  return {
    async listen({ host, port }) {
      if (!remote && !isLoopback(host)) {
        throw new Error(
          `refusing to listen at ${host}: without API keys only loopback (127.0.0.1, ::1, localhost) is safe; configure keys, or allow remote access to do it all the same`,
        );
      }
      return { address: await app.listen({ host, port }) };
    },
    close: () => app.close(),
    inject: app.inject.bind(app) as FastifyInstance['inject'],
  };
}

const UNSCOPED = { [Symbol.for('skip-override')]: true };

function limitOf(rate: number): RateLimitPluginOptions {
  return {
    max: rate,
    timeWindow: 1_000,
    cache: 10_000,
    keyGenerator: (request) => request.caller.name ?? request.ip,
    errorResponseBuilder: () =>
      new Problem(429, `More than ${rate} requests in a second. Send several recipients in one request.`, {
        headers: { 'retry-after': '1' },
      }),
  };
}

/** Nothing of an answer is cached, sniffed, framed or named to others. The documentation has a policy of its own. */
async function addHeaders(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.headers({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
  if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
  if (!reply.hasHeader('content-security-policy'))
    void reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
}

/** 405 where the path exists and the method does not: before a body is read. */
function refuseOtherMethods(app: FastifyInstance, methods: ReadonlyMap<string, readonly string[]>): void {
  for (const [url, known] of [...methods]) {
    const allow = [...new Set(known)].sort().join(', ');
    app.route({
      url,
      method: METHODS.filter((method) => !known.includes(method)),
      schema: { hide: true },
      onRequest: async () => {
        throw new Problem(405, `This path knows ${allow}.`, { headers: { allow } });
      },
      handler: async () => undefined,
    });
  }
}

/** A page of some other site that a name server points here (DNS rebinding) must not reach what only this machine may. */
function refuseForeignHosts({ hostname }: FastifyRequest): void {
  if (!isLoopback(hostname.replace(/^\[|\]$/g, ''))) {
    throw new Problem(421, 'This service answers to names of this machine only (localhost, 127.0.0.1).');
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
