export { normaliseAddress, normaliseRecipient } from './address.ts';
export { CheckError, createChecker } from './check.ts';
export type { CheckAnswer, Checker, CheckerOptions } from './check.ts';
export type { ReplicaService } from './completeness.ts';
export { createReplica, IncompleteReplicaError } from './replica.ts';
export type { Freshness, Replica, ReplicaOptions } from './replica.ts';
export { isNew, subscribe } from './subscribe.ts';
export type { Mark, Marks, SubscribeOptions, Subscription } from './subscribe.ts';
export { createTable } from './table.ts';
export type { TableEntry as Held, Table } from './table.ts';
export { decide } from './terms.ts';
export type {
  Allowance,
  Change,
  ChangeType,
  Decision,
  Evidence,
  IncidentChange,
  Sequence,
  Suppressions,
  SuppressionTerms,
} from './terms.ts';
