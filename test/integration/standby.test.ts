/** `desist query` on a real streaming standby: what it answers, that it says how old that is, and that it writes nothing. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { desist, startQuery, startService } from '../e2e/desist.ts';
import type { Service } from '../e2e/desist.ts';
import { createDatabase, startPostgres } from '../support/servers/postgres.ts';
import type { PostgresServer, Standby } from '../support/servers/postgres.ts';
import { until } from './kafka/support.ts';

interface Answer {
  readonly results: readonly { readonly allowed: boolean }[];
  readonly asOf: readonly { readonly partition: number; readonly clock: string }[];
}

describe.skipIf(inject('databaseUrl') === undefined)('a query service on a standby', () => {
  let primary: PostgresServer;
  let standby: Standby;
  let service: Service;
  let query: Service;
  let key: string;
  beforeAll(async () => {
    primary = await startPostgres();
    const { url } = await createDatabase(primary.url);
    const env = { DATABASE_URL: url };
    expect((await desist(['migrate'], env)).code).toBe(0);
    service = await startService(env);
    const made = await desist(['keys', 'make', 'desk', '--role', 'operator', '--tenant', '*', '--json'], { DESIST_URL: service.url });
    ({ key } = JSON.parse(made.out) as { key: string });
    standby = await primary.standby();
    const copy = new URL(url);
    copy.port = new URL(standby.url).port;
    query = await startQuery({ DATABASE_URL: copy.href });
    await until(async () => (await get('/readyz')).ok, 'the query service is ready');
  });
  afterAll(async () => {
    await Promise.allSettled([query.stop(), service.stop()]);
    await standby.stop();
    await primary.stop();
  });

  const headers = (): Record<string, string> => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' });
  const get = (path: string): Promise<Response> => fetch(`${query.url}${path}`, { headers: headers() });
  const problems = async (): Promise<readonly string[]> => ((await (await get('/readyz')).json()) as { problems: string[] }).problems;
  async function check(at: Service, recipient: string): Promise<Answer> {
    const body = JSON.stringify({ recipients: [recipient] });
    return (await (await fetch(`${at.url}/v1/check`, { method: 'POST', headers: headers(), body })).json()) as Answer;
  }
  const suppress = (address: string): ReturnType<typeof desist> =>
    desist(['suppress', address], { DESIST_URL: service.url, DESIST_API_KEY: key });

  it('answers what its standby has, as of the clocks of the same moment', async () => {
    expect((await suppress('a@example.com')).code).toBe(0);
    await until(async () => (await check(query, 'a@example.com')).results[0]?.allowed === false, 'replicated');
    const { asOf } = await check(query, 'a@example.com');
    expect(asOf.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(await problems()).toEqual([]);
    expect(await (await get('/metrics')).text()).toMatch(/^desist_database_behind_seconds 0$/m);
    expect(query.said()).toContain('the database is a standby: this service only reads');
  });

  it('tries nothing that writes: a key is used, a sign-in is answered, and what would change something is refused', async () => {
    const session = await fetch(`${query.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: query.url },
      body: JSON.stringify({ key }),
    });
    expect(session.status).toBe(200);
    const republish = await fetch(`${query.url}/v1/republish`, { method: 'POST', headers: headers(), body: '{}' });
    expect(republish.status).toBe(503);
    const body = JSON.stringify({ name: 'x', roles: ['reader'], tenants: null, expiresAt: null });
    expect((await fetch(`${query.url}/v1/keys`, { method: 'POST', headers: headers(), body })).status).toBe(503);
    const suppressed = await desist(['suppress', 'c@example.com'], { DESIST_URL: query.url, DESIST_API_KEY: key });
    expect(suppressed.err).toContain('only reads');
  });

  it('says that it is behind, and answers of the moment that it has', async () => {
    await standby.fallBehind();
    const before = await check(query, 'b@example.com');
    expect((await suppress('b@example.com')).code).toBe(0);
    expect((await check(service, 'b@example.com')).results).toMatchObject([{ allowed: false }]);
    await until(async () => (await problems()).length > 0, 'it says that it is behind');
    expect((await problems())[0]).toMatch(/^the database is a standby that is \d+ s behind its primary/);
    expect(Number(/^desist_database_behind_seconds (\d+)$/m.exec(await (await get('/metrics')).text())?.[1])).toBeGreaterThanOrEqual(10);
    const after = await check(query, 'b@example.com');
    expect(after.results).toMatchObject([{ allowed: true }]);
    expect(after.asOf).toEqual(before.asOf);
    const present = await check(service, 'b@example.com');
    // More than one round of what is noted about keys has passed since one was used.
    expect(query.said()).not.toContain('read-only transaction');
    expect(query.said()).not.toContain('could not be read');
    // The partition that has the recipient has moved on; an idle one may stay.
    const clocks = after.asOf.map(({ clock }, n) => [Date.parse(clock), Date.parse(present.asOf[n]?.clock ?? '')] as const);
    expect(clocks.every(([here, there]) => here <= there)).toBe(true);
    expect(clocks.some(([here, there]) => here < there)).toBe(true);
  });

  it('is behind no longer once its standby is the primary', async () => {
    await standby.promote();
    await until(async () => (await problems()).length === 0, 'it says nothing any more');
    expect(query.said()).toContain('the database is no standby');
  });
});
