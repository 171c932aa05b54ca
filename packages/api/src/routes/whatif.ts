/** `/v1/whatif`: another policy on what the log still has, as a job that a process with the log runs. */
import { randomBytes } from 'node:crypto';
import { contentHash, formatTime, parseTime } from '@desist/formats/event';
import { asTenant } from '@desist/domain';
import type { NewAuditEntry, NewWhatIf, WhatIfJob } from '@desist/pipeline';
import type { FastifyRequest } from 'fastify';
import { entryOf } from '../audit.ts';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import type { Caller } from '../http/access.ts';
import { mayUse, tenantOf, tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import type { ApiOptions } from '../options.ts';
import { POLICY_BODY_LIMIT, TRIAL_TIMEOUT, usableTrial } from '../policy-trial/answers.ts';
import { runTrial } from '../policy-trial/run.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';
import { CREATE_WHATIF, GET_WHATIF, LIST_WHATIFS, STOP_WHATIF } from '../schemas/whatif.ts';
import type { WhatIf, WhatIfResult } from '../schemas/whatif.ts';
import { demandWriting } from './append.ts';

export async function whatIfRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { whatIfs, policies, time, logger, trialTimeout = TRIAL_TIMEOUT } = options;
  if (whatIfs === undefined) return;
  const { store } = whatIfs;
  const config = { role: 'operator' } as const;
  const checkLimit = createConcurrencyLimit({ most: 1, retryAfter: 2, what: 'check of a policy' });

  const found = async (id: string, caller: Caller): Promise<WhatIfJob> => {
    const job = await store.job(id);
    if (job === null || (job.tenant === null ? caller.tenants !== '*' : !mayUse(caller, job.tenant)))
      throw new Problem(404, 'There is no such what-if.');
    return job;
  };

  app.post('/v1/whatif', { schema: CREATE_WHATIF, config, bodyLimit: POLICY_BODY_LIMIT }, async (request, reply) => {
    demandWriting(options);
    const { body, caller } = request;
    const tenant = typeof body.tenant === 'string' || caller.tenants !== '*' ? tenantOf(caller, body.tenant) : null;
    const release = checkLimit.acquire();
    try {
      const trial = await runTrial({ policy: body.policy, tenant: asTenant('default'), recipient: null }, trialTimeout);
      usableTrial(trial, trialTimeout);
    } finally {
      release();
    }
    const startedAt = time.now();
    const since = typeof body.since === 'string' ? (parseTime(body.since) ?? null) : null;
    // Against another policy in force it is another question.
    const resumeKey = contentHash(['whatif', policies().version, body.policy, tenant, since]);
    const id = `wi_${randomBytes(12).toString('hex')}`;
    const wanted: NewWhatIf = { id, resumeKey, tenant, policy: body.policy, since, by: body.by ?? null, keyName: caller.name, startedAt };
    const job = await store.start(wanted, (started, isNew) =>
      entryFor(request, started, { action: isNew ? 'whatif_started' : 'whatif_resumed', at: startedAt }),
    );
    if (job === null) throw new Problem(429, 'Too many what-ifs wait already: stop one, or wait.', { headers: { 'retry-after': '60' } });
    logger.info({ caller: caller.name, whatif: job.id }, 'a what-if was asked for');
    whatIfs.wake?.();
    return reply.code(job.id === id ? 201 : 200).send(whatIfValue(job));
  });

  app.get('/v1/whatif', { schema: LIST_WHATIFS, config }, async ({ query, caller }) => {
    const tenants = tenantsOf(caller, query.tenant);
    const jobs = await store.jobs({ ...(tenants === undefined ? {} : { tenants }), limit: query.limit ?? DEFAULT_LIMIT });
    return { items: jobs.map(whatIfValue) };
  });

  app.get('/v1/whatif/:id', { schema: GET_WHATIF, config }, async ({ params, caller }) => whatIfValue(await found(params.id, caller)));

  app.post('/v1/whatif/:id/stop', { schema: STOP_WHATIF, config }, async (request) => {
    demandWriting(options);
    const at = time.now();
    const job = await found(request.params.id, request.caller);
    const stopped = await store.stop(job.id, at, entryFor(request, job, { action: 'whatif_stopped', at }));
    if (stopped === null)
      throw new Problem(409, `This what-if is ${job.state === 'running' || job.state === 'waiting' ? 'done' : job.state}.`);
    return whatIfValue(stopped);
  });
}

function whatIfValue({ id, state, tenant, since, by, keyName, done, total, problem, result, startedAt, updatedAt }: WhatIfJob): WhatIf {
  return {
    ...{ id, state, tenant, by, key: keyName, records: done, total, problem },
    since: since === null ? null : formatTime(since),
    result: result === null ? null : (JSON.parse(result) as WhatIfResult),
    ...{ startedAt: formatTime(startedAt), updatedAt: formatTime(updatedAt) },
  };
}

function entryFor(
  request: Pick<FastifyRequest, 'caller' | 'ip'>,
  { id, tenant, by }: WhatIfJob,
  { action, at }: { readonly action: string; readonly at: number },
): NewAuditEntry {
  return entryOf(request, { action, tenant, by, target: id }, at);
}
