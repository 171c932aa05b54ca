import { addFact, DEFAULT_POLICY, encodeRecipient, factOf, judge, newRecipient } from '@desist/domain';
import { createMemoryIncidents } from '@desist/memory';
import type { MemoryIncidents } from '@desist/memory';
import type { StoredRecipient } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createApi } from './index.ts';
import type { Api } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const HOUR = 3_600_000;
const UNKNOWN = '550 5.1.1 no such user';
const FULL = '452 4.2.2 mailbox full';
const POLICIES = { version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() };
const CONTEXT = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'sha256:x' };

/** A recipient at gmail that failed with these replies, an hour apart. */
const stored = (address: string, ...replies: readonly string[]): StoredRecipient => storedAs(address, undefined, ...replies);

/** ... all of them held back by this incident. */
function storedAs(address: string, incident: string | undefined, ...replies: readonly string[]): StoredRecipient {
  const recipient = newRecipient();
  for (const [index, text] of replies.entries()) {
    const at = NOW + index * HOUR;
    const type = text.startsWith('5') ? ('bounced' as const) : ('deferred' as const);
    const event = { id: `e${index}`, tenant: 'acme', stream: 'default', recipient: address, type, occurredAt: at, messageId: `m${index}` };
    const fact = factOf({ ...event, smtp: { code: Number(text.slice(0, 3)), text } }, (failed) => judge(failed, () => 'gmail'));
    if (fact?.kind === 'failure') addFact(recipient, incident === undefined ? fact : { ...fact, incident }, at, CONTEXT);
  }
  return { tenant: 'acme', address, partition: 0, version: recipient.version, evidence: encodeRecipient(recipient) };
}

function make(): { readonly api: Api; readonly incidents: MemoryIncidents } {
  const incidents = createMemoryIncidents();
  const quiet = (): void => undefined;
  const api = createApi({
    reader: {} as never,
    incidents,
    append: async () => [],
    policies: POLICIES,
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: () => NOW },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
  });
  return { api, incidents };
}

const TERMS = { provider: 'Gmail', from: '2026-03-01T11:00:00Z', until: '2026-03-01T12:30:00Z', code: '550 5.1.1' };
const post = async (api: Api, url: string, payload: object = {}) => api.inject({ method: 'POST', url, payload });

describe('the list', () => {
  test('goes on where a page ended, and ends with the last one', async () => {
    const { api, incidents } = make();
    for (let n = 0; n < 4; n += 1) {
      const { id } = (await post(api, '/v1/incidents', { ...TERMS, code: `55${n}` })).json<{ id: string }>();
      const row = await incidents.find(id);
      if (row !== null) await incidents.update({ ...row, createdAt: n }, 0);
    }
    const page = async (query: string) =>
      (await api.inject(`/v1/incidents?limit=2${query}`)).json<{ items: { code: string }[]; cursor: string }>();
    const first = await page('');
    const second = await page(`&cursor=${first.cursor}`);
    expect([first, second].map(({ items }) => items.map(({ code }) => code))).toEqual([
      ['553', '552'],
      ['551', '550'],
    ]);
    expect(second.cursor).toBeNull();
    for (const bad of ['nonsense', '%00', 'a%20b']) expect((await api.inject(`/v1/incidents?cursor=${bad}`)).statusCode).toBe(400);
    expect((await api.inject('/v1/incidents/%00')).statusCode).toBe(404);
  });
});

