/** Reads addresses as callers write them. Text is bounded before anything that costs more than its length. */
import { normaliseAddress, normaliseRecipient } from '@desist/formats/event';
import type { NormalisedAddress } from '@desist/formats/event';

/**
 * UTF-16 code units: 64 for the local part, the `@`, 255 for the domain (RFC 5321 section 4.5.3.1). A normalised address has at most as
 * many octets.
 */
export const ADDRESS_LIMIT = 320;

/** The normalised address, or why the text is none. */
export function readAddress(text: string): NormalisedAddress {
  return text.length > ADDRESS_LIMIT ? { ok: false, problem: `longer than ${ADDRESS_LIMIT} characters` } : normaliseAddress(text);
}

/** The same of an address or of a domain, `@example.com`. */
export function readRecipient(text: string): NormalisedAddress {
  return text.length > ADDRESS_LIMIT ? { ok: false, problem: `longer than ${ADDRESS_LIMIT} characters` } : normaliseRecipient(text);
}

/** The normalised part after the `@`, or why the text is none. */
export function readDomain(text: string): NormalisedAddress {
  return readAddress(`a@${text}`);
}

/** In lower case and NFC, like normalised addresses. Undefined for text with which no address begins. */
export function readPrefix(text: string): string | undefined {
  if (text === '' || text.length > ADDRESS_LIMIT || text.includes('\0') || !text.isWellFormed()) return undefined;
  return text.normalize('NFC').toLowerCase();
}
