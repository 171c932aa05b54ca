/** Work that may run beside other work, and work that must run alone: so that a death can be laid on what alone was at work. */
export interface Room {
  /** Beside whatever else runs so; after all that asked before it to be alone. */
  among<T>(work: () => Promise<T>): Promise<T>;
  /** When everything begun before has ended; what comes later waits. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createRoom(): Room {
  let lastAlone: Promise<unknown> = Promise.resolve();
  let inside = new Set<Promise<unknown>>();

  return {
    among(work) {
      const done = lastAlone.then(work);
      const settled: Promise<unknown> = done
        .catch(() => undefined)
        .then(() => {
          inside.delete(settled);
        });
      inside.add(settled);
      return done;
    },
    alone(work) {
      const done = Promise.all([lastAlone, ...inside]).then(work);
      inside = new Set();
      lastAlone = done.catch(() => undefined);
      return done;
    },
  };
}
