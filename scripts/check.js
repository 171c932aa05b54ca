// Everything that must hold before a change is merged: `npm run check`. What reads the code only runs side by side, as many at a time as there
// are cores, then the tests, which use all cores themselves. A check that fails lets the others of its time end, so that one run names all.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

// Each as an npm script, after which others it must run, the longest first.
const READING = [
  { script: 'build', after: [] },
  { script: 'format:check', after: [] },
  // Types of other workspaces are those that were built.
  { script: 'lint', after: ['build'] },
  { script: 'typecheck:tests', after: ['build'] },
  { script: 'arch', after: [] },
  { script: 'knip', after: [] },
];

const results = new Map();

function run(script, quiet) {
  const startedAt = performance.now();
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'] });
  const said = [];
  child.stdout?.on('data', (chunk) => said.push(chunk));
  child.stderr?.on('data', (chunk) => said.push(chunk));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      if (code !== 0) process.stdout.write(Buffer.concat(said));
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${script} (${seconds} s)`);
      resolve(code === 0);
    });
  });
}

/** Resolves when all have ended. */
function readAll() {
  const waiting = [...READING];
  let running = 0;
  return new Promise((resolve) => {
    const next = () => {
      if (waiting.length === 0 && running === 0) return resolve();
      while (running < availableParallelism()) {
        const index = waiting.findIndex(({ after }) => after.every((script) => results.has(script)));
        if (index < 0) return;
        const [{ script }] = waiting.splice(index, 1);
        running += 1;
        run(script, true).then((passed) => {
          results.set(script, passed);
          running -= 1;
          next();
        });
      }
    };
    next();
  });
}

await readAll();
if ([...results.values()].every(Boolean)) results.set('tests', await run('test:built', false));
process.exitCode = [...results.values()].every(Boolean) ? 0 : 1;
