import { addFact, asAddress, asTenant, classifyFailure, DEFAULT_POLICY, encodeRecipient, factOf, newRecipient } from '@desist/domain';
import { createMemoryIncidents, createMemorySenderIncidents } from '@desist/memory';
import type { MemoryIncidents, MemorySenderIncidents } from '@desist/memory';
import type { SenderIncidentRow, StoredRecipient } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createApi, newKey, parseKeys } from './index.ts';
import type { Api, ApiOptions } from './index.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const HOUR = 3_600_000;
const UNKNOWN = '550 5.1.1 no such user';
const FULL = '452 4.2.2 mailbox full';
const POLICIES = { version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() };
const CONTEXT = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'sha256:x' };

/** A recipient at gmail that failed with these replies, an hour apart. */
const stored = (address: string, ...replies: readonly string[]): StoredRecipient => storedAs(address, undefined, ...replies);

/** Like `failed`, with all failures held back by this incident. */
function storedAs(address: string, incident: string | undefined, ...replies: readonly string[]): StoredRecipient {
  const who = { tenant: asTenant('acme'), address: asAddress(address) };
  const recipient = newRecipient();
  for (const [index, text] of replies.entries()) {
    const at = NOW + index * HOUR;
    const type = text.startsWith('5') ? ('bounced' as const) : ('deferred' as const);
    const event = { ...who, id: `e${index}`, stream: 'default', recipient: who.address, type, occurredAt: at, messageId: `m${index}` };
    const fact = factOf({ ...event, smtp: { code: Number(text.slice(0, 3)), text } }, (failed) => classifyFailure(failed, () => 'gmail'));
    if (fact?.kind === 'failure') addFact(recipient, incident === undefined ? fact : { ...fact, incident }, at, CONTEXT);
  }
  return { ...who, partition: 0, version: recipient.version, evidence: encodeRecipient(recipient) };
}

function make(more: Partial<ApiOptions> = {}): {
  readonly api: Api;
  readonly incidents: MemoryIncidents;
  readonly senders: MemorySenderIncidents;
} {
  const incidents = createMemoryIncidents();
  const senders = createMemorySenderIncidents();
  const quiet = (): void => undefined;
  const api = createApi({
    reader: {} as never,
    incidents,
    senderIncidents: senders,
    append: async () => [],
    policies: () => POLICIES,
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: () => NOW },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
    ...more,
  });
  return { api, incidents, senders };
}

const TERMS = { provider: 'Gmail', from: '2026-03-01T11:00:00Z', until: '2026-03-01T12:30:00Z', code: '550 5.1.1' };
const post = async (api: Api, url: string, payload: object = {}) => api.inject({ method: 'POST', url, payload });

describe('what an incident is decided from', () => {
  test('are the quarters around it, with the share and the recipients from which on it is one', async () => {
    const { api, incidents } = make();
    const { id } = (
      await post(api, '/v1/incidents', { provider: 'gmail', from: '2026-03-01T11:00:00Z', until: '2026-03-01T12:00:00Z' })
    ).json<{ id: string }>();
    expect((await api.inject(`/v1/incidents/${id}`)).json()).toMatchObject({ counted: null });
    const store: MemoryIncidents = incidents;
    const counts = [7.75, 8, 11, 15, 15.25].map((hour) => ({
      at: Date.parse('2026-03-01T00:00:00Z') + hour * HOUR,
      failing: 4,
      delivered: 1,
      codes: [],
      samples: [],
    }));
    store.counts = async (by, since) => by.map((one) => ({ by: one, counts: counts.filter(({ at }) => at >= since) }));
    const { counted } = (await api.inject(`/v1/incidents/${id}`)).json<{ counted: { quarters: { at: string }[]; threshold: object } }>();
    expect(counted.quarters.map(({ at }) => at.slice(11, 16))).toEqual(['08:00', '11:00', '15:00']);
    const { failingShare, recipients } = DEFAULT_POLICY.incidents;
    expect(counted.threshold).toEqual({ share: failingShare, recipients });
  });
});

