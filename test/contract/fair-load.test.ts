/** What a partition takes over of the incident counts is shared between tenants: whoever has counted the most takes nothing from another. */
import { createStore } from '@desist/store-postgres';
import type { IncidentCount } from '@desist/pipeline';
import { expect, test } from 'vitest';
import { asTenant } from '@desist/domain';
import { migratedEmbedded } from '../support/servers/template.ts';
import { planFrom } from './store-suite.ts';

const AT = Date.UTC(2026, 2, 4, 10);
const QUARTER = 900_000;

function quarters(tenant: string, count: number, from: number): readonly IncidentCount[] {
  const nothing = { failing: 0, delivered: 1, codes: [], samples: [] };
  return Array.from({ length: count }, (_, n) => ({
    tenant: asTenant(tenant),
    provider: `d${n % 500}.example`,
    at: from + Math.floor(n / 500) * QUARTER,
    ...nothing,
  }));
}

test('older quarters of one tenant are loaded even if another has very many newer ones', async () => {
  const { db, close } = await migratedEmbedded();
  const store = createStore(db);
  const own = [...quarters('acme', 40, AT), ...quarters('zeta', 3, AT)];
  const newer = quarters('mallory', 21_000, AT + 10 * QUARTER);
  await store.commit(planFrom(await store.claim(1, 'me'), { incidentCounts: [...own, ...newer] }));
  const { incidentCounts } = await store.claim(1, 'next');
  await close();
  const loaded = Map.groupBy(incidentCounts, ({ tenant }) => tenant);
  expect([...loaded].map(([tenant, { length }]) => `${tenant} ${length}`).sort()).toEqual(['acme 40', 'mallory 19957', 'zeta 3']);
  const oldest = Math.min(...(loaded.get(asTenant('mallory')) ?? []).map(({ at }) => at));
  expect(oldest).toBe(AT + 12 * QUARTER);
}, 60_000);
