/** HTTP subscribers that somebody must look after. */
import type { ListedSubscriber, SubscriberStore } from '../ports/subscribers.ts';

/** Of those in trouble, so many are shown. */
const SHOWN = 1_000;

/** Those that fail, are paused or have ended: `shown` by id, and how many more there are. */
export async function subscribersInTrouble(
  store: Pick<SubscriberStore, 'counts' | 'list'>,
): Promise<{ readonly shown: readonly ListedSubscriber[]; readonly more: number }> {
  const { failing, paused, ended } = await store.counts();
  const all = failing + paused + ended;
  if (all === 0) return { shown: [], more: 0 };
  const shown = await store.list({ inTrouble: true }, { after: null, limit: SHOWN });
  return { shown, more: shown.length < SHOWN ? 0 : Math.max(0, all - SHOWN) };
}
