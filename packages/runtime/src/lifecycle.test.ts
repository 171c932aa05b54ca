import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';

const PROGRAM = `
  import { createServer } from 'node:net';
  import { createLifecycle } from ${JSON.stringify(new URL('lifecycle.ts', import.meta.url).href)};
  const life = createLifecycle({ debug() {}, info() {}, warn() {}, error() {} });
  life.opened('what is ours', () => Promise.resolve());
  // What nobody closes, as a socket that a library has forgotten.
  createServer().listen(0, '127.0.0.1', () => process.kill(process.pid, 'SIGTERM'));
  life.signal.addEventListener('abort', () => void life.close());
`;

it('ends in order, and soon, although something that nobody closes is left open', async () => {
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', PROGRAM], { stdio: 'ignore' });
  const late = setTimeout(() => void child.kill('SIGKILL'), 30_000);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(late);
  expect(code).toBe(0);
});
