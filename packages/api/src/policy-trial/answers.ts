/** What a request with a policy file is answered when the file cannot be used. */
import type { PolicyProblem } from '@desist/contracts';
import { Problem } from '../http/problem.ts';
import { MOST_MISTAKES } from '../http/validation.ts';
import { TRIED_POLICY_LIMIT } from '../schemas/policy.ts';
import type { TrialResult } from './trial.ts';

export type UsableTrial = Extract<TrialResult, { readonly ok: true }>;

/** Default time limit of a trial, ms. */
export const TRIAL_TIMEOUT = 2_000;
/** Enough for a file in JSON with every byte escaped. */
export const POLICY_BODY_LIMIT = 8 * TRIED_POLICY_LIMIT;

/** What a trial found. @throws Problem 408 if it took too long (`result` undefined); 400 if the file has mistakes */
export function usableTrial(result: TrialResult | undefined, timeout: number): UsableTrial {
  if (result === undefined) throw new Problem(408, `policy: was not read within ${timeout} ms. Make the file smaller.`);
  if (!result.ok) throw policyMistakes(result.problems);
  return result;
}

function policyMistakes(problems: readonly PolicyProblem[]): Problem {
  const errors = problems.slice(0, MOST_MISTAKES).map(({ line, column, path, problem, hint }) => {
    const detail = `${path === '' ? 'the file' : path}: ${problem}${hint === undefined ? '' : `; ${hint}`}`;
    return { detail, pointer: '#/policy', line, column };
  });
  return new Problem(400, 'policy: the file has mistakes.', { members: { errors } });
}
