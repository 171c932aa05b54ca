// Ten simulated days through the fold: prints the changes, the suppression list and one explanation.
import { spawnSync } from 'node:child_process';

const run = (args, input) =>
  spawnSync(process.execPath, args, { input, stdio: [input === undefined ? 'inherit' : 'pipe', 'pipe', 'inherit'], maxBuffer: 1 << 28 });
const made = run(['--disable-warning=ExperimentalWarning', 'examples/ten-days/make.ts']);
if (made.status !== 0) process.exit(made.status ?? 3);
const shown = run(['bin/desist.js', 'replay', '-', '--why', 'full.one@gmail.com'], made.stdout);
process.stdout.write(shown.stdout);
process.exit(shown.status ?? 3);
