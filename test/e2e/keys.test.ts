/** Keys of the database as people use them: at `start`, `query` and `ingest`, none of which is restarted. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import { desist, startIngest, startQuery, startService } from './desist.ts';
import type { Ran, Service } from './desist.ts';

let database: { readonly url: string; drop(): Promise<void> };
const services: Service[] = [];
beforeAll(async () => {
  database = await createDatabase(inject('databaseUrl') ?? '');
});
afterAll(async () => {
  for (const service of services) await service.stop();
  await database.drop();
});

interface Made {
  readonly id: string;
  readonly key: string;
}

it('a key is made, rotated and ended, and every process follows within seconds', async () => {
  const env = { DATABASE_URL: database.url };
  expect((await desist(['migrate'], env)).code).toBe(0);
  const [start, query, ingest] = await Promise.all([startService(env), startQuery(env), startIngest(env)]);
  services.push(start, query, ingest);
  const run = (args: readonly string[], key: string | undefined, url = start.url): Promise<Ran> =>
    desist(args, { DESIST_URL: url, ...(key === undefined ? {} : { DESIST_API_KEY: key }) });
  const made = async (args: readonly string[], key?: string): Promise<Made> => {
    const ran = await run(['keys', ...args, '--json'], key);
    expect(ran).toMatchObject({ code: 0 });
    return JSON.parse(ran.out) as Made;
  };
  const statusOf = async (service: Service, key: string | undefined): Promise<number> =>
    (await fetch(`${service.url}/v1/keys?limit=1`, key === undefined ? {} : { headers: { 'x-api-key': key } })).status;
  const everywhere = async (key: string | undefined, status: number): Promise<void> => {
    for (const service of services)
      await until(async () => (await statusOf(service, key)) === status, `${service.url} answers ${status} to this key`);
  };

  await everywhere(undefined, 200);
  expect(await run(['keys', 'make', 'support', '--role', 'reader', '--tenant', 'acme'], undefined)).toMatchObject({
    code: 2,
    err: expect.stringContaining('The first key must be an operator of every tenant') as string,
  });
  const admin = await made(['make', 'desk', '--role', 'operator', '--tenant', '*', '--by', 'Eve']);
  await everywhere(undefined, 401);
  await everywhere(admin.key, 200);
  for (const { url } of services) expect((await fetch(`${url}/healthz`)).status).toBe(200);

  const acme = await made(['make', 'acme-desk', '--role', 'operator', '--tenant', 'acme', '--expires', '90d'], admin.key);
  await everywhere(acme.key, 200);
  expect(await run(['keys', 'make', 'mine', '--role', 'reader', '--tenant', 'beta'], acme.key)).toMatchObject({ code: 3 });
  await made(['make', 'mine', '--role', 'reader', '--tenant', 'acme'], acme.key);
  const list = await run(['keys', 'list'], acme.key);
  expect(list.out).toMatch(/ID +NAME +ROLES +TENANTS[^]*mine[^]*\(key acme-desk\)[^]*acme-desk[^]*\(key desk\)[^]*2 keys/);
  expect(list.out).not.toContain(' desk ');
  expect(await run(['suppress', 'a@example.com'], acme.key)).toMatchObject({ code: 0 });
  expect((await run(['why', 'a@example.com'], acme.key, query.url)).out).toContain('(key acme-desk)');

  const rotated = await made(['rotate', acme.id], admin.key);
  await everywhere(rotated.key, 200);
  await everywhere(acme.key, 200);
  const again = await made(['rotate', acme.id, '--overlap', '0s'], admin.key);
  await everywhere(acme.key, 401);
  await everywhere(rotated.key, 401);
  await everywhere(again.key, 200);
  expect(await run(['keys', 'end', acme.id], admin.key)).toMatchObject({ code: 0, out: `${acme.id} (acme-desk) was ended\n` });
  await everywhere(again.key, 401);
  expect(await run(['keys', 'end', admin.id], admin.key)).toMatchObject({
    code: 2,
    err: expect.stringContaining('the last key') as string,
  });
  expect((await run(['keys', 'list'], admin.key, query.url)).code).toBe(0);
  expect(await run(['keys', 'end', admin.id], admin.key, query.url)).toMatchObject({ code: 3 });
  for (const { key } of [admin, acme, rotated, again]) expect(services.map(({ said }) => said()).join('')).not.toContain(key);
});
