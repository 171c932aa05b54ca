/** What the thread of a what-if and its runner say to each other. Plain data. */
import type { WhatIfSummary } from '@desist/contracts';
import type { LogRecord } from '@desist/pipeline';

export interface ThreadInput {
  /** Texts of the policy files: the one in force, and the one to compare. */
  readonly against: string;
  readonly policy: string;
  /** Only events of this tenant; null: of all. */
  readonly tenant: string | null;
  /** Earlier events are left out, ms; null: none. */
  readonly since: number | null;
}

/** Records of a partition, in order; the end of the partition; the end of all of them. Each is answered. */
export type ToThread =
  { readonly kind: 'page'; readonly records: readonly LogRecord[] } | { readonly kind: 'partition' } | { readonly kind: 'end' };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'folded' }
  | { readonly kind: 'summary'; readonly summary: WhatIfSummary }
  | { readonly kind: 'mistakes'; readonly problem: string };
