/** Limits concurrent work. Excess requests are refused instead of queued, so that they use no memory. */
import { Problem } from './http/problem.ts';

export interface ConcurrencyLimit {
  /** Returns the function that ends the work. @throws Problem 429 when the limit is reached. */
  acquire(): () => void;
}

export function createConcurrencyLimit(options: {
  readonly most: number;
  readonly retryAfter: number;
  readonly what: string;
}): ConcurrencyLimit {
  const { most, retryAfter, what } = options;
  let active = 0;
  return {
    acquire() {
      if (active >= most) {
        throw new Problem(429, `${most} ${what} are running already. Try again later.`, { headers: { 'retry-after': String(retryAfter) } });
      }
      active += 1;
      let released = false;
      return () => {
        if (!released) active -= 1;
        released = true;
      };
    },
  };
}
