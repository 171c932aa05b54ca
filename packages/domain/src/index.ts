export * from './event.ts';
export * from './keys.ts';
export * from './policy/policy.ts';
export * from './incident/incident.ts';
export * from './incident/detect.ts';
export * from './incident/installation-wide.ts';
export * from './incident/sender.ts';
export { quantile, wilson } from './measures/interval.ts';
export type { Interval } from './measures/interval.ts';
export { addOutcome, newRegretCounts, outcomeName, REGRET_WINDOW, regretOf } from './measures/regret.ts';
export type { OutcomeName, Regret, RegretCounts, SuppressionOutcome } from './measures/regret.ts';
export { createHistory } from './measures/history.ts';
export type { History, PolicySuppression, RecipientHistory } from './measures/history.ts';
export { createMeasure, differenceOf, DIMENSIONS } from './measures/measure.ts';
export type {
  Difference,
  Dimension,
  Measure,
  Measured,
  MeasuredGroup,
  PolicyComparison,
  PolicyMeasures,
  Quantiles,
  Waste,
} from './measures/measure.ts';
export { decodeRecipient, decodeShadow, encodeRecipient, encodeShadow } from './recipient/codec.ts';
export { explain, refusalOf } from './recipient/explain.ts';
export type { CommandRefusal, EngagementEffect, ExplainedFact, Explanation, FactReason, Outlook } from './recipient/explain.ts';
export { baselineAnswer, windowClosesAt } from './recipient/baseline.ts';
export type { AskBaseline } from './recipient/baseline.ts';
export { attributionOf, factOf, isHard, voidedByEngagement, weightOf } from './recipient/fact.ts';
export { endsGreylisting } from './recipient/greylisting.ts';
export { classifyFailure, replyLine } from './recipient/classify.ts';
export type { ProviderOf } from './recipient/classify.ts';
export { addFact, advanceTo, applyExclusions, keepLastResets } from './recipient/fold.ts';
export type { Exclusions } from './recipient/fold.ts';
export { countsOfNewShadow, shadowOf } from './recipient/shadow.ts';
export { newRecipient } from './recipient/recipient.ts';
export type { FoldContext, Recipient } from './recipient/recipient.ts';
export { dueOf, machineOf, run } from './recipient/run.ts';
export { eraseRecipient } from './recipient/erase.ts';
export type { Erasure } from './recipient/erase.ts';
export { newMachine, SCOPES, suppressAt } from './recipient/machine.ts';
export type { Machine, Role, Transition, VoidedBy, MachineObserver } from './recipient/machine.ts';
export { measureRegret } from './recipient/regret.ts';
export type { MeasuredSuppression, RegretCount, RegretReason, RegretType } from './recipient/regret.ts';
export { countsOf, spares } from './recipient/published.ts';
export { BOUND, CAP, SLACK } from './recipient/compact.ts';
export * from './recipient/types.ts';
export { UNTRACKED_AFTER, viewOf } from './recipient/view.ts';
export type { ActiveSuppression, RecipientView } from './recipient/view.ts';
