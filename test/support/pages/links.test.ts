/** Every relative link and anchor of every Markdown file of the repository leads somewhere; so does every path that architecture.md names. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, relativeLinks } from './links.ts';

const ROOT = path.join(import.meta.dirname, '../../..');

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'desist-data']);

/** From the root, with `/`. */
const PAGES = globSync('**/*.md', { cwd: ROOT, exclude: (name) => name.startsWith('.') || NOT_OURS.has(path.basename(name)) })
  .map((name) => name.replaceAll(path.sep, '/'))
  .sort();

function problemOf(page: string, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const found = file === '' ? page : path.join(path.dirname(page), decodeURIComponent(file));
  if (found.startsWith('..') || !existsSync(path.join(ROOT, found))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  if (statSync(path.join(ROOT, found)).isDirectory() || !found.endsWith('.md')) return 'only a page has anchors';
  return anchors(read(found)).has(decodeURIComponent(anchor)) ? undefined : 'there is no such heading';
}

function read(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8');
}

describe('pages', () => {
  it('are found, and have links', () => {
    expect(PAGES).toContain('README.md');
    expect(PAGES.length).toBeGreaterThan(30);
    expect(relativeLinks(read('README.md')).length).toBeGreaterThan(10);
  });

  it.each(PAGES)('%s: its relative links and anchors lead somewhere', (page) => {
    const broken = relativeLinks(read(page)).flatMap(({ target, line }) => {
      const problem = problemOf(page, target);
      return problem === undefined ? [] : [`${page}:${line} ${target}: ${problem}`];
    });
    expect(broken).toEqual([]);
  });

  it('of architecture: the files that it names are there', () => {
    const text = read('docs/architecture.md');
    const named = [...text.matchAll(/`((?:[a-z0-9-]+\/)+[a-z0-9.-]+\.ts)`/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(20);
    const missing = named.filter(
      (name) => ![name, `packages/${name}`, `packages/pipeline/src/${name}`].some((one) => existsSync(path.join(ROOT, one))),
    );
    expect(missing).toEqual([]);
  });
});

describe('links', () => {
  it('are those of the text, not those of code or of other sites', () => {
    const text = [
      '[a](b.md)',
      '`[no](no.md)`',
      '```',
      '[no](no.md)',
      '```',
      '[site](https://example.com/x.md) and ![d](e.png "t")',
      '[r]: f.md#g',
    ];
    expect(relativeLinks(text.join('\n'))).toEqual([
      { target: 'b.md', line: 1 },
      { target: 'e.png', line: 6 },
      { target: 'f.md#g', line: 7 },
    ]);
  });

  it('lead to anchors as GitHub makes them', () => {
    const text = [
      '# What `desist` is, and not',
      '## A–B: `policy_version`',
      '## More',
      '## More',
      '```',
      '# no heading',
      '```',
      '## [A page](x.md)',
    ];
    expect([...anchors(text.join('\n'))]).toEqual(['what-desist-is-and-not', 'ab-policy_version', 'more', 'more-1', 'a-page']);
  });
});
