/** Who is signed in, what they may do, and whose data is in view. */
import { computed, signal } from '@preact/signals';
import { api } from './api/index.ts';
import type { Session } from './api/types.ts';
import { query } from './router.ts';

/** Undefined until it is known. */
export const session = signal<Session | undefined>(undefined);

/** May change something, in this process. */
export const mayWrite = computed(() => session.value?.roles.includes('operator') === true && session.value.writes);
/** An operator at a process that only reads. */
export const mayOnlyReadHere = computed(() => session.value?.roles.includes('operator') === true && !session.value.writes);
export const isOperator = computed(() => session.value?.roles.includes('operator') === true);
export const seesAllTenants = computed(() => session.value?.tenants === null);

/** Tenants with data, for a key of all tenants. */
export const knownTenants = signal<readonly string[]>([]);
export const tenants = computed(() => session.value?.tenants ?? knownTenants.value);

/** The tenant in view. Undefined: all that the key may see. */
export const tenant = computed(() => {
  const chosen = query.value.get('tenant');
  if (chosen !== null && chosen !== '') return chosen;
  const [only, ...others] = session.value?.tenants ?? [];
  return others.length === 0 ? only : undefined;
});

/** The tenant for what needs one. */
export const oneTenant = computed(() => tenant.value ?? tenants.value[0] ?? 'default');

export async function loadSession(): Promise<void> {
  session.value = await api.session();
  if (session.value.signedIn && session.value.tenants === null) void loadTenants();
}

async function loadTenants(): Promise<void> {
  const now = new Date();
  const from = new Date(now.getTime() - 30 * 86_400_000).toISOString();
  try {
    const { series } = await api.series({ measure: 'outcomes', by: 'tenant', step: '1d', from, to: now.toISOString(), groups: 50 });
    knownTenants.value = [...new Set(series.flatMap(({ group }) => (group === null || group === 'other' ? [] : [group])))].sort();
  } catch {
    // Without the names people type the tenant into the address; every view works.
  }
}
