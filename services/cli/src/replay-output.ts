/** What a replay prints: changes as they come, the list at the end, and why one recipient is in its state. */
import { changeValue, encodeIncidentChange, encodeSenderChange, explainedReplies, terms } from '@desist/contracts';
import { factValue, outlookText } from '@desist/contracts/explanation';
import { formatTime } from '@desist/formats/event';
import { explain } from '@desist/domain';
import type { SuppressionTerms } from '@desist/domain';
import type { Replayed, ReplayedIncident, ReplayedRecipient, ReplayedSenderIncident } from '@desist/pipeline';
import type { Why } from './explanation.ts';
import type { Output } from './output.ts';
import { senderCountsText, senderReplyLines } from './sender-incidents.ts';

const LIST_SHOWN = 50;

export interface Printing {
  readonly output: Output;
  readonly json: boolean;
  /** Version of the policy that decides. */
  readonly policy: string;
}

export function printChanges(changes: readonly Replayed[], printing: Printing): void {
  const { output, json } = printing;
  for (const one of changes) {
    if ('notice' in one) {
      printIncident(one, printing);
      continue;
    }
    if ('sender' in one) {
      printSenderIncident(one, printing);
      continue;
    }
    const { tenant, address, change, number } = one;
    if (json) output.json(JSON.stringify(changeValue({ tenant, address, change, sequence: { partition: 0, number } })));
    else {
      const { type, effectiveAt, suppression, cause, engagement } = change;
      const what = suppression === null ? '' : `${suppression.reason}${suppression.scope === '*' ? '' : ` for ${suppression.scope}`}`;
      output.line(
        `${formatTime(effectiveAt)}  ${type.padEnd(12)} ${address}  ${what} (${engagement === undefined ? cause : `${cause}: ${engagement}`})`,
      );
    }
  }
}

function printIncident({ notice, recordedAt, number }: ReplayedIncident, { output, json, policy }: Printing): void {
  const { action, id, at, terms: of, summary } = notice;
  if (json) {
    output.json(encodeIncidentChange({ notice, recordedAt, policy, sequence: { partition: 0, number } }).value);
    return;
  }
  const codes = (summary?.codes ?? []).map(({ code, count }) => `${count}x ${code}`).join(', ');
  const counts = summary === null ? '' : `, ${summary.failing} recipients began to fail, ${summary.delivered} deliveries (${codes})`;
  const until = of.until === null ? '' : ` until ${formatTime(of.until)}`;
  output.line(
    `${formatTime(at)}  incident ${action}: ${of.provider ?? of.domain ?? ''} from ${formatTime(of.from)}${until}${counts} [${id}]`,
  );
  for (const sample of summary?.samples ?? []) output.line(`      ${sample}`);
}

function printSenderIncident({ sender, recordedAt, number }: ReplayedSenderIncident, { output, json, policy }: Printing): void {
  if (json) {
    output.json(encodeSenderChange({ notice: sender, recordedAt, policy, sequence: { partition: 0, number } }).value);
    return;
  }
  const { action, id, at, place, from, until, summary } = sender;
  const end = until === null ? '' : ` until ${formatTime(until)}`;
  const whose = `tenant ${place.tenant}${place.pool === null ? '' : `, pool ${place.pool}`}`;
  output.line(
    `${formatTime(at)}  sender incident ${action}: ${place.provider} refuses ${whose} from ${formatTime(from)}${end}, ${senderCountsText(summary)} [${id}]`,
  );
  if (action === 'opened') for (const line of senderReplyLines(explainedReplies(place.provider, summary.replies))) output.line(line);
}

/** The NDJSON line with the final state of a recipient. */
export function finalValue({ tenant, address, view }: ReplayedRecipient): object {
  return { type: 'final', tenant, recipient: address, state: view.state, suppressions: view.suppressions.map(terms) };
}

export function listLines(recipients: readonly ReplayedRecipient[]): readonly string[] {
  const suppressed = recipients.flatMap(({ address, view }) => view.suppressions.map((suppression) => ({ address, suppression })));
  const lines = ['', `Suppression list: ${suppressed.length}`];
  for (const { address, suppression } of suppressed.slice(0, LIST_SHOWN)) {
    const { scope, reason, since, expiresAt, evidence } = suppression;
    const until = expiresAt === null ? 'until released' : `until ${formatTime(expiresAt)}`;
    lines.push(`  ${address}  ${reason} ${scope === '*' ? 'all streams' : scope}, since ${formatTime(since)}, ${until}`);
    if (evidence !== null) lines.push(`      ${evidence.failures} failures, last reply: ${evidence.reply ?? 'none'}`);
  }
  if (suppressed.length > LIST_SHOWN) lines.push(`  … and ${suppressed.length - LIST_SHOWN} more: --json prints all`);
  return lines;
}

/** The same explanation as a running service gives. */
export function whyOf({
  tenant,
  address,
  recipient,
  context,
  view: { streak, suppressAt, suppressions, allowed },
}: ReplayedRecipient): Why {
  const { view, facts, transitions, whatWouldChangeIt } = explain(recipient, context);
  return {
    tenant,
    address,
    state: view.state,
    policy: context.policyVersion,
    streak:
      streak === null
        ? null
        : {
            startedAt: formatTime(streak.firstFailureAt),
            lastFailureAt: formatTime(streak.lastFailureAt),
            failures: streak.failures,
            messages: streak.messages,
          },
    suppressAt: suppressAt === null ? null : formatTime(suppressAt),
    advice: null,
    suppressions: suppressions.map((suppression: SuppressionTerms) => terms(suppression)),
    allowed: allowed.map(({ scope, expiresAt }) => ({ scope, expiresAt: expiresAt === null ? null : formatTime(expiresAt) })),
    facts: facts.map(factValue),
    transitions: transitions.map(({ type, at, from, to, cause, engagement }) => {
      return { type, at: formatTime(at), from, to, cause, ...(engagement === undefined ? {} : { engagement }) };
    }),
    whatWouldChangeIt: whatWouldChangeIt.map(outlookText),
    refold: null,
  };
}
