/** The compose file gives the settings that it means: it serves other machines' clients only with keys, or when that is said. */
import { existsSync, readFileSync } from 'node:fs';
import { newKey } from '@desist/api';
import { readSettings, SHUTDOWN_PATIENCE } from '@desist/runtime';
import { expect, it } from 'vitest';

const FILE = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');

/** The environment of our services, as compose gives it to them when these variables are set beside the file. */
function environmentOf(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const block = /^ {2}environment: &environment\n((?: {4}.*\n)+)/m.exec(FILE)?.[1] ?? '';
  const settings = [...block.matchAll(/^ {4}([A-Z_]+): (.*)$/gm)].map(([, name = '', text = '']) => [
    name,
    text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, variable: string, otherwise: string) => given[variable] ?? otherwise),
  ]);
  return Object.fromEntries(settings) as Readonly<Record<string, string>>;
}

it('starts with keys, or with the switch, and says what is missing without both', () => {
  const { line } = newKey('ops', ['operator'], '*');
  expect(environmentOf({})).toMatchObject({ DESIST_HTTP: '0.0.0.0:8425', DESIST_PARTITIONS: '12' });
  expect(() => readSettings(environmentOf({}))).toThrow(/DESIST_HTTP: 0\.0\.0\.0 is not this machine: give DESIST_API_KEYS, or/);
  expect(readSettings(environmentOf({ DESIST_API_KEYS: line })).http).toMatchObject({ allowRemote: false, keys: [{ name: 'ops' }] });
  expect(readSettings(environmentOf({ DESIST_HTTP_ALLOW_REMOTE: 'true' })).http).toMatchObject({ allowRemote: true, keys: [] });
});

it('lets nobody but this machine reach a port', () => {
  const ports = [...FILE.matchAll(/^ +ports: \[(.*)\]$/gm)].map(([, list]) => list);
  expect(ports.length).toBeGreaterThan(0);
  for (const port of ports) expect(port).toMatch(/^'127\.0\.0\.1:\d+:\d+'$/);
});

it('kills no service before it would give up its shutdown by itself', () => {
  const [, ours = ''] = /^x-desist: &desist\n((?: {2}.*\n)+)/m.exec(FILE) ?? [];
  const [, seconds] = /^ {2}stop_grace_period: (\d+)s$/m.exec(ours) ?? [];
  expect(Number(seconds)).toBeGreaterThan(SHUTDOWN_PATIENCE);
});

it('runs as a user that Kubernetes sees is not root, on a root that nobody writes', () => {
  const image = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  expect(image.match(/^USER .*$/gm)).toEqual(['USER 1000:1000']);
  expect(FILE).toMatch(/^x-desist: &desist\n(?: {2}.*\n)* {2}read_only: true\n/m);
  const copied = [...image.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '));
  expect(copied).toContain('policy.example.yaml');
  for (const path of copied) expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
});
