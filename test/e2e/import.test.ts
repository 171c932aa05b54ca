/** Import and export as a user has them: recognised, counted, interrupted and resumed; the snapshot; what is exported comes in again. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createHmac } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { desist, startCommand, startService } from './desist.ts';
import type { Ran, Service } from './desist.ts';

let folder: string;
let service: Service;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-import-'));
  service = await startService({ DESIST_DATA: join(folder, 'data') });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = async (...args: string[]): Promise<Ran> => desist(args, { DESIST_URL: service.url });
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};
const listed = async (): Promise<number> => (await run('export')).out.split('\n').length - 1;

describe('import', () => {
  it('a dry run counts and sends nothing; the same file is then imported', async () => {
    const path = await file(
      'bounces.csv',
      'status,reason,email,created\r\n5.1.1,"550 5.1.1 no such user, really",Gone@Example.com,1700000000\r\n,Known bad domain,blocked@example.com,1700000000\r\n,,not an address,1\r\n5.1.1,550 5.1.1 no such user,gone@example.com,1700000001\r\n5.7.1,550 5.7.1 Client host blocked using bl.spamcop.net,ours@example.com,1700000000\r\n',
    );
    const dry = await run('import', path, '--dry-run', '--json');
    const counts = {
      rows: 5,
      formats: { 'sendgrid-bounces': 3 },
      unreadable: 1,
      repeated: 1,
      conflicting: 0,
      known: 0,
      fresh: 3,
      notSuppressed: 1,
    };
    expect(JSON.parse(dry.out)).toMatchObject({
      ...counts,
      dryRun: true,
      first: [
        { row: 1, address: 'gone@example.com', becomes: expect.stringContaining('hard bounce') as string },
        { row: 2, address: 'blocked@example.com', becomes: expect.stringContaining('suppressed in all streams') as string },
        { row: 3, address: null, becomes: expect.stringContaining('unreadable') as string },
        { row: 4 },
        { row: 5, address: 'ours@example.com', becomes: expect.stringContaining('not a suppression') as string },
      ],
    });
    expect(dry.err).toContain('row 3: not an email address');
    expect(await listed()).toBe(0);
    expect(JSON.parse((await run('import', path, '--json')).out)).toMatchObject({ ...counts, dryRun: false });
    await until(async () => (await listed()) === 2, 'both are listed');
    expect((await run('list', '--reason', 'hard_bounce', '--json')).out).toContain('"since":"2023-11-14T22:13:20.000Z"');
    const why = await run('why', 'blocked@example.com');
    expect(why.out).toContain('by import:sendgrid-bounces: sendgrid-bounces: bounce: Known bad domain');
    expect(JSON.parse((await run('import', path, '--dry-run', '--json')).out)).toMatchObject({ known: 3, fresh: 0 });
  });

  it("reads a provider's JSON and standard input, and refuses input that is not a list", async () => {
    const ses = JSON.stringify({
      SuppressedDestinationSummaries: [{ EmailAddress: 'json@example.com', Reason: 'COMPLAINT', LastUpdateTime: '2026-01-01T00:00:00Z' }],
    });
    expect((await run('import', await file('ses.json', ses))).code).toBe(0);
    await until(async () => (await run('check', 'json@example.com')).code === 1, 'from JSON');
    const piped = await desist(['import', '-'], { DESIST_URL: service.url }, 'piped@example.com\n');
    expect(piped.code).toBe(0);
    await until(async () => (await run('check', 'piped@example.com')).code === 1, 'from standard input');
    const wrong = await run('import', await file('wrong.csv', 'name,age\nAlice,7\n'));
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.err).toContain('no known list format has these columns (name, age)');
    expect((await run('import', join(folder, 'nowhere.csv'))).code).toBe(3);
  });

  it('continues after an interruption with the same command, and lists every recipient once', async () => {
    const rows = Array.from({ length: 40_000 }, (_, n) => `bulk${n}@example.com,2026-01-01 00:00:00`);
    const path = await file('many.csv', `email,created_at\n${rows.join('\n')}\n`);
    const note = `${path}.desist-import`;
    const first = startCommand(['import', path], { DESIST_URL: service.url });
    await until(() => existsSync(note), 'the first piece is sent');
    first.child.kill('SIGTERM');
    const { code, err } = await first.ended;
    expect(code).toBe(1);
    const at = Number(/stopped after row (\d+): run the same command to continue/.exec(err)?.[1]);
    expect(at % 5_000).toBe(0);
    expect(at).toBeLessThan(40_000);
    expect((await run('import', await file('other.csv', 'email\nx@example.com\n'), '--progress', note)).err).toContain(
      'belongs to another file',
    );
    const second = await run('import', path, '--json');
    expect(second.err).toContain(`continues after row ${at}`);
    expect(JSON.parse(second.out)).toMatchObject({ rows: 40_000, fresh: 40_000, unreadable: 0 });
    expect(existsSync(note)).toBe(false);
    await until(async () => (await listed()) === 40_004, 'everybody once');
  });
});

describe('export', () => {
  it('NDJSON and CSV contain the complete list; the CSV can be imported again unchanged', async () => {
    const ndjson = await run('export');
    expect(ndjson.out.split('\n')).toHaveLength(40_004 + 1);
    const out = join(folder, 'list.csv');
    expect((await run('export', '--format', 'csv', '--out', out, '--prefix', 'g')).code).toBe(0);
    const [headline, row] = (await readFile(out, 'utf8')).split('\r\n');
    expect(headline).toBe(
      'tenant,address,scope,reason,category,since,expires_at,first_failure_at,last_failure_at,failures,reply,rule,policy,updated_at,created_by,note,source,provider,subdomains',
    );
    expect(row).toContain('gone@example.com,*,hard_bounce,user_unknown,2023-11-14T22:13:20.000Z,');
    expect((await run('import', out, '--tenant', 'copy', '--json')).code).toBe(0);
    await until(async () => (await run('check', 'gone@example.com', '--tenant', 'copy')).code === 1, 'the copy');
    expect((await run('list', '--tenant', 'copy', '--json')).out).toContain('"reason":"hard_bounce"');
  });

  it('a list of several tenants is imported into each of them', async () => {
    const other = await file('tenants.csv', 'email,tenant\nt@example.com,one\nt@example.com,two\n');
    expect((await run('import', other)).code).toBe(0);
    await until(async () => (await run('check', 't@example.com', '--tenant', 'two')).code === 1, 'both tenants');
    const out = join(folder, 'tenants-out.csv');
    expect((await run('export', '--format', 'csv', '--out', out, '--prefix', 't@')).code).toBe(0);
    expect(JSON.parse((await run('import', out, '--dry-run', '--json')).out)).toMatchObject({ rows: 2, known: 2, fresh: 0, repeated: 0 });
    expect((await run('check', 't@example.com')).code).toBe(0);
    for (const tenant of ['one', 'two']) await run('release', 't@example.com', '--tenant', tenant);
  });

  it('hashed, with a key that both sides have: contains no address, and anybody with the key finds their own', async () => {
    const key = await file('key', `${'s'.repeat(32)}\n`);
    const { out, code } = await run('export', '--hashed', '--key-file', key, '--prefix', 'gone', '--tenant', 'default');
    expect(code).toBe(0);
    expect(out).not.toContain('@');
    expect(JSON.parse(out)).toEqual({
      tenant: 'default',
      hash: createHmac('sha256', 's'.repeat(32)).update('gone@example.com').digest('hex'),
      scope: '*',
      reason: 'hard_bounce',
      since: '2023-11-14T22:13:20.000Z',
      expiresAt: null,
    });
    expect((await run('export', '--hashed')).code).toBe(2);
  });
});

describe('bulk commands from a file', () => {
  it('release is sent in batches and says when it is done', async () => {
    const path = await file('bulk.txt', Array.from({ length: 2_500 }, (_, n) => `bulk${n}@example.com`).join('\n'));
    const released = await run('release', '--file', path, '--note', 'asked for');
    expect(released).toMatchObject({ code: 0, out: 'release: lifted 2500 operator of 2500 recipients\n' });
    expect((await run('check', 'bulk7@example.com')).code).toBe(0);
    expect(await listed()).toBe(40_004 + 1 - 2_500);
  });
});

describe('terminal output', () => {
  it('completion scripts name every command, and bash can use its script', async () => {
    const { out } = await run('completion', 'bash');
    const line =
      'COMP_WORDS=(desist fo); COMP_CWORD=1; _desist; echo "${COMPREPLY[@]}"; COMP_WORDS=(desist list --re); COMP_CWORD=2; _desist; echo "${COMPREPLY[@]}"';
    const { execFileSync } = await import('node:child_process');
    expect(execFileSync('bash', ['-c', `${out}\n${line}`]).toString()).toBe('forget\n--reason\n');
    for (const shell of ['zsh', 'fish'])
      for (const name of ['check', 'import', 'status']) expect((await run('completion', shell)).out).toContain(name);
    expect((await run('completion', 'tcsh')).code).toBe(2);
  });

  it('tables are aligned; colour is used only if wanted', async () => {
    const { out } = await run('list', '--prefix', 'gone');
    const [headline, row] = out.split('\n');
    expect(row!.indexOf('hard_bounce')).toBe(headline!.indexOf('REASON'));
    expect(out).not.toContain('\u001b');
    const env = { DESIST_URL: service.url, FORCE_COLOR: '1' };
    expect((await desist(['check', 'gone@example.com'], env)).out).toContain('\u001b[31mNO');
    expect((await desist(['check', 'gone@example.com'], { ...env, NO_COLOR: '1' })).out).not.toContain('\u001b');
    expect((await run('import', '--help')).out).toContain('Examples:\n  $ desist import bounces.csv --dry-run');
  });
});
