/** Logs that an agent refuses at its start, before anything is stored, because every line would become a dead letter. */
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { formatOf } from '@desist/formats';
import type { OutRecord } from '@desist/pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ForwardError } from '../forward.ts';
import { createIntake } from '../intake.ts';
import { logger } from '../support.test-kit.ts';
import { createIngestMetrics } from '../metrics.ts';
import { rotatedFile } from './file-sequence.ts';
import { follow } from './follow.ts';
import type { Followed } from './follow.ts';
import { stateFile } from './state.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-refusals-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const line = (time: string, to: string): string =>
  `${time} mail postfix/smtp[7]: 4C1F0A2B33: to=<${to}>, relay=mx.example.com[192.0.2.9]:25, dsn=5.1.1, status=bounced (550 5.1.1 unknown)\n`;
const OTHER = 'Mar  1 10:00:00 mail dovecot: hello\n';
const WITHOUT_ZONE = line('Mar  1 10:00:00', 'a@example.com');
const WITH_ZONE = line('2026-03-01T10:00:00+01:00', 'b@example.com');

function make(log: string, timezone?: string) {
  const appended: string[] = [];
  const sink = {
    async append(topic: string, records: readonly OutRecord[]) {
      appended.push(...records.map(() => topic));
      return [];
    },
  };
  const source = { name: 'test', format: formatOf('postfix')!, tenant: 'acme', stream: 'default' };
  const now = Date.parse('2026-03-01T12:00:00Z');
  const run = (): Promise<Followed> =>
    follow({
      path: log,
      source: timezone === undefined ? source : { ...source, timezone },
      files: rotatedFile(log),
      state: stateFile(join(folder, 'state'), log, 'test'),
      intake: createIntake({ sink, metrics: createIngestMetrics() }),
      time: { now: () => now, monotonic: () => 0, sleep: async () => undefined },
      logger,
      signal: new AbortController().signal,
      from: 'start',
      once: true,
    });
  return { run, appended };
}

async function logOf(content: string | Buffer, name = 'mail.log'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('a log whose times have no zone', () => {
  test('is refused without --timezone and nothing is stored; with it the log is read from its start', async () => {
    const log = await logOf(OTHER + WITHOUT_ZONE.repeat(3));
    const { run, appended } = make(log);
    await expect(run()).rejects.toThrow(ForwardError);
    await expect(run()).rejects.toThrow(/^--timezone: the times in .*mail\.log have no time zone.*--timezone Europe\/Berlin/);
    expect(appended).toEqual([]);
    expect(await make(log, 'Europe/Berlin').run()).toEqual({ lines: 4, events: 3, ignored: 1, deadLetters: 0 });
  });

  test('a single such line after others is a dead letter', async () => {
    const { run } = make(await logOf(WITH_ZONE + WITHOUT_ZONE + WITH_ZONE));
    expect(await run()).toEqual({ lines: 3, events: 2, ignored: 0, deadLetters: 1 });
  });
});

describe('a compressed log', () => {
  // `printf` of the line below, by bzip2 1.0.8 and xz 5.4.
  const BZIP2 =
    'QlpoOTFBWSZTWXXxJLIAABvfgAAQQG//t3kABAo/L97gIACUhqp6ZNTMJqekNMT0jTTQ0Zqafqg1U20Kek0w0ymIYNCGTRgJzIFPezAoVYploRK1hBASWA2B' +
    'zhvXkxqnkP2cwLXIcaEtbEXm7b6nGvpgih7cJzrB57PkS0ymbisSx81n6DXHJ7+AwsSM9c0q0ir6ukWhu0WuKQgTXhUKEVBgmL8dzBImM5KMdawngXckU4UJ' +
    'B18SSyA=';
  const XZ =
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AChAI5dABkMApKyqVH0SQCzzsbfdWWnt6hgIGy9m2xiVpqX4lXOLaGrQYsvKlg7BFDcke46qEm5piFtH3QHHAlU' +
    'qMhaXqy8nYAcSeJbQhH7EzpOPiFnSpCo3tW+OFjZT2krzFfeAplgW6BevrzaQqDvXPv78oMhk9Gg/o/1obRbuNfh3ohJ6/n5d+E+B5H+Gngx4gAAAACJC4z3' +
    'pgiMgQABqgGiAQAAXHQSoLHEZ/sCAAAAAARZWg==';

  test.each([
    ['gzip', gzipSync(WITH_ZONE)],
    ['zstd', zstdCompressSync(WITH_ZONE)],
    ['bzip2', Buffer.from(BZIP2, 'base64')],
    ['xz', Buffer.from(XZ, 'base64')],
  ])('compressed with %s is read, whatever its name', async (_, content) => {
    for (const name of ['mail.log', 'mail.log.gz']) {
      const { run } = make(await logOf(content, name), 'UTC');
      expect(await run()).toEqual({ lines: 1, events: 1, ignored: 0, deadLetters: 0 });
    }
  });

  test.each([
    ['gzip', gzipSync(WITH_ZONE).subarray(0, -9)],
    ['bzip2', Buffer.from(BZIP2, 'base64').subarray(0, -9)],
    ['xz', Buffer.from(XZ, 'base64').subarray(0, 40)],
  ])('that is cut off (%s) is named', async (compression, content) => {
    const { run } = make(await logOf(content), 'UTC');
    await expect(run()).rejects.toThrow(`cut off or damaged (${compression})`);
  });
});

test('a log of another mail server is named', async () => {
  const line = '2026-03-01T10:00:00Z mail sm-mta[1]: w4L9Y95v026614: to=<a@x.example>, dsn=2.0.0, stat=Sent\n';
  const { run, appended } = make(await logOf(line), 'UTC');
  await expect(run()).rejects.toThrow('all of 1 lines are of programs other than postfix');
  expect(appended).toEqual([]);
});

test('the state file is never written through a symbolic link, and a file left over from a crash does not matter', async () => {
  const state = stateFile(join(folder, 'state'), '/var/log/mail.log', 'test');
  const saved = { version: 1, path: '/var/log/mail.log', current: null, known: [], done: [], reader: null } as const;
  await state.save(saved);
  const other = await logOf('as it was', 'other');
  await symlink(other, `${state.path}.new`);
  await state.save(saved);
  expect(await readFile(other, 'utf8')).toBe('as it was');
  await writeFile(`${state.path}.new`, '{"version":');
  await state.save(saved);
  expect(await state.load()).toEqual(saved);
  expect(await readdir(join(folder, 'state'))).toHaveLength(1);
});
