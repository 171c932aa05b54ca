/** Which pool sent a message, where the source says so for certain. The id of an event does not depend on it. */
import { expect, it } from 'vitest';
import { encodeEvent, parseEvent } from './event/event.ts';
import type { Format } from './format.ts';
import { kumomta } from './kumomta.ts';
import { powermta } from './powermta.ts';
import { sendgrid } from './sendgrid.ts';
import { ses } from './ses.ts';
import { sparkpost } from './sparkpost.ts';

const context = { tenant: 'acme', stream: 'default', referenceTime: Date.parse('2026-03-12T00:00:00Z') };

function eventsOf(format: Format, payload: unknown) {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return [...format.normalise(Buffer.from(text), context)].flatMap((one) => (one.kind === 'event' ? [one.event] : []));
}

const send = { email: 'a@x.example', timestamp: 1_757_675_281, event: 'delivered' };
const ping = { type: 'delivery', rcpt_to: 'a@x.example', timestamp: '1757675281' };
const sent = { type: 'Delivery', id: 'm1', recipient: 'a@x.example', timestamp: 1_757_675_281, nodeid: 'n1', queue: 'x.example' };
const amazon = (tags: object) => ({
  eventType: 'Delivery',
  mail: { messageId: 'm1', timestamp: '2026-03-01T10:00:00.000Z', tags },
  delivery: { timestamp: '2026-03-01T10:00:00.000Z', recipients: ['a@x.example'] },
});
const HEADER = 'type,timeLogged,rcpt,dsnAction,dsnStatus,vmta,vmtaPool';
const row = (vmta: string, pool: string): string => `${HEADER}\nd,2026-03-01 10:00:00+0000,a@x.example,relayed,2.0.0,${vmta},${pool}`;

it.each([
  ['sendgrid', sendgrid, [send], [{ ...send, pool: { id: 210, name: 'pool-a' } }]],
  ['sparkpost', sparkpost, [{ msys: { message_event: ping } }], [{ msys: { message_event: { ...ping, ip_pool: 'pool-a' } } }]],
  ['kumomta', kumomta, [sent], [{ ...sent, egress_pool: 'pool-a' }]],
  ['ses', ses, amazon({}), amazon({ 'ses:configuration-set': ['pool-a'] })],
  ['powermta', powermta, row('', ''), row('v1', 'pool-a')],
  ['powermta without a pool', powermta, row('', ''), row('pool-a', '')],
] as const)('%s', (_, format, without, having) => {
  const [plain] = eventsOf(format, without);
  const [pooled] = eventsOf(format, having);
  expect(plain).toBeDefined();
  expect(plain).not.toHaveProperty('pool');
  expect(pooled).toEqual({ ...plain, pool: 'pool-a' });
});

it('a name that is none is ignored by formats, and refused in a canonical event', () => {
  expect(eventsOf(kumomta, [{ ...sent, egress_pool: 'no pool' }])[0]).not.toHaveProperty('pool');
  const event = { version: 1, type: 'delivered', recipient: 'a@x.example', occurredAt: '2026-03-01T10:00:00Z' };
  expect(parseEvent({ ...event, pool: 'no pool' }, Date.now())).toMatchObject({ ok: false, reason: 'invalid' });
  for (const pool of ['_a.b-1', 'x'.repeat(64)]) {
    const parsed = parseEvent({ ...event, pool }, Date.now());
    if (!parsed.ok) throw new Error(parsed.detail);
    expect(parsed.event).toHaveProperty('pool', pool);
    expect(JSON.parse(encodeEvent(parsed.event).value)).toHaveProperty('pool', pool);
    const bare = parseEvent(event, Date.now());
    expect(parsed.event.id).toBe(bare.ok ? bare.event.id : '');
  }
});
