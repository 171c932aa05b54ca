/** HTTP subscribers that somebody must look after. */
import type { ListedSubscriber, SubscriberStore } from '../ports/subscribers.ts';

/** Subscribers that are looked at. */
const LOOKED_AT = 1_000;

/** Those that fail, are paused or have ended, by id. */
export async function subscribersInTrouble(store: Pick<SubscriberStore, 'counts' | 'list'>): Promise<readonly ListedSubscriber[]> {
  const { failing, paused, ended } = await store.counts();
  if (failing + paused + ended === 0) return [];
  const all = await store.list({}, { after: null, limit: LOOKED_AT });
  return all.filter(({ state, failingSince }) => state !== 'active' || failingSince !== null);
}
