/** An outage of a provider with `desist start`: the incident is detected, shown, restored and voided again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../integration/kafka/support.ts';
import { desist, startService } from './desist.ts';
import type { Service } from './desist.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const UNKNOWN = '550 5.1.1 The email account that you tried to reach does not exist';

let folder: string;
let service: Service;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-incidents-'));
  service = await startService({ DESIST_DATA: folder });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Two days of mail to gmail.com. Seven hours ago, for two hours, every user is unknown. One was unknown before, one at another provider. */
function badDay(now: number): readonly object[] {
  const events: { occurredAt: string }[] = [];
  const add = (type: string, recipient: string, at: number, text?: string): void => {
    const smtp = text === undefined ? {} : { smtp: { code: 550, enhanced: '5.1.1', text } };
    events.push({ ...{ version: 1, recipient, messageId: `m${events.length}`, type }, occurredAt: new Date(at).toISOString(), ...smtp });
  };
  const [begin, end] = [now - 7 * HOUR, now - 5 * HOUR];
  for (let at = begin - 48 * HOUR; at < begin; at += 20 * MINUTE) add('delivered', `u${at}@gmail.com`, at);
  for (let at = begin, n = 0; at < end; at += 4 * MINUTE, n += 1) add('bounced', `valid${n}@gmail.com`, at, UNKNOWN);
  for (let at = end; at < now - 2 * MINUTE; at += 10 * MINUTE) add('delivered', `l${at}@gmail.com`, at);
  add('bounced', 'gone-before@gmail.com', begin - 5 * HOUR, UNKNOWN);
  add('bounced', 'gone@yahoo.com', begin + HOUR, '550 5.1.1 unknown user');
  return events.sort((a, b) => a.occurredAt.localeCompare(b.occurredAt));
}

async function listed(): Promise<readonly string[]> {
  const response = await fetch(`${service.url}/v1/suppressions?limit=1000`);
  return ((await response.json()) as { items: { address: string }[] }).items.map(({ address }) => address).sort();
}

describe('an incident', () => {
  it('is detected and its suppressions are undone; restored its failures count, voided they do not', async () => {
    const taken = await fetch(`${service.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: badDay(Date.now())
        .map((event) => JSON.stringify(event))
        .join('\n'),
    });
    expect(taken.status).toBe(202);
    const left = ['gone-before@gmail.com', 'gone@yahoo.com'];
    await until(async () => (await listed()).length === 32, 'everybody is suppressed');
    await until(async () => (await listed()).join() === left.join(), 'the incident is noticed and carried out');

    const env = { DESIST_URL: service.url };
    const list = await desist(['incident', 'list', '--json'], env);
    const incident = JSON.parse(list.out.trim().split('\n')[0] ?? '') as { id: string; codes: object[] };
    expect(incident).toMatchObject({ origin: 'detected', provider: 'gmail', holds: true, codes: [{ code: '550 5.1.1', count: 30 }] });
    await until(async () => (await desist(['incident', 'show', incident.id], env)).out.includes('closed'), 'it is over');
    const why = await desist(['why', 'valid3@gmail.com'], env);
    expect(why.out).toContain(incident.id);

    const preview = await desist(['incident', 'show', incident.id, '--preview', '--json'], env);
    expect(preview.out).toContain('"suppressedAgain":30');
    expect((await desist(['incident', 'restore', incident.id, '--note', 'to see'], env)).code).toBe(0);
    expect((await listed()).length).toBe(32);
    expect((await desist(['incident', 'void', incident.id], env)).code).toBe(0);
    expect(await listed()).toEqual(left);

    // By hand: one window, one code; nothing happens before it is voided.
    const from = new Date(Date.now() - 24 * HOUR).toISOString();
    const made = await desist(['incident', 'create', '--domain', 'yahoo.com', '--from', from, '--code', '550', '--json'], env);
    expect(made.code).toBe(0);
    expect(await listed()).toEqual(left);
    const own = JSON.parse(made.out.trim().split('\n')[0] ?? '') as { id: string };
    expect((await desist(['incident', 'void', own.id], env)).code).toBe(0);
    expect(await listed()).toEqual(['gone-before@gmail.com']);
    expect((await desist(['incident', 'void', 'nobody'], env)).code).toBe(3);
  });
});
