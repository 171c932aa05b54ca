/** The list as people manage it: entries for domains, amended entries, and a list that is exported and imported again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { desist, startService } from './desist.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-domains-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Entry {
  readonly address: string;
}

async function listOf(url: string): Promise<readonly object[]> {
  const { items } = (await (await fetch(`${url}/v1/suppressions`)).json()) as { items: readonly (Entry & Record<string, unknown>)[] };
  const parts = ['address', 'scope', 'reason', 'since', 'expiresAt', 'createdBy', 'note', 'source', 'subdomains'];
  return items
    .map((item) => Object.fromEntries(parts.map((part) => [part, item[part]])))
    .sort((a, b) => (String(a['address']) < String(b['address']) ? -1 : 1));
}

it('a domain blocks its addresses and says so; entries are amended; a copy of the list says the same', async () => {
  const one = await startService({ DESIST_DATA: join(folder, 'one') });
  const env = { DESIST_URL: one.url };
  const list = join(folder, 'list.csv');
  let before: readonly object[];
  try {
    const made = ['suppress', '@Example.com', '--subdomains', '--note', 'a competitor', '--source', 'crm', '--by', 'alice'];
    expect(await desist(made, env)).toMatchObject({ code: 0 });
    expect(await desist(['suppress', 'bob@other.example', '--expires', '30d', '--by', 'alice'], env)).toMatchObject({ code: 0 });
    const complaint = {
      version: 1,
      type: 'complained',
      recipient: 'carol@other.example',
      source: 'ses',
      occurredAt: '2026-03-01T10:00:00.000Z',
    };
    await fetch(`${one.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([complaint]),
    });
    await until(async () => (await desist(['check', 'carol@other.example'], env)).code === 1, 'the complaint is folded');

    const blocked = await desist(['check', 'X@Mail.example.com', 'x@example.com', 'x@other.example'], env);
    expect(blocked.code).toBe(1);
    expect(blocked.out).toContain('X@Mail.example.com  NO: operator @example.com');
    expect(blocked.out).toContain('x@other.example  yes');
    const why = await desist(['why', 'x@mail.example.com'], env);
    expect(why.out).toContain('blocked by @example.com: operator, all streams');
    expect((await desist(['release', 'x@example.com'], env)).out).toContain('entry @example.com blocks all the same');

    const refused = await desist(['amend', 'nobody@other.example', '--note', 'x'], env);
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('nothing of this scope and reason is active') as string });
    expect(await desist(['amend', 'carol@other.example', '--expires', '30d'], env)).toMatchObject({
      code: 1,
      out: expect.stringContaining('only with force') as string,
    });
    expect(
      await desist(['amend', 'carol@other.example', '--note', 'asked', '--expires', '2099-01-01T00:00:00Z', '--force'], env),
    ).toMatchObject({ code: 0 });
    expect(await desist(['amend', 'bob@other.example', '--expires', 'never', '--note', 'for good'], env)).toMatchObject({ code: 0 });
    expect((await desist(['why', 'bob@other.example'], env)).out).toContain('note: for good');
    // `forget` takes an address and no domain, and leaves the domain's entry.
    expect((await desist(['forget', '@example.com', '--yes'], env)).code).toBe(2);
    expect(await desist(['forget', 'x@example.com', '--yes'], env)).toMatchObject({ code: 0 });
    expect((await desist(['check', 'x@example.com'], env)).out).toContain('operator @example.com');

    before = await listOf(one.url);
    expect(before).toMatchObject([
      { address: '@example.com', createdBy: 'alice', note: 'a competitor', source: 'crm', subdomains: true, expiresAt: null },
      { address: 'bob@other.example', createdBy: 'alice', note: 'for good', source: null, expiresAt: null },
      {
        address: 'carol@other.example',
        reason: 'complaint',
        createdBy: null,
        note: 'asked',
        source: 'ses',
        expiresAt: '2099-01-01T00:00:00.000Z',
      },
    ]);
    expect(await desist(['export', '--format', 'csv', '--out', list], env)).toMatchObject({ code: 0 });
  } finally {
    expect(await one.stop()).toBe(0);
  }

  const two = await startService({ DESIST_DATA: join(folder, 'two') });
  try {
    const imported = await desist(['import', list], { DESIST_URL: two.url });
    expect(imported).toMatchObject({ code: 0 });
    await until(async () => (await listOf(two.url)).length === before.length, 'the list is imported');
    await until(async () => JSON.stringify(await listOf(two.url)) === JSON.stringify(before), 'the amends are folded');
  } finally {
    expect(await two.stop()).toBe(0);
  }
});
