/** A message under one name: its events carry the platform's id, a returned mail its Message-ID header. */
import type { MessageMemory } from '@desist/pipeline';
/**
 * One spelling of a message's id. SES and SendGrid put their own id before the @ of the header; SendGrid's events add a suffix to
 * it, behind the first dot.
 */
export function messageKey(messageId: string): string {
  const bare = messageId.trim().replace(/^<(.*)>$/, '$1');
  const [, ses] = /^([^@]+)@(?:[a-z0-9-]+\.)?amazonses\.com$/i.exec(bare) ?? [];
  if (ses !== undefined) return ses;
  const [, sendgrid] = /^([^@]+)@[a-z0-9.-]+\.sendgrid\.net$/i.exec(bare) ?? [];
  if (sendgrid !== undefined) return sendgrid;
  const [, suffixed] = /^([A-Za-z0-9_-]{22})\.(?:filter|recvd)/.exec(bare) ?? [];
  return suffixed ?? bare;
}

// ------------------------------------------------------------------------------------------- asking a service over HTTP

/** Stands for the recipient of a message until the service has looked it up. No mail ever goes to this domain (RFC 2606). */
const UNKNOWN = 'unknown@desist.invalid';

/** The memory of an agent without a database: the service knows, and is asked with the event itself. */
export const askTheService: MessageMemory = {
  remember: async () => undefined,
  recall: async (_tenant, keys) => keys.map((key) => ({ recipient: UNKNOWN, messageId: key })),
};

/** The event as the service completes it: without a recipient. */
export function withoutUnknown(value: string): string {
  if (!value.includes(UNKNOWN)) return value;
  const event = JSON.parse(value) as Readonly<Record<string, unknown>>;
  return event['recipient'] === UNKNOWN ? JSON.stringify({ ...event, recipient: undefined }) : value;
}
