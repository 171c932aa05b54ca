/** A client generated from `/openapi.json` of a running service: a program that uses its types is well typed, and runs. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import openapiTypes, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { desist, startService } from './desist.ts';
import type { Service } from './desist.ts';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('.', import.meta.url));
let folder: string;
let service: Service;
beforeAll(async () => {
  // Within the repository, so that the program finds its packages.
  folder = await mkdtemp(join(HERE, '.generated-'));
  service = await startService({ DESIST_DATA: join(folder, 'data') });
  const types = await openapiTypes(new URL('/openapi.json', service.url));
  await writeFile(join(folder, 'openapi.ts'), astToString(types));
  await writeFile(join(folder, 'program.ts'), PROGRAM);
});
afterAll(async () => {
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a user of the API may write. Answers what it saw, as JSON. */
const PROGRAM = `
import createClient from 'openapi-fetch';
import type { paths } from './openapi.ts';

const baseUrl = process.argv[2] ?? '';
const client = createClient<paths>({ baseUrl });
const seen: Record<string, unknown> = {};

const occurredAt = new Date().toISOString();
const bounce = { version: 1, type: 'bounced', recipient: 'alice@example.com', occurredAt, smtp: { code: 550, text: '550 5.1.1 no such user' } } as const;
const full = { version: 1, type: 'deferred', recipient: 'bob@gmail.com', occurredAt, messageId: 'm', smtp: { code: 452, text: '452 4.2.2 full' } } as const;
const sent = await client.POST('/v1/events', { body: [bounce, full] });
seen['accepted'] = sent.data?.accepted;

// As fetch gives it: the client reads no streams.
const stream = await fetch(new URL('/v1/changes', baseUrl), { headers: { accept: 'text/event-stream' } });
let text = '';
for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
  text += Buffer.from(chunk).toString();
  if (text.includes('\\ndata: ')) break;
}
seen['streamed'] = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? 'null').type;
const id = /^id: (.*)$/m.exec(text)?.[1] ?? '';

/** An answer has two content types; without \`Accept\` it is JSON. */
const json = <T>(data: T | string | undefined): T => {
  if (data === undefined || typeof data === 'string') throw new Error('not JSON');
  return data;
};
const changes = await client.GET('/v1/changes', { params: { query: { types: 'suppressed', last: 10 } } });
seen['changes'] = json(changes.data).items.length;
const after = await client.GET('/v1/changes', { params: { query: { after: id } } });
const behind = json(after.data);
seen['behind'] = [behind.items.length, behind.more];

const recipients = await client.GET('/v1/recipients', { params: { query: { provider: 'gmail' } } });
const [bob] = recipients.data?.items ?? [];
seen['deferred'] = [bob?.address, bob?.state, bob?.streak?.category];
const blocked = await client.GET('/v1/recipients', { params: { query: { state: 'suppressed', limit: 1 } } });
seen['suppressed'] = blocked.data?.items[0]?.suppressions[0]?.reason;

const classified = await client.POST('/v1/classify', { body: { replies: ['550 5.1.1 no such user'], explain: true } });
seen['classified'] = classified.data?.results.map(({ category, hardBounce }) => [category, hardBounce]);
const code = await client.GET('/v1/codes/{code}', { params: { path: { code: '550 5.1.1' } } });
seen['code'] = [code.data?.basic?.code, code.data?.enhanced?.code, code.data?.reading.category];
const provider = await client.GET('/v1/providers/{provider}', { params: { path: { provider: 'gmail' } } });
seen['provider'] = [provider.data?.advice.connections.most, provider.data?.retry.minutes[0]];
seen['providers'] = (await client.GET('/v1/providers')).data?.items.some((one) => one.provider === 'yahoo');

const letters = await client.GET('/v1/dead-letters', { params: { query: { limit: 5 } } });
seen['letters'] = letters.data?.items.length;
const missing = await client.GET('/v1/dead-letters/{id}', { params: { path: { id: '0-99' } } });
seen['missing'] = missing.error?.status;
const wrong = await client.GET('/v1/codes/{code}', { params: { path: { code: 'zork' } } });
seen['wrong'] = [wrong.error?.status, wrong.error?.errors?.[0]?.parameter];

console.log(JSON.stringify(seen));
`;

