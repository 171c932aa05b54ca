/** The content of files as people have them: compressed, in UTF-16, in folders. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chunksOf, filesOf, totalBytes } from './read-lines.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function contentOf(bytes: Buffer): Promise<string> {
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('compressed files and files in UTF-16 are read as what they contain', async () => {
  const text = 'a line\nb Jürgen\n';
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
  expect(await contentOf(gzipSync(text))).toBe(text);
  expect(await contentOf(Buffer.concat([gzipSync('a line\n'), gzipSync('b Jürgen\n')]))).toBe(text);
  expect(await contentOf(Buffer.concat([zstdCompressSync('a line\n'), zstdCompressSync('b Jürgen\n')]))).toBe(text);
  expect(await contentOf(utf16)).toBe(text);
  expect(await contentOf(utf16.swap16())).toBe(text);
  expect(await contentOf(gzipSync(Buffer.from(`\uFEFF${text}`, 'utf16le')))).toBe(text);
  expect(await contentOf(Buffer.from(text))).toBe(text);
  // The first byte of bzip2, and nothing else of it.
  expect(await contentOf(Buffer.from('Bounces\n'))).toBe('Bounces\n');
  expect(await contentOf(Buffer.alloc(0))).toBe('');
});

test('a compressed file that ends early is an error', async () => {
  await expect(contentOf(gzipSync('x'.repeat(100_000)).subarray(0, -9))).rejects.toThrow('cut off or damaged (gzip)');
});

test('a folder is its files, the oldest rotation first', async () => {
  const names = [
    'mail.log',
    'mail.log.1',
    'mail.log.10.gz',
    'mail.log.2.bz2',
    'mail.log-20260301.xz',
    'mail.log-20260201',
    'a.eml',
    '.hidden',
    'x.tmp',
  ];
  for (const name of names) await writeFile(join(folder, name), 'x');
  await mkdir(join(folder, 'sub'));
  const found = filesOf([folder, '-']).map((path) => path.replace(`${folder}/`, ''));
  expect(found).toEqual([
    'a.eml',
    'mail.log-20260201',
    'mail.log-20260301.xz',
    'mail.log.10.gz',
    'mail.log.2.bz2',
    'mail.log.1',
    'mail.log',
    '-',
  ]);
  expect(() => filesOf([join(folder, 'sub')])).toThrow('no files');
  expect(() => filesOf([join(folder, 'none')])).toThrow('no such file');
  expect(totalBytes([join(folder, 'a.eml')])).toBe(1);
  expect(totalBytes([join(folder, 'mail.log.10.gz')])).toBeUndefined();
});

test('a Maildir is its mails', async () => {
  for (const name of ['new', 'cur', 'tmp']) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, `1.${name}`), 'x');
  }
  expect(filesOf([folder]).map((path) => path.slice(-3))).toEqual(['new', 'cur']);
});
