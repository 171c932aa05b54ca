/** The explanation of a replayed recipient, in the shape in which the service gives it. */
import { factValue, outlookText, transitionValue } from '@desist/contracts/explanation';
import { explain } from '@desist/domain';
import { formatTime } from '@desist/formats/event';
import type { ReplayedRecipient } from '@desist/pipeline';
import type { Explanation } from '../api/types.ts';

export function when(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : formatTime(at);
}

export function explanationOf({ tenant, address, recipient, context, view }: ReplayedRecipient): Explanation {
  const { facts, transitions, whatWouldChangeIt } = explain(recipient, context);
  const { state, streak, provider, suppressAt, probationUntil, suppressions, allowed } = view;
  return {
    ...{
      tenant,
      address,
      state,
      advice: null,
      shadow: null,
      erased: [],
      domains: [],
      policy: null,
      refold: null,
      updatedAt: null,
      version: recipient.version,
    },
    suppressAt: when(suppressAt),
    probationUntil: when(probationUntil),
    streak:
      streak === null
        ? null
        : {
            startedAt: formatTime(streak.firstFailureAt),
            lastFailureAt: when(streak.lastFailureAt),
            failures: streak.failures,
            messages: streak.messages,
            category: streak.category,
            provider,
          },
    suppressions: suppressions.map(
      ({ scope, reason, since, expiresAt, evidence, policy, by, note, source, provider: operator, subdomains, probationUntil: until }) => {
        const { category = null, failures = 0, reply = null, rule = null } = evidence ?? {};
        return {
          ...{ scope, reason, category, failures, reply, rule, policy, since: formatTime(since), expiresAt: when(expiresAt) },
          firstFailureAt: when(evidence?.firstFailureAt),
          lastFailureAt: when(evidence?.lastFailureAt),
          ...{ createdBy: by, note, source, provider: operator, subdomains: subdomains === true, probationUntil: when(until) },
        };
      },
    ),
    allowed: allowed.map(({ scope, expiresAt }) => ({ scope, expiresAt: when(expiresAt) })),
    // The incidents of the files are known nowhere else.
    facts: facts.map(factValue).map(({ incident: _, ...fact }) => fact),
    transitions: transitions.map(transitionValue),
    whatWouldChangeIt: whatWouldChangeIt.map(outlookText),
  };
}
