/** `/v1/policy`: the values in force, what a changed file would change, and the file read again. */
import { policyDifferences, policyValues, shadowDifferences, writePolicy } from '@desist/contracts';
import type { PolicyDifference } from '@desist/contracts';
import { asTenant } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { formatTime } from '@desist/formats/event';
import { entryOf } from '../audit.ts';
import { demandAllTenants, loggedName, mayUse, signedBy } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem, unavailable } from '../http/problem.ts';
import { bodyOrNothing, MOST_MISTAKES } from '../http/validation.ts';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import type { ApiOptions } from '../options.ts';
import { POLICY_BODY_LIMIT, TRIAL_TIMEOUT, usableTrial } from '../policy-trial/answers.ts';
import { runTrial } from '../policy-trial/run.ts';
import { CHECK_POLICY, GET_POLICY, RELOAD_POLICY } from '../schemas/policy.ts';
import type { PolicyChange } from '../schemas/policy.ts';
import { when } from '../values.ts';

export async function policyRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { policies, policyInForce, time, logger, trialTimeout = TRIAL_TIMEOUT } = options;
  const checkLimit = createConcurrencyLimit({ most: 1, retryAfter: 2, what: 'check of a policy' });
  const inForce = oncePer(policies, policyValues);
  const file = oncePer(policies, writePolicy);
  const inShadow = oncePer(policies, (of) => shadowDifferences(of) ?? []);

  app.get('/v1/policy', { schema: GET_POLICY, config: { role: 'reader' } }, async ({ caller }) => {
    const current = policyInForce?.current() ?? null;
    const { version, shadow } = policies();
    const seesAll = caller.tenants === '*';
    const isSeen = ({ tenant }: { readonly tenant: string | null }): boolean => tenant === null || mayUse(caller, tenant);
    return {
      version,
      revision: current?.revision ?? null,
      since: when(current?.since ?? null),
      by: seesAll ? (current?.by ?? null) : null,
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

  const reloading = { schema: RELOAD_POLICY, config: { role: 'operator' } as const, preValidation: bodyOrNothing };
  app.post('/v1/policy/reload', reloading, async (request) => {
    const { body, caller } = request;
    demandAllTenants(caller);
    const reload = policyInForce?.reload;
    if (reload === undefined) throw unavailable('This process follows the engines. Send the request to an engine.');
    const entry = entryOf(request, { action: 'policy_reloaded', tenant: null, by: body.by }, time.now());
    const outcome = await reload(signedBy(body.by, caller), entry);
    if (outcome.kind !== 'in_force') await options.trail?.note([{ ...entry, outcome: 'refused' }]);
    if (outcome.kind === 'no_file') throw new Problem(409, 'This engine has no policy file (DESIST_POLICY).');
    if (outcome.kind === 'mistakes') {
      const errors = outcome.mistakes.slice(0, MOST_MISTAKES).map((mistake) => ({ ...mistake }));
      throw new Problem(422, 'The policy file has mistakes. Nothing was changed.', { members: { errors } });
    }
    const { changed, policy } = outcome;
    logger.info({ caller: loggedName(caller), changed, revision: policy.revision }, 'an operator asked to read the policy file again');
    const { version, shadowVersion, revision, since, by } = policy;
    return { changed, version, shadowVersion, revision, since: formatTime(since), by };
  });
}

/** Made when it is asked for, and again when the policies are other ones. */
function oncePer<T>(policies: () => PolicySet, make: (of: PolicySet) => T): () => T {
  let made: { readonly of: PolicySet; readonly value: T } | undefined;
  return () => {
    const of = policies();
    if (made?.of !== of) made = { of, value: make(of) };
    return made.value;
  };
}

function changeOf({ path, from, to }: PolicyDifference): PolicyChange {
  return { path, from, to };
}
