/** `desist whatif` over files, as a user has it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEvent } from '@desist/formats/event';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeWorld } from '../support/made-world.ts';
import { desist, startCommand } from './desist.ts';

let folder: string;
let log: string;
let hasty: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-whatif-'));
  log = join(folder, 'events.ndjson');
  hasty = join(folder, 'hasty.yaml');
  await writeFile(
    log,
    madeWorld({ seed: 7, size: 1 })
      .events.map((event) => `${encodeEvent(event).value}\n`)
      .join(''),
  );
  await writeFile(hasty, 'deferral: {suppress_after: 24h, soft_bounce_after: 24h, evidence_span: 24h}\n');
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

interface Line {
  readonly type: string;
  readonly only?: 'a' | 'b' | null;
  readonly compared?: { readonly onlyA: number; readonly onlyB: number; readonly earlier: { readonly count: number } };
}

const lines = (text: string): readonly Line[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('desist whatif', () => {
  it('says in words how many more one policy suppresses, how many of them take mail, and what it spares', async () => {
    const { code, out } = await desist(['whatif', '--policy', hasty, log]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /B would have suppressed \d+ more addresses than A; \d+ of them took mail afterwards \(\d+\.\d %, \d+\.\d to \d+\.\d %.*\); it would have spared \d+ useless attempts/,
    );
    expect(out).toMatch(/^reason +persistent_deferral/m);
  });

  it('prints each difference and a summary that counts them, as NDJSON; the differences also into a file', async () => {
    const file = join(folder, 'differences.ndjson');
    const [all, apart] = await Promise.all([
      desist(['whatif', '--policy', hasty, '--json', log]),
      desist(['whatif', '--policy', hasty, '--differences', file, log]),
    ]);
    const read = lines(all.out);
    const summary = read.at(-1);
    expect(summary?.type).toBe('summary');
    expect(read.filter(({ only }) => only === 'b')).toHaveLength(summary?.compared?.onlyB ?? -1);
    expect(read.filter(({ type, only }) => type === 'difference' && only === null).length).toBe(summary?.compared?.earlier.count);
    expect(summary?.compared?.onlyB).toBeGreaterThan(0);
    expect(lines(await readFile(file, 'utf8'))).toEqual(read.slice(0, -1));
    expect(apart.code).toBe(0);
  });

  it('begins anew after it was killed, and comes to the same', async () => {
    const whole = await desist(['whatif', '--policy', hasty, '--json', log]);
    const killed = startCommand(['whatif', '--policy', hasty, '--json', '-'], {});
    // Half of the log, and it waits for more.
    // It is ended before it has read all of that.
    killed.child.stdin?.on('error', () => undefined);
    killed.child.stdin?.write((await readFile(log, 'utf8')).slice(0, 200_000));
    killed.child.kill('SIGKILL');
    expect((await killed.ended).code).toBeNull();
    expect((await desist(['whatif', '--policy', hasty, '--json', log])).out).toBe(whole.out);
  });

  it('folds a grid at once, and draws it', async () => {
    const svg = join(folder, 'curve.svg');
    const vary = ['--vary', 'deferral.suppress_after=24h,72h', '--vary', 'deferral.suppress_failures=2,3'];
    const { code, out } = await desist(['whatif', ...vary, '--svg', svg, '--json', log]);
    expect(code).toBe(0);
    const points = lines(out) as readonly unknown[] as readonly {
      readonly values: object;
      readonly inForce: boolean;
      readonly attempts: number;
    }[];
    expect(points.map(({ values }) => Object.values(values).join(' '))).toEqual(['24h 2', '24h 3', '72h 2', '72h 3']);
    expect(points.map(({ inForce }) => inForce)).toEqual([false, false, false, true]);
    // Who waits longer makes more attempts in vain.
    expect(points[0]?.attempts).toBeLessThan(points[3]?.attempts ?? 0);
    const picture = await readFile(svg, 'utf8');
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(picture.match(/<circle /g)).toHaveLength(4);
  });

  it('leaves out what is earlier than --since and later than --until', async () => {
    const { out } = await desist([
      'whatif',
      '--policy',
      hasty,
      '--json',
      '--since',
      '2026-02-01T00:00:00Z',
      '--until',
      '2026-02-10T00:00:00Z',
      log,
    ]);
    const summary = lines(out).at(-1) as unknown as { readonly from: string; readonly to: string; readonly leftOut: number };
    expect(summary.from >= '2026-02-01').toBe(true);
    expect(summary.to).toBe('2026-02-10T00:00:00.000Z');
    expect(summary.leftOut).toBeGreaterThan(0);
  });

  it.each<[readonly string[], RegExp]>([
    [[], /--policy is required/],
    [['--policy', 'nowhere.yaml'], /nowhere\.yaml cannot be read/],
    [['--vary', 'deferral.suppress_after'], /is not PATH=VALUE/],
    [['--vary', 'deferral.suppress_later=1h'], /is no value of a policy/],
    [['--vary', `deferral.suppress_failures=${Array.from({ length: 33 }, (_, i) => i + 3).join(',')}`], /33 policies; at most 32/],
  ])('refuses %j', async (args, problem) => {
    const { code, err } = await desist(['whatif', ...args, log]);
    expect(code).toBe(args.includes('nowhere.yaml') ? 3 : 2);
    expect(err).toMatch(problem);
  });
});
