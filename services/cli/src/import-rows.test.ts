/** Files of suppression lists in the shapes that tables and APIs give them, and files that are no list. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rowsOf } from '@desist/formats/list';
import type { Wanted } from '@desist/formats/list';
import { chunksOf } from './read-lines.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-lists-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(content: string | Buffer | object, wanted: Wanted = {}): Promise<readonly string[]> {
  const path = join(folder, 'list');
  await writeFile(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content, null, 1));
  const told: string[] = [];
  for await (const row of rowsOf(chunksOf(path), wanted)) {
    if ('problem' in row) told.push(`problem: ${row.problem}`);
    else if ('kept' in row) told.push(`kept: ${row.kept}`);
    else told.push(`${row.format} ${row.row.address} ${row.row.kind} ${row.row.scope}`);
  }
  return told;
}

describe('a list', () => {
  const entry = { emailAddress: 'a@x.example', reason: 'BOUNCE' };
  test.each<readonly [string, string | Buffer | object, readonly string[]]>([
    ['an array', [entry], ['ses a@x.example bounce *']],
    ['lines of JSON', `${JSON.stringify(entry)}\n${JSON.stringify(entry)}\n`, ['ses a@x.example bounce *', 'ses a@x.example bounce *']],
    [
      'pages, one on a line',
      `${JSON.stringify({ items: [entry] })}\n${JSON.stringify({ items: [entry] })}\n`,
      ['ses a@x.example bounce *', 'ses a@x.example bounce *'],
    ],
    ['results inside of another object', { response: { page: 1, entries: [entry], links: [] } }, ['ses a@x.example bounce *']],
    ['an array of addresses', ['a@x.example', 'b@x.example'], ['plain a@x.example other *', 'plain b@x.example other *']],
    [
      'members that not all rows have',
      [
        { email: 'a@x.example', unsubscribed_at: null },
        { email: 'b@x.example', unsubscribed_at: '2026-03-01', group: 'x' },
      ],
      ['kept: a contact', 'plain b@x.example unsubscribe *'],
    ],
    [
      'an address inside of the row',
      { data: [{ id: '1', reason: 'Unknown reason', created_at: '2026-03-01T10:00:00Z', recipient: { id: 'r', email: 'a@x.example' } }] },
      ['mailersend a@x.example other *'],
    ],
    ['tabs', 'Email\tReason\na@x.example\tspam complaint\n', ['plain a@x.example complaint *']],
    ['semicolons, behind what Excel puts first', 'sep=;\nemail;reason\na@x.example;manual\n', ['plain a@x.example other *']],
    ['bars', 'email|reason\na@x.example|opt-out\n', ['plain a@x.example unsubscribe *']],
    ['no headline', 'a@x.example,bounce\nb@x.example,spam\n', ['plain a@x.example bounce *', 'plain b@x.example complaint *']],
    ['no headline, and another first column', '7,a@x.example,bounce\n', ['plain a@x.example bounce *']],
    ['display names', 'email\n"Ann ""A"" <A@x.example>"\nB@x.example.\n', ['plain A@x.example other *', 'plain B@x.example other *']],
    ['CRLF and a byte order mark', '\uFEFFemail,reason\r\na@x.example,bounce\r\n', ['plain a@x.example bounce *']],
    ['UTF-16', Buffer.from('\uFEFFemail,reason\r\na@x.example,bounce\r\n', 'utf16le'), ['plain a@x.example bounce *']],
    ['gzip', gzipSync('email,reason\na@x.example,bounce\n'), ['plain a@x.example bounce *']],
  ])('as %s', async (_, content, wanted) => {
    expect(await read(content)).toEqual(wanted);
  });

  test('with columns that were named by hand', async () => {
    const columns = new Map([
      ['address', '#2'],
      ['scope', 'what'],
    ] as const);
    expect(await read('id,contact,what\n1,a@x.example,News\n', { columns })).toEqual(['columns a@x.example other News']);
    await expect(read('id,contact\n1,a@x.example\n', { columns })).rejects.toThrow('has no column what');
  });
});

describe('no list', () => {
  test.each<readonly [string, string | object, RegExp]>([
    [
      'delivery events',
      '{"version":1,"type":"delivered","recipient":"a@x.example","occurredAt":"2026-03-01T10:00:00Z"}\n',
      /delivery events \(canonical\)/,
    ],
    ['events of a provider without a format', [{ email: 'a@x.example', event: 'open' }], /columns of events \(event\)/],
    [
      'a log',
      'Mar  1 10:00:00 mail postfix/smtp[7]: 4C1F0A2B33: to=<a@x.example>, dsn=5.1.1, status=bounced (550 no)\n',
      /delivery events \(postfix\)/,
    ],
    ['contacts', 'email,opt_in_time\na@x.example,2026-03-01\n', /contacts/],
    ['two lists in one document', { bounced: [{ email: 'a@x.example' }], active: [{ email: 'b@x.example' }] }, /bounced or in active/],
    ['two addresses in a row', 'email,recipient\na@x.example,b@x.example\n', /email or in recipient/],
    ['two addresses in a row without a headline', '1,a@x.example,b@x.example\n', /columns 2 and 3/],
    ['JSON that is none', '[{"email": "a@x.example"', /neither NDJSON nor a JSON document/],
  ])('%s', async (_, content, problem) => {
    await expect(read(content)).rejects.toThrow(problem);
  });
});
