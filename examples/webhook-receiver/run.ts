/** Changes to a subscriber without Kafka: adds the receiver, tries it, and shows that it holds the list. */
import type { AddressInfo } from 'node:net';
import { desist, hoursAgo, startDesist } from '../desist.ts';
import { createReceiver } from './receiver.ts';
import type { List } from './receiver.ts';

const list: List = new Map();
// Requests go to public addresses only, unless a network is allowed by name.
const service = await startDesist({ DESIST_WEBHOOK_NETWORKS: '127.0.0.1' });
const env = { DESIST_URL: service.url };

/** The receiver needs the secret, which is known when it was added, at an address that is known before. */
const placeholder = createReceiver('whsec_AAAA', list).listen(0, '127.0.0.1');
await new Promise((resolve) => placeholder.once('listening', resolve));
const { port } = placeholder.address() as AddressInfo;
placeholder.close();

const added = await desist(['webhooks', 'add', `http://127.0.0.1:${port}/`, '--description', 'CRM', '--json'], env);
const { id, secret } = JSON.parse(added) as { readonly id: string; readonly secret: string };
const receiver = createReceiver(secret, list).listen(port, '127.0.0.1');

async function send(...events: readonly object[]): Promise<void> {
  const body = JSON.stringify(events.map((event) => ({ version: 1, ...event })));
  await fetch(`${service.url}/v1/events`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
}

async function until(recipient: string, suppressed: boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (list.get(`default/${recipient}`)?.suppressed !== suppressed) {
    if (Date.now() > deadline) throw new Error(`the receiver does not know that ${recipient} is ${suppressed ? '' : 'not '}suppressed`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

try {
  await desist(['webhooks', 'test', id], env);
  const gone = { recipient: 'gone@example.com', messageId: 'm-1' };
  await send(
    {
      ...gone,
      type: 'bounced',
      occurredAt: hoursAgo(3).toISOString(),
      smtp: { code: 550, enhanced: '5.1.1', text: '550 5.1.1 no such user' },
    },
    { type: 'complained', recipient: 'angry@example.com', messageId: 'm-2', occurredAt: hoursAgo(2).toISOString() },
  );
  await until('gone@example.com', true);
  await until('angry@example.com', true);
  // It takes mail after all.
  await send({ type: 'delivered', recipient: 'gone@example.com', messageId: 'm-3', occurredAt: hoursAgo(1).toISOString() });
  await until('gone@example.com', false);
  const held = [...list].map(([recipient, { suppressed }]) => `${recipient} ${suppressed ? 'suppressed' : 'may be sent to'}`);
  console.log(`the receiver holds: ${held.sort().join(', ')}\n`);
  await desist(['webhooks', 'deliveries', id], env);
} finally {
  receiver.close();
  receiver.closeAllConnections();
  await service.stop();
}
