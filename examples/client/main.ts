/**
 * The three ways of a user's own code, beside a running service: `node --conditions=source examples/client/main.ts ADDRESS…`
 * With KAFKA_BROKERS it also keeps a replica and prints changes until Ctrl-C.
 */
import { createChecker, createReplica, subscribe } from '@desist/client';

const addresses = process.argv.slice(2);
const key = process.env['DESIST_API_KEY'];
const checker = createChecker({
  url: process.env['DESIST_URL'] ?? 'http://127.0.0.1:8425',
  ...(key === undefined ? {} : { key }),
  stream: 'marketing',
  // A newsletter can wait: what is not known is not sent.
  whenAway: 'closed',
});
for (const { recipient, allowed, reasons } of await checker.checkAll(addresses)) {
  console.log(`${recipient}: ${allowed ? 'send' : `do not send (${reasons.join(', ')})`}`);
}

const brokers = process.env['KAFKA_BROKERS']?.split(',');
if (brokers !== undefined) {
  const replica = await createReplica({ kafka: { brokers, clientId: 'example' }, file: 'replica.ndjson' });
  await replica.ready();
  console.log(`${replica.size()} recipients in the replica`, replica.freshness());
  for (const address of addresses) console.log(address, replica.check(address, { stream: 'marketing' }));
  const subscription = await subscribe({
    kafka: { brokers, clientId: 'example' },
    groupId: 'example',
    onChange: ({ type, recipient, suppression }) => console.log(type, recipient, suppression?.reason ?? ''),
  });
  process.once('SIGINT', () => void Promise.all([subscription.stop(), replica.stop()]));
}
