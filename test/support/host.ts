/** A host for tests: its waits take no time, and its log says nothing. */
import type { Logger, Time } from '@desist/pipeline';

export const quietLogger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export function simulatedTime(present: () => number): Time {
  let ticks = 0;
  return {
    now: present,
    monotonic: () => (ticks += 1),
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    yield: () => Promise.resolve(),
  };
}
