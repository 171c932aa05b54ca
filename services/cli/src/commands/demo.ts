/**
 * `desist demo`: ten simulated days on an embedded database of its own, which is removed at the end, so that every run shows the same.
 * Real servers of the environment are not touched.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '../client.ts';
import { createClient } from '../client.ts';
import { defineCommand, flag, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { tenDays } from '../ten-days.ts';
import { paint, say } from '../terminal.ts';

export const command = defineCommand({
  name: 'demo',
  section: 'Services and set-up',
  summary: 'show what Desist does, on ten simulated days of mail; keeps nothing',
  options: {
    http: value('HOST:PORT', 'where the service listens; default 127.0.0.1:8425 (DESIST_HTTP)'),
    once: flag('end when everything has been shown, instead of serving until Ctrl-C'),
  },
  examples: ['desist demo', 'desist demo --http 127.0.0.1:9000'],
  run: ({ options }) => runDemo(options),
});

const DESIST = fileURLToPath(new URL('../../../../bin/desist.js', import.meta.url));
const TENANT = 'demo';
const EXPLAINED = 'full.one@gmail.com';
const STEPS = 4;
/** Events of one request. */
const CHUNK = 1_000;
/** ms that the sender incident may take to be noticed: it is looked for every few seconds. */
const NOTICED_WITHIN = 60_000;
/** What would lead the service, or the commands, to somebody's real servers. */
const NOT_FOR_A_DEMO = /^(?:DATABASE_URL|KAFKA_|DESIST_(?:DATA|URL|API_KEY|TOPIC_|PARTITIONS|POLICY|SOURCES|PSQL_PORT))/;

interface Demo {
  readonly url: string;
  readonly client: Client;
  readonly env: NodeJS.ProcessEnv;
}

/** Exit code: that of the service. */
async function runDemo(options: { readonly http?: string; readonly once: boolean }): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'desist-demo-'));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_FOR_A_DEMO.test(name)));
  const log = join(folder, 'service.log');
  const args = ['start', '--data', join(folder, 'data'), ...(options.http === undefined ? [] : ['--http', options.http])];
  step(1, 'start the service on an embedded database');
  const service = spawn(process.execPath, [DESIST, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  service.stderr.pipe(createWriteStream(log));
  const ended = new Promise<number | null>((resolve) => service.once('close', resolve));
  // Ctrl-C in a terminal reaches the service too, and it ends in order.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void service.kill('SIGTERM'));
  try {
    const url = await Promise.race([urlOf(service), ended]);
    if (typeof url !== 'string') throw new CommandError(EXIT.missing, readFileSync(log, 'utf8').trim());
    say(`      it answers at ${url}`);
    await showAll({ url, client: createClient(url), env: { ...env, DESIST_URL: url } });
    if (!options.once) {
      say(`It keeps serving at ${url} (Ctrl-C ends it, and removes what it stored).`);
      say(`  the ten days as a page   ${paint('bold', `${url}/ui/?tenant=${TENANT}`)}`);
      say(`  one recipient over HTTP  curl '${url}/v1/recipients/${EXPLAINED}?tenant=${TENANT}'`);
      await ended;
    }
  } finally {
    service.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
  return EXIT.done;
}

async function showAll(demo: Demo): Promise<void> {
  const { client } = demo;
  const events = tenDays(Date.now());
  step(2, `send ${events.length} events of ten days, built from real SMTP replies, and decide about each recipient`);
  for (let from = 0; from < events.length; from += CHUNK) await client.post('/v1/events', events.slice(from, from + CHUNK).map(parsed));
  await folded(client, events.length);
  say('      full mailboxes, greylisting, a throttled sender, unknown users, a complaint, an outage of a provider, answers');
  step(3, 'wait until it is noticed that Gmail refuses a campaign: some seconds');
  const incident = await senderIncident(client);
  step(4, 'ask');
  say('');
  run(demo, 'list', '--tenant', TENANT);
  run(demo, 'why', EXPLAINED, '--tenant', TENANT);
  if (incident !== undefined) run(demo, 'incident', 'show', incident);
  run(demo, 'top', '--once', '--tenant', TENANT);
  run(demo, 'check', EXPLAINED, 'reader7@example.org', 'throttled1@outlook.com', '--tenant', TENANT);
}

function step(number: number, what: string): void {
  say(`${paint('bold', `[${number}/${STEPS}]`)} ${what}`);
}

const parsed = (line: string): unknown => JSON.parse(line);

/** Runs a command of this program, as a person would type it. */
function run({ env }: Demo, ...args: readonly string[]): void {
  say(paint('bold', `$ desist ${args.join(' ')}`));
  spawnSync(process.execPath, [DESIST, ...args], { stdio: 'inherit', env });
  say('');
}

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    said += chunk.toString();
    const url = /at (http:\S+)/.exec(said)?.[1];
    if (url !== undefined) return url;
  }
  // It ended: its exit is what the caller sees.
  return new Promise(() => undefined);
}

/** Everything that was sent has been folded: no partition is behind. */
async function folded(client: Client, events: number): Promise<void> {
  for (;;) {
    const { partitions } = (await client.get('/v1/status')) as { partitions: readonly { nextOffset: number }[] };
    if (partitions.reduce((sum, { nextOffset }) => sum + nextOffset, 0) >= events) return;
    await sleep(100);
  }
}

/** The id of the incident of the throttled campaign, if it was noticed in time. */
async function senderIncident(client: Client): Promise<string | undefined> {
  for (const until = Date.now() + NOTICED_WITHIN; Date.now() < until;) {
    const { items } = (await client.get('/v1/incidents?kind=sender')) as { items: readonly { id: string }[] };
    if (items[0] !== undefined) return items[0].id;
    await sleep(500);
  }
  return undefined;
}
