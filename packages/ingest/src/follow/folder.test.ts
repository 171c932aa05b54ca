/** Folders of segments: KumoMTA's zstd files, PowerMTA's CSV files; and splitting bytes into lines. */
import { appendFile, chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { formatOf } from '@desist/formats';
import type { OutRecord } from '@desist/pipeline';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIntake } from '../intake.ts';
import type { Source } from '../source.ts';
import { lineSource, logger } from '../support.test-kit.ts';
import { createIngestMetrics } from '../metrics.ts';
import { follow } from './follow.ts';
import type { Followed } from './follow.ts';
import { zstdContent } from './zstd-frames.ts';
import { createSplitter } from './splitter.ts';
import { stateFile } from './state.ts';
import { segmentFolder } from './file-sequence.ts';

let base: string;
let folder: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'desist-segments-'));
  folder = join(base, 'log');
  await mkdir(folder);
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

function make(source: Source = lineSource()) {
  const events: Record<string, unknown>[] = [];
  const sink = {
    async append(_topic: string, records: readonly OutRecord[]) {
      events.push(...records.map(({ value }) => JSON.parse(Buffer.from(value as string).toString()) as Record<string, unknown>));
      return [];
    },
  };
  const run = (more: { from?: 'start' | 'end'; signal?: AbortSignal } = {}): Promise<Followed> =>
    follow({
      path: folder,
      source,
      files: segmentFolder(folder, () => Date.now()),
      state: stateFile(join(base, 'state'), folder, source.name),
      intake: createIntake({ sink, metrics: createIngestMetrics() }),
      time: { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => new Promise((resolve) => setTimeout(resolve, 2)) },
      logger,
      signal: more.signal ?? new AbortController().signal,
      from: more.from ?? 'start',
      once: more.signal === undefined,
      poll: 2,
    });
  return { events, ids: () => events.map(({ id }) => id), run };
}

const text = (from: number, to: number): string => Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('');
const segment = (name: string, content: string | Buffer): Promise<void> => writeFile(join(folder, name), content);

describe('a folder of segments', () => {
  test('reads zstd and plain segments once, in the order of their names', async () => {
    await segment('20260301-100000.1', zstdCompressSync(text(0, 3)));
    await segment('20260301-110000.1', zstdCompressSync(text(3, 5)));
    await segment('20260301-120000.1', text(5, 7));
    await segment('.hidden', text(100, 101));
    const { run, ids } = make();
    expect(await run()).toMatchObject({ lines: 7, events: 7 });
    expect(ids()).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'line 6']);
    expect(await run()).toMatchObject({ lines: 0 });
    await appendFile(join(folder, '20260301-120000.1'), text(7, 8));
    await segment('20260301-130000.1', zstdCompressSync(text(8, 9)));
    expect(await run()).toMatchObject({ lines: 2 });
    expect(ids()).toHaveLength(9);
    // Completed segments may be deleted.
    await rm(join(folder, '20260301-100000.1'));
    await rm(join(folder, '20260301-120000.1'));
    expect(await run()).toMatchObject({ lines: 0 });
  });

  test('reads several frames in one file, and a file that is still being written', async () => {
    const first = zstdCompressSync(text(0, 2));
    const second = zstdCompressSync(text(2, 2_000));
    await segment('a.zst', Buffer.concat([first, second.subarray(0, Math.floor(second.length / 2))]));
    const { run, ids } = make();
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    await expect.poll(() => ids().length).toBeGreaterThanOrEqual(2);
    await appendFile(join(folder, 'a.zst'), second.subarray(Math.floor(second.length / 2)));
    await expect.poll(() => ids().length).toBe(2_000);
    await segment('b.zst', zstdCompressSync(text(2_000, 2_001)));
    await expect.poll(() => ids().length).toBe(2_001);
    stop.abort();
    await running;
    expect(new Set(ids()).size).toBe(2_001);
  });

  test('a truncated segment delays the later ones until it is certainly abandoned or marked as complete', async () => {
    const whole = zstdCompressSync(text(0, 5_000));
    await segment('a.zst', whole.subarray(0, whole.length - 20));
    await segment('b.zst', zstdCompressSync(text(5_000, 5_001)));
    const { run, ids } = make();
    await run();
    expect(ids()).not.toContain('line 5000');
    const before = ids().length;
    const past = new Date(Date.now() - 10 * 60_000);
    await utimes(join(folder, 'a.zst'), past, past);
    await run();
    expect(ids()).toContain('line 5000');
    expect(new Set(ids()).size).toBe(before + 1);
  });

  test('a segment that KumoMTA has made read-only is complete', async () => {
    const whole = zstdCompressSync(text(0, 5_000));
    await segment('a.zst', whole.subarray(0, whole.length - 20));
    await segment('b.zst', zstdCompressSync(text(5_000, 5_001)));
    await chmod(join(folder, 'a.zst'), 0o444);
    const { run, ids } = make();
    await run();
    expect(ids()).toContain('line 5000');
  });

  test('starting from the end skips existing segments and reads new ones', async () => {
    await segment('a', text(0, 3));
    await segment('b', text(3, 6));
    const { run, ids } = make();
    await run({ from: 'end' });
    // The last segment may still grow, so it is read from its start; duplicates count as one event.
    expect(ids()).toEqual(['line 3', 'line 4', 'line 5']);
    await segment('c', text(6, 7));
    await run({ from: 'end' });
    expect(ids()).toHaveLength(4);
  });

  test('PowerMTA: each file has its own header, which is kept across restarts', async () => {
    const source: Source = { name: 'pmta', format: formatOf('powermta')!, tenant: 'acme', stream: 'news' };
    const { run, events } = make(source);
    const row = (rcpt: string): string =>
      `b,2026-03-01 10:00:00+0000,news@sender.example,${rcpt},5.1.1,"smtp;550 5.1.1 user ""gone"", sorry"\n`;
    await segment('acct-1.csv', `type,timeLogged,orig,rcpt,dsnStatus,dsnDiag\n${row('a@example.com')}`);
    await run();
    await appendFile(join(folder, 'acct-1.csv'), row('b@example.com'));
    await run();
    await segment(
      'acct-2.csv',
      'type,rcpt,timeLogged,dsnStatus,dsnDiag\nb,c@example.com,2026-03-01 10:00:00+0000,5.1.1,"smtp;550 5.1.1 no"\n',
    );
    await run();
    expect(events.map(({ recipient, type }) => [recipient, type])).toEqual([
      ['a@example.com', 'bounced'],
      ['b@example.com', 'bounced'],
      ['c@example.com', 'bounced'],
    ]);
    expect(events[0]).toMatchObject({ tenant: 'acme', stream: 'news', source: 'pmta', occurredAt: '2026-03-01T10:00:00.000Z' });
  });
});

