/** Exports beside everything else on a real Postgres: readers who do not read hold no transaction, and no reader takes the engine's connections. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createApi, EXPORT_LIMITS } from '@desist/api';
import type { Api } from '@desist/api';
import { openBackends, readSettings } from '@desist/runtime';
import type { Backends } from '@desist/runtime';
import { DEFAULT_POLICY } from '@desist/domain';
import type { Logger } from '@desist/pipeline';
import { migrate } from '@desist/store-postgres';
import { createDatabase } from '../support/servers/postgres.ts';
import type { TestDatabase } from '../support/servers/postgres.ts';

const NAME = 'exports-under-test';
const ROWS = 20_000;
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe.skipIf(inject('databaseUrl') === undefined)('exports', () => {
  let made: TestDatabase;
  let backends: Backends;
  let api: Api;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    made = await createDatabase(inject('databaseUrl')!);
    backends = await openBackends({ settings: readSettings({ DATABASE_URL: made.url }), logger: quiet, name: NAME, owner: 'test' });
    await migrate(backends.db);
    // Far more than the buffers of a connection take.
    await backends.db.query(
      `with r as (
         insert into desist.recipient (tenant, address, partition, version, tracked, state, policy, failures, messages, evidence, updated_at)
         select 'default', 'a' || n || '@example.com', 0, 1, true, 'suppressed', 'p', 0, 0, '{}', 0 from generate_series(1, $1::integer) as n returning id)
       insert into desist.suppression (recipient_id, scope, reason, since, failures, reply, policy, updated_at)
       select id, '*', 'operator', 0, 0, repeat('x', 2000), 'p', 0 from r`,
      [ROWS],
    );
    api = createApi({
      reader: backends.reader,
      exports: backends.exports,
      policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
      ready: () => ({ ok: true, problems: [] }),
      metrics: async () => ({ contentType: 'text/plain', body: '' }),
      time: { now: () => 0 },
      logger: quiet,
      version: 'x',
    });
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await api.close();
    await backends.close();
    await made.drop();
  });

  /** The status of an export of which nothing more is read. */
  async function ask(address: string): Promise<number> {
    const { hostname, port } = new URL(address);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.write(`GET /v1/suppressions/export HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    const head = await new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1'))));
    socket.pause();
    return Number(head.slice(9, 12));
  }

  it('of eight clients that do not read their export two run at once; they hold nothing open in the database, and everything else continues', async () => {
    const { address } = await api.listen({ host: '127.0.0.1', port: 0 });
    const statuses = await Promise.all(Array.from({ length: 8 }, () => ask(address)));
    const allowed = Array.from({ length: EXPORT_LIMITS.concurrent }, () => 200);
    expect(statuses.sort()).toEqual([...allowed, ...Array.from({ length: 8 - EXPORT_LIMITS.concurrent }, () => 429)]);

    // An open transaction keeps every dead row from being cleaned up.
    const held = async () =>
      backends.db.query(
        `select application_name as name, state, backend_xmin from pg_stat_activity
          where application_name like $1 and pid <> pg_backend_pid() and (state <> 'idle' or backend_xmin is not null)`,
        [`${NAME}%`],
      );
    await expect.poll(held).toEqual([]);
    expect((await api.inject({ url: '/v1/suppressions?limit=1' })).statusCode).toBe(200);
  });

  it('callers with slow requests leave the engine its connections', async () => {
    const blocker = await openBackends({
      settings: readSettings({ DATABASE_URL: made.url }),
      logger: quiet,
      name: 'blocker',
      owner: 'test',
    });
    const waiting: Promise<unknown>[] = [];
    await blocker.db.transaction(async (tx) => {
      await tx.query('lock table desist.suppression, desist.incident in access exclusive mode');
      for (let n = 0; n < 10; n += 1) {
        waiting.push(backends.reader.list({ limit: 1 }).catch(() => undefined));
        waiting.push(backends.incidents.list({ limit: 1 }).catch(() => undefined));
      }
      const blocked = async () =>
        (await blocker.db.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name like $1", [`${NAME}%`]))
          .length;
      await expect.poll(blocked).toBeGreaterThanOrEqual(4);
      // As many transactions at once as the engine has connections.
      const done = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          backends.db.transaction(async (inner) => (await inner.query('select $1::integer as n', [n]))[0]),
        ),
      );
      expect(done).toEqual(Array.from({ length: 8 }, (_, n) => ({ n })));
    });
    await Promise.all(waiting);
    await blocker.close();
  });
});
