/** What-ifs as jobs: another policy on what the log still has. A process with the log claims them, one at a time. Moments are ms. */
import type { NewAuditEntry } from './audit-trail.ts';

/** `stopped`: nobody runs it until it is asked for again. A job that runs again begins at the start of the log, and comes to the same. */
export const WHATIF_STATES = ['waiting', 'running', 'stopped', 'done', 'failed'] as const;
export type WhatIfState = (typeof WHATIF_STATES)[number];

export interface NewWhatIf {
  readonly id: string;
  /** The same for the same question. */
  readonly resumeKey: string;
  /** Null: of all tenants. */
  readonly tenant: string | null;
  /** The text of the policy file. */
  readonly policy: string;
  /** Earlier events are left out. */
  readonly since: number | null;
  readonly by: string | null;
  /** Name of the API key. */
  readonly keyName: string | null;
  readonly startedAt: number;
}

export interface WhatIfJob extends NewWhatIf {
  readonly state: WhatIfState;
  /** Records that were read. */
  readonly done: number;
  /** Null: not known yet. */
  readonly total: number | null;
  /** JSON of the summary. */
  readonly result: string | null;
  readonly problem: string | null;
  readonly updatedAt: number;
}

export type WhatIfEnd = { readonly result: string } | { readonly problem: string };

/** Jobs that nobody has touched for so long are forgotten, ms. */
export const WHATIFS_KEPT = 90 * 86_400_000;
/** A job whose owner has said nothing for so long is taken over, ms. */
export const WHATIF_ABANDONED = 60_000;
/** Jobs that may wait or run at once. */
export const MOST_WHATIFS = 10;

/** @throws StoreError like `RecipientStore`. An entry of the audit trail is written with what it is about, or neither is. */
export interface WhatIfStore {
  /**
   * The new job; or the one that asks the same and is not answered, which waits again if it was stopped. `entry` is asked which of the two it
   * is. Null: there are too many already.
   */
  start(wanted: NewWhatIf, entry: (job: WhatIfJob, isNew: boolean) => NewAuditEntry): Promise<WhatIfJob | null>;
  job(id: string): Promise<WhatIfJob | null>;
  /** The newest first. `tenants`: only of these. */
  jobs(filter: { readonly tenants?: readonly string[]; readonly limit: number }): Promise<readonly WhatIfJob[]>;
  /** Takes over the oldest job that waits, or that its owner has abandoned. */
  claim(owner: string, at: number): Promise<WhatIfJob | null>;
  /** False: it was stopped, or belongs to another. */
  progress(id: string, owner: string, at: number, counts: { readonly done: number; readonly total: number | null }): Promise<boolean>;
  /** False: as above, and nothing was written. */
  end(claim: { readonly id: string; readonly owner: string }, at: number, end: WhatIfEnd, entry: NewAuditEntry): Promise<boolean>;
  /** Null: it neither waits nor runs. */
  stop(id: string, at: number, entry: NewAuditEntry): Promise<WhatIfJob | null>;
}
