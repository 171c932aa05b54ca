/** Records of the input that are not as they should be, as people read about them. */
import { OTHER_PARTITIONER } from '@desist/pipeline';
import type { Finding } from './findings.ts';

export interface Fault {
  readonly partition: number;
  /** The reason of dead letters, or `other_partitioner`. */
  readonly kind: string;
  readonly count: number;
  readonly lastOffset: number;
  /** RFC 3339 */
  readonly lastAt: string | null;
}

/** An HTTP subscriber that fails, is paused or has ended. */
export interface WebhookInTrouble {
  readonly id: string;
  /** Null: of every tenant. */
  readonly tenant: string | null;
  readonly description: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly problem: string | null;
  readonly failingSince: string | null;
  readonly nextTryAt: string | null;
  readonly behind: number;
}

export function webhookText({ id, tenant, description, state, reason, problem, failingSince, behind }: WebhookInTrouble): string {
  const name = `webhook ${id}${description === null ? '' : ` (${description})`} of ${tenant === null ? 'every tenant' : tenant}`;
  const since = failingSince === null ? '' : ` since ${failingSince}`;
  const why = state === 'failing' ? `fails${since}` : `is ${state.toUpperCase()} (${reason ?? ''})`;
  return `${name} ${why}${problem === null ? '' : `: ${problem}`}; ${behind} changes behind`;
}

/** Who paused one himself knows, and one that said 410 wanted no more. */
export function webhookFindings(webhooks: readonly WebhookInTrouble[]): readonly Finding[] {
  return webhooks.flatMap((webhook): readonly Finding[] => {
    const { id, state, reason } = webhook;
    const what = webhookText(webhook);
    if (reason === 'lost_changes') {
      const fix = `let it read the list again, then \`desist webhooks resume ${id} --skip-lost\``;
      return [{ severity: 'error', what, fix }];
    }
    if (reason === 'failing' && state === 'paused')
      return [{ severity: 'error', what, fix: `repair the receiver, then \`desist webhooks resume ${id}\`` }];
    if (state === 'failing')
      return [{ severity: 'warning', what, fix: `see \`desist webhooks deliveries ${id}\`; it is tried again for three days` }];
    return [
      { severity: 'warning', what, fix: state === 'ended' ? `\`desist webhooks remove ${id}\`` : `\`desist webhooks resume ${id}\`` },
    ];
  });
}

/** Webhooks that came to a wrong path. */
export interface Misdirected {
  readonly path: string;
  readonly problem: string;
  readonly count: number;
  /** RFC 3339 */
  readonly lastAt: string;
}

/** An event word that nobody has described. */
export interface UnknownWord {
  readonly source: string;
  readonly format: string;
  readonly word: string;
  readonly count: number;
  /** RFC 3339 */
  readonly lastAt: string;
}

export function misdirectedText({ path, problem, count, lastAt }: Misdirected): string {
  return `${count} requests to ${path} were refused: ${problem}; the last ${lastAt}`;
}

export function unknownWordText({ source, format, word, count, lastAt }: UnknownWord): string {
  return `source ${source} (${format}): ${count} events ${JSON.stringify(word)}, a word without a meaning; the last ${lastAt}`;
}

/** Faults are named for so long after the last one, ms. */
const RECENT = 7 * 86_400_000;

const FIXES: Readonly<Record<string, string>> = {
  [OTHER_PARTITIONER]:
    'producers must hash keys as Java does: `partitioner=murmur2_random` for librdkafka, whose default is CRC32; release and forget do not reach these recipients',
  wrong_key: 'the key must be `tenant/address` of the value, normalised, and hashed with murmur2',
  unreadable: 'the producer writes what is no JSON',
  invalid: 'the header `detail` of the dead letter names the member that is wrong',
  unsupported_version: 'the producer is newer than this program',
  too_large: 'a record may have 256 KiB',
  poison: 'this record killed the process: keep it, and report it',
};

export function faultText({ partition, kind, count, lastOffset, lastAt }: Fault): string {
  const what = kind === OTHER_PARTITIONER ? 'records of another partitioner' : `dead letters, ${kind}`;
  return `partition ${partition}: ${count} ${what}; the last at offset ${lastOffset}${lastAt === null ? '' : `, ${lastAt}`}`;
}

/** `now`: ms. */
export function faultFindings(faults: readonly Fault[], now: number): readonly Finding[] {
  return faults
    .filter(({ lastAt }) => lastAt !== null && now - Date.parse(lastAt) < RECENT)
    .map((fault) => ({
      severity: fault.kind === OTHER_PARTITIONER ? 'error' : 'warning',
      what: faultText(fault),
      fix: FIXES[fault.kind] ?? 'the topic of dead letters has the records, with reason and detail as headers',
    }));
}
