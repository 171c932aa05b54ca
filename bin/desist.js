#!/usr/bin/env node
// `desist start`, `engine`, `ingest` and `query` are services of their own; everything else is the command line's.
// Runs what is built, otherwise the sources (Node strips the types).
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SERVICES = { start: 'standalone', engine: 'engine', ingest: 'ingest', query: 'query' };
const [first, ...rest] = process.argv.slice(2);
const service = SERVICES[first];
const args = service === undefined ? process.argv.slice(2) : rest;

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const built = at(`services/${service ?? 'cli'}/dist/main.js`);
const fromSource = process.env.DESIST_FROM_SOURCE === '1' || !existsSync(built);
const [major, minor] = process.versions.node.split('.').map(Number);
const newEnough = major > 22 || (major === 22 && minor >= 18);

if (first === '--version' || first === '-V') {
  // Before anything else is read: shell prompts and health checks ask for it.
  console.log(JSON.parse(readFileSync(at('package.json'), 'utf8')).version);
} else if (newEnough && !fromSource) {
  // Compiled code is kept between two runs, below the user's own home, where nobody else may put it. Where that cannot be written, nothing is.
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(homedir(), '.cache', 'desist', 'compiled'));
  process.argv = [process.argv[0], built, ...args];
  await import(pathToFileURL(built).href);
} else {
  const ownNode = at('node_modules/.bin/node');
  if (!newEnough && !existsSync(ownNode)) {
    console.error(`Node ${process.versions.node} is too old: 22.18 or newer is needed, or \`npm ci\`, which brings one`);
    process.exit(3);
  }
  const { spawn } = await import('node:child_process');
  const main = fromSource ? ['--conditions=source', at(`services/${service ?? 'cli'}/src/main.ts`)] : [built];
  const child = spawn(newEnough ? process.execPath : ownNode, ['--disable-warning=ExperimentalWarning', ...main, ...args], {
    stdio: 'inherit',
  });
  // The terminal sends Ctrl-C to both; the child decides when to end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 3));
}
