/** `/v1/recipients/{address}/why`: what the state rests on, and what it would be under another policy. */
import { factValue, outlookText, transitionValue } from '@desist/contracts/explanation';
import { decodeRecipient, explain, tenantPolicy } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import type { RecipientRecord } from '@desist/pipeline';
import type { HttpApp } from '../http/app.ts';
import type { ApiOptions } from '../options.ts';
import { POLICY_BODY_LIMIT, TRIAL_TIMEOUT, usableTrial } from '../policy-trial/answers.ts';
import type { UsableTrial } from '../policy-trial/answers.ts';
import { runTrial } from '../policy-trial/run.ts';
import type { TrialInput } from '../policy-trial/trial.ts';
import { EXPLAIN_RECIPIENT, TRY_POLICY } from '../schemas/explanations.ts';
import type { Explanation, TermsValue, Trial } from '../schemas/explanations.ts';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import { when } from '../values.ts';
import { knownRecipient, recipientValue, recipientOf } from './recipients.ts';
import type { KnownRecipient } from './recipients.ts';

const PATH = '/v1/recipients/:address/why';

export async function explanationRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { reader, policies, trialTimeout = TRIAL_TIMEOUT } = options;
  const trialLimit = createConcurrencyLimit({ most: 1, retryAfter: 2, what: 'trial of a policy' });

  app.get(PATH, { schema: EXPLAIN_RECIPIENT, config: { role: 'reader' } }, async ({ params, query, caller }) => {
    const who = recipientOf(params.address, query.tenant, caller);
    return explanationOf(await knownRecipient(reader, who), policies());
  });

  app.post(PATH, { schema: TRY_POLICY, config: { role: 'operator' }, bodyLimit: POLICY_BODY_LIMIT }, async ({ params, body, caller }) => {
    const who = recipientOf(params.address, body.tenant, caller);
    const release = trialLimit.acquire();
    try {
      const known = await knownRecipient(reader, who);
      const { record } = known;
      const result = await runTrial({ policy: body.policy, tenant: who.tenant, recipient: evidenceOf(record) }, trialTimeout);
      return { ...explanationOf(known, policies()), underPolicy: trialValue(record, usableTrial(result, trialTimeout)) };
    } finally {
      release();
    }
  });
}

function explanationOf(known: KnownRecipient, policies: PolicySet): Explanation {
  const { who, record } = known;
  const state = recipientValue(known);
  if (record === null) return { ...state, facts: [], transitions: [], whatWouldChangeIt: [], refold: null };
  const recipient = decodeRecipient(record.evidence, record.version);
  if (recipient === undefined) throw new Error('the evidence is of a format that this version does not read');
  const context = { policies: tenantPolicy(policies, who.tenant), policyVersion: policies.version };
  const { view, facts, transitions, whatWouldChangeIt } = explain(recipient, context);
  return {
    ...state,
    facts: facts.map(factValue),
    transitions: transitions.map(transitionValue),
    whatWouldChangeIt: whatWouldChangeIt.map(outlookText),
    refold: {
      note: 'the state, computed again from these facts alone under the policy in force here',
      state: view.state,
      agrees: view.state === record.state,
      policy: policies.version,
    },
  };
}

function evidenceOf(record: RecipientRecord | null): TrialInput['recipient'] {
  return record === null ? null : { evidence: record.evidence, version: record.version };
}

function trialValue(record: RecipientRecord | null, result: UsableTrial): Trial {
  const { policy, state, suppressAt } = result;
  const suppressions = result.suppressions.map(({ scope, reason, since, expiresAt }) => {
    return { scope, reason, since: when(since), expiresAt: when(expiresAt) };
  });
  return {
    policy,
    state,
    suppressions,
    suppressAt: when(suppressAt),
    alters: record === null ? [] : alters(record, state, suppressions, suppressAt),
  };
}

/** The differences from the record, in plain words. */
function alters(record: RecipientRecord, state: string, suppressions: readonly TermsValue[], deadline: number | null): string[] {
  const lines: string[] = [];
  if (state !== record.state) lines.push(`state: ${record.state} becomes ${state}`);
  const name = ({ scope, reason }: { readonly scope: string; readonly reason: string }): string => `${reason} (${scope})`;
  const before = new Map(record.suppressions.map((suppression) => [name(suppression), when(suppression.expiresAt)]));
  for (const suppression of suppressions) {
    const known = before.get(name(suppression));
    if (known === undefined) lines.push(`${name(suppression)}: would be suppressed`);
    else if (known !== suppression.expiresAt)
      lines.push(`${name(suppression)}: would end at ${suppression.expiresAt ?? 'no time'} instead of ${known ?? 'no time'}`);
    before.delete(name(suppression));
  }
  for (const ended of before.keys()) lines.push(`${ended}: would not be suppressed`);
  if (deadline !== record.suppressAt) lines.push(`the deadline: ${when(record.suppressAt) ?? 'none'} becomes ${when(deadline) ?? 'none'}`);
  return lines;
}
