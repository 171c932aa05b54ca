import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openProgress, saveProgress } from './import-progress.ts';

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
