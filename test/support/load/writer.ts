/** A producer of live events: acks=all, idempotent, one send at a time. What was not acknowledged is sent again, by a new producer. */
import { asAddress, asTenant } from '@desist/domain';
import type { LogEvent } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { partitionOf } from '@desist/pipeline';
import { rawProducer } from '../../integration/kafka/raw.ts';
import type { Producer } from '../../integration/kafka/raw.ts';
import type { Planted } from './events.ts';
import { randomOf } from './events.ts';
import { PARTITIONS } from './installation.ts';

export interface Writer {
  /** Acknowledged, in order. */
  readonly acknowledged: readonly Planted[];
  /** Sends that were refused or not answered: what they carried may be in the log, and was sent again. */
  refusals(): number;
  /** Resolves when the last batch is acknowledged. */
  stop(): Promise<void>;
}

interface WriterOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Its recipients are its own, so events of one recipient stay in order. */
  readonly name: string;
  readonly seed: number;
}

/** Events of one batch, and how many ms lie between two batches. */
const BATCH = 25;
const PAUSE = 80;
/** ms: then come other recipients, so that nobody has more failures than are kept one by one. */
const GENERATION = 60_000;
const FULL = { code: 452, text: '452 4.2.2 Mailbox full' };
const UNKNOWN = { code: 550, text: '550 5.1.1 User unknown' };

export function startWriter({ brokers, topic, name, seed }: WriterOptions): Writer {
  const random = randomOf(seed);
  const acknowledged: Planted[] = [];
  let refusals = 0;
  let going = true;
  let sent = 0;

  async function send(batch: readonly Planted[], producer: Producer | null): Promise<Producer> {
    const messages = batch.flatMap((one) => {
      if (!('event' in one)) return [];
      const { key, value } = encodeEvent(one.event);
      return [{ key, value, partition: partitionOf(Buffer.from(key), PARTITIONS) }];
    });
    for (let current = producer; ; current = null) {
      const own = current ?? rawProducer(brokers);
      try {
        if (current === null) await own.connect();
        const answers = await own.send({ topic, messages, acks: -1 });
        // kafkajs resolves although it sent nothing to a partition whose leader moved meanwhile.
        const answered = new Set(answers.map(({ partition }) => partition));
        if (messages.every(({ partition }) => answered.has(partition))) return own;
        refusals += 1;
        await own.disconnect().catch(() => undefined);
      } catch {
        refusals += 1;
        await own.disconnect().catch(() => undefined);
      }
    }
  }

  const work = (async () => {
    let producer: Producer | null = null;
    while (going) {
      // A batch is of one instant. Of one instant a failure comes before a delivery, whatever the log says; but a delivery to somebody without
      // evidence leaves no trace. So a recipient is in a batch once.
      const batch = new Map<string, { readonly event: LogEvent; readonly recordTime: number }>();
      while (batch.size < BATCH) {
        sent += 1;
        const event = liveEvent(`${name}-${sent}`, name, random);
        if (!batch.has(event.recipient)) batch.set(event.recipient, { event, recordTime: Date.now() });
      }
      const events = [...batch.values()];
      producer = await send(events, producer);
      acknowledged.push(...events);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    await producer?.disconnect();
  })();
  return {
    acknowledged,
    refusals: () => refusals,
    async stop() {
      going = false;
      await work;
    },
  };
}

/** Deliveries to many; failures, bounces and resets of some; complaints, unsubscribes and commands. */
function liveEvent(id: string, name: string, random: () => number): LogEvent {
  const now = Date.now();
  const generation = Math.floor(now / GENERATION) % 1_000;
  const one = (kind: string, of: number): string => `${kind}${generation}-${Math.floor(random() * of)}.${name}@example.com`;
  const of = (recipient: string, stream = 'default') => ({
    ...{ id, tenant: asTenant('acme'), recipient: asAddress(recipient), stream, occurredAt: now, messageId: id },
  });
  const kind = random();
  if (kind < 0.72) return { ...of(one('reader', 3_000)), type: 'delivered' };
  if (kind < 0.9) return { ...of(one('full', 200)), type: 'deferred', smtp: FULL };
  if (kind < 0.91) return { ...of(one('full', 200)), type: 'delivered' };
  if (kind < 0.93) return { ...of(one('full', 200)), type: 'bounced', smtp: { code: 552, text: '552 5.2.2 Mailbox full' } };
  if (kind < 0.95) return { ...of(one('gone', 200)), type: 'bounced', smtp: UNKNOWN };
  if (kind < 0.955) return { ...of(one('gone', 200)), type: 'delivered' };
  if (kind < 0.965) return { ...of(one('complainer', 1_000)), type: 'complained' };
  if (kind < 0.97) return { ...of(one('leaver', 1_000), 'marketing'), type: 'unsubscribed' };
  const command = { id, tenant: asTenant('acme'), occurredAt: now, scope: '*', by: 'operator' };
  if (kind < 0.98) return { ...command, recipient: asAddress(one('blocked', 1_000)), type: 'suppress' };
  if (kind < 0.99) return { ...command, recipient: asAddress(one('gone', 200)), type: 'release' };
  return { ...command, recipient: asAddress(one('full', 200)), type: 'allow', expiresAt: now + 5_000 };
}

/** Who is on the list from the acknowledgement on, for good: nothing in `liveEvent` lifts it. Null: of the others. */
export function heldForGood(planted: Planted): { readonly recipient: string; readonly stream: string } | null {
  if (!('event' in planted)) return null;
  const { type, recipient } = planted.event;
  if (type === 'complained' || type === 'suppress') return { recipient, stream: 'default' };
  return type === 'unsubscribed' ? { recipient, stream: 'marketing' } : null;
}
