/** Reports that leave the recipient out and name a message: completed from what is remembered of it, where that is remembered. */
import type { ApiOptions } from './server.ts';

interface Unnamed {
  readonly index: number;
  readonly event: object;
  readonly tenant: string;
  readonly messageId: string;
}

/** The same items; those that nothing is known of stay as they are, and are errors. */
export async function withRecipients(items: readonly unknown[], { recall }: Pick<ApiOptions, 'recall'>): Promise<readonly unknown[]> {
  if (recall === undefined) return items;
  const unnamed = items.flatMap((item, index) => unnamedOf(item, index) ?? []);
  if (unnamed.length === 0) return items;
  const recipients = await recall(unnamed);
  const completed = [...items];
  for (const [at, { index, event }] of unnamed.entries()) {
    const recipient = recipients[at];
    if (recipient === undefined) continue;
    const whole = { ...event, recipient };
    completed[index] = typeof items[index] === 'string' ? JSON.stringify(whole) : whole;
  }
  return completed;
}

function unnamedOf(item: unknown, index: number): Unnamed | undefined {
  // Nearly every line names its recipient: those are not parsed twice.
  if (typeof item === 'string' && item.includes('"recipient"')) return undefined;
  const event = typeof item === 'string' ? objectOf(item) : item;
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return undefined;
  const { recipient, messageId, tenant = 'default' } = event as Readonly<Record<string, unknown>>;
  if (recipient !== undefined || typeof messageId !== 'string' || typeof tenant !== 'string') return undefined;
  return { index, event, tenant, messageId };
}

function objectOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
