/** `desist top`, `series` and `status`, as processes against a stub of the service. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const { DESIST_TEST_PROGRAMS: programs } = process.env;
/** From the sources, or as the setup of the run has joined them, which starts sooner. */
const PROGRAM =
  programs === undefined
    ? ['--conditions=source', '--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'main.ts')]
    : [path.join(programs, 'cli.js')];

let asked: string[];
let answers: Readonly<Record<string, unknown>>;
let url: string;
let close: () => void;

beforeEach(async () => {
  asked = [];
  answers = {};
  const server = createServer((request, response) => {
    const wanted = request.url ?? '';
    asked.push(wanted);
    const body = answers[wanted.replace(/\?.*/, '')];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? { status: 404 }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => {
  close();
});

async function desist(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [...PROGRAM, ...args], { env: { ...process.env, DESIST_URL: url, NO_COLOR: '1' } });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

const ITEM = {
  ...{ name: 'gmail', tries: 240, delivered: 60, deferred: 180, bounced: 0, deferralShare: 0.75, usualShare: 0.02 },
  ...{ reason: { category: 'rate_limited', count: 180 }, medianWait: 540, openIncidents: ['sender-gmail-1'] },
};
const TOP = { by: 'provider', from: '2026-03-01T10:00:00.000Z', to: '2026-03-01T11:00:00.000Z', items: [ITEM] };

test('top: tries, deferred, usual, top reason, median wait and incidents; once without a terminal', async () => {
  answers = { '/v1/top': TOP };
  const { code, out } = await desist('top', '--tenant', 'acme', '--limit', '99');
  expect(code).toBe(0);
  expect(asked).toEqual(['/v1/top?by=provider&tenant=acme&limit=50']);
  expect(out).toContain('by provider, 2026-03-01T10:00Z to 2026-03-01T11:00Z\n');
  expect(out).toMatch(/^gmail +240 +180 +75 % +2 % +rate_limited \(180\) +9 min +sender-gmail-1$/m);
  const json = JSON.parse((await desist('top', '--json', '--by', 'pool')).out) as object;
  expect(json).toEqual({ ...ITEM, by: 'pool', from: TOP.from, to: TOP.to });
  expect((await desist('top', '--by', 'zork')).code).toBe(2);
});

test('series: a row for each step and group, and the whole span; as JSON what the service says', async () => {
  const series = {
    ...{ measure: 'deferral_share', by: 'provider', step: '1h', from: '2026-03-01T10:00:00.000Z', to: '2026-03-01T12:00:00.000Z' },
    times: ['2026-03-01T10:00:00.000Z', '2026-03-01T11:00:00.000Z'],
    series: [
      { group: 'gmail', metric: 'share', values: [0.25, null], total: 0.25 },
      { group: 'gmail', metric: 'deferred', values: [1, 0], total: 1 },
      { group: 'gmail', metric: 'delivered', values: [3, 0], total: 3 },
    ],
  };
  answers = { '/v1/series': series };
  const { out } = await desist(
    'series',
    '--measure',
    'deferral_share',
    '--by',
    'provider',
    '--from',
    '2026-03-01T10:00:00Z',
    '--step',
    '1h',
  );
  expect(asked).toEqual(['/v1/series?measure=deferral_share&by=provider&from=2026-03-01T10%3A00%3A00Z&step=1h']);
  expect(out.split('\n').map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'deferral_share by provider, 2026-03-01T10:00Z to 2026-03-01T12:00Z, step 1h',
    'TIME PROVIDER SHARE DEFERRED DELIVERED',
    '2026-03-01T10:00Z gmail 25 % 1 3',
    'all gmail 25 % 1 3',
    '',
  ]);
  expect(JSON.parse((await desist('series', '--measure', 'outcomes', '--json')).out)).toEqual(series);
  expect((await desist('series')).code).toBe(2);
  await desist('series', '--measure', 'outcomes', '--from', '7d');
  expect(asked.at(-1)).toMatch(/^\/v1\/series\?measure=outcomes&from=20\d\d-/);
});

test('status: at risk and allowances come from the counters; a service without them is shown without', async () => {
  const status = { partitions: [], recipients: { persistent: 3 }, suppressions: [] };
  answers = { '/v1/status': status, '/v1/summary': { atRisk: 7, allowances: 2 } };
  const { out } = await desist('status');
  expect(out).toContain(
    'persistent: 3 recipients\nat risk: 7 recipients are suppressed within 24 hours if nothing changes\nallowances: 2\n',
  );
  expect(JSON.parse((await desist('status', '--json')).out)).toEqual({ ...status, atRisk: 7, allowances: 2 });
  answers = { '/v1/status': status };
  expect((await desist('status')).out).not.toContain('allowances');
});
