/** Meaning and redaction of feedback reports, shared by reports by mail and KumoMTA's feedback records. */
import type { DeliveryEventType } from '@desist/domain';

const MEANINGS: Readonly<Record<string, DeliveryEventType | 'ignored'>> = {
  abuse: 'complained',
  fraud: 'complained',
  virus: 'complained',
  other: 'complained',
  'opt-out': 'unsubscribed',
  'opt-out-list': 'unsubscribed',
  // not-spam is the opposite of a complaint (RFC 6430), miscategorized means the wrong folder, and the rest concern authentication (RFC
  // 6591).
  'not-spam': 'ignored',
  miscategorized: 'ignored',
  'auth-failure': 'ignored',
  dmarc: 'ignored',
  dkim: 'ignored',
};

/** Returns undefined if the type is missing or not known. */
export function feedbackMeaning(type: string | undefined): DeliveryEventType | 'ignored' | undefined {
  const name = type?.trim().toLowerCase() ?? '';
  return Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
}

const WORDS = /^(?:redacted|removed|masked|anonymi[sz]ed|x{3,}|\*+|-+)$/i;
/** Long hexadecimal or base64: the local part is a hash. */
const HASH = /^(?:[0-9a-f]{24,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9+/_-]{40,}={0,2})$/i;

/** True if the reporter has redacted the address. A redacted address is not a mailbox and must never be suppressed. */
export function isRedacted(address: string): boolean {
  const local = address.slice(0, Math.max(address.lastIndexOf('@'), 0)).replace(/^["']|["']$/g, '');
  return (
    WORDS.test(local) ||
    HASH.test(local) ||
    /redacted|\*{2,}/i.test(local) ||
    /^(?:redacted|hidden)$/i.test(address.slice(address.lastIndexOf('@') + 1))
  );
}

/** Removes an address type prefix: `rfc822; user@example.com`. */
export function untyped(address: string): string {
  return address.replace(/^\s*[A-Za-z][\w-]{0,20}\s*;\s*/, '');
}
