/** The contract of the store of subscribers on all three stores. */
import { createMemorySubscribers } from '@desist/memory';
import { createSubscriberStore } from '@desist/store-postgres';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import { subscriberContract } from './subscriber-suite.ts';

subscriberContract('Postgres server', async () => {
  const { db, close } = await migratedServer();
  return { store: createSubscriberStore(db), close };
});

subscriberContract('PGlite', async () => {
  const { db, close } = await migratedEmbedded();
  return { store: createSubscriberStore(db), close };
});

subscriberContract('memory', async () => {
  return { store: createMemorySubscribers({ now: Date.now, ends: () => [] }), close: async () => undefined };
});
