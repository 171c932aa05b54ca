/** An incident as an operator has it: named, looked at, voided, restored, each through the log of a running service. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { desist, startService } from './desist.ts';
import type { Ran, Service } from './desist.ts';

const RECIPIENTS = 12;
const NO_SUCH = '550 5.1.1 The email account that you tried to reach does not exist';

let folder: string;
let service: Service;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-incident-'));
  service = await startService({ DESIST_DATA: join(folder, 'data') });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = async (...args: string[]): Promise<Ran> => desist(args, { DESIST_URL: service.url });
const ndjson = async (...args: string[]): Promise<readonly Readonly<Record<string, unknown>>[]> =>
  (await run(...args, '--json')).out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
/** The list, without when each row was last folded. */
const list = async (): Promise<readonly object[]> => (await ndjson('list')).map((row) => ({ ...row, updatedAt: null }));
const listed = async (): Promise<readonly string[]> => (await ndjson('list')).map(({ address }) => String(address));

it('voiding ends the suppressions that rest on it and no others; restoring brings them back', async () => {
  const hour = Date.now() - 3_600_000;
  const events = Array.from({ length: RECIPIENTS }, (_, n) => ({
    version: 1,
    recipient: `r${n}@gmail.com`,
    messageId: `m${n}`,
    type: 'bounced',
    occurredAt: new Date(hour + n * 1_000).toISOString(),
    smtp: { code: 550, enhanced: '5.1.1', text: NO_SUCH },
  }));
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${service.url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(events) })).status).toBe(202);
  expect((await run('suppress', 'r0@gmail.com', '--scope', 'marketing')).code).toBe(0);
  await until(async () => (await listed()).length === RECIPIENTS + 1, 'all are listed');
  const before = await list();

  const [incident, preview] = await ndjson('incident', 'create', '--provider', 'gmail', '--from', '2h', '--code', '550 5.1.1');
  expect(incident).toMatchObject({ state: 'not_held_back', revision: 0 });
  expect(preview).toMatchObject({
    recipients: RECIPIENTS,
    failures: RECIPIENTS,
    heldBack: 0,
    suppressed: RECIPIENTS,
    released: RECIPIENTS,
  });
  expect(preview).toMatchObject({ codes: [{ code: '550 5.1.1', count: RECIPIENTS }], samples: [NO_SUCH] });
  expect(await list()).toEqual(before);

  const id = String(incident?.['id']);
  const voided = await run('incident', 'void', id, '--note', 'told by the provider');
  expect(voided.code).toBe(0);
  expect(voided.out).toContain(`${RECIPIENTS} recipients looked at, ${RECIPIENTS} changed`);
  expect(await listed()).toEqual(['r0@gmail.com']);
  expect((await run('why', 'r1@gmail.com', '--history')).out).toContain(`part of incident ${id}`);
  const [shown, now] = await ndjson('incident', 'show', id, '--preview');
  expect(shown).toMatchObject({ state: 'held_back', note: 'told by the provider', progress: { told: true, changed: RECIPIENTS } });
  expect(now).toMatchObject({ heldBack: RECIPIENTS, released: 0, suppressedAgain: RECIPIENTS });
  expect(await ndjson('incident', 'void', id)).toEqual([shown]);

  expect((await run('incident', 'restore', id)).code).toBe(0);
  expect(await list()).toEqual(before);
  expect((await run('incident', 'show', 'nobody')).code).toBe(3);
});
