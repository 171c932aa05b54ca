/** What was published of a recipient and holds still: late evidence is compared with this. */
import type { Transition } from './machine.ts';

export interface Standing {
  /** Names the thing across folds: type and moment, or scope, reason and moment. */
  readonly key: string;
  /** A stage of the streak (deferred, persistent, soft_bounced, at_risk), not a suppression or allowance. */
  readonly stage: boolean;
  /** `recipientVersion` of the change that announced it. */
  readonly version: number;
  /** Policy version of that decision. */
  readonly policy: string;
  readonly expiresAt: number | null;
  readonly opener: Transition;
}

export function isOpener(transition: Transition): boolean {
  const { type } = transition;
  return type !== 'recovered' && type !== 'released' && type !== 'disallowed';
}

/** Of an opener. A suppression is the same one as long as scope, reason and `since` are. */
export function keyOf({ type, at, suppression, allowance }: Transition): string {
  if (suppression !== null) return `suppressed ${suppression.scope} ${suppression.reason} ${suppression.since}`;
  // An allowance has no moment of its own that others see: replacing its expiry leaves it the same one.
  if (allowance !== null) return `allowed ${allowance.scope}`;
  return `${type} ${at}`;
}

/** What stands after this transition was published as `version`. */
export function holdsAfter(standing: readonly Standing[], transition: Transition, version: number, policy: string): readonly Standing[] {
  const { suppression, allowance, to } = transition;
  switch (transition.type) {
    case 'recovered':
      return standing.filter(({ stage }) => !stage);
    case 'released': {
      const left = standing.filter(({ opener }) => {
        const held = opener.suppression;
        return held === null || held.scope !== suppression?.scope || held.reason !== suppression.reason;
      });
      return to === 'healthy' ? left.filter(({ stage }) => !stage) : left;
    }
    case 'disallowed':
      return standing.filter(({ opener }) => opener.allowance?.scope !== allowance?.scope || opener.allowance === null);
    case 'deferred':
    case 'persistent':
    case 'soft_bounced':
    case 'at_risk':
    case 'suppressed':
    case 'allowed': {
      const key = keyOf(transition);
      const expiresAt = suppression?.expiresAt ?? allowance?.expiresAt ?? null;
      const item: Standing = {
        key,
        stage: suppression === null && allowance === null,
        version,
        policy,
        expiresAt,
        opener: transition,
      };
      return [...standing.filter((other) => other.key !== key), item];
    }
    default:
      transition.type satisfies never;
      return standing;
  }
}

/** Suppressions in force, by scope and reason. */
export function activeSuppressions(standing: readonly Standing[]): readonly Standing[] {
  return standing.filter(({ opener }) => opener.suppression !== null);
}

export function activeAllowances(standing: readonly Standing[]): readonly Standing[] {
  return standing.filter(({ opener }) => opener.allowance !== null);
}
