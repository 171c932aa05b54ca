/**
 * The command and the services as programs for the tests: the sources, and most of what they import, joined into a few files. A service loads
 * some 2,300 modules from its sources, which costs two seconds of a processor at every start, and the tests start hundreds. Built once for a
 * state of the sources, below `node_modules/.cache`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

export type Program = 'cli' | 'standalone' | 'engine' | 'ingest' | 'query';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/desist-programs');
const PROGRAMS: readonly Program[] = ['cli', 'standalone', 'engine', 'ingest', 'query'];
const COMMANDS = join(ROOT, 'services/cli/src/commands');
/** What finds files of its own beside itself, or whose insides are reached for. */
const APART = /^(?:@electric-sql\/|kafkajs|snappy|lz4-napi)/;
/** It looks for the commands beside itself: they are beside the joined one too. */
const REGISTRY = join(ROOT, 'services/cli/src/registry.ts');
/** Set for the workers of a run, and for what they start. */
const VARIABLE = 'DESIST_TEST_PROGRAMS';
/** ms after which the programs of another state of the sources are removed. */
const FORGOTTEN_AFTER = 24 * 3_600_000;

/** Arguments for Node that start it: joined within a test run, from the sources otherwise. */
export function programOf(name: Program): readonly string[] {
  const folder = process.env[VARIABLE];
  const quiet = '--disable-warning=ExperimentalWarning';
  if (folder !== undefined) return [quiet, join(folder, `${name}.js`)];
  return ['--conditions=source', quiet, join(ROOT, `services/${name}/src/main.ts`)];
}

/** The projects of one run load this module once each. */
const run = globalThis as { desistPrograms?: Promise<void> };

/** For the setup of a run. */
export default function providePrograms(): Promise<void> {
  return (run.desistPrograms ??= provide());
}

async function provide(): Promise<void> {
  const folder = join(CACHE, stateOfSources());
  if (!existsSync(folder)) await build(folder);
  process.env[VARIABLE] = folder;
}

function stateOfSources(): string {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  hash.update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const file of sources()) hash.update(`\0${relative(ROOT, file)}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

function sources(): readonly string[] {
  const folders = ['packages', 'services'].flatMap((above) => readdirSync(join(ROOT, above)).map((name) => join(ROOT, above, name)));
  return folders
    .flatMap((folder) => [join(folder, 'package.json'), ...modulesBelow(join(folder, 'src'))])
    .filter((file) => existsSync(file));
}

function modulesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.test|\.d)\.ts$/.test(file))
    .sort()
    .map((file) => join(folder, file));
}

async function build(folder: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const making = mkdtempSync(join(CACHE, 'making-'));
  const commands = modulesBelow(COMMANDS).map((file) => [`commands/${relative(COMMANDS, file).slice(0, -3)}`, file] as const);
  const mains = PROGRAMS.map((name) => [`${name}-main`, join(ROOT, `services/${name}/src/main.ts`)] as const);
  const joined = await rolldown({
    input: Object.fromEntries([...mains, ...commands]),
    platform: 'node',
    resolve: { conditionNames: ['source', 'node', 'default'] },
    external: APART,
    logLevel: 'silent',
    plugins: [
      {
        // Files beside a module are where its source is.
        name: 'own-place',
        transform: {
          filter: { id: /\.[cm]?[jt]s$/, code: /import\.meta\.url|__dirname/ },
          handler: (code, id) => (id === REGISTRY ? null : inOwnPlace(code, id)),
        },
      },
    ],
  });
  await joined.write({ dir: making, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
  await joined.close();
  writeFileSync(join(making, 'package.json'), '{ "type": "module" }');
  for (const name of PROGRAMS) writeFileSync(join(making, `${name}.js`), launcherOf(name));
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another run was faster.
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  const now = Date.now();
  for (const other of readdirSync(CACHE).map((name) => join(CACHE, name)))
    if (now - statSync(other).mtimeMs > FORGOTTEN_AFTER) rmSync(other, { recursive: true, force: true });
}

/** Names its own place in words, as it was before it was joined with others. */
function inOwnPlace(code: string, id: string): string {
  const placed = code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
  return /(?:const|let|var) __dirname/.test(code) ? placed : placed.replaceAll('__dirname', JSON.stringify(dirname(id)));
}

/** Compiled code is kept between two starts. */
function launcherOf(name: Program): string {
  return `import module from 'node:module';
module.enableCompileCache(import.meta.dirname + '/compiled');
await import('./${name}-main.js');
`;
}
