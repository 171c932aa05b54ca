import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readEnvironment } from './environment.ts';

function problemsOf(work: () => void): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings from the environment', () => {
  it('reads every kind of setting', () => {
    const env = readEnvironment({ X_TEXT: ' a ', X_LIST: 'a, b', X_INT: '7', X_FLAG: 'Yes', X_CHOICE: 'b', X_NONE: '' });
    expect(env.text('X_TEXT')).toBe('a');
    expect(env.text('X_NONE')).toBeUndefined();
    expect(env.list('X_LIST')).toEqual(['a', 'b']);
    expect(env.integer('X_INT', 1, 7)).toBe(7);
    expect(env.flag('X_FLAG')).toBe(true);
    expect(env.choice('X_CHOICE', ['a', 'b'])).toBe('b');
    expect(() => {
      env.done(['X_']);
    }).not.toThrow();
  });

  it('reports every mistake at once, with what is expected', () => {
    const problems = problemsOf(() => {
      const env = readEnvironment({ X_INT: '8', X_FLAG: 'maybe', X_LIST: 'a,,b', X_CHOICE: 'c', X_FILE: '/nowhere/at/all' });
      env.integer('X_INT', 1, 7);
      env.flag('X_FLAG');
      env.list('X_LIST');
      env.choice('X_CHOICE', ['a', 'b']);
      env.file('X_FILE');
      env.done([]);
    });
    expect(problems).toEqual([
      'X_INT: must be a whole number from 1 to 7',
      'X_FLAG: must be true or false',
      'X_LIST: must be a list separated by commas',
      'X_CHOICE: must be one of a, b',
      'X_FILE: /nowhere/at/all cannot be read (ENOENT)',
    ]);
  });

  it('reads no more of a file than a setting can have, however long it is', () => {
    const folder = mkdtempSync(join(tmpdir(), 'desist-environment-'));
    try {
      const path = join(folder, 'secret');
      writeFileSync(path, 'x'.repeat(64 * 1024 + 1));
      const problems = problemsOf(() => {
        const env = readEnvironment({ X_POLICY: '/dev/zero', X_PASSWORD_FILE: path });
        env.file('X_POLICY');
        env.secret('X_PASSWORD');
        env.done([]);
      });
      expect(problems).toEqual([
        'X_POLICY: /dev/zero is larger than 512 KiB, the most that is read here: is it the right file?',
        `X_PASSWORD_FILE: ${path} is larger than 64 KiB, the most that is read here: is it the right file?`,
      ]);
      expect(readEnvironment({ X_PASSWORD_FILE: path }).file('X_PASSWORD_FILE')).toHaveLength(64 * 1024 + 1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('recognises a misspelt name by its prefix, and suggests the closest one', () => {
    const problems = problemsOf(() => {
      const env = readEnvironment({ DESIST_HTPP: 'off', DESIST_SOMETHING_ELSE: '1', OTHER: 'ignored' });
      env.text('DESIST_HTTP');
      env.done(['DESIST_']);
    });
    expect(problems).toEqual([
      'DESIST_HTPP: there is no such setting; did you mean DESIST_HTTP?',
      'DESIST_SOMETHING_ELSE: there is no such setting',
    ]);
  });

  it('reads a secret from a file, without its line break, and from one place only', () => {
    const folder = mkdtempSync(join(tmpdir(), 'desist-secret-'));
    try {
      const path = join(folder, 'secret');
      writeFileSync(path, 'hush\n');
      expect(readEnvironment({ X_PASSWORD_FILE: path }).secret('X_PASSWORD')).toBe('hush');
      const twice = problemsOf(() => {
        const env = readEnvironment({ X_PASSWORD_FILE: path, X_PASSWORD: 'other' });
        env.secret('X_PASSWORD');
        env.done([]);
      });
      expect(twice).toEqual(['X_PASSWORD: given twice, also by X_PASSWORD_FILE']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