describe('an incident that an operator names', () => {
  test('is made once, holds nothing, and no partition hears of it', async () => {
    const { api, incidents } = make();
    const first = await post(api, '/v1/incidents', { ...TERMS, note: 'told by the provider', by: 'eve' });
    expect(first.statusCode).toBe(201);
    expect(first.json()).toMatchObject({
      origin: 'operator',
      state: 'not_held_back',
      provider: 'gmail',
      holds: false,
      by: 'eve',
      revision: 0,
    });
    const again = await post(api, '/v1/incidents', TERMS);
    expect([again.statusCode, again.json<{ id: string }>().id]).toEqual([200, first.json<{ id: string }>().id]);
    expect(await incidents.untold()).toEqual([]);
    expect((await api.inject('/v1/incidents')).json()).toMatchObject({ items: [{ note: 'told by the provider' }], cursor: null });
  });

  test('of which every mistake is told', async () => {
    const answer = await post(make().api, '/v1/incidents', { code: 'x', from: 'now' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ errors: { detail: string }[] }>().errors.map(({ detail }) => detail)).toEqual([
      'code: must be like 550, 5.1.1 or "550 5.1.1"',
      'from: must be an RFC 3339 time',
      'from: must be given',
      'provider: must be given, or domain',
    ]);
  });

  test('shows what is inside, and what voiding would do', async () => {
    const { api, incidents } = make();
    incidents.given.recipients.push(
      stored('only@gmail.com', UNKNOWN),
      stored('twice@gmail.com', UNKNOWN, FULL, UNKNOWN),
      stored('full@gmail.com', FULL),
      stored('bob@gmail.com', FULL, UNKNOWN),
    );
    const { id } = (await post(api, '/v1/incidents', TERMS)).json<{ id: string }>();
    expect((await api.inject(`/v1/incidents/${id}/preview`)).json()).toEqual({
      recipients: 2,
      failures: 2,
      heldBack: 0,
      suppressed: 2,
      // The other one bounced a second time, outside of the window.
      released: 1,
      suppressedAgain: 0,
      codes: [{ code: '550 5.1.1', count: 2 }],
      samples: [UNKNOWN],
      addresses: ['only@gmail.com', 'twice@gmail.com'],
      cursor: null,
    });
  });

  test('... and, voided, what restoring would do', async () => {
    const { api, incidents } = make();
    const { id } = (await post(api, '/v1/incidents', TERMS)).json<{ id: string }>();
    incidents.given.recipients.push(storedAs('held@gmail.com', id, UNKNOWN), storedAs('theirs@gmail.com', 'another', UNKNOWN));
    const preview = (await api.inject(`/v1/incidents/${id}/preview`)).json<object>();
    expect(preview).toMatchObject({ recipients: 2, heldBack: 2, suppressed: 0, released: 0, suppressedAgain: 1 });
  });

  test('voided and restored: each decision is told with a higher revision, and one that changes nothing is none', async () => {
    const { api, incidents } = make();
    const { id } = (await post(api, '/v1/incidents', TERMS)).json<{ id: string }>();
    const decide = async (what: string): Promise<unknown> => {
      const answer = await post(api, `/v1/incidents/${id}/${what}`, { by: 'eve' });
      return [answer.statusCode, answer.json<{ revision: number }>().revision, answer.json<{ state: string }>().state];
    };
    expect(await decide('restore')).toEqual([200, 0, 'not_held_back']);
    expect(await decide('void')).toEqual([202, 1, 'held_back']);
    expect(await decide('void')).toEqual([200, 1, 'held_back']);
    expect((await incidents.untold()).map((row) => [row.id, row.revision, row.action])).toEqual([[id, 1, 'voided']]);
    expect(await decide('restore')).toEqual([202, 2, 'not_held_back']);
    incidents.given.partitions = 3;
    await incidents.markTold(id, 2);
    expect((await api.inject(`/v1/incidents/${id}`)).json()).toMatchObject({
      progress: { told: true, partitions: 3, done: 0, looked: 0, changed: 0 },
    });
    expect((await post(api, '/v1/incidents/nobody/void')).statusCode).toBe(404);
  });

  test('about which somebody else decides at the same moment: 409, and nothing is lost', async () => {
    const { api, incidents } = make();
    const { id } = (await post(api, '/v1/incidents', TERMS)).json<{ id: string }>();
    const { find } = incidents;
    incidents.find = async (wanted) => {
      const row = await find(wanted);
      if (row !== null) await incidents.update({ ...row, revision: row.revision + 1, note: 'theirs' }, row.revision);
      return row;
    };
    expect((await post(api, `/v1/incidents/${id}/void`)).statusCode).toBe(409);
    expect((await find(id))?.note).toBe('theirs');
  });
});
