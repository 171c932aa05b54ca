/** The Node version that is needed stands in three places: they agree. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

it('README and the command name the version that package.json asks for', () => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
  const version = engines.node.replace('>=', '');
  expect(version).toMatch(/^\d+\.\d+$/);
  expect(read('README.md')).toContain(`need Node ${version} or newer`);
  expect(read('bin/desist.js')).toContain(`${version} or newer is needed`);
});
