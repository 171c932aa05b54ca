/**
 * Applies a decision about an incident to the whole partition, before the next record is read.
 *
 *   notice ──> known from here on ──> pages of recipients that it may concern ──> each is folded again ──> a commit for each step
 *
 * All commits stay at this one record: the owner after a crash reads it again, finds most of it done, and does the rest. With the first
 * step the incident is known, so nothing in between is folded as if it were not.
 */
import { recipientKey } from '@desist/domain';
import type { IncidentNotice, RecipientKey, RecipientRef } from '@desist/domain';
import type { Incidents } from '../incidents/known.ts';
import { scopeOf } from '../incidents/known.ts';
import type { Retry } from '../ports/retry.ts';
import type { RecipientStore } from '../ports/store.ts';
import type { Time } from '../ports/time.ts';
import type { Committer } from './committer.ts';
import type { Fold } from './fold.ts';

export interface ApplyIncidentOptions {
  readonly partition: number;
  readonly store: Pick<RecipientStore, 'concerned'>;
  readonly retry: Retry;
  readonly time: Pick<Time, 'yield'>;
  readonly fold: Pick<Fold, 'apply' | 'refold'>;
  readonly incidents: Pick<Incidents, 'changed' | 'progress'>;
  readonly load: (needed: ReadonlyMap<RecipientKey, RecipientRef>) => Promise<void>;
  readonly committer: Pick<Committer, 'pending' | 'flush' | 'state'>;
  /** Is what was folded enough for a commit? A step ends then. */
  readonly isFull: () => boolean;
  /** So many changes were published. */
  readonly changed: (changes: number) => void;
}

/** Ends early when the partition is lost or stops. */
export async function applyIncident(notice: IncidentNotice, options: ApplyIncidentOptions): Promise<void> {
  const { partition, store, retry, time, fold, incidents, load, committer, isFull } = options;
  if (fold.apply(notice, notice.announcedBy === partition) === 'known') return;
  const scope = scopeOf(notice);
  let looked = 0;
  // Whom a former owner changed is looked at again, and not changed again.
  let changed = incidents.changed(notice.id);
  for (let cursor: number | null = 0; cursor !== null;) {
    const from: number = cursor;
    const page = await retry('the recipients that an incident concerns', () => store.concerned(partition, scope, from));
    await load(new Map(page.recipients.map((one) => [recipientKey(one.tenant, one.address), one])));
    for (const { tenant, address } of page.recipients) {
      looked += 1;
      const refolded = fold.refold(recipientKey(tenant, address));
      if (refolded === undefined) continue;
      if (refolded.changes > 0) changed += 1;
      options.changed(refolded.changes);
      if (!isFull()) continue;
      committer.pending.incidents.push(incidents.progress(notice, looked, changed, false));
      await committer.flush();
      if (committer.state().kind !== 'running') return;
    }
    cursor = page.cursor;
    await time.yield();
  }
  // The last step is committed with the record itself.
  committer.pending.incidents.push(incidents.progress(notice, looked, changed, true));
}
