/** A database that does not let us in, or has no schema yet: a message that says what to do, exit code 3, and no stack trace. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServer } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { TestDatabase } from '../support/servers/postgres.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import { desist } from './desist.ts';
import type { Ran } from './desist.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-access-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Speaks as much of Postgres as it needs to turn everybody away. */
async function refusing(code: string, message: string): Promise<Server> {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  const refusal = Buffer.concat([Buffer.from('E'), length, fields]);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(refusal));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function expectRefusal({ code, out, err }: Ran, what: string, todo: string): void {
  expect(code).toBe(3);
  expect(out + err).toContain(what);
  expect(out + err).toContain(todo);
  expect(err).not.toMatch(/^ {4}at /m);
}

describe.each([
  ['28P01', 'password authentication failed for user "app"', 'check user and password in DATABASE_URL'],
  ['28000', 'no pg_hba.conf entry for host "192.0.2.1"', 'pg_hba.conf'],
  ['3D000', 'database "nowhere" does not exist', 'check the name of the database in DATABASE_URL'],
])('a server that says %s', (code, message, todo) => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = await refusing(code, message);
    url = `postgres://app:wrong@127.0.0.1:${(server.address() as AddressInfo).port}/nowhere`;
  });
  afterAll(() => {
    server.close();
  });

  it.each([['doctor'], ['migrate'], ['start', '--http', 'off'], ['query']])('%s', async (...args) => {
    expectRefusal(await desist(args, { DATABASE_URL: url, DESIST_URL: 'http://127.0.0.1:9', DESIST_HTTP: 'off' }), message, todo);
  });
});

describe.skipIf(inject('databaseUrl') === undefined)('a role without the rights of a service', () => {
  const admin = inject('databaseUrl') ?? '';
  const role = `poor_${Math.random().toString(36).slice(2)}`;
  let database: TestDatabase;
  let url: string;
  const asAdmin = async (statement: string): Promise<void> => {
    const db = openServer({ url: database.url, connections: 1, applicationName: 'access', onIdleError: () => undefined });
    await db.query(statement);
    await db.close();
  };
  beforeAll(async () => {
    database = await createDatabase(admin);
    expect((await desist(['migrate'], { DATABASE_URL: database.url })).code).toBe(0);
    await asAdmin(`create role ${role} login`);
    const of = new URL(database.url);
    of.username = role;
    url = of.href;
  });
  afterAll(async () => {
    await asAdmin(`drop role ${role}`);
    await database.drop();
  });

  it.each([['doctor'], ['start', '--http', 'off']])('%s', async (...args) => {
    const env = { DATABASE_URL: url, DESIST_URL: 'http://127.0.0.1:9', DESIST_DATA: join(folder, 'data') };
    expectRefusal(await desist(args, env), 'permission denied for schema desist', 'grant this user what is missing');
  });
});

it('a database that was never migrated: a partition cannot be resumed, and what to do is said', async () => {
  for (const which of ['all', '0']) {
    const env = { DESIST_URL: 'http://127.0.0.1:9', DESIST_DATA: join(folder, 'unmigrated') };
    expectRefusal(await desist(['doctor', '--resume', which], env), 'the database is at version 0', 'run `desist migrate`');
  }
});
