/** A message under one name: its events carry the platform's id, a returned mail its Message-ID header. */
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
