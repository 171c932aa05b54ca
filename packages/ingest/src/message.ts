/** A common key for a message: its events have the platform's id, a returned mail has its Message-ID header. */
import type { MessageMemory } from '@desist/pipeline';
import { asAddress } from '@desist/domain';

/** UTF-16 code units of a message id that are used, as in an event. */
const LONGEST = 1_024;

/**
 * The normalised id of a message. SES and SendGrid put their own id before the `@` of the header; SendGrid's events add a suffix
 * to it, after the first dot.
 */
export function messageKey(messageId: string): string {
  const bare = messageId
    .slice(0, LONGEST)
    .trim()
    .replace(/^<(.*)>$/, '$1');
  const [, ses] = /^([^@]+)@(?:[a-z0-9-]+\.)?amazonses\.com$/i.exec(bare) ?? [];
  if (ses !== undefined) return ses;
  const [, sendgrid] = /^([^@]+)@[a-z0-9.-]+\.sendgrid\.net$/i.exec(bare) ?? [];
  if (sendgrid !== undefined) return sendgrid;
  const [, suffixed] = /^([A-Za-z0-9_-]{22})\.(?:filter|recvd)/.exec(bare) ?? [];
  return suffixed ?? bare;
}

// ------------------------------------------------------------------------------------------- lookup by a service over HTTP

/** Placeholder for a recipient that the service will look up. The domain is reserved (RFC 2606), so no mail goes to it. */
const PLACEHOLDER = asAddress('unknown@desist.invalid');

/** The message memory of an agent without a database: it sends the event without a recipient, and the service completes it. */
export const lookUpByService: MessageMemory = {
  remember: async () => undefined,
  recall: async (_tenant, keys) => keys.map((key) => ({ recipient: PLACEHOLDER, messageId: key })),
};

/** The event without the placeholder, so that the service completes it. */
export function withoutPlaceholder(value: string): string {
  if (!value.includes(PLACEHOLDER)) return value;
  const event = JSON.parse(value) as Readonly<Record<string, unknown>>;
  return event['recipient'] === PLACEHOLDER ? JSON.stringify({ ...event, recipient: undefined }) : value;
}
