/** What a recipient's facts say of one message: when its first attempt was deferred, and whether it has come to an end. */
import type { DeliveredFact, Fact, FailureFact } from '@desist/domain';

/** An event that ends a message: it was delivered, or its sender gave up. */
type End = DeliveredFact | FailureFact;

/**
 * The first deferral of the message that this event ends. A message without an id, or with no deferral that is known, stands for its
 * streak: then it is the first failure since the last delivery or proof of life. Undefined: it was delivered, or failed for good, at the first attempt.
 */
export function firstAttemptOf(before: readonly Fact[], end: End): FailureFact | undefined {
  const earlier = before.filter((fact): fact is FailureFact => isDeferral(fact) && fact.at <= end.at);
  if (end.message !== null) {
    const own = earlier.find(({ message }) => message === end.message);
    if (own !== undefined || end.kind === 'failure') return own;
  }
  const lastReset = before.findLast((fact) => endsStreak(fact) && fact.at <= end.at);
  return earlier.find(({ at }) => lastReset === undefined || at > lastReset.at);
}

/** The message had come to such an end before: a bounce that comes a second time under another id. */
export function isRepeatedEnd(before: readonly Fact[], end: End): boolean {
  if (end.message === null) return false;
  return before.some((fact) => {
    if (fact.kind === 'delivered') return end.kind === 'delivered' && fact.message === end.message;
    return end.kind === 'failure' && fact.kind === 'failure' && fact.type !== 'deferred' && fact.message === end.message;
  });
}

/** No earlier deferral of the message is known. */
export function startsMessage(before: readonly Fact[], deferral: FailureFact): boolean {
  if (!isDeferral(deferral)) return false;
  if (deferral.message !== null) return !before.some((fact) => isDeferral(fact) && fact.message === deferral.message);
  const lastReset = before.findLastIndex(endsStreak);
  return !before.slice(lastReset + 1).some((fact) => isDeferral(fact) && fact.message === null);
}

/** Whether a click does is the policy's to say: it is taken for one that does not. */
function endsStreak(fact: Fact): boolean {
  return fact.kind === 'delivered' || (fact.kind === 'engaged' && fact.engagement !== 'click');
}

function isDeferral(fact: Fact): fact is FailureFact {
  return fact.kind === 'failure' && fact.type === 'deferred';
}
