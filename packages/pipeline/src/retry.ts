/** Waiting for a store or log that is away: for ever, with back-off. What waits can be repeated unharmed. */
import { StoreError } from './errors.ts';
import type { Time } from './ports.ts';

/** 50 ms, doubled up to 5 s. */
export function backOff(attempt: number): number {
  return Math.min(5_000, 50 * 2 ** Math.min(attempt, 10));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Attempts after which somebody should hear of it. */
const LOUD_AT = 4;

/** Rejects only when waiting does not help: the store is of another version. */
export async function untilThere<T>(time: Time, work: () => Promise<T>, waiting?: (problem: string) => void): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'incompatible') throw error;
      if (attempt === LOUD_AT) waiting?.(messageOf(error));
      await time.sleep(backOff(attempt));
    }
  }
}
