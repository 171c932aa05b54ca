/** What is kept of one recipient, and what a fold of it needs to know. */
import type { TenantPolicy } from '../policy/policy.ts';
import type { AskBaseline } from './baseline.ts';
import type { Machine, Transition } from './machine.ts';
import type { PublishedItem } from './published.ts';
import type { MeasuredSuppression } from './regret.ts';
import type { Fact, RecipientStateName } from './types.ts';

/** What is kept of one recipient. Owned by one fold at a time, which changes it in place. */
export interface Recipient {
  /** In folding order, without duplicates, bounded (`compact`). */
  facts: readonly Fact[];
  /** Evaluated up to this partition clock, ms. */
  clock: number;
  /** `recipientVersion` of the last change. */
  version: number;
  /** Version of the policy of the last fold. */
  policy: string;
  /** What was published and is still in force. */
  published: readonly PublishedItem[];
  /** Of the suppressions among them, and of those that ended lately: what was counted, see `regret.ts`. */
  measured: readonly MeasuredSuppression[];
  /** As of the last fold. */
  state: RecipientStateName;
  /** The machine after the last fold: lost and made again at will. */
  live: Live | undefined;
}

export interface Live {
  readonly machine: Machine;
  /** The transitions of the step that is being made. */
  readonly trace: Transition[];
  /** Some fact lies after the clock: timers before it have not fired yet, so the machine cannot go on from here. */
  readonly ahead: boolean;
  readonly due: number;
}

export interface FoldContext {
  readonly policies: TenantPolicy;
  /** Version (hash) of the policy file: written on every change. */
  readonly policyVersion: string;
  /** Asked when a window has closed on the clock. Without it no window says anything. */
  readonly askBaseline?: AskBaseline;
}

export function newRecipient(): Recipient {
  return {
    facts: [],
    clock: Number.NEGATIVE_INFINITY,
    version: 0,
    policy: '',
    published: [],
    measured: [],
    state: 'healthy',
    live: undefined,
  };
}
