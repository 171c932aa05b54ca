/** The contract of the store of sender incidents, on both databases and in memory. */
import { createMemorySenderIncidents } from '@desist/memory';
import { createSenderIncidentStore, createStore } from '@desist/store-postgres';
import { describe, inject } from 'vitest';
import { hoursOf } from '../support/counted-hours.ts';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';
import type { SenderIncidentsUnderTest } from './sender-incident-suite.ts';
import { senderIncidentContract } from './sender-incident-suite.ts';
import { planFrom } from './store-suite.ts';

async function onDatabase({ db, close }: OpenDatabase): Promise<SenderIncidentsUnderTest> {
  const store = createStore(db);
  return {
    incidents: createSenderIncidentStore(db),
    async committed(partition, { quarters = [], hours = [], replies = [] }) {
      const claim = await store.claim(partition, 'me');
      await store.commit(
        planFrom(claim, { rollups: { kind: 'counted', hours: hoursOf([...hours, ...quarters]) }, senderReplies: replies }),
      );
    },
    close,
  };
}

senderIncidentContract('PGlite', async () => onDatabase(await migratedEmbedded()));

describe.skipIf(inject('databaseUrl') === undefined)('server', () => {
  senderIncidentContract('Postgres server', async () => onDatabase(await migratedServer()));
});

senderIncidentContract('memory', async () => {
  const incidents = createMemorySenderIncidents();
  const { given } = incidents;
  return {
    incidents,
    async committed(_partition, { quarters = [], hours = [], replies = [] }) {
      given.quarters = [...given.quarters, ...quarters];
      given.hours = [...given.hours, ...hours];
      given.replies = [...given.replies, ...replies];
    },
    close: async () => undefined,
  };
});
