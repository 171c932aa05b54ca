export type { PolicyProblem } from './problems.ts';
export { readPolicyFile } from './read.ts';
export type { PolicyFile } from './read.ts';
export { defaultPolicies, policySet, policyVersion } from './version.ts';
export { writePolicy } from './write.ts';
