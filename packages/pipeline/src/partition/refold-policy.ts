/**
 * Folds the recipients of a partition again that were last folded under another policy: page by page, between batches, so that new events
 * are folded meanwhile.
 *
 *   claimed ──> noted (`add`) ──> pages: load ──> fold again ──> commit ──> let go of
 *
 * A recipient that an event or a timer reaches before its page is folded again right then, and its page skips it. Each row keeps the policy of
 * its last fold: whoever claims the partition after a crash notes only the rest.
 */
import { partsOfKey } from '@desist/domain';
import type { RecipientKey, RecipientRef } from '@desist/domain';
import type { Committer } from './committer.ts';
import type { Fold } from './fold.ts';
import type { Recipients } from './recipients.ts';

export interface RefoldPolicy {
  /** Nothing is noted any more. */
  clear(): void;
  /** This recipient was last folded under another policy. */
  add(key: RecipientKey): void;
  /** Recipients that are not looked at yet. */
  remaining(): number;
  /** Folds one page again and commits it. Answers how many changes that published. */
  step(): Promise<number>;
}

export interface RefoldPolicyOptions {
  readonly fold: Pick<Fold, 'underPolicy'>;
  readonly recipients: Pick<Recipients, 'get' | 'delete'>;
  readonly load: (needed: ReadonlyMap<RecipientKey, RecipientRef>) => Promise<void>;
  readonly committer: Pick<Committer, 'flush'>;
}

/** Recipients that are at hand for it at one time: events wait for one page at most. */
const PAGE = 200;

export function createRefoldPolicy({ fold, recipients, load, committer }: RefoldPolicyOptions): RefoldPolicy {
  let keys: RecipientKey[] = [];
  let next = 0;

  return {
    clear() {
      keys = [];
      next = 0;
    },
    add: (key) => void keys.push(key),
    remaining: () => keys.length - next,
    async step() {
      const page = keys.slice(next, next + PAGE);
      const loaded = page.filter((key) => recipients.get(key) === undefined);
      await load(new Map(page.map((key) => [key, partsOfKey(key)])));
      let changes = 0;
      for (const key of page) changes += fold.underPolicy(key);
      next += page.length;
      if (next >= keys.length) {
        keys = [];
        next = 0;
      }
      await committer.flush();
      // Nobody asked for them: what events need stays at hand.
      for (const key of loaded) recipients.delete(key);
      return changes;
    },
  };
}
