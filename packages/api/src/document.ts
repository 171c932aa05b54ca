/** The OpenAPI document, made of the routes' own schemas, and a page to read it, with nothing from outside. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { sharedSchemas } from './schemas.ts';

/** Before the routes: it hears of each as it is made. */
export async function describeRoutes(app: FastifyInstance, version: string, keyed: boolean): Promise<void> {
  for (const schema of sharedSchemas()) app.addSchema(schema);
  // Our own code reads what is sent, and says what is wrong with it; the schemas describe.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Desist',
        version,
        description:
          'When to stop sending, per recipient. Times are RFC 3339 in UTC; unknown fields are ignored; errors are problem documents.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'ask', description: 'Check, list, explain' },
        { name: 'write', description: 'Events and commands, through the log' },
        { name: 'operation', description: 'Probes, metrics, status' },
      ],
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key; X-API-Key works too' } } },
      ...(keyed ? { security: [{ key: [] }] } : {}),
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`),
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { deepLinking: true, validatorUrl: null } });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
