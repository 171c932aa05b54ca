/** Recipients as the store keeps them: rows read, and rows to write. */
import { ALL_STREAMS, decodeRecipient, decodeShadow, encodeRecipient, encodeShadow, recipientKey, viewOf } from '@desist/domain';
import type { ActiveSuppression, FoldContext, RecipientKey, RecipientRef, RecipientView } from '@desist/domain';
import { StoreError } from '../ports/errors.ts';
import type { CommitPlan, RecipientRow, ShadowRow, SuppressionRow } from '../ports/commit-plan.ts';
import type { Retry } from '../ports/retry.ts';
import type { RecipientStore } from '../ports/store.ts';
import type { ContextOf, ShadowPolicy } from './contexts.ts';
import { dueUnderBoth, isPublished } from './recipients.ts';
import type { CachedRecipient, Recipients } from './recipients.ts';

export interface LoadOptions {
  readonly store: Pick<RecipientStore, 'load' | 'tombstones'>;
  readonly retry: Retry;
  readonly partition: number;
  readonly recipients: Recipients;
  readonly shadow: ShadowPolicy | undefined;
}

/**
 * Makes sure that all these recipients are at hand: one query for those that are not.
 * @throws StoreError as the store does; `incompatible` when a row was written by a newer version.
 */
export async function loadRecipients(
  { store, retry, partition, recipients, shadow }: LoadOptions,
  needed: ReadonlyMap<RecipientKey, RecipientRef>,
): Promise<void> {
  const missing = [...needed].filter(([key]) => recipients.get(key) === undefined).map(([, ref]) => ref);
  if (missing.length > 0) {
    const rows = await retry('loading recipients', () => store.load(missing));
    const tombstones = await retry('loading recipients', () => store.tombstones(missing));
    for (const row of rows) {
      const recipient = decodeRecipient(row.evidence, row.version);
      if (recipient === undefined) {
        throw new StoreError('incompatible', 'a recipient row is of a newer format: run the version that wrote it, or a later one');
      }
      const { tenant, address } = row;
      const { shadowPolicy } = row;
      const other = row.shadow === null ? undefined : decodeShadow(row.shadow, recipient);
      const known = shadowPolicy === shadow?.version ? { shadow: other } : { formerShadow: other };
      recipients.add({ tenant, address }, { recipient, foreign: row.partition !== partition, ...known, shadowPolicy });
    }
    for (const ref of missing) if (recipients.get(keyOf(ref)) === undefined) recipients.add(ref);
    for (const { tenant, address, at, version, blocks } of tombstones) {
      const cached = recipients.get(recipientKey(tenant, address)) as CachedRecipient;
      cached.tombstone = { at, version, blocks };
      cached.recipient.version = Math.max(cached.recipient.version, version);
    }
  }
  recipients.evict(needed);
}

/** What the next commit writes of the recipients that were folded since the last one. */
export function drainRows({
  recipients,
  partition,
  contextOf,
  shadow,
}: {
  readonly recipients: Recipients;
  readonly partition: number;
  readonly contextOf: ContextOf;
  readonly shadow: ShadowPolicy | undefined;
}): Pick<CommitPlan, 'recipients' | 'untracked'> {
  const rows: RecipientRow[] = [];
  const untracked: RecipientRef[] = [];
  for (const cached of recipients.drain()) {
    const { tenant, address, recipient, stored } = cached;
    const context = contextOf(tenant);
    const kept = dueUnderBoth(cached, contextOf, shadow);
    if (kept.untrackable && !isPublished(cached) && recipient.facts.length === 0) {
      if (stored) untracked.push({ tenant, address });
      cached.stored = false;
    } else {
      rows.push({
        ...rowOf(cached, partition, context),
        tracked: !kept.untrackable,
        due: kept.due,
        shadow: shadowRow(cached, context, shadow),
      });
      cached.stored = true;
    }
    cached.listChanged = false;
  }
  return { recipients: rows, untracked };
}

function shadowRow(cached: CachedRecipient, context: FoldContext, policy: ShadowPolicy | undefined): ShadowRow | undefined {
  const { tenant, recipient, shadow } = cached;
  if (policy === undefined || shadow === undefined) return undefined;
  const view = viewOf(shadow, policy.contextOf(tenant));
  const first = view.suppressions.find(({ scope }) => scope === ALL_STREAMS) ?? view.suppressions[0];
  return {
    text: encodeShadow(shadow, recipient),
    policy: policy.version,
    state: view.state,
    differs: isOther(view, viewOf(recipient, context)),
    suppression: first === undefined ? null : { scope: first.scope, reason: first.reason, since: first.since, expiresAt: first.expiresAt },
  };
}

function isOther(one: RecipientView, other: RecipientView): boolean {
  if (one.state !== other.state || one.suppressions.length !== other.suppressions.length) return true;
  const same = (a: ActiveSuppression, b: ActiveSuppression): boolean =>
    a.scope === b.scope && a.reason === b.reason && a.since === b.since && a.expiresAt === b.expiresAt;
  return one.suppressions.some((entry, index) => !same(entry, other.suppressions[index] as ActiveSuppression));
}

function rowOf({ tenant, address, recipient, listChanged }: CachedRecipient, partition: number, context: FoldContext): RecipientRow {
  const view = viewOf(recipient, context);
  const { streak } = view;
  const suppressions = view.suppressions.map((active): SuppressionRow => {
    const { evidence, scope, reason, since, expiresAt, policy, by, note, source, provider, subdomains = false, probationUntil } = active;
    return {
      ...{ scope, reason, since, expiresAt, policy, note, source, provider, subdomains, probationUntil },
      createdBy: by,
      category: evidence?.category ?? null,
      rule: evidence?.rule ?? null,
      reply: evidence?.reply ?? null,
      firstFailureAt: evidence?.firstFailureAt ?? null,
      lastFailureAt: evidence?.lastFailureAt ?? null,
      failures: evidence?.failures ?? 0,
    };
  });
  return {
    tenant,
    address,
    partition,
    version: recipient.version,
    evidence: encodeRecipient(recipient),
    state: view.state,
    tracked: !view.untrackable,
    due: view.due,
    policy: recipient.policy,
    streakStartedAt: streak?.firstFailureAt ?? null,
    lastFailureAt: streak?.lastFailureAt ?? null,
    failures: streak?.failures ?? 0,
    messages: streak?.messages ?? 0,
    category: streak?.category ?? null,
    provider: view.provider,
    suppressAt: view.suppressAt,
    probationUntil: view.probationUntil,
    active: listChanged ? { suppressions, allowed: view.allowed } : undefined,
    updatedAt: Math.max(recipient.clock, recipient.facts.at(-1)?.at ?? recipient.clock),
  };
}

function keyOf({ tenant, address }: RecipientRef): RecipientKey {
  return recipientKey(tenant, address);
}
