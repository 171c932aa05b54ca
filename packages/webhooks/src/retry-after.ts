/** `Retry-After` of an answer (RFC 9110, 10.2.3). */

const SECONDS = /^\d{1,10}$/;
/** `Sun, 06 Nov 1994 08:49:37 GMT`, and the obsolete `Sunday, 06-Nov-94 08:49:37 GMT`. */
const DATE = /^[A-Z][a-z]{2,8}, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2}(?:\d{2})? \d{2}:\d{2}:\d{2} GMT$/;
/** The obsolete `Sun Nov  6 08:49:37 1994`, which is GMT without saying so. */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/** ms from `now` (ms since the epoch) until the moment that it names, 0 for one that has passed; undefined when it names none. */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (SECONDS.test(text)) return Number(text) * 1_000;
  const zone = DATE.test(text) ? '' : ASCTIME.test(text) ? ' GMT' : undefined;
  if (zone === undefined) return undefined;
  const at = Date.parse(`${text}${zone}`);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
