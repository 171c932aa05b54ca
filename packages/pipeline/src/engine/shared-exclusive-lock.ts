/**
 * Work that may run beside other work (shared), and work during which nothing else runs (exclusive): a crash can then be attributed to the
 * only work that was running. Exclusive work waits for everything that began before it; everything later waits for it.
 */
export interface SharedExclusiveLock {
  shared<T>(work: () => Promise<T>): Promise<T>;
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Registers work that began under the lock and outlives its caller. Exclusive work waits for it, too. */
  track(work: Promise<unknown>): void;
}

export function createSharedExclusiveLock(): SharedExclusiveLock {
  let lastExclusive: Promise<unknown> = Promise.resolve();
  let running = new Set<Promise<unknown>>();

  function track(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work
      .catch(() => undefined)
      .then(() => {
        running.delete(ended);
      });
    running.add(ended);
  }

  return {
    track,
    shared(work) {
      const done = lastExclusive.then(work);
      track(done);
      return done;
    },
    exclusive(work) {
      const done = Promise.all([lastExclusive, ...running]).then(work);
      running = new Set();
      lastExclusive = done.catch(() => undefined);
      return done;
    },
  };
}
