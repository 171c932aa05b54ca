/** Completes reports that name a message but no recipient, from the remembered recipients of messages. */
import type { Tenant } from '@desist/domain';
import type { Refusal } from '../http/items.ts';
import type { ApiOptions } from '../options.ts';
import type { Item } from '../schemas/items.ts';

/** An item of a tenant that the caller may use. */
export interface OwnItem {
  readonly item: Item;
  readonly tenant: Tenant;
}

interface WithoutRecipient extends OwnItem {
  readonly index: number;
  readonly messageId: string;
}

type Entry = OwnItem | readonly Refusal[];

/** The entries, completed where the message is known. Validation reports the others later. */
export async function withRecipients(entries: readonly Entry[], { recall }: Pick<ApiOptions, 'recall'>): Promise<readonly Entry[]> {
  if (recall === undefined) return entries;
  const incomplete = entries.flatMap((entry, index) => withoutRecipient(entry, index) ?? []);
  if (incomplete.length === 0) return entries;
  const recipients = await recall(incomplete.map(({ tenant, messageId }) => ({ tenant, messageId })));
  const completed = [...entries];
  for (const [at, { index, item, tenant }] of incomplete.entries()) {
    const recipient = recipients[at];
    if (recipient !== undefined) completed[index] = { item: { ...item, recipient }, tenant };
  }
  return completed;
}

function withoutRecipient(entry: Entry, index: number): WithoutRecipient | undefined {
  if (!('item' in entry)) return undefined;
  const { item, tenant } = entry;
  const { recipient, messageId } = item;
  return recipient === undefined && typeof messageId === 'string' ? { index, item, tenant, messageId } : undefined;
}
