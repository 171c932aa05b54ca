/** `desist query` beside a service on the same server; keys, from the command that makes them to the audit line. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import { desist, startQuery, startService } from './desist.ts';
import type { Service } from './desist.ts';

let database: { readonly url: string; drop(): Promise<void> };
const services: Service[] = [];
beforeAll(async () => {
  database = await createDatabase(inject('databaseUrl') ?? '');
});
afterAll(async () => {
  for (const service of services) await service.stop();
  await database.drop();
});

async function newKey(name: string, role: string, tenant: string): Promise<{ key: string; line: string }> {
  const { out, code } = await desist(['key', name, '--role', role, '--tenant', tenant, '--json']);
  expect(code).toBe(0);
  return JSON.parse(out) as { key: string; line: string };
}

it('answers with the decisions of the service, accepts no events, and requires keys in both processes', async () => {
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

  // Whoever signs in at one process is signed in at the other, and sees the console there.
  const signedIn = await fetch(`${service.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: service.url },
    body: JSON.stringify({ key: app.key }),
  });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const session = await fetch(`${query.url}/v1/session`, { headers: { cookie } });
  expect(await session.json()).toMatchObject({ signedIn: true, name: 'app', tenants: ['acme'], writes: false });
  expect((await fetch(`${query.url}/ui/list`)).headers.get('content-type')).toContain('text/html');

  expect(service.said()).toContain('"caller":"desk","commands":{"suppress":1},"tenants":["acme"]');
  for (const { key } of [desk, app, other]) expect(service.said() + query.said()).not.toContain(key);
  expect(service.said() + query.said()).not.toContain('a@example.com');
  expect(await query.stop()).toBe(0);
});
