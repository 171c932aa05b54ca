/**
 * The recipient under a shadow policy: the same facts, folded a second time. It has a state and suppressions of its own, which nobody is
 * told of; its versions are not published ones.
 */
import { baselineAnswer } from './baseline.ts';
import { countOf } from './published.ts';
import { newRecipient } from './recipient.ts';
import type { FoldContext, Recipient } from './recipient.ts';
import { refoldForEvidence } from './refold.ts';
import type { ChangeCount, Fact } from './types.ts';

/** From the evidence that is kept of a recipient: what the shadow policy says of it as of the recipient's clock. */
export function shadowOf(real: Recipient, context: FoldContext): Recipient {
  const shadow: Recipient = { ...newRecipient(), policy: context.policyVersion };
  if (real.facts.length === 0) return shadow;
  shadow.facts = real.facts.map((fact) => underOther(fact, context));
  shadow.clock = real.clock;
  refoldForEvidence(shadow, real.clock, context, real.clock);
  return shadow;
}

/** What the real policy has decided goes: whether a window passed is asked again of what was counted in it. */
function underOther(fact: Fact, { policies }: FoldContext): Fact {
  if (fact.kind !== 'failure' || (fact.baseline === undefined && fact.again === undefined)) return fact;
  const { baseline, again: _, ...rest } = fact;
  if (baseline === undefined) return rest;
  return { ...rest, baseline: baselineAnswer(policies.base, baseline.closesAt, baseline.deliveries, baseline.failing) };
}

/**
 * What roll-ups count when a shadow is made anew: what it holds, where that began. What the former one held (of another policy; undefined:
 * there was none) is taken back, as a change of the real policy takes back what it corrects. `shadow`: undefined when there is none any more.
 */
export function countsOfNewShadow(shadow: Recipient | undefined, former: Recipient | undefined): readonly ChangeCount[] {
  return [...heldBy(former, -1), ...heldBy(shadow, 1)];
}

function heldBy(one: Recipient | undefined, times: 1 | -1): readonly ChangeCount[] {
  return (one?.published ?? []).flatMap(({ stage, openedBy }) =>
    stage || openedBy.suppression === null ? [] : [countOf({ ...openedBy, type: 'suppressed' }, times)],
  );
}
