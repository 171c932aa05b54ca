/** psql on the embedded database while the service runs: reads the views, writes nothing, disturbs nobody. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { desist, startService } from './desist.ts';
import type { Service } from './desist.ts';

let folder: string;
let service: Service;
let port: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-psql-'));
  service = await startService({ DESIST_DATA: folder, DESIST_PSQL_PORT: '0' });
  port = await until(() => /"port":(\d+)/.exec(service.said())?.[1], 'the port');
  expect((await desist(['suppress', 'a@example.com', 'b@example.com', '--note', 'x'], { DESIST_URL: service.url })).code).toBe(0);
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version']);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasPsql())('psql', () => {
  const psql = async (...commands: string[]): Promise<string> => {
    const args = ['-h', '127.0.0.1', '-p', port, '-U', 'desist_reader', 'desist', '-At', ...commands.flatMap((command) => ['-c', command])];
    const { stdout, stderr } = await promisify(execFile)('psql', args).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    );
    return stdout + stderr;
  };

  it('reads the views', async () => {
    expect(await psql('select address, reason from desist.suppression_list order by 1')).toBe(
      'a@example.com|operator\nb@example.com|operator\n',
    );
    expect(await psql('\\dv desist.*')).toContain('suppression_list');
    expect(await psql("select by, note from desist.recipient_evidence where address = 'a@example.com'")).toMatch(/\|x$/m);
  });

  it('cannot write, read tables, change its role, or keep a transaction open', async () => {
    expect(await psql('delete from desist.recipient')).toContain('read-only transaction');
    expect(await psql('select 1 from desist.checkpoint')).toContain('permission denied');
    expect(await psql('select due from desist.recipient')).toContain('permission denied');
    expect(await psql('reset role; select 1 from desist.recipient')).toContain('read-only transaction of its own');
    expect(await psql('select 1; commit; delete from desist.recipient')).toContain('read-only transaction of its own');
    for (const escape of [
      "select set_config('role', 'none', true); select key from desist.hash_key",
      'set "role" = none; select key from desist.hash_key',
      'set/**/role none; select key from desist.hash_key',
      'set session_authorization = postgres; select key from desist.hash_key',
      "do $$ begin execute 'set ' || 'role none'; end $$; select key from desist.hash_key",
      "select \"set_config\"('role', 'none', true); select key from desist.hash_key",
      "select query_to_xml('select set_con' || 'fig(''role'', ''none'', true)', true, true, ''); select key from desist.hash_key",
    ]) {
      expect(await psql(escape), escape).toMatch(/read-only transaction of its own|permission denied/);
    }
    expect(await psql('set search_path to desist; select count(*) from suppression_list')).toBe('SET\n2\n');
    expect(await psql('begin', 'select count(*) from desist.suppression_list', 'commit')).toBe('BEGIN\n2\nCOMMIT\n');
    expect(await psql('select nonsense', 'select 7')).toMatch(/does not exist[\s\S]*|7/);
    expect(await psql("select 'commit'")).toBe('commit\n');
    expect((await desist(['check', 'a@example.com'], { DESIST_URL: service.url })).code).toBe(1);
  });
});

it('drivers can use parameters and several connections while the service runs', async () => {
  const clients = Array.from(
    { length: 4 },
    () => new pg.Client({ host: '127.0.0.1', port: Number(port), user: 'desist_reader', database: 'desist' }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  const sql = 'select reason from desist.suppression_list where tenant = $1 and address = $2';
  const found = await Promise.all(
    clients.map(async (client) => {
      for (let i = 0; i < 4; i += 1) await client.query(sql, ['default', 'b@example.com']);
      return client.query(sql, ['default', 'b@example.com']);
    }),
  );
  for (const { rows } of found) expect(rows).toEqual([{ reason: 'operator' }]);
  await expect(clients[0]!.query('select $1::int / 0', [1])).rejects.toThrow('division by zero');
  expect((await clients[0]!.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await Promise.all(clients.map((client) => client.end()));
  expect((await desist(['release', 'b@example.com'], { DESIST_URL: service.url })).code).toBe(0);
  expect((await desist(['check', 'b@example.com'], { DESIST_URL: service.url })).code).toBe(0);
});
