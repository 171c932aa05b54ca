/** `GET /v1/recipients`: those that are not healthy; and `/{address}`: state and history of one. */
import { changeValue } from '@desist/contracts';
import { formatTime, parseTime } from '@desist/formats/event';
import type { Change, RecipientRef } from '@desist/domain';
import type { Checked, HistoryEntry, UnhealthyRecipient as UnhealthyRow, RecipientRecord, StateReader } from '@desist/pipeline';
import { readRecipient } from '../address.ts';
import type { Caller } from '../http/access.ts';
import { tenantOf, tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import type { ApiOptions } from '../options.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';
import { GET_RECIPIENT, LIST_RECIPIENT_CHANGES, LIST_RECIPIENTS } from '../schemas/recipients.ts';
import type { ListedRecipient, Recipient } from '../schemas/recipients.ts';
import { defined, domainIn } from '../filters.ts';
import { allowanceValue, suppressionValue, checkedValue, termsValue, when } from '../values.ts';

export async function recipientRoutes(app: HttpApp, { reader }: ApiOptions): Promise<void> {
  const config = { role: 'reader' } as const;

  app.get('/v1/recipients', { schema: LIST_RECIPIENTS, config }, async ({ query, caller }) => {
    const { tenant, domain, suppressedBefore, limit = DEFAULT_LIMIT, ...asked } = query;
    const page = await reader.recipients({
      ...asked,
      ...defined({
        tenants: tenantsOf(caller, tenant),
        domain: domain === undefined ? undefined : domainIn(domain),
        suppressedBefore: suppressedBefore === undefined ? undefined : parseTime(suppressedBefore),
      }),
      limit,
    });
    return { items: page.items.map(listedValue), cursor: page.cursor };
  });

  app.get('/v1/recipients/:address', { schema: GET_RECIPIENT, config }, async ({ params, query, caller }) => {
    const who = recipientOf(params.address, query.tenant, caller);
    return recipientValue(await knownRecipient(reader, who));
  });

  app.get('/v1/recipients/:address/history', { schema: LIST_RECIPIENT_CHANGES, config }, async ({ params, query, caller }) => {
    const { tenant, cursor, limit = DEFAULT_LIMIT } = query;
    const who = recipientOf(params.address, tenant, caller);
    const page = await reader.history(who.tenant, who.address, { ...(cursor === undefined ? {} : { cursor }), limit });
    return { items: page.items.map((entry) => recordedChange(who, entry)), cursor: page.cursor };
  });
}

/** The recipient of a request, with the normalised address. @throws Problem 400, 403 */
export function recipientOf(address: string, tenant: string | null | undefined, caller: Caller): RecipientRef {
  const read = readRecipient(address);
  if (!read.ok) throw new Problem(400, `address: must be an email address, or @ and a domain (${read.problem}).`);
  return { tenant: tenantOf(caller, tenant), address: read.address };
}

/** Everything that is known about a recipient. */
export interface KnownRecipient {
  readonly who: RecipientRef;
  /** Null: it never failed, or it was erased. */
  readonly record: RecipientRecord | null;
  /** Suppressions of an erased recipient with this address. A check uses them, too. */
  readonly erased: Checked['suppressions'];
  /** Entries of its domain, and of the domains above it, that hold for it. */
  readonly domains: Checked['suppressions'];
}

export async function knownRecipient(reader: Pick<StateReader, 'recipient' | 'check'>, who: RecipientRef): Promise<KnownRecipient> {
  const [record, { checked }] = await Promise.all([reader.recipient(who.tenant, who.address), reader.check(who.tenant, [who.address])]);
  const [answer] = checked;
  const isOwn = (suppression: Checked['suppressions'][number]): boolean =>
    record?.suppressions.some(({ scope, reason }) => scope === suppression.scope && reason === suppression.reason) === true;
  const found = answer?.suppressions ?? [];
  const domains = found.filter(({ entry }) => entry !== undefined);
  const ofAddress = found.filter(({ entry }) => entry === undefined);
  return { who, record, erased: answer?.erased === true ? ofAddress.filter((suppression) => !isOwn(suppression)) : [], domains };
}

/** A recipient without a record is healthy. */
export function recipientValue({ who, record, erased, domains }: KnownRecipient): Recipient {
  return {
    ...who,
    state: record?.state ?? 'healthy',
    policy: record?.policy ?? null,
    streak: record === null || record.streakStartedAt === null ? null : streakValue(record, record.streakStartedAt),
    suppressAt: when(record?.suppressAt ?? null),
    probationUntil: when(record?.probationUntil ?? null),
    advice: record?.advice ?? null,
    shadow: record === null ? null : shadowValue(record),
    suppressions: record?.suppressions.map(suppressionValue) ?? [],
    erased: erased.map(termsValue),
    domains: domains.map(checkedValue),
    allowed: record?.allowed.map(allowanceValue) ?? [],
    version: record?.version ?? 0,
    updatedAt: when(record?.updatedAt ?? null),
  };
}

function shadowValue(record: RecipientRecord): Recipient['shadow'] {
  const { shadowPolicy: policy, shadowState: state, shadowScope: scope, shadowReason: reason, shadowSince: since } = record;
  if (policy === null || state === null) return null;
  const suppression =
    scope === null || reason === null || since === null ? null : termsValue({ scope, reason, since, expiresAt: record.shadowExpiresAt });
  return { policy, state, suppression, differs: record.shadowDiffers };
}

function listedValue(row: UnhealthyRow): ListedRecipient {
  const { tenant, address, state, streakStartedAt, suppressAt, probationUntil, advice, suppressions, version, updatedAt } = row;
  return {
    ...{ tenant, address, state, advice, version },
    streak: streakStartedAt === null ? null : streakValue(row, streakStartedAt),
    suppressAt: when(suppressAt),
    probationUntil: when(probationUntil),
    suppressions: suppressions.map(termsValue),
    updatedAt: formatTime(updatedAt),
  };
}

function streakValue(
  record: Pick<UnhealthyRow, 'lastFailureAt' | 'failures' | 'messages' | 'category' | 'provider'>,
  startedAt: number,
): NonNullable<Recipient['streak']> {
  const { lastFailureAt, failures, messages, category, provider } = record;
  return { startedAt: formatTime(startedAt), lastFailureAt: when(lastFailureAt), failures, messages, category, provider };
}

function recordedChange({ tenant, address }: RecipientRef, { version, type, effectiveAt, recordedAt, detail }: HistoryEntry): object {
  const change = { ...(JSON.parse(detail) as object), version, type, effectiveAt, recordedAt } as Change;
  const value = changeValue({ tenant, address, change, sequence: { partition: 0, number: 0 } }) as Record<string, unknown>;
  const { sequence: _, ...recorded } = value;
  return recorded;
}
