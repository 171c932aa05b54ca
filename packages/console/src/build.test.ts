/** What the build makes: small, complete, and with nothing from elsewhere in it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { buildConsole, buildTry, writeConsole } from '../build.ts';

const files = await buildConsole();
const names = [...files.keys()];
const page = files.get('index.html')?.toString() ?? '';
const folder = mkdtempSync(path.join(tmpdir(), 'console-build-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes of the scripts with such names, compressed. */
function compressed(start: string): number {
  const scripts = names.filter((name) => name.startsWith(`assets/${start}-`) && name.endsWith('.js'));
  expect(scripts).toHaveLength(1);
  return scripts.reduce((sum, name) => sum + gzipSync(files.get(name) ?? '', { level: 9 }).length, 0);
}

test('the script is at most 120 kB, compressed; what reads logs and lists, which is loaded with the first of them, 240 kB each', () => {
  expect(names.filter((name) => name.endsWith('.js'))).toHaveLength(3);
  expect(compressed('console')).toBeLessThanOrEqual(120_000);
  for (const worker of ['try-worker', 'import-worker']) expect(compressed(worker)).toBeLessThanOrEqual(240_000);
});

test('the page that tries a log stands alone: all its addresses are beside it, and it may connect to nowhere', async () => {
  const alone = await buildTry();
  const html = alone.get('index.html')?.toString() ?? '';
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name = '']) => name);
  expect(named.length).toBe(3);
  for (const name of named) expect([...alone.keys()]).toContain(name);
  expect(html).toContain("default-src 'none'");
  expect(html).not.toContain('connect-src');
  for (const [name, content] of alone) if (name.endsWith('.js')) expect(content.includes('/ui/assets/'), name).toBe(false);
});

test('the page names files that exist, and holds no script and no style of its own', () => {
  const named = [...page.matchAll(/(?:src|href)="\/ui\/([^"]+)"/g)].map(([, name = '']) => name);
  expect(named.length).toBe(3);
  for (const name of named) expect(names).toContain(name);
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
});

test('every file but the page has a name that changes with it', () => {
  for (const name of names.filter((one) => one !== 'index.html')) expect(name).toMatch(/^assets\/[\w-]+-\w{8}\.\w+$/);
});

test('nothing is loaded from elsewhere', () => {
  for (const name of names.filter((one) => /\.(css|html)$/.test(one))) {
    const text = files.get(name)?.toString() ?? '';
    for (const [, address = ''] of text.matchAll(/(?:url\(|src=|href=)["']?([^"')\s>]+)/g)) expect(address).toMatch(/^\/(ui\/|docs)/);
  }
});

test('is written with what browsers take compressed; what has not changed stays, what is gone is removed', () => {
  writeConsole(files, folder);
  const script = names.find((name) => name.endsWith('.js')) ?? '';
  const at = (name: string): string => path.join(folder, name);
  expect(gunzipSync(readFileSync(at(`${script}.gz`)))).toEqual(files.get(script));
  expect(brotliDecompressSync(readFileSync(at(`${script}.br`)))).toEqual(files.get(script));
  utimesSync(at(script), 1, 1);
  writeFileSync(at('assets/old.js'), '');
  writeConsole(files, folder);
  expect(statSync(at(script)).mtimeMs).toBe(1_000);
  expect(readdirSync(at('assets'))).not.toContain('old.js');
});
