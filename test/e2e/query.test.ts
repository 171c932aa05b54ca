/** `desist query` beside a service on the same server; keys, from the command that makes them to the audit line. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';
import type { PostgresServer } from '../support/servers/postgres.ts';
import { desist, startQuery, startService } from './desist.ts';
import type { Service } from './desist.ts';

let server: PostgresServer | undefined;
let database: { readonly url: string; drop(): Promise<void> };
const services: Service[] = [];
beforeAll(async () => {
  const given = process.env['TEST_DATABASE_URL'];
  if (given === undefined) server = await startPostgres();
  database = await createDatabase(given ?? (server as PostgresServer).url);
});
afterAll(async () => {
  for (const service of services) await service.stop();
  await database.drop();
  await server?.stop();
});

async function newKey(name: string, role: string, tenant: string): Promise<{ key: string; line: string }> {
  const { out, code } = await desist(['key', name, '--role', role, '--tenant', tenant, '--json']);
  expect(code).toBe(0);
  return JSON.parse(out) as { key: string; line: string };
}

it('answers what the service has decided, takes nothing in, and asks both for their keys', async () => {
  const desk = await newKey('desk', 'operator', 'acme');
  const app = await newKey('app', 'reader', 'acme');
  const other = await newKey('other', 'operator', 'beta');
  const env = { DATABASE_URL: database.url, DESIST_API_KEYS: [desk, app, other].map(({ line }) => line).join('\n') };
  expect((await desist(['migrate'], { DATABASE_URL: database.url })).code).toBe(0);
  const service = await startService(env);
  services.push(service);
  const query = await startQuery(env);
  services.push(query);
  await until(async () => (await fetch(`${query.url}/readyz`)).ok, 'the query service is ready');

  const to = (url: string, key?: string): Record<string, string> => ({
    DESIST_URL: url,
    ...(key === undefined ? {} : { DESIST_API_KEY: key }),
  });
  expect(await desist(['suppress', 'a@example.com'], to(service.url))).toMatchObject({
    code: 3,
    err: expect.stringContaining('DESIST_API_KEY') as string,
  });
  expect((await desist(['suppress', 'a@example.com'], to(service.url, app.key))).err).toContain('needs the role operator');
  expect(await desist(['suppress', 'a@example.com', '--by', 'Eve'], to(service.url, desk.key))).toMatchObject({
    code: 0,
    out: 'suppress: 1 done\n',
  });
  expect((await desist(['check', 'a@example.com'], to(query.url, app.key))).code).toBe(1);
  expect((await desist(['why', 'a@example.com'], to(query.url, app.key))).out).toContain('by Eve (key desk)');
  expect((await desist(['list', '--json'], to(query.url, other.key))).out).toBe('');
  expect((await desist(['check', 'a@example.com', '--tenant', 'acme'], to(query.url, other.key))).code).toBe(3);
  expect((await desist(['suppress', 'a@example.com'], to(query.url, desk.key))).err).toContain('only reads');

  expect(service.said()).toContain('"caller":"desk","commands":{"suppress":1},"tenants":["acme"]');
  for (const { key } of [desk, app, other]) expect(service.said() + query.said()).not.toContain(key);
  expect(service.said() + query.said()).not.toContain('a@example.com');
  expect(await query.stop()).toBe(0);
});
