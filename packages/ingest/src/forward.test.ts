import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogError } from '@desist/pipeline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ForwardError, StoppedError, forwardToLog, forwardToService } from './forward.ts';
import { logger } from './support.test-kit.ts';

interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

let folder: string;
let url: string;
let answers: Answer[] = [];
let seen: { body: string; authorization: string | undefined }[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    seen.push({ body, authorization: request.headers.authorization });
    const { status, body: text = {}, headers = {} } = answers.shift() ?? { status: 202, body: { accepted: 1, rejected: 0, errors: [] } };
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(text));
  });
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-forward-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  answers = [];
  seen = [];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function make(at = url) {
  const waits: number[] = [];
  const stop = new AbortController();
  const deadLetters = join(folder, `letters-${Math.random()}.ndjson`);
  const time = {
    async sleep(ms: number) {
      waits.push(ms);
      if (waits.length > 30) stop.abort();
    },
  };
  const sink = forwardToService({ url: at, key: 'secret-key', deadLetters, time, logger, signal: stop.signal });
  const post = (...values: string[]) =>
    sink.append(
      'deliveryEvents',
      values.map((value) => ({ key: 'k', value })),
    );
  return { sink, post, waits, deadLetters, stop };
}

describe('forwarding over HTTP', () => {
  test('sends NDJSON with the API key, in pages of 5,000', async () => {
    const { post } = make();
    await post(...Array.from({ length: 5_001 }, (_, index) => `{"n":${index}}`));
    expect(seen.map(({ body }) => body.split('\n').length)).toEqual([5_000, 1]);
    expect(seen[0]!.authorization).toBe('Bearer secret-key');
  });

  test('waits and sends the same again as long as the service asks for it', async () => {
    const { post, waits } = make();
    answers = [{ status: 503 }, { status: 429, headers: { 'retry-after': '7' } }, { status: 500 }];
    await post('{"a":1}');
    expect(new Set(seen.map(({ body }) => body))).toEqual(new Set(['{"a":1}']));
    expect(seen).toHaveLength(4);
    expect(waits).toEqual([100, 7_000, 400]);
  });

  test('waits for a service that is unavailable, until it is stopped', async () => {
    const { post, waits } = make('http://127.0.0.1:9');
    await expect(post('{}')).rejects.toThrow(StoppedError);
    expect(waits.at(-1)).toBe(10_000);
  });

  test('writes items that the service refuses to a dead-letter file that nobody else can read', async () => {
    const { post, deadLetters } = make();
    answers = [
      { status: 202, body: { accepted: 1, rejected: 1, errors: [{ index: 1, reason: 'invalid', detail: 'occurredAt: missing' }] } },
      { status: 400, body: { status: 400, errors: [{ index: 0, reason: 'invalid', detail: 'recipient: must be an email address' }] } },
    ];
    await post('{"recipient":"a@example.com"}', '{"recipient":"b@example.com"}');
    await post('{"messageId":"m-1"}');
    const lines = (await readFile(deadLetters, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      { reason: 'invalid', detail: 'occurredAt: missing', raw: '{"recipient":"b@example.com"}' },
      { reason: 'no_recipient', detail: 'the message is not known', raw: '{"messageId":"m-1"}' },
    ]);
    expect((await stat(deadLetters)).mode & 0o077).toBe(0);
  });

  test('reports errors that waiting does not resolve', async () => {
    const { post } = make();
    answers = [{ status: 401, body: { detail: 'no key' } }];
    await expect(post('{}')).rejects.toThrow(/responds with 401 to POST \/v1\/events: .*no key/);
    answers = [{ status: 400, body: { detail: 'no NDJSON' } }];
    await expect(post('{}')).rejects.toThrow(ForwardError);
  });

  test('stops when the dead-letter file reaches 256 MiB, because somebody must look at it', async () => {
    const { sink, deadLetters } = make();
    await writeFile(deadLetters, '');
    const { truncate } = await import('node:fs/promises');
    await truncate(deadLetters, 257 * 1024 * 1024);
    await expect(sink.append('deadLetters', [{ key: null, value: 'x', headers: { reason: 'invalid', detail: '' } }])).rejects.toThrow(
      /move it away/,
    );
  });
});

test('does not write dead letters through a symbolic link', async () => {
  const { post, deadLetters } = make();
  const other = join(folder, 'other-file');
  await writeFile(other, 'as it was');
  await symlink(other, deadLetters);
  answers = [{ status: 202, body: { accepted: 0, rejected: 1, errors: [{ index: 0, reason: 'invalid', detail: 'type' }] } }];
  await expect(post('{"recipient":"a@b.example"}')).rejects.toThrow('ELOOP');
  expect(await readFile(other, 'utf8')).toBe('as it was');
});

describe('forwarding to the log', () => {
  test('tries again until the log answers, and reports misconfigured topics', async () => {
    const faults = [new LogError('unavailable', 'away'), new LogError('unavailable', 'away')];
    const calls: number[] = [];
    const log = {
      async append(_topic: string, records: readonly unknown[]) {
        calls.push(records.length);
        const fault = faults.shift();
        if (fault !== undefined) throw fault;
        return [];
      },
    };
    const sink = forwardToLog(log, { time: { sleep: async () => undefined }, logger, signal: new AbortController().signal });
    await sink.append('deliveryEvents', [{ key: 'k', value: 'v' }]);
    expect(calls).toEqual([1, 1, 1]);
    faults.push(new LogError('misconfigured', 'no such topic'));
    await expect(sink.append('deliveryEvents', [])).rejects.toThrow('no such topic');
  });
});
