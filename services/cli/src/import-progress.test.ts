import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openProgress, saveProgress, tally } from './import-progress.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'desist-progress-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the progress of an import', () => {
  test('continues one of an earlier version, which counted less', () => {
    const [list, path] = [join(folder, 'list.csv'), join(folder, 'progress')];
    writeFileSync(list, 'email\na@example.com\n');
    const begun = openProgress(list, path, { dryRun: false });
    begun.rows = 7;
    begun.counts.fresh = 5;
    saveProgress(path, begun);
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { counts: object };
    const { scopes: _, notSuppressedBecause: __, timesUnread: ___, ...before } = kept.counts as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...kept, counts: before }));
    const { rows, counts } = openProgress(list, path, { dryRun: false });
    expect([rows, counts.fresh, counts.scopes, counts.notSuppressedBecause, counts.timesUnread]).toEqual([7, 5, {}, {}, 0]);
  });
});

describe('a tally', () => {
  test('counts names that every object has like others', () => {
    const counts: Record<string, number> = {};
    for (const name of ['constructor', 'toString', 'constructor']) tally(counts, name, 'others');
    expect(Object.entries(counts)).toEqual([
      ['constructor', 2],
      ['toString', 1],
    ]);
  });

  test('puts what is beyond 50 names together', () => {
    const counts: Record<string, number> = {};
    for (let n = 0; n < 53; n += 1) tally(counts, `stream-${n}`, 'others');
    tally(counts, 'stream-0', 'others');
    expect([Object.keys(counts).length, counts['stream-0'], counts['others']]).toEqual([51, 2, 3]);
  });
});
