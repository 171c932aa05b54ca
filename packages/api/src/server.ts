/** The HTTP API as one application: routes over ports, without database or broker. */
import { isIP } from 'node:net';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import type { RateLimitPluginOptions } from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { guard } from './http/access.ts';
import type { HttpApp } from './http/app.ts';
import { readBodies } from './http/bodies.ts';
import { describeRoutes } from './http/document.ts';
import { watchConnections } from './http/drain.ts';
import { handleErrors, Problem, refuseConnection, sendFrameworkError } from './http/problem.ts';
import { createSessions } from './http/sessions.ts';
import { compileValidator } from './http/validation.ts';
import { createKeyDirectory } from './key-directory.ts';
import { createPeople } from './people/people.ts';
import type { Api, ApiOptions } from './options.ts';
import { auditRoutes } from './routes/audit.ts';
import { changeRoutes } from './routes/changes.ts';
import { checkRoutes } from './routes/check.ts';
import { commandRoutes } from './routes/commands.ts';
import { consoleRoutes } from './routes/console.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { eventRoutes } from './routes/events.ts';
import { explanationRoutes } from './routes/explanations.ts';
import { exportRoutes } from './routes/exports.ts';
import { importRoutes } from './routes/imports.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { keyRoutes } from './routes/keys.ts';
import { probeRoutes } from './routes/probes.ts';
import { providerRoutes } from './routes/providers.ts';
import { recipientRoutes } from './routes/recipients.ts';
import { republishRoutes } from './routes/republish.ts';
import { sessionRoutes } from './routes/session.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { policyRoutes } from './routes/policy.ts';
import { seriesRoutes } from './routes/series.ts';
import { topRoutes } from './routes/top.ts';
import { statusRoutes } from './routes/status.ts';
import { subscriberRoutes } from './routes/subscribers.ts';
import { suppressionRoutes } from './routes/suppressions.ts';
import { UNSUBSCRIBE_PATH, unsubscribeLinkRoutes, unsubscribeRoutes } from './routes/unsubscribe.ts';
import { unmatchedReplyRoutes } from './routes/unmatched-replies.ts';
import { verdictRoutes } from './routes/verdicts.ts';
import { WEBHOOK_PATH, webhookRoutes } from './routes/webhooks.ts';
import { whatIfRoutes } from './routes/whatif.ts';

const BODY_LIMIT = 8 * 1024 * 1024;
/** Decoded characters of a path parameter: more than an address may have, so that its schema reports a too long one. */
const PARAMETER_LIMIT = 16 * 1024;
/** ms between two questions whether the keys of the database have changed. */
const KEYS_EVERY = 2_000;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'];