test('the program is well typed', async () => {
  const program = ts.createProgram([join(folder, 'program.ts')], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    types: ['node'],
  });
  const problems = ts.getPreEmitDiagnostics(program).map(({ messageText, start, file }) => {
    const line = file === undefined || start === undefined ? '' : `${file.getLineAndCharacterOfPosition(start).line + 1}: `;
    return line + ts.flattenDiagnosticMessageText(messageText, '\n');
  });
  expect(problems).toEqual([]);
  // Had the document no types, anything would do.
  expect(await readFile(join(folder, 'openapi.ts'), 'utf8')).toContain('listRecipients');
});

test('the program does what it says', async () => {
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', join(folder, 'program.ts'), service.url]);
  expect(JSON.parse(stdout)).toEqual({
    accepted: 2,
    streamed: 'suppressed',
    changes: 1,
    behind: [0, false],
    deferred: ['bob@gmail.com', 'deferred', 'mailbox_full'],
    suppressed: 'hard_bounce',
    classified: [['user_unknown', true]],
    code: ['550', '5.1.1', 'user_unknown'],
    provider: [20, 15],
    providers: true,
    letters: 0,
    missing: 404,
    wrong: [400, 'code'],
  });
});

describe('the same on the command line', () => {
  const lines = (out: string): unknown[] =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  test('desist recipients: who is not healthy, by deadline', async () => {
    const { code, out } = await desist(['recipients', '--url', service.url, '--state', 'deferred', '--json']);
    expect(code).toBe(0);
    expect(lines(out)).toMatchObject([{ address: 'bob@gmail.com', streak: { category: 'mailbox_full' } }]);
    const soon = await desist(['recipients', '--url', service.url, '--suppressed-before', '24h']);
    expect([soon.code, soon.out.trim()]).toEqual([0, '0 recipients']);
    const wrong = await desist(['recipients', '--url', service.url, '--suppressed-before', 'tomorrow']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('must be a duration') as string]);
  });

  test('desist classify takes a reply, or files', async () => {
    const file = join(folder, 'replies.txt');
    await writeFile(file, '452 4.2.2 Mailbox full\n');
    const { code, out } = await desist(['classify', '550 5.1.1 no such user', file, '--json']);
    expect(code).toBe(0);
    expect(lines(out)).toMatchObject([{ category: 'user_unknown', hardBounce: true }, { category: 'mailbox_full' }]);
    expect((await desist(['classify', join(folder, 'missing')])).code).toBe(3);
    expect((await desist(['classify', '550 5.1.1 no such user', '--explain'])).out).toContain('stop sending to the address');
  });

  test('desist codes knows 5xx', async () => {
    const { code, out } = await desist(['codes', '550', '5.7.26']);
    expect(code).toBe(0);
    for (const word of ['RFC 7372', 'RFC 5321', 'sender', 'escalate']) expect(out).toContain(word);
    expect((await desist(['codes', '250'])).code).toBe(2);
  });

  test('desist advise says what is known, and with a service what was seen', async () => {
    const { out } = await desist(['advise', 'googlemail.com', '--url', service.url]);
    for (const word of ['10 to 20 connections', '15 min, 30 min, 1 h', '72 h', 'in the last hour']) expect(out).toContain(word);
    expect((await desist(['advise', 'gmail', '--format', 'postfix'])).out).toContain('gmail_destination_concurrency_limit = 20');
  });

  test('desist dead-letters: list, show, resend', async () => {
    const { code, out } = await desist(['dead-letters', 'list', '--url', service.url]);
    expect([code, out.trim()]).toEqual([0, '0 dead letters']);
    expect((await desist(['dead-letters', 'show', '0-7', '--url', service.url])).code).toBe(3);
    const { err } = await desist(['dead-letters', 'resend', '0-7', '--url', service.url]);
    expect(err).toContain('no dead letter of this id');
  });
});
