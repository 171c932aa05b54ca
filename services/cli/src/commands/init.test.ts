/** What a newcomer gets from `desist init`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPolicies, readPolicyFile, readSourcesFile } from '@desist/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { command } from './init.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'desist-init-'));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const init = (where: string): unknown => command.run({ operands: [where], options: {} });
const textOf = (where: string, name: string): string => readFileSync(join(where, name), 'utf8');

it('writes files that are valid, also with the examples of sources switched on', () => {
  const where = join(folder, 'new');
  expect(init(where)).toBe(0);
  expect(readdirSync(where).sort()).toEqual(['policy.yaml', 'sources.yaml']);
  expect(readPolicyFile(textOf(where, 'policy.yaml'))).toMatchObject({ ok: true, policies: { version: defaultPolicies().version } });
  const sources = textOf(where, 'sources.yaml');
  expect(readSourcesFile(sources)).toMatchObject({ ok: true, sources: [] });
  const switchedOn = readSourcesFile(sources.replace('sources: {}', 'sources:').replaceAll(/^#(?= {2}|$)/gm, ''));
  expect(switchedOn).toMatchObject({
    ok: true,
    sources: [{ name: 'sendgrid-main' }, { name: 'ses-main' }, { name: 'kumo' }, { name: 'pmta' }],
  });
});

it('leaves existing files alone', () => {
  writeFileSync(join(folder, 'policy.yaml'), 'mine');
  expect(init(folder)).toBe(0);
  expect(textOf(folder, 'policy.yaml')).toBe('mine');
  expect(init(folder)).toBe(1);
});
