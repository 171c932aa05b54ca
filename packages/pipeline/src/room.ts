/**
 * Work that may run beside other work, and work that must run alone: so that a death can be laid on what alone was at work. One that
 * takes long keeps everybody waiting as soon as somebody asks to be alone.
 */
export interface Room {
  /** Beside whatever else runs so; after all that asked before it to be alone. */
  among<T>(work: () => Promise<T>): Promise<T>;
  /** When everything begun before has ended; what comes later waits. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Work that was begun by somebody inside, and goes on without him. */
  holds(work: Promise<unknown>): void;
}

export function createRoom(): Room {
  let lastAlone: Promise<unknown> = Promise.resolve();
  let inside = new Set<Promise<unknown>>();

  function holds(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work
      .catch(() => undefined)
      .then(() => {
        inside.delete(ended);
      });
    inside.add(ended);
  }

  return {
    holds,
    among(work) {
      const done = lastAlone.then(work);
      holds(done);
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
