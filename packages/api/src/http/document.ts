/** The OpenAPI document, generated from the schemas of the routes, and a page that shows it without loading anything from elsewhere. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { Incident } from '../schemas/incidents.ts';
import { Command, DeliveryEvent } from '../schemas/items.ts';
import { Problem } from '../schemas/problem.ts';
import { ListedSuppression, Suppression } from '../schemas/suppressions.ts';

/** Schemas that the document lists under their `$id`. */
const NAMED = [Problem, Suppression, ListedSuppression, DeliveryEvent, Command, Incident];

const TAGS = [
  { name: 'recipients', description: 'Whether you may send, and the state of a recipient with its reasons.' },
  { name: 'suppressions', description: 'The suppression list.' },
  { name: 'webhooks', description: 'HTTP subscribers to the published changes.' },
  { name: 'events', description: 'Send delivery events to the log.' },
  { name: 'commands', description: 'Send decisions of operators to the log.' },
  { name: 'imports', description: 'Lists of other systems, as jobs.' },
  { name: 'incidents', description: 'Windows in which failures are not the fault of the recipients.' },
  { name: 'unsubscribe', description: 'Links by which recipients unsubscribe, with one click (RFC 8058) or on a page.' },
  { name: 'keys', description: 'API keys of the database: made, rotated and ended without a restart.' },
  { name: 'audit', description: 'Who did what.' },
  { name: 'policy', description: 'The policy in force, and what another file would change.' },
  { name: 'session', description: 'Sign-in of people at the console.' },
  { name: 'verdicts', description: 'What replies mean, and how to send to a provider.' },
  { name: 'operation', description: 'Probes, metrics and status.' },
];

/** `keys`: whether calls need one; `perhaps`: as soon as there is one. Must be called before the routes are registered, because it collects them at registration. */
export async function describeRoutes(app: FastifyInstance, version: string, keys: 'required' | 'perhaps' | 'none'): Promise<void> {
  for (const schema of NAMED) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Desist',
        version,
        description:
          'Decides per recipient when to stop sending. Times are RFC 3339 in UTC; unknown members of bodies are ignored, unknown parameters are errors; errors are problem documents.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: TAGS,
      components: {
        securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key. The header X-API-Key works too.' } },
      },
      ...(keys === 'none' ? {} : { security: keys === 'required' ? [{ key: [] }] : [{ key: [] }, {}] }),
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`),
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: withoutUpgrade,
    uiConfig: { deepLinking: true, validatorUrl: null },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

/** Over plain HTTP with a host name, a browser would request the page's scripts over HTTPS, which the service does not serve. */
function withoutUpgrade(policy: string): string {
  return policy.replace(/\s*upgrade-insecure-requests;?/, '');
}
