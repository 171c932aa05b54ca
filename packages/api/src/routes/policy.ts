/** `/v1/policy`: the values in force, and what a changed file would change. */
import { policyDifferences, policyValues, shadowDifferences, writePolicy } from '@desist/contracts';
import type { PolicyDifference } from '@desist/contracts';
import { asTenant } from '@desist/domain';
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import type { ApiOptions } from '../options.ts';
import { POLICY_BODY_LIMIT, TRIAL_TIMEOUT, usableTrial } from '../policy-trial/answers.ts';
import { runTrial } from '../policy-trial/run.ts';
import { CHECK_POLICY, GET_POLICY } from '../schemas/policy.ts';
import type { PolicyChange } from '../schemas/policy.ts';

export async function policyRoutes(app: HttpApp, { policies, trialTimeout = TRIAL_TIMEOUT }: ApiOptions): Promise<void> {
  const checkLimit = createConcurrencyLimit({ most: 1, retryAfter: 2, what: 'check of a policy' });
  const inForce = once(() => policyValues(policies));
  const file = once(() => writePolicy(policies));
  const inShadow = once(() => shadowDifferences(policies) ?? []);
  const { shadow } = policies;

  app.get('/v1/policy', { schema: GET_POLICY, config: { role: 'reader' } }, async ({ caller }) => {
    const seesAll = caller.tenants === '*';
    const isSeen = ({ tenant }: { readonly tenant: string | null }): boolean =>
      tenant === null || caller.tenants === '*' || caller.tenants.includes(tenant);
    return {
      version: policies.version,
      values: inForce()
        .filter(isSeen)
        .map(({ tenant: _, ...one }) => ({
          ...one,
          origin: one.value === one.inherited ? ('built_in' as const) : ('policy_file' as const),
        })),
      file: seesAll ? file() : null,
      shadow:
        shadow === undefined
          ? null
          : {
              name: seesAll ? (shadow.name ?? null) : null,
              version: shadow.version,
              changes: inShadow().filter(isSeen).map(changeOf),
            },
    };
  });

  app.post(
    '/v1/policy/check',
    { schema: CHECK_POLICY, config: { role: 'operator' }, bodyLimit: POLICY_BODY_LIMIT },
    async ({ body, caller }) => {
      if (caller.tenants !== '*') throw new Problem(403, 'This key may not do this: the policy file is that of all tenants.');
      const release = checkLimit.acquire();
      try {
        const run = await runTrial({ policy: body.policy, tenant: asTenant('default'), recipient: null }, trialTimeout);
        const result = usableTrial(run, trialTimeout);
        return { version: result.policy, changes: policyDifferences(inForce(), result.values).map(changeOf) };
      } finally {
        release();
      }
    },
  );
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function changeOf({ path, from, to }: PolicyDifference): PolicyChange {
  return { path, from, to };
}
