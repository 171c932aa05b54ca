/** The embedded default, as somebody uses it who has just cloned the project. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { desist, startService } from './desist.ts';
import type { Service } from './desist.ts';

const HOUR = 3_600_000;
const ALICE = 'alice@example.com';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-e2e-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Deferred every six hours with a full mailbox, until `hoursAgo` before now. */
function fullMailbox(recipient: string, fromHoursAgo: number, toHoursAgo: number): object[] {
  const events: object[] = [];
  for (let ago = fromHoursAgo; ago >= toHoursAgo; ago -= 6) {
    const occurredAt = new Date(Date.now() - ago * HOUR).toISOString();
    events.push({
      version: 1,
      recipient,
      messageId: 'm-1',
      type: 'deferred',
      occurredAt,
      smtp: { code: 452, text: '452 4.2.2 Mailbox full' },
    });
  }
  return events;
}

async function post(url: string, events: readonly object[]): Promise<void> {
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  });
  expect(response.status, await response.clone().text()).toBe(202);
}

const stateOf = async (url: string, address: string): Promise<string> =>
  ((await (await fetch(`${url}/v1/recipients/${address}`)).json()) as { state: string }).state;

const suppressed = (url: string, address: string): Promise<unknown> =>
  until(async () => (await stateOf(url, address)) === 'suppressed', `${address} is suppressed`);

describe('desist start, embedded', () => {
  it('accepts events, suppresses, answers; survives a kill; refuses a second process; shuts down in order', async () => {
    const data = join(folder, 'data');
    const env = { DESIST_DATA: data, DESIST_LOG_LEVEL: 'info' };
    const first = await startService(env, { firstStart: true });
    await post(first.url, [
      ...fullMailbox(ALICE, 80, 2),
      { version: 1, recipient: 'bob@example.com', type: 'delivered', occurredAt: new Date().toISOString() },
    ]);
    await suppressed(first.url, ALICE);

    const url = { DESIST_URL: first.url };
    const list = await desist(['list', '--json'], url);
    expect(list.code).toBe(0);
    expect(JSON.parse(list.out)).toMatchObject({ address: ALICE, scope: '*', reason: 'persistent_deferral', category: 'mailbox_full' });
    const check = await desist(['check', ALICE, 'bob@example.com'], url);
    expect(check.code).toBe(1);
    expect(check.out).toContain(`${ALICE}  NO: persistent_deferral`);
    expect(check.out).toContain('bob@example.com  yes');
    expect((await desist(['check', 'bob@example.com'], url)).code).toBe(0);
    const why = await desist(['why', ALICE], url);
    expect(why.out).toContain('452 4.2.2 Mailbox full');
    expect(why.out).toContain('=> suppressed');

    const second = await desist(['start', '--data', data, '--http', 'off'], {});
    expect(second.code).toBe(3);
    expect(second.err).toMatch(/is in use by process \d+ .*--data/);

    await first.stop(true);
    const again = await startService(env);
    try {
      expect(await stateOf(again.url, ALICE)).toBe('suppressed');
      expect((await desist(['release', ALICE, '--note', 'asked us'], { DESIST_URL: again.url })).code).toBe(0);
      await until(async () => (await stateOf(again.url, ALICE)) === 'healthy', 'released');
      const metrics = await (await fetch(`${again.url}/metrics`)).text();
      expect(metrics).toContain('desist_events_total{type="release"} 1');
      expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
      // Nothing of an address in the log lines.
      expect(again.said() + first.said()).not.toContain('alice');
    } finally {
      expect(await again.stop()).toBe(0);
    }
    expect(again.said()).toContain('"msg":"stopped"');
  });

  it('operator commands: suppress with an expiry, allow, disallow', async () => {
    const service: Service = await startService({ DESIST_DATA: join(folder, 'operator') });
    const env = { DESIST_URL: service.url };
    try {
      await post(service.url, fullMailbox(ALICE, 80, 2));
      await suppressed(service.url, ALICE);
      expect((await desist(['allow', ALICE, '--expires', '2d'], env)).code).toBe(0);
      await until(async () => (await desist(['check', ALICE], env)).code === 0, 'allowed');
      expect((await desist(['disallow', ALICE], env)).code).toBe(0);
      await until(async () => (await desist(['check', ALICE], env)).code === 1, 'no longer allowed');
      expect((await desist(['suppress', 'carol@example.com', '--scope', 'marketing', '--expires', '30d'], env)).code).toBe(0);
      await until(
        async () => (await desist(['check', 'carol@example.com', '--stream', 'marketing'], env)).code === 1,
        'suppressed for marketing',
      );
      expect((await desist(['check', 'carol@example.com', '--stream', 'transactional'], env)).code).toBe(0);
      const bad = await desist(['suppress', 'carol@example.com', '--expires', 'tomorrow'], env);
      expect(bad).toMatchObject({ code: 2 });
      expect(bad.err).toContain('--expires: tomorrow is neither');
      const status = await desist(['status'], env);
      expect(status.code).toBe(0);
      expect(status.out).toContain('suppressed, persistent_deferral (*): 1');
    } finally {
      await service.stop();
    }
  });
});

describe('mistakes are reported at once, with an exit code', () => {
  it('settings: every mistake together (2)', async () => {
    const { code, err } = await desist(['start'], { DESIST_HTTP: 'nowhere', DESIST_CLOCK_GRACE: 'soon', KAFKA_BROKERS: 'kafka' });
    expect(code).toBe(2);
    expect(err).toContain('DESIST_HTTP: must be');
    expect(err).toContain('DESIST_CLOCK_GRACE: must be');
    expect(err).toContain('KAFKA_BROKERS: must be');
  });

  it('a policy file with three mistakes: all three with their lines (2), and nothing is started', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, 'version: 1\ndeferral:\n  suppress_after: 3 days\n  suppress_failurs: 3\ngive_up:\n  messages: 0\n');
    const data = join(folder, 'never');
    const { code, err } = await desist(['start', '--policy', file, '--data', data, '--http', 'off']);
    expect(code).toBe(2);
    for (const line of [3, 4, 6]) expect(err).toContain(`policy.yaml:${line}:`);
    await expect(readFile(join(data, 'lock'))).rejects.toThrow('ENOENT');
  });

  it('no service reachable (3), unknown commands and flags (2)', async () => {
    const nobody = await desist(['list', '--url', 'http://127.0.0.1:9']);
    expect(nobody.code).toBe(3);
    expect(nobody.err).toContain('desist start');
    expect((await desist(['frobnicate'])).code).toBe(2);
    expect((await desist(['list', '--frob'])).code).toBe(2);
    expect((await desist(['start', '--frob'])).code).toBe(2);
  });
});