describe('zstd frames', () => {
  const chunked = async function* (bytes: Buffer, size: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  async function read(bytes: Buffer, size: number): Promise<readonly [string, string]> {
    const content = zstdContent(chunked(bytes, size));
    const parts: Buffer[] = [];
    for (;;) {
      const next = await content.next();
      if (next.done === true) return [next.value, Buffer.concat(parts).toString()];
      parts.push(next.value);
    }
  }
  const options = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

  test('are all read, however the input is divided; a truncated frame is distinguished from a complete one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ text: fc.string({ maxLength: 2_000 }), checksum: fc.boolean() }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 30 }),
        async (frames, size, less) => {
          const skippable = Buffer.from([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
          const bytes = Buffer.concat([...frames.map(({ text, checksum }) => zstdCompressSync(text, checksum ? options : {})), skippable]);
          const content = frames.map(({ text }) => text).join('');
          expect(await read(bytes, size)).toEqual(['complete', content]);
          const [end, part] = await read(bytes.subarray(0, bytes.length - Math.min(less, 10)), size);
          expect(end).toBe('cut');
          expect(content.startsWith(part)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('reading stops at input that is not zstd; damage inside a frame does not crash', async () => {
    expect((await read(Buffer.from('no zstd at all'), 5))[0]).toBe('cut');
    const damaged = Buffer.from(zstdCompressSync(text(0, 3_000)));
    damaged.fill(0xff, 30, 60);
    expect((await read(damaged, 100))[0]).toBe('cut');
  });
});

describe('splitting bytes into lines', () => {
  test('gives the same lines, however the input is divided', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ' '))),
        fc.array(fc.integer({ min: 1, max: 7 })),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const splitter = createSplitter(100);
          const found: string[] = [];
          let at = 0;
          for (let turn = 0; at < bytes.length; turn += 1) {
            const size = cuts.length === 0 ? bytes.length : (cuts[turn % cuts.length] as number);
            found.push(...splitter.push(bytes.subarray(at, at + size)).map((line) => line.text));
            at += size;
          }
          expect(found).toEqual(lines.map((line) => Buffer.from(line).toString()));
          expect(splitter.position()).toBe(100 + bytes.length);
          expect(splitter.rest()).toBeUndefined();
        },
      ),
    );
  });

  test('truncates and reports a line beyond the limit without buffering it', () => {
    const splitter = createSplitter(0, 10);
    const lines = [...splitter.push(Buffer.from('short\n0123456789abc')), ...splitter.push(Buffer.from('def\nnext\nrest'))];
    expect(lines).toEqual([
      { text: 'short', end: 6, cut: 0 },
      { text: '0123456789', end: 23, cut: 6 },
      { text: 'next', end: 28, cut: 0 },
    ]);
    expect(splitter.rest()).toEqual({ text: 'rest', end: 32, cut: 0 });
  });
});
