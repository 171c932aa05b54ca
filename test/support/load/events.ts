/** Load with a seed: what a platform sends, in the order of the log. The same seed always gives the same events. */
import { asAddress, asTenant, DAY, HOUR, MINUTE } from '@desist/domain';
import type { DeliveryEvent, LogEvent } from '@desist/domain';

/** One record to be appended: an event at its record time, or bytes that are none. */
export type Planted =
  | { readonly event: LogEvent; readonly recordTime: number }
  | { readonly junk: { readonly key: string | null; readonly value: string; readonly reason: string }; readonly recordTime: number };

const REPLIES = [
  '452 4.2.2 Mailbox full',
  '421 4.7.28 Rate limit exceeded',
  '550 5.1.1 User unknown',
  '451 4.3.0 Temporary system problem',
  '450 4.1.1 Recipient address rejected: user unknown in local table',
  '552 5.2.2 Over quota',
] as const;

/** Records that are not as they should be, each with the reason of the contract (1.4). */
export const JUNK: readonly { readonly key: string | null; readonly value: string; readonly reason: string }[] = [
  { key: 'acme/r0@example.com', value: '{', reason: 'unreadable' },
  {
    key: 'acme/r1@example.com',
    value: JSON.stringify({ version: 1, tenant: 'acme', recipient: 'r1@example.com', type: 'delivered' }),
    reason: 'invalid',
  },
  { key: 'acme/r2@example.com', value: JSON.stringify({ version: 2 }), reason: 'unsupported_version' },
  {
    key: null,
    value: JSON.stringify({
      version: 1,
      tenant: 'acme',
      recipient: 'r3@example.com',
      type: 'delivered',
      occurredAt: '2026-03-01T00:00:00Z',
    }),
    reason: 'wrong_key',
  },
  { key: 'acme/r4@example.com', value: `"${'x'.repeat(256 * 1024)}"`, reason: 'too_large' },
];

export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Ten days up to `end`: every recipient has a reply and a rhythm of its own, some heal; many more deliveries to others. A tenth is
 * doubled, failures of one recipient change places, and every kind of junk is planted.
 */
export function tenDays(options: {
  readonly seed: number;
  readonly end: number;
  readonly failing: number;
  readonly healthy: number;
}): readonly Planted[] {
  const { seed, end, failing, healthy } = options;
  const random = randomOf(seed);
  const begin = end - 10 * DAY;
  const events: DeliveryEvent[] = [];
  for (let who = 0; who < failing; who += 1) {
    const text = REPLIES[who % REPLIES.length] ?? REPLIES[0];
    const rhythm = Math.round((2 + random() * 10) * HOUR);
    const until = begin + Math.round((1 + random() * 9) * DAY);
    const common = {
      tenant: asTenant('acme'),
      recipient: asAddress(`r${who}@example.com`),
      stream: who % 7 === 0 ? 'marketing' : 'default',
    };
    const heals = random() < 0.3 ? 3 + Math.floor(random() * 20) : -1;
    for (let at = begin + Math.floor(random() * DAY), n = 0; at < until; at += rhythm, n += 1) {
      const smtp = { code: Number(text.slice(0, 3)), text };
      if (n === heals) events.push({ ...common, id: `e${who}-${n}`, occurredAt: at, type: 'delivered', messageId: `other-${who}-${n}` });
      else {
        const type = text.startsWith('5') ? ('bounced' as const) : ('deferred' as const);
        events.push({ ...common, id: `e${who}-${n}`, occurredAt: at, type, messageId: `m-${who}-${n % 4}`, smtp });
      }
    }
  }
  for (let i = 0; i < healthy; i += 1) {
    const at = begin + Math.floor(random() * 10 * DAY);
    const recipient = `reader${i % 50_000}@example.net`;
    events.push({
      tenant: asTenant('acme'),
      recipient: asAddress(recipient),
      stream: 'default',
      id: `d${i}`,
      occurredAt: at,
      type: 'delivered',
      messageId: `d-${i}`,
    });
  }
  events.sort((a, b) => a.occurredAt - b.occurredAt);
  return disturbed(events, random, begin);
}

/** What a stream does to events: doubles them, lets failures overtake each other, brings junk. */
function disturbed(events: readonly DeliveryEvent[], random: () => number, begin: number): readonly Planted[] {
  const planted: Planted[] = [];
  let clock = begin;
  const held: DeliveryEvent[] = [];
  const put = (event: DeliveryEvent): void => {
    clock = Math.max(clock, event.occurredAt);
    planted.push({ event, recordTime: clock });
    if (random() < 0.1) planted.push({ event, recordTime: clock });
  };
  for (const [index, event] of events.entries()) {
    // A failure that comes late by some minutes; never past the next delivery to its recipient, which would be the stated exception.
    if (event.smtp !== undefined && random() < 0.05) held.push(event);
    else {
      for (const late of held.filter((one) => one.recipient === event.recipient && event.type === 'delivered')) {
        put(late);
        held.splice(held.indexOf(late), 1);
      }
      put(event);
    }
    while (held[0] !== undefined && clock - held[0].occurredAt > 30 * MINUTE) put(held.shift() as DeliveryEvent);
    const junk = index % 10_000 === 5_000 ? JUNK[Math.floor(index / 10_000) % JUNK.length] : undefined;
    if (junk !== undefined) planted.push({ junk, recordTime: clock });
  }
  for (const late of held) put(late);
  return planted;
}
