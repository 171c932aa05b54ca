/** What the encodings of both kinds of incidents share. */

/** Cannot be confused with the key of a recipient, which contains an `@`; an id contains none. */
export const INCIDENT_KEY = 'incident/';
export const INCIDENT_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A share, to four places. */
export function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
