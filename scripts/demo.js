// The main job on the embedded default: starts the service, streams ten simulated days of events into it, prints the
// suppression list and one explanation, names the page that shows them, and keeps serving until Ctrl-C (`--once`: ends instead).
import { spawn, spawnSync } from 'node:child_process';

const TENANT = 'demo';
const EXPLAINED = 'full.one@gmail.com';
const CHUNK = 1_000;
const once = process.argv.includes('--once');

const service = spawn(process.execPath, ['bin/desist.js', 'start'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { DESIST_LOG_LEVEL: 'warn', ...process.env },
});
const ended = new Promise((resolve) => service.on('exit', resolve));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => service.kill('SIGTERM'));

const url = await new Promise((resolve) => {
  let said = '';
  service.stdout.on('data', (chunk) => {
    said += chunk;
    const match = /at (http:\S+)/.exec(said);
    if (match !== null) resolve(match[1]);
  });
  void ended.then(() => resolve(undefined));
});
if (url === undefined) process.exit((await ended) ?? 3);
console.log(`Desist works at ${url}\n`);

const desist = (...args) => {
  console.log(`$ desist ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, ['bin/desist.js', ...args], {
    stdio: 'inherit',
    env: { ...process.env, DESIST_URL: url },
  });
  console.log('');
  return status;
};

try {
  const made = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'examples/ten-days/make.ts', '--end', new Date().toISOString()],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  const lines = made.stdout.trim().split('\n');
  for (let from = 0; from < lines.length; from += CHUNK) await post(lines.slice(from, from + CHUNK));
  console.log(`${lines.length} events of the last ten days were taken in`);
  await folded(lines.length);
  console.log('and folded.\n');
  desist('list', '--tenant', TENANT);
  desist('why', EXPLAINED, '--tenant', TENANT);
  const refused = await senderIncident();
  if (refused !== undefined) desist('incident', 'show', refused);
  desist('top', '--once', '--tenant', TENANT);
  desist('check', EXPLAINED, 'reader7@example.org', 'throttled1@outlook.com', '--tenant', TENANT);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
  service.kill('SIGTERM');
}
if (once) service.kill('SIGTERM');
else {
  console.log(`It keeps serving at ${url} (Ctrl-C ends it). Try: curl '${url}/v1/recipients/${EXPLAINED}?tenant=${TENANT}'`);
  console.log(`\nThe ten days as a page: ${url}/ui/?tenant=${TENANT}`);
}
const code = await ended;
process.exitCode ||= code ?? 0;

/** The id of the incident of the throttled campaign: it is noticed some seconds after its events are folded. */
async function senderIncident() {
  for (const until = Date.now() + 60_000; Date.now() < until;) {
    const { items } = await (await fetch(`${url}/v1/incidents?kind=sender`)).json();
    if (items.length > 0) return items[0].id;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return undefined;
}

async function post(events) {
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.join('\n'),
  });
  const answer = await response.json();
  if (response.status !== 202 || answer.rejected > 0) throw new Error(`events were refused: ${JSON.stringify(answer)}`);
}

/** Everything that was taken in has been folded: no partition is behind. */
async function folded(events) {
  for (;;) {
    const { partitions } = await (await fetch(`${url}/v1/status`)).json();
    if (partitions.reduce((sum, { nextOffset }) => sum + nextOffset, 0) >= events) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
