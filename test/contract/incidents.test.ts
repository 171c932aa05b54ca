/** The contract of the store of incidents, on both databases and in memory. */
import { createMemoryIncidents } from '@desist/memory';
import { createIncidentStore, createStore } from '@desist/store-postgres';
import { describe, inject } from 'vitest';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';
import type { IncidentsUnderTest } from './incident-suite.ts';
import { incidentContract } from './incident-suite.ts';
import { planFrom } from './store-suite.ts';

async function onDatabase({ db, close }: OpenDatabase): Promise<IncidentsUnderTest> {
  const store = createStore(db);
  return {
    incidents: createIncidentStore(db),
    async committed(partition, { counts = [], known = [], clock = 1 }) {
      const claim = await store.claim(partition, 'me');
      await store.commit(planFrom(claim, { incidentCounts: counts, incidents: known, clock }));
    },
    async recipients(rows) {
      for (const one of rows) await store.commit(planFrom(await store.claim(one.partition, 'me'), { recipients: [one] }));
    },
    close,
  };
}

incidentContract('PGlite', async () => onDatabase(await migratedEmbedded()));

describe.skipIf(inject('databaseUrl') === undefined)('server', () => {
  incidentContract('Postgres server', async () => onDatabase(await migratedServer()));
});

incidentContract('memory', async () => {
  const incidents = createMemoryIncidents();
  const { given } = incidents;
  const seen = new Set<number>();
  return {
    incidents,
    async committed(partition, { counts = [], known = [], clock = 1 }) {
      seen.add(partition);
      given.partitions = seen.size;
      given.clock = Math.max(given.clock ?? clock, clock);
      given.counts.push(...counts.map((one) => ({ ...one, partition })));
      given.known.push(...known.map((one) => ({ ...one, partition })));
    },
    async recipients(rows) {
      given.recipients.push(
        ...rows.map(({ tenant, address, partition, version, evidence }) => ({ tenant, address, partition, version, evidence })),
      );
    },
    close: async () => undefined,
  };
});
