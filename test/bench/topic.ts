/** The topic that consumer, peer and engine read in turn. */
import { encodeEvent } from '@desist/formats/event';
import { partitionOf } from '@desist/pipeline';
import type { DeliveryEvent } from '@desist/domain';
import { asTenant, asAddress } from '@desist/domain';
import { withProducer } from '../integration/kafka/raw.ts';
import { randomOf } from '../support/load/events.ts';
import type { Installation } from '../support/load/installation.ts';
import { PARTITIONS } from '../support/load/installation.ts';

export interface TopicShape {
  readonly events: number;
  readonly recipients: number;
  /** The recipients are spread over them evenly. */
  readonly domains: number;
  /** Of the events that fail, 0 to 1. */
  readonly share: number;
}

const HOUR = 3_600_000;
const REPLIES = [
  '452 4.2.2 The email account that you tried to reach is over quota',
  '421 4.7.28 Our system has detected an unusual rate of unsolicited mail',
  '451 4.7.1 Greylisted, please try again in 300 seconds',
  '550 5.1.1 <user@example.com>: Recipient address rejected: User unknown',
  '451 4.3.0 Temporary system problem. Try again later',
] as const;

/** Ten days of mail up to an hour ago, in order of time. */
export async function fill({ options }: Installation, shape: TopicShape, produced: (events: number) => void): Promise<void> {
  const { events, recipients, share } = shape;
  const random = randomOf(1);
  const end = Date.now() - HOUR;
  const step = (240 * HOUR) / events;
  await withProducer(options.brokers, async (producer) => {
    let messages: { key: string; value: string; timestamp: string; partition: number }[] = [];
    for (let n = 0; n < events; n += 1) {
      const at = Math.floor(end - 240 * HOUR + n * step);
      const { key, value } = encodeEvent(eventOf(n, at, random() < share, { who: Math.floor(random() * recipients), of: shape }));
      messages.push({ key, value, timestamp: String(at), partition: partitionOf(Buffer.from(key), PARTITIONS) });
      if (messages.length < 5_000 && n < events - 1) continue;
      await producer.send({ topic: options.topics.deliveryEvents, messages });
      messages = [];
      if (n % 250_000 < 5_000) produced(n);
    }
  });
}

function eventOf(n: number, occurredAt: number, fails: boolean, { who, of }: { who: number; of: TopicShape }): DeliveryEvent {
  const common = {
    id: `e-${n}`,
    tenant: asTenant('acme'),
    stream: 'transactional',
    recipient: asAddress(`user${who}@example${who % of.domains}.com`),
    messageId: `m-${n}`,
    occurredAt,
    attempt: 1,
    remoteHost: `mx${who % 9}.example${who % of.domains}.com`,
    source: 'bench',
  };
  if (!fails) return { ...common, type: 'delivered', smtp: { code: 250, enhanced: '2.0.0', text: '250 2.0.0 OK' }, phase: 'end_of_data' };
  const text = REPLIES[who % REPLIES.length] ?? REPLIES[0];
  return { ...common, type: text.startsWith('5') ? 'bounced' : 'deferred', smtp: { code: Number(text.slice(0, 3)), text }, phase: 'rcpt' };
}