describe('GET /v1/incidents', () => {
  test('continues after the last page, and ends with the last incident', async () => {
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

describe('an incident that an operator creates', () => {
  test('is refused by a process that only reads, which says when to try again', async () => {
    const refused = await post(make({ append: undefined as never }).api, '/v1/incidents', TERMS);
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5']);
  });

  test('is created once, excludes nothing, and is not announced to any partition', async () => {
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
    expect(await incidents.unannounced()).toEqual([]);
    expect((await api.inject('/v1/incidents')).json()).toMatchObject({ items: [{ note: 'told by the provider' }], cursor: null });
  });

  test('is refused with all mistakes', async () => {
    const answer = await post(make().api, '/v1/incidents', { code: 'x', from: 'now' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      errors: [
        { pointer: '#/code', detail: 'code: must be like 550, 5.1.1 or "550 5.1.1"' },
        { pointer: '#/from', detail: expect.stringContaining('from: must be an RFC 3339 time') as string },
        { pointer: '#/provider', detail: 'provider: must be given if there is no domain' },
      ],
    });
  });

  test('shows its failures, and the effect of voiding it', async () => {
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
      // The other recipient bounced a second time, outside the window.
      released: 1,
      suppressedAgain: 0,
      codes: [{ code: '550 5.1.1', count: 2 }],
      samples: [UNKNOWN],
      addresses: ['only@gmail.com', 'twice@gmail.com'],
      cursor: null,
    });
  });

  test('shows the effect of restoring it once it is voided', async () => {
    const { api, incidents } = make();
    const { id } = (await post(api, '/v1/incidents', TERMS)).json<{ id: string }>();
    incidents.given.recipients.push(storedAs('held@gmail.com', id, UNKNOWN), storedAs('theirs@gmail.com', 'another', UNKNOWN));
    const preview = (await api.inject(`/v1/incidents/${id}/preview`)).json<object>();
    expect(preview).toMatchObject({ recipients: 2, heldBack: 2, suppressed: 0, released: 0, suppressedAgain: 1 });
  });

  test('voided and restored announces each decision with a higher revision, and announces nothing if nothing changes', async () => {
    const { api, incidents } = make();
    const { id } = (await post(api, '/v1/incidents', TERMS)).json<{ id: string }>();
    const decide = async (what: string): Promise<unknown> => {
      const answer = await post(api, `/v1/incidents/${id}/${what}`, { by: 'eve' });
      return [answer.statusCode, answer.json<{ revision: number }>().revision, answer.json<{ state: string }>().state];
    };
    expect(await decide('restore')).toEqual([200, 0, 'not_held_back']);
    expect(await decide('void')).toEqual([202, 1, 'held_back']);
    expect(await decide('void')).toEqual([200, 1, 'held_back']);
    expect((await incidents.unannounced()).map((row) => [row.id, row.revision, row.action])).toEqual([[id, 1, 'voided']]);
    expect(await decide('restore')).toEqual([202, 2, 'not_held_back']);
    incidents.given.partitions = 3;
    await incidents.markAnnounced(id, 2);
    expect((await api.inject(`/v1/incidents/${id}`)).json()).toMatchObject({
      progress: { told: true, partitions: 3, done: 0, looked: 0, changed: 0 },
    });
    expect((await post(api, '/v1/incidents/nobody/void')).statusCode).toBe(404);
  });

  test('is answered with 409 if somebody else decides at the same moment, and nothing is lost', async () => {
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

describe('incidents of senders', () => {
  const REPLIES = [{ category: 'rate_limited', code: '421 4.7.28', count: 60, reply: '421 slow' }];
  const sender = (id: string, more: Partial<SenderIncidentRow> = {}): SenderIncidentRow => ({
    ...{ id, revision: 1, announcedRevision: 1, action: 'opened', open: true, announcedBy: 0 },
    ...{ place: { tenant: asTenant('acme'), provider: 'gmail', pool: id }, from: NOW - HOUR, until: null, at: NOW },
    ...{ summary: { tries: 80, refused: 60, usualShare: 0.01, replies: REPLIES }, createdAt: NOW },
    ...more,
  });
  const idsOf = async (api: Api, query: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const { items } = (await api.inject({ url: `/v1/incidents${query}`, headers })).json<{ items: { id: string }[] }>();
    return items.map(({ id }) => id);
  };

  test('are listed with those of providers in one order, page by page; by kind, and those that go on', async () => {
    const { api, incidents, senders } = make();
    await post(api, '/v1/incidents', TERMS);
    const [row] = await incidents.list({ limit: 1 });
    if (row !== undefined) await incidents.update({ ...row, createdAt: NOW + 5 }, 0);
    const known = row?.id ?? '';
    const over = { open: false, revision: 2, announcedRevision: 2, action: 'closed', until: NOW } as const;
    for (const one of [sender('s1', { createdAt: NOW + 1 }), sender('s2', { createdAt: NOW + 9 }), sender('s3', over)])
      await senders.insert(one);
    expect(await idsOf(api, '')).toEqual(['s2', known, 's1', 's3']);
    expect(await idsOf(api, '?limit=1&cursor=s2')).toEqual([known]);
    expect(await idsOf(api, `?limit=2&cursor=${known}`)).toEqual(['s1', 's3']);
    expect(await idsOf(api, '?kind=sender')).toEqual(['s2', 's1', 's3']);
    expect(await idsOf(api, '?kind=provider')).toEqual([known]);
    expect(await idsOf(api, '?kind=sender&state=open')).toEqual(['s2', 's1']);
    expect(await idsOf(api, '?state=open&limit=1&cursor=s2')).toEqual(['s1']);
    expect(await idsOf(api, '?tenant=beta')).toEqual([]);
  });

  test('say what was tried, what is usual, what the replies mean and what to do; nothing can be decided about one', async () => {
    const { api, senders } = make();
    await senders.insert(sender('s1'));
    const value = (await api.inject('/v1/incidents/s1')).json<object>();
    expect(value).toMatchObject({
      ...{ kind: 'sender', state: 'open', holds: false, tenant: 'acme', provider: 'gmail', counts: null },
      sender: {
        ...{ pool: 's1', tries: 80, refused: 60, share: 0.75, usualShare: 0.01 },
        replies: [
          { ...REPLIES[0], meaning: expect.stringContaining('unusual rate') as string, actions: expect.arrayContaining([]) as string[] },
        ],
      },
      progress: { told: true },
    });
    for (const action of ['void', 'restore']) {
      const answer = await post(api, `/v1/incidents/s1/${action}`);
      expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([409, expect.stringContaining('holds nothing back')]);
    }
    const provider = (await api.inject('/v1/providers/gmail')).json<{ openIncidents: { id: string }[] }>();
    expect(provider.openIncidents.map(({ id }) => id)).toEqual(['s1']);
  });

  test('are shown to keys of their tenant only', async () => {
    const { key, line } = newKey('r', ['reader'], ['beta']);
    const { api, senders } = make({ keys: parseKeys(line).keys });
    await senders.insert(sender('s1'));
    await senders.insert(sender('s2', { place: { tenant: asTenant('beta'), provider: 'gmail', pool: null } }));
    const headers = { authorization: `Bearer ${key}` };
    expect(await idsOf(api, '', headers)).toEqual(['s2']);
    expect(await idsOf(api, '?state=open', headers)).toEqual(['s2']);
    for (const url of ['/v1/incidents/s1', '/v1/incidents?cursor=s1']) {
      expect((await api.inject({ url, headers })).statusCode).toBeGreaterThanOrEqual(400);
    }
  });
});
