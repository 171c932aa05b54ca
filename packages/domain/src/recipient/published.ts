/** What was published of a recipient and is still in force: late evidence is compared with this. */
import type { Policy } from '../policy/policy.ts';
import type { Transition } from './machine.ts';
import { ALL_STREAMS, restsOnFailures } from './types.ts';
import type { Change, ChangeCount, Scope } from './types.ts';

export interface PublishedItem {
  /** Names the thing across folds: type and moment, or scope, reason and moment. */
  readonly key: string;
  /** A stage of the streak (deferred, persistent, soft_bounced, at_risk), not a suppression or allowance. */
  readonly stage: boolean;
  /** `recipientVersion` of the change that announced it. */
  readonly version: number;
  /** Policy version of that decision. */
  readonly policy: string;
  readonly expiresAt: number | null;
  readonly openedBy: Transition;
  /** No change announced it (it began under a suppression that hid it), so it is in no roll-up. */
  readonly untold?: true;
}

export function opensItem(transition: Transition): boolean {
  const { type } = transition;
  return type !== 'recovered' && type !== 'released' && type !== 'disallowed';
}

/** Of a transition that opens an item. A suppression is the same one as long as scope, reason and `since` are. */
export function itemKey({ type, at, suppression, allowance }: Transition): string {
  if (suppression !== null) return `suppressed ${suppression.scope} ${suppression.reason} ${suppression.since}`;
  // An allowance has no moment of its own that others see: replacing its expiry leaves it the same one.
  if (allowance !== null) return `allowed ${allowance.scope}`;
  return `${type} ${at}`;
}

/** A suppression that is published already: only its terms are others. An allowance counts whenever somebody allows. */
export function restates(published: readonly PublishedItem[], transition: Transition): boolean {
  if (transition.suppression === null || !opensItem(transition)) return false;
  const key = itemKey(transition);
  return published.some((item) => item.key === key);
}

/** What roll-ups count for this transition. */
export function countOf(
  { type, at, suppression }: Pick<Change, 'type' | 'suppression'> & { readonly at: number },
  times: 1 | -1 = 1,
): ChangeCount {
  return { type, at: type === 'suppressed' ? (suppression?.since ?? at) : at, reason: suppression?.reason ?? null, times };
}

/** What roll-ups count for a change. */
export function countsOf(change: Change): readonly ChangeCount[] {
  return change.counts ?? [countOf({ ...change, at: change.effectiveAt })];
}

/** What is in force after this transition was published as `version`. */
export function publishedAfter(
  published: readonly PublishedItem[],
  transition: Transition,
  version: number,
  policy: string,
): readonly PublishedItem[] {
  const { suppression, allowance, to } = transition;
  switch (transition.type) {
    case 'recovered':
      return published.filter(({ stage }) => !stage);
    case 'released': {
      const left = published.filter(({ openedBy }) => {
        const ended = openedBy.suppression;
        return ended === null || ended.scope !== suppression?.scope || ended.reason !== suppression.reason;
      });
      return to === 'healthy' ? left.filter(({ stage }) => !stage) : left;
    }
    case 'disallowed':
      return published.filter(({ openedBy }) => openedBy.allowance?.scope !== allowance?.scope || openedBy.allowance === null);
    case 'deferred':
    case 'persistent':
    case 'soft_bounced':
    case 'at_risk':
    case 'suppressed':
    case 'allowed': {
      const key = itemKey(transition);
      const expiresAt = suppression?.expiresAt ?? allowance?.expiresAt ?? null;
      const item: PublishedItem = {
        key,
        stage: suppression === null && allowance === null,
        version,
        policy,
        expiresAt,
        openedBy: transition,
      };
      return [...published.filter((other) => other.key !== key), item];
    }
    default:
      transition.type satisfies never;
      return published;
  }
}

/** Suppressions in force, by scope and reason. */
export function activeSuppressions(published: readonly PublishedItem[]): readonly PublishedItem[] {
  return published.filter(({ openedBy }) => openedBy.suppression !== null);
}

export function activeAllowances(published: readonly PublishedItem[]): readonly PublishedItem[] {
  return published.filter(({ openedBy }) => openedBy.allowance !== null);
}

/** Would a message of this stream have been spared at this moment, by what was in force before it? */
export function spares(published: readonly PublishedItem[], stream: string, at: number): boolean {
  if (published.length === 0) return false;
  const concerns = (scope: Scope): boolean => scope === ALL_STREAMS || scope === stream;
  const isAllowed = activeAllowances(published).some(({ openedBy }) => concerns(openedBy.allowance?.scope ?? ''));
  return activeSuppressions(published).some(({ openedBy: { suppression } }) => {
    if (suppression === null || suppression.since >= at || !concerns(suppression.scope)) return false;
    return !isAllowed || !restsOnFailures(suppression.reason);
  });
}

/** Is the transition published? A plain `deferred` only when the policy says so; the end of a streak only when its beginning was. */
export function isPublished(published: readonly PublishedItem[], transition: Transition, { publish }: Policy): boolean {
  if (transition.type === 'deferred') return publish.deferred;
  if (transition.type === 'recovered') return published.some(({ stage }) => stage);
  return true;
}
