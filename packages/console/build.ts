/**
 * Builds the console: `src/page` becomes hashed files in `dist/ui`, each with a Brotli and a gzip version beside it, and `/ui/try` alone in
 * `dist/try`. What has not changed
 * is not written again, so a service that is running keeps its files until they are replaced.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const HERE = import.meta.dirname;
const FOLDER = path.join(HERE, 'dist/ui');
const TRY_FOLDER = path.join(HERE, 'dist/try');

/** Contents by path below the folder. */
export type BuiltFiles = ReadonlyMap<string, Buffer>;

interface Page {
  readonly html: string;
  readonly script: string;
  /** Of the folder, as the page's own addresses begin: below `/ui/`, or beside the page. */
  readonly root: string;
  /** Of a font, as the style names it. */
  readonly assets: string;
  /** Folders below `src/page` with a worker of the page. */
  readonly workers: readonly string[];
}

/** The console, as it is served under `/ui/`. */
export function buildConsole(): Promise<BuiltFiles> {
  return buildPage({ html: 'index.html', script: 'main.tsx', root: '/ui/', assets: '/ui/assets/', workers: ['try', 'import'] });
}

/** `/ui/try` alone: a folder that any server may hand out under any address. */
export function buildTry(): Promise<BuiltFiles> {
  return buildPage({ html: 'try.html', script: 'try-main.tsx', root: './', assets: './', workers: ['try'] });
}

async function buildPage({ html, script, root, assets, workers }: Page): Promise<BuiltFiles> {
  const entries = workers.map((name) => [`${name}-worker`, `src/page/${name}/worker.ts`]);
  const files = new Map(await bundle(Object.fromEntries(entries) as Record<string, string>, assets));
  const named = (end: RegExp): string => root + ([...files.keys()].find((name) => end.test(name)) ?? '');
  const define = Object.fromEntries(
    workers.map((name) => [`${name.toUpperCase()}_WORKER`, JSON.stringify(named(new RegExp(`${name}-worker-\\w+\\.js$`)))]),
  );
  for (const [name, content] of await bundle({ console: `src/page/${script}` }, assets, define)) files.set(name, content);
  const icon = readFileSync(path.join(HERE, 'src/page/icon.svg'));
  files.set(`assets/icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`, icon);
  const page = readFileSync(path.join(HERE, 'src/page', html), 'utf8')
    .replace('%SCRIPT%', named(/console-\w+\.js$/))
    .replace('%STYLE%', named(/console-\w+\.css$/))
    .replace('%ICON%', named(/icon-\w+\.svg$/));
  return files.set('index.html', Buffer.from(page));
}

async function bundle(entryPoints: Record<string, string>, publicPath: string, define: Record<string, string> = {}): Promise<BuiltFiles> {
  const { outputFiles } = await build({
    absWorkingDir: HERE,
    entryPoints,
    outdir: 'dist/ui/assets',
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    publicPath,
    define,
    // Our own packages as they are written: the page is built without them being built.
    conditions: ['source'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfigRaw: {},
    loader: { '.woff2': 'file', '.svg': 'file' },
    legalComments: 'linked',
    write: false,
    logLevel: 'warning',
  });
  return new Map(outputFiles.map((file) => [`assets/${path.basename(file.path)}`, Buffer.from(file.contents)]));
}

export function writeConsole(files: BuiltFiles, folder = FOLDER): void {
  const wanted = new Map(files);
  for (const [name, content] of files) {
    if (name.endsWith('.woff2')) continue;
    wanted.set(`${name}.gz`, gzipSync(content, { level: 9 }));
    wanted.set(`${name}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
  }
  mkdirSync(path.join(folder, 'assets'), { recursive: true });
  const present = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  // The page is last: what it names is there before it.
  for (const [name, content] of [...wanted].sort(([a], [b]) => Number(a.startsWith('index')) - Number(b.startsWith('index')))) {
    if (present.includes(name) && readFileSync(path.join(folder, name)).equals(content)) continue;
    writeFileSync(path.join(folder, name), content);
  }
  for (const name of present) if (!wanted.has(name)) rmSync(path.join(folder, name));
}

if (import.meta.main) {
  writeConsole(await buildConsole());
  writeConsole(await buildTry(), TRY_FOLDER);
}
