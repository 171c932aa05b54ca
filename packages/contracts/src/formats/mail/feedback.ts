/** What a feedback report means and whether it names anybody: the same for reports by mail and for KumoMTA's records of them. */
import type { DeliveryEventType } from '@desist/domain';

const MEANINGS: Readonly<Record<string, DeliveryEventType | 'ignored'>> = {
  abuse: 'complained',
  fraud: 'complained',
  virus: 'complained',
  other: 'complained',
  'opt-out': 'unsubscribed',
  'opt-out-list': 'unsubscribed',
  // The opposite of a complaint (RFC 6430); of another folder; of authentication (RFC 6591).
  'not-spam': 'ignored',
  miscategorized: 'ignored',
  'auth-failure': 'ignored',
  dmarc: 'ignored',
  dkim: 'ignored',
};

/** Undefined: a type that nobody has registered, or none. */
export function feedbackMeaning(type: string | undefined): DeliveryEventType | 'ignored' | undefined {
  const name = type?.trim().toLowerCase() ?? '';
  return Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
}

const WORDS = /^(?:redacted|removed|masked|anonymi[sz]ed|x{3,}|\*+|-+)$/i;
/** Hexadecimal or base 64 that nobody chose as a name: the local part is a hash. */
const HASH = /^(?:[0-9a-f]{24,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9+/_-]{40,}={0,2})$/i;

/** An address that the reporter has made unreadable: no mailbox, and never to be suppressed as it stands. */
export function isRedacted(address: string): boolean {
  const local = address.slice(0, Math.max(address.lastIndexOf('@'), 0)).replace(/^["']|["']$/g, '');
  return (
    WORDS.test(local) ||
    HASH.test(local) ||
    /redacted|\*{2,}/i.test(local) ||
    /^(?:redacted|hidden)$/i.test(address.slice(address.lastIndexOf('@') + 1))
  );
}

/** Without the type that some write before an address: `rfc822; user@example.com`. */
export function untyped(address: string): string {
  return address.replace(/^\s*[A-Za-z][\w-]{0,20}\s*;\s*/, '');
}
