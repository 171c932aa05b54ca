#!/usr/bin/env node
// The built program when it is there, otherwise the sources (Node strips the types).
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../services/cli/dist/main.js', import.meta.url));
const source = fileURLToPath(new URL('../services/cli/src/main.ts', import.meta.url));
const main = process.env.DESIST_FROM_SOURCE === '1' || !existsSync(built) ? ['--conditions=source', source] : [built];
const child = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(child.status ?? 3);
