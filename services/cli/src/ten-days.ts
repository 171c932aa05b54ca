/**
 * Ten simulated days of a small sender, as canonical delivery events. The replies are real ones (data/ten-days.json names source and
 * licence); addresses and times are made up.
 */
import { readFileSync } from 'node:fs';

interface Sourced {
  readonly reply: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Event {
  readonly at: number;
  readonly type: string;
  /** Of `engaged`. */
  readonly kind?: string;
  readonly recipient: string;
  readonly messageId?: string;
  readonly reply?: string;
  readonly stream?: string;
  readonly attempt?: number;
  readonly pool?: string;
}

interface Deferrals {
  readonly from: number;
  readonly to: number;
  /** What ends the attempts at `to`. Undefined: the message still waits. */
  readonly end?: 'delivered' | 'expired';
}

/** One event per line of JSON, in order of time; always the same, but for the times. `end`: when the ten days end, ms since 1970. */
export function tenDays(end: number): readonly string[] {
  const REPLIES = JSON.parse(readFileSync(new URL('../data/ten-days.json', import.meta.url), 'utf8')) as Record<string, Sourced>;
  const start = end - 10 * DAY;
  const events: Event[] = [];
  const random = mulberry32(20_260_301);
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low));
  let messages = 0;
  const newMessage = (): string => `m-${String((messages += 1)).padStart(5, '0')}`;

  /** The MTA tries again every few hours from `from` to `to`. */
  function deferredFor(recipient: string, reply: string, { from, to, end }: Deferrals): void {
    const messageId = newMessage();
    let attempt = 1;
    let at = from;
    for (; at < to; at += between(3 * HOUR, 6 * HOUR))
      events.push({ at, type: 'deferred', recipient, messageId, reply, attempt: attempt++ });
    if (end !== undefined) events.push({ at: to, type: end, recipient, messageId, attempt });
  }

  /** Most of the traffic: mail that simply arrives. */
  function healthyTraffic(): void {
    for (let day = 0; day < 10; day += 1) {
      for (let i = 0; i < 300; i += 1) {
        const at = start + day * DAY + between(6 * HOUR, 22 * HOUR);
        const recipient = `reader${between(0, 400)}@${['gmail.com', 'example.org', 'outlook.com', 'example.net'][between(0, 4)] ?? 'example.org'}`;
        events.push({ at, type: 'delivered', recipient, messageId: newMessage() });
      }
    }
  }

  healthyTraffic();
  // Three mailboxes stay full for days: suppressed after 72 hours. A fourth is emptied on the second day.
  for (const name of ['full.one', 'full.two', 'full.three']) {
    deferredFor(`${name}@gmail.com`, 'mailbox_full', {
      from: start + between(2 * HOUR, 8 * HOUR),
      to: start + 4 * DAY + between(0, 6 * HOUR),
    });
  }
  deferredFor('emptied@example.org', 'mailbox_full_other', { from: start + 5 * HOUR, to: start + 1.8 * DAY, end: 'delivered' });
  // Greylisting heals within the hour.
  for (let i = 0; i < 25; i += 1) {
    const at = start + between(0, 9 * DAY);
    const recipient = `careful${i}@example.net`;
    const messageId = newMessage();
    events.push({ at, type: 'deferred', recipient, messageId, reply: 'greylisted', attempt: 1 });
    events.push({ at: at + between(6 * MINUTE, 40 * MINUTE), type: 'delivered', recipient, messageId, attempt: 2 });
  }
  // The sender is throttled for eight days: nobody is to blame but he.
  for (let i = 0; i < 12; i += 1)
    deferredFor(`throttled${i}@outlook.com`, 'throttled', {
      from: start + DAY,
      to: start + 9 * DAY + between(0, 8 * HOUR),
      end: 'delivered',
    });
  // A provider is down for five hours.
  for (let i = 0; i < 60; i += 1) {
    const down = start + 6 * DAY + 9 * HOUR;
    deferredFor(`reader${i}@gmail.com`, 'outage', {
      from: down + between(0, 2 * HOUR),
      to: down + 5 * HOUR + between(0, HOUR),
      end: 'delivered',
    });
  }
  // Somebody is popular, which is no fault.
  deferredFor('popular@gmail.com', 'recipient_rate', { from: start + 2 * DAY, to: start + 6 * DAY, end: 'delivered' });
  // Addresses that are not there.
  for (const [recipient, reply, day] of [
    ['nobody@example.org', 'user_unknown', 1],
    ['left.the.company@outlook.com', 'user_unknown_microsoft', 2],
    ['closed@gmail.com', 'disabled', 4],
  ] as const) {
    events.push({ at: start + day * DAY + 10 * HOUR, type: 'bounced', recipient, messageId: newMessage(), reply });
  }
  events.push({ at: start + 3 * DAY, type: 'bounced', recipient: 'reader7@example.org', messageId: newMessage(), reply: 'spam' });
  // One reader complains, one leaves the newsletter.
  events.push({ at: start + 5 * DAY + 12 * HOUR, type: 'complained', recipient: 'annoyed@gmail.com', stream: 'marketing' });
  events.push({ at: start + 7 * DAY + 15 * HOUR, type: 'unsubscribed', recipient: 'leaving@example.net', stream: 'marketing' });

  // Two that were given up too early: mail arrives there again, and they are released.
  events.push({
    at: start + 2 * DAY + 9 * HOUR,
    type: 'bounced',
    recipient: 'renamed@example.org',
    messageId: newMessage(),
    reply: 'user_unknown',
  });
  events.push({ at: start + 6 * DAY + 11 * HOUR, type: 'delivered', recipient: 'renamed@example.org', messageId: newMessage() });
  deferredFor('back.again@outlook.com', 'mailbox_full', { from: start + 3 * HOUR, to: start + 3.6 * DAY, end: 'expired' });
  events.push({ at: start + 8 * DAY + 14 * HOUR, type: 'delivered', recipient: 'back.again@outlook.com', messageId: newMessage() });
  // And mailboxes that are full while the ten days end: their deadlines are still to come.
  for (const [name, hours] of [
    ['holiday', 69],
    ['archive', 64],
    ['old.phone', 60],
    ['newsletters', 57],
    ['second.inbox', 54],
    ['parents', 30],
    ['club', 15],
  ] as const) {
    deferredFor(`${name}@gmail.com`, 'mailbox_full', { from: start + 10 * DAY - hours * HOUR, to: start + 10 * DAY });
  }

  // A campaign from a pool of its own in the last three hours, and Gmail refuses most of it: a sender incident, which still goes on at the end.
  for (let i = 0; i < 240; i += 1) {
    const at = start + 10 * DAY - 3 * HOUR + i * 45_000;
    const campaign = { at, recipient: `reader${i}@gmail.com`, messageId: newMessage(), stream: 'marketing', pool: 'campaign', attempt: 1 };
    events.push(i % 4 === 0 ? { ...campaign, type: 'delivered' } : { ...campaign, type: 'deferred', reply: 'unusual_rate' });
  }

  // Proof of life releases two: one answers an old message, one signs in. Whose address bounced signs in in vain, and clicks prove nothing.
  const answered = newMessage();
  events.push({ at: start + 2 * HOUR, type: 'delivered', recipient: 'answered@example.org', messageId: answered });
  for (const [recipient, from] of [
    ['answered@example.org', 4],
    ['signed.in@example.net', 5],
  ] as const) {
    deferredFor(recipient, 'mailbox_full_other', { from: start + from * HOUR, to: start + 3.6 * DAY, end: 'expired' });
  }
  for (const [day, kind, recipient, messageId] of [
    [1, 'click', 'reader12@outlook.com', undefined],
    [1, 'confirmed', 'reader31@example.net', undefined],
    [3, 'click', 'reader99@gmail.com', undefined],
    [4, 'click', 'reader12@outlook.com', undefined],
    [5, 'reply', 'answered@example.org', answered],
    [6, 'login', 'left.the.company@outlook.com', undefined],
    [7, 'login', 'signed.in@example.net', undefined],
    [8, 'click', 'full.one@gmail.com', undefined],
    [9, 'click', 'reader99@gmail.com', undefined],
  ] as const) {
    events.push({ at: start + day * DAY + 13 * HOUR, type: 'engaged', kind, recipient, ...(messageId === undefined ? {} : { messageId }) });
  }

  return events
    .sort((a, b) => a.at - b.at)
    .map(({ at, type, kind, recipient, messageId, reply, stream, attempt, pool }) => {
      const text = reply === undefined ? undefined : REPLIES[reply]?.reply.replaceAll(/user@[\w.]+/g, recipient);
      const line = {
        version: 1,
        tenant: 'demo',
        ...(stream === undefined ? {} : { stream }),
        recipient,
        ...(messageId === undefined ? {} : { messageId }),
        type,
        ...(kind === undefined ? {} : { kind }),
        occurredAt: new Date(at).toISOString(),
        ...(attempt === undefined ? {} : { attempt }),
        ...(pool === undefined ? {} : { pool }),
        ...(text === undefined ? {} : { smtp: { code: Number(text.slice(0, 3)), text } }),
        source: 'ten-days',
      };
      return JSON.stringify(line);
    });
}

/** Small seeded generator: the sample must not change from run to run. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
