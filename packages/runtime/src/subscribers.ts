/** HTTP subscribers of this process: what its routes need, and the dispatcher that delivers to them. */
import { randomBytes } from 'node:crypto';
import type { ApiOptions } from '@desist/api';
import { publishedChange } from '@desist/api';
import { createByHand, createDispatcher } from '@desist/pipeline';
import type { Dispatcher, FedChange, Logger } from '@desist/pipeline';
import { createChangeFeed, createSubscriberStore } from '@desist/store-postgres';
import { createSender, newSecret, wrongUrl } from '@desist/webhooks';
import type { Backends } from './backends.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Settings } from './settings.ts';
import { systemTime } from './time.ts';
import { VERSION } from './version.ts';

export interface Subscribers {
  readonly routes: Pick<ApiOptions, 'subscribers'>;
  readonly dispatcher: Dispatcher;
}

interface SubscribersOptions {
  readonly settings: Pick<Settings, 'webhookNetworks'>;
  readonly backends: Pick<Backends, 'subscribers' | 'deliveries' | 'changes'>;
  readonly owner: string;
  readonly logger: Logger;
  readonly life: Pick<Lifecycle, 'opened'>;
}

const encode = (change: FedChange): string => JSON.stringify(publishedChange(change));
/** Bytes of an id: nobody adds so many that two get the same. */
const ID = 12;

export function createSubscribers({ settings, backends, owner, logger, life }: SubscribersOptions): Subscribers {
  const allowed = settings.webhookNetworks;
  const sender = createSender({ allowed, userAgent: `Desist/${VERSION}` });
  life.opened('connections to subscribers', async () => sender.close());
  const { subscribers: store, changes } = backends;
  const byHand = createByHand({ store, feed: changes, sender, encode, time: systemTime });
  const manage = {
    byHand,
    newId: () => `wh_${randomBytes(ID).toString('hex')}`,
    newSecret,
    wrongUrl: (url: string) => wrongUrl(url, allowed),
  };
  const own = createSubscriberStore(backends.deliveries);
  const feed = createChangeFeed(backends.deliveries);
  return {
    routes: { subscribers: { store, manage } },
    dispatcher: createDispatcher({ store: own, feed, sender, encode, owner, time: systemTime, logger }),
  };
}
