/** What people are told about a verdict: what it means, why it may be, what to do, and when to worry. */

export interface Knowledge {
  readonly meaning: string;
  readonly causes: readonly string[];
  /** What to do, most useful first. */
  readonly actions: readonly string[];
  /** Hours since the first such reply for the recipient after which somebody should look; null: the policy does what is needed; 0: at once. */
  readonly worryAfterHours: number | null;
}

/** The age at which to worry, in words. */
export function worryOf({ worryAfterHours }: Knowledge): string {
  if (worryAfterHours === null) return 'no age: the state machine does what is needed';
  if (worryAfterHours === 0) return 'at once: waiting does not cure it';
  return worryAfterHours % 24 === 0 && worryAfterHours > 24 ? `after ${worryAfterHours / 24} days` : `after ${worryAfterHours} h`;
}
