/** Explanation of a verdict for people: its meaning, likely causes, what to do, and when to worry. */

export interface Knowledge {
  readonly meaning: string;
  readonly causes: readonly string[];
  /** What to do, most useful first. */
  readonly actions: readonly string[];
  /** Hours after the recipient's first such reply when somebody should investigate. 0: at once; null: never, the policy handles it. */
  readonly worryAfterHours: number | null;
}

/** The age at which to worry, in words. */
export function worryOf({ worryAfterHours }: Knowledge): string {
  if (worryAfterHours === null) return 'not needed: the retries, and Desist, do what is needed';
  if (worryAfterHours === 0) return 'at once: waiting does not fix it';
  return worryAfterHours % 24 === 0 && worryAfterHours > 24 ? `after ${worryAfterHours / 24} days` : `after ${worryAfterHours} h`;
}
