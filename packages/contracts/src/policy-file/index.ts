export type { PolicyProblem } from './problems.ts';
export { readPolicyFile } from './read.ts';
export type { PolicyFile } from './read.ts';
export { defaultPolicies, policySet, policyVersion } from './version.ts';
export { policyValues } from './values.ts';
export type { PolicyValue } from './values.ts';
export { varyPolicy } from './vary.ts';
export type { Variation, VariedPolicy } from './vary.ts';
export { writePolicy } from './write.ts';