export function createApi(options: ApiOptions): Api {
  const { logger, keys = [], rate } = options;
  const people = options.signIn === undefined ? undefined : createPeople(options.signIn);
  const remote = options.allowRemote === true || keys.length > 0 || people !== undefined;
  const bodyLimit = options.bodyLimit ?? BODY_LIMIT;
  const directory = createKeyDirectory({ configured: keys, store: options.keyStore, logger });
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit,
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    routerOptions: { maxParamLength: PARAMETER_LIMIT },
    frameworkErrors: (error, _request, reply) => sendFrameworkError(error, reply),
    clientErrorHandler: refuseConnection,
  });
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  const endConnections = watchConnections(app.server);
  app.addHook('preClose', async () => endConnections());
  handleErrors(app, logger);
  readBodies(app);
  app.setValidatorCompiler(compileValidator);
  // Responses are not validated at run time, which would cost more than the response itself: types and a test check them against their
  // schemas.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  const methods = new Map<string, string[]>();
  app.addHook('onRoute', ({ url, method }) => {
    // The routes of the documentation come from a plugin and overlap.
    if (url.startsWith('/docs')) return;
    methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()]);
  });
  const { webhooks, webhooksInFlight } = options;
  if (!remote) {
    app.addHook('onRequest', async (request) => {
      // A webhook proves its origin by its signature, and arrives under the host name of a proxy.
      if (request.routeOptions.url === WEBHOOK_PATH && webhooks?.isOpen((request.params as { source: string }).source) === false) return;
      // So does an unsubscribe link, which is its own proof.
      if (request.routeOptions.url === UNSUBSCRIBE_PATH) return;
      refuseForeignHosts(request);
    });
  }
  const { answered } = options;
  if (answered !== undefined) {
    app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
      // Without the patterns of its parameters.
      const route = routeOptions.url?.replaceAll(/\(\^.*?\$\)/g, '') ?? 'none';
      answered({ method, route, status: reply.statusCode, ms: reply.elapsedTime });
    });
  }
  app.addHook('onSend', addHeaders);
  // Not encapsulated, because it describes every route that is registered after it.
  const needed = keys.length > 0 || people !== undefined ? 'required' : options.keyStore === undefined ? 'none' : 'perhaps';
  void app.register(Object.assign(async (all: FastifyInstance) => describeRoutes(all, options.version, needed), UNSCOPED));
  void app.register(async (scope) => probeRoutes(typed(scope), options));
  void app.register(async (v1) => {
    const access = { keys: directory, sessions: createSessions(directory), people, now: () => options.time.now() };
    await v1.register(cookie);
    guard(v1, access);
    if (rate !== undefined) await v1.register(rateLimit, limitOf(rate));
    // Each in a scope of its own, because only the events accept NDJSON.
    for (const routes of KEYED_ROUTES) await v1.register(async (scope) => routes(typed(scope), options));
    await v1.register(async (scope) => sessionRoutes(typed(scope), options, access));
    await v1.register(async (scope) => signInRoutes(typed(scope), options, access));
    await v1.register(async (scope) => keyRoutes(typed(scope), options, directory));
  });
  if (webhooks !== undefined) {
    // Each source checks its own signature or password, so no API key is required.
    const inFlightLimit = webhooksInFlight === undefined ? {} : { inFlightLimit: webhooksInFlight };
    void app.register(async (scope) => webhookRoutes(typed(scope), { webhooks, bodyLimit, ...inFlightLimit }));
  }
  void app.register(async (scope) => unsubscribeRoutes(typed(scope), options));
  const { consoleFolder } = options;
  if (consoleFolder !== undefined) void app.register(async (scope) => consoleRoutes(scope, consoleFolder));
  app.after(() => refuseOtherMethods(app, methods));
  if (options.keyStore !== undefined) {
    app.addHook('onReady', async () => directory.watch(options.keysEvery ?? KEYS_EVERY));
    app.addHook('onClose', async () => directory.close());
  }

  return {
    async listen({ host, port }) {
      if (!remote && !isLoopback(host)) {
        throw new Error(
          `refusing to listen at ${host}: without API keys only loopback (127.0.0.1, ::1, localhost) is safe; configure keys, or allow remote access explicitly`,
        );
      }
      return { address: await app.listen({ host, port }) };
    },
    close: () => app.close(),
    inject: app.inject.bind(app) as FastifyInstance['inject'],
  };
}

const KEYED_ROUTES = [
  checkRoutes,
  suppressionRoutes,
  exportRoutes,
  changeRoutes,
  subscriberRoutes,
  recipientRoutes,
  explanationRoutes,
  eventRoutes,
  commandRoutes,
  deadLetterRoutes,
  importRoutes,
  incidentRoutes,
  verdictRoutes,
  providerRoutes,
  republishRoutes,
  auditRoutes,
  unsubscribeLinkRoutes,
  statusRoutes,
  seriesRoutes,
  topRoutes,
  unmatchedReplyRoutes,
  policyRoutes,
  whatIfRoutes,
];

function typed(scope: FastifyInstance): HttpApp {
  return scope.withTypeProvider<TypeBoxTypeProvider>();
}

const UNSCOPED = { [Symbol.for('skip-override')]: true };

function limitOf(rate: number): RateLimitPluginOptions {
  return {
    max: rate,
    timeWindow: 1_000,
    cache: 10_000,
    keyGenerator: (request) => request.caller.id ?? request.ip,
    errorResponseBuilder: () =>
      new Problem(429, `More than ${rate} requests in a second. Send several recipients in one request.`, {
        headers: { 'retry-after': '1' },
      }),
  };
}

/** Forbids caching, sniffing, framing and referrers. The documentation has a content security policy of its own. */
async function addHeaders(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.headers({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
  if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
  if (!reply.hasHeader('content-security-policy'))
    void reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
}

/** 405 for other methods of an existing path, before a body is read. */
function refuseOtherMethods(app: FastifyInstance, methods: ReadonlyMap<string, readonly string[]>): void {
  for (const [url, known] of [...methods]) {
    const allow = [...new Set(known)].sort().join(', ');
    app.route({
      url,
      method: METHODS.filter((method) => !known.includes(method)),
      schema: { hide: true },
      onRequest: async () => {
        throw new Problem(405, `This path supports ${allow}.`, { headers: { allow } });
      },
      handler: async () => undefined,
    });
  }
}

/** Protects a service without keys against DNS rebinding: a page of another site whose name resolves to this machine must not reach it. */
function refuseForeignHosts({ hostname }: FastifyRequest): void {
  if (!isLoopback(hostname.replace(/^\[|\]$/g, ''))) {
    throw new Problem(421, 'This service answers to names of this machine only (localhost, 127.0.0.1).');
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
