import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';
import { choice, defineCommand, flag, limit, repeated, required, seconds, value } from './command.ts';
import { CommandError } from './exit.ts';

const command = defineCommand({
  name: 'try',
  section: 'The list',
  summary: 'for this test',
  operands: { name: 'THING', summary: 'what', least: 1, most: 2 },
  options: {
    dryRun: flag('off by default'),
    wait: flag('on by default', { on: true }),
    role: required('ROLE', 'needed'),
    note: value('TEXT', 'may be left out'),
    format: choice(['ndjson', 'csv'], 'how'),
    limit: limit('at most'),
    patience: seconds('how long', 30, 10),
    tag: repeated('TAG', 'any number of them'),
  },
  run: () => undefined,
});

const read = (...args: string[]): unknown => readArguments(command, args);
function problemOf(...args: string[]): [number, string] {
  try {
    read(...args);
  } catch (error) {
    if (error instanceof CommandError) return [error.code, error.message.split('\n')[0] ?? ''];
    throw error;
  }
  throw new Error('they were accepted');
}

describe('arguments of a command', () => {
  it('are parsed by its definition, in any order', () => {
    expect(read('a', '--role', 'reader')).toEqual({
      operands: ['a'],
      options: { dryRun: false, wait: true, role: 'reader', format: 'ndjson', patience: 10, tag: [] },
    });
    expect(
      read(
        '--no-wait',
        '--dry-run',
        '--role=x',
        '-',
        '--limit',
        '5',
        'b',
        '--patience',
        '0',
        '--format',
        'csv',
        '--note',
        '',
        '--tag',
        'x',
        '--tag=y',
      ),
    ).toEqual({
      operands: ['-', 'b'],
      options: { dryRun: true, wait: false, role: 'x', note: '', format: 'csv', limit: 5, patience: 0, tag: ['x', 'y'] },
    });
  });

  it('can be only a request for help', () => {
    expect([read('--help'), read('-h', 'a')]).toEqual(['help', 'help']);
  });

  it.each<[string, string[]]>([
    ["Unknown option '--frob'", ['a', '--role', 'r', '--frob']],
    ['--role: is required', ['a']],
    ['THING is missing', ['--role', 'r']],
    ['c: unexpected argument', ['a', 'b', 'c', '--role', 'r']],
    ['--format: must be one of ndjson, csv', ['a', '--role', 'r', '--format', 'xml']],
    ['--limit: must be a whole number from 1 on', ['a', '--role', 'r', '--limit', '0']],
    ['--patience: must be a whole number from 0 to 30', ['a', '--role', 'r', '--patience', '31']],
    ["Option '--note <value>' argument missing", ['a', '--role', 'r', '--note']],
  ])('%s: exit code 2', (message, args) => {
    expect(problemOf(...args)).toEqual([2, message]);
  });
});
