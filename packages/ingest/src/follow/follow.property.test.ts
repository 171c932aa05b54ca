/** Random appends, rotations, truncations, restarts and failures of the log: every line is read, and each event counts once. */
import { appendFile, copyFile, mkdtemp, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { LogError } from '@desist/pipeline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIntake } from '../intake.ts';
import { createIngestMetrics } from '../metrics.ts';
import { lineSource, logger } from '../support.test-kit.ts';
import { rotatedFile, segmentFolder } from './file-sequence.ts';
import type { FileSequence } from './file-sequence.ts';
import { follow } from './follow.ts';
import type { FollowState } from './state.ts';

const LONG = process.env['DESIST_LONG'] === '1';
const RUNS = LONG ? 3_000 : 150;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-follow-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** One follower that is started, stopped and killed. Its output is kept. */
function createFollower(path: string, makeFiles: () => FileSequence, lines = 3) {
  const delivered: string[] = [];
  let state: FollowState | undefined;
  /** Appends that are stored and not answered, or states that are not written, before the process "dies". */
  let failAfter = Number.POSITIVE_INFINITY;
  let stop = new AbortController();

  async function run(once: boolean): Promise<void> {
    stop = new AbortController();
    const { signal } = stop;
    const sink = {
      async append(_topic: string, records: readonly { value: unknown }[]) {
        if ((failAfter -= 1) < 0) throw new LogError('fatal', 'killed');
        for (const { value } of records) delivered.push((JSON.parse(value as string) as { id: string }).id);
        return [];
      },
    };
    try {
      await follow({
        path,
        source: lineSource(),
        files: makeFiles(),
        state: {
          load: async () => state,
          async save(next) {
            if ((failAfter -= 1) < 0) throw new LogError('fatal', 'killed');
            state = JSON.parse(JSON.stringify(next)) as FollowState;
          },
        },
        intake: createIntake({ sink: sink as never, metrics: createIngestMetrics() }),
        time: { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => new Promise((resolve) => setTimeout(resolve, 1)) },
        logger,
        signal,
        from: 'start',
        once,
        poll: 1,
        lines,
      });
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
    }
  }

  let running: Promise<void> | undefined;
  async function end(): Promise<void> {
    stop.abort();
    await running;
    running = undefined;
  }

  return {
    delivered,
    /** Runs to the end of the log, and is killed during some calls of the log or the state file. */
    async crash(after: number) {
      await end();
      failAfter = after;
      await run(true);
      failAfter = Number.POSITIVE_INFINITY;
    },
    live() {
      running ??= run(false);
    },
    stop: end,
  };
}

type Step =
  | { readonly kind: 'append'; readonly lines: number; readonly half: boolean }
  | { readonly kind: 'rename' | 'copytruncate' | 'start' | 'stop' | 'read' }
  | { readonly kind: 'crash'; readonly after: number };

const simple = fc.constantFrom<Step[]>({ kind: 'rename' }, { kind: 'copytruncate' }, { kind: 'start' }, { kind: 'stop' }, { kind: 'read' });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('append' as const), lines: fc.integer({ min: 1, max: 12 }), half: fc.boolean() }),
    },
    { weight: 5, arbitrary: simple },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), after: fc.integer({ min: 0, max: 4 }) }) },
  ),
  { minLength: 1, maxLength: 25 },
);

/** Writes numbered lines into a log with both kinds of rotation. Some lines are written in two steps. */
function createWriter(base: string) {
  const written: string[] = [];
  let rest = '';

  async function append(lines: number, half: boolean): Promise<void> {
    let text = rest;
    rest = '';
    for (let index = 0; index < lines; index += 1) {
      const line = `line ${written.length} ${'x'.repeat((written.length * 37) % 90)}`;
      written.push(line);
      text += `${line}\n`;
    }
    if (half) {
      rest = text.slice(-4);
      text = text.slice(0, -4);
    }
    await appendFile(base, text);
  }

  /** Like logrotate, increments the numbers. The writer completes its line first. */
  async function shift(): Promise<void> {
    await append(0, false);
    const counters = (await readdir(folder)).flatMap((name) => /^mail\.log\.(\d+)$/.exec(name)?.[1] ?? []).map(Number);
    for (const counter of counters.sort((a, b) => b - a)) await rename(`${base}.${counter}`, `${base}.${counter + 1}`);
  }

  return {
    written,
    append,
    async rename() {
      await shift();
      await rename(base, `${base}.1`);
      await writeFile(base, '');
    },
    async copytruncate() {
      await shift();
      await copyFile(base, `${base}.1`);
      await truncate(base, 0);
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 3_000;
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('a followed file', () => {
  it('loses no line and repeats no event, whatever rotations, truncations and crashes occur', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const base = join(folder, 'mail.log');
        for (const name of await readdir(folder)) await rm(join(folder, name));
        await writeFile(base, '');
        const follower = createFollower(base, () => rotatedFile(base));
        const writer = createWriter(base);
        const everything = (): boolean => new Set(follower.delivered).size >= writer.written.length;
        // Rotations before the first read are unknown: a log is followed from its current file.
        await follower.crash(Number.POSITIVE_INFINITY);
        for (const step of all) {
          if (step.kind === 'append') await writer.append(step.lines, step.half);
          else if (step.kind === 'crash') await follower.crash(step.after);
          else if (step.kind === 'start') follower.live();
          else if (step.kind === 'stop') await follower.stop();
          else if (step.kind === 'read') {
            await writer.append(0, false);
            follower.live();
            await until(everything);
          } else await writer[step.kind]();
        }
        await writer.append(0, false);
        follower.live();
        await until(everything);
        await follower.stop();
        expect([...new Set(follower.delivered)].sort()).toEqual([...writer.written].sort());
      }),
      { numRuns: RUNS },
    );
  });
});

void segmentFolder;
void zstdCompressSync;
