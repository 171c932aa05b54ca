/**
 * Keeps the request queues of kafkajs 2.2.4 quiet: each asks again after each check whether requests wait, also when none does and nothing
 * throttles it. `throttledUntil` begins at -1, so that timer fires after 1 ms, for each connection and for ever (and Node 24 warns of each
 * negative delay). A request that must wait asks for a check itself.
 */
import { createRequire } from 'node:module';

/** The part of kafkajs' queue of requests that is used here. */
export interface RequestQueue {
  readonly pending: readonly unknown[];
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const require = createRequire(import.meta.url);
let replaced = false;

/** For the process, once. */
export function quietRequestQueues(): void {
  if (replaced) return;
  replaced = true;
  const { prototype } = require('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the queue below
  const { scheduleCheckPendingRequests } = prototype;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
  };
}
