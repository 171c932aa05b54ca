/** Hints in a reply: when to retry, a link to details, the block list and the limit that was exceeded. */
export interface Hints {
  /** Seconds to wait before a retry. */
  readonly retryAfter?: number;
  /** Host name of the block list, otherwise its name. */
  readonly blockList?: string;
  /** The first link in the text. */
  readonly link?: string;
  /** The limit as written in the reply: `50 per hour`, `10485760`. */
  readonly limit?: string;
}

const READ = 2_048;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
/** Seconds in a week. A longer wait is ignored, because no queue could follow it. */
const LONGEST_WAIT = 7 * 86_400;

const WAIT =
  /\b(?:in|after|for|another|wait|within)\s{1,3}(?:about\s|approximately\s|at least\s)?(\d{1,6})\s{0,3}(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|days?)\b/i;
const CLOCK = /\b(?:come back in|again in|after|retry in|in)\s{1,3}(\d{1,2}):(\d{2}):(\d{2})\b/i;
const RETRY_WORD = /try|retry|again|later|wait|come back|greylist|graylist|resend|delay|throttl|rate/i;
const LINK = /https?:\/\/[^\s"'<>()[\]{}]{4,300}/i;
const LISTED =
  /(?:blocked|listed|rejected|found|blacklisted|denied|block list|blacklist|listing|rbl|dnsbl)\s{1,3}(?:using|by|at|in|on|via|provider|from)\s{1,3}(?:the\s)?['"]?([a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,6})/i;
const LIST_NAMES =
  /\b(spamhaus|spamcop|barracuda|sorbs|uceprotect|invaluement|cloudmark|abusix|mailspike|senderscore|spfbl|surbl|uribl)\b/i;
const LIMITS: readonly RegExp[] = [
  /\b(\d{1,9}\s{0,2}(?:messages|emails|mails|recipients|connections|sessions)?\s{0,2}(?:per|an?|\/)\s{0,2}(?:second|minute|hour|day|session|connection|message))\b/i,
  /\b(?:limit(?:ed)?(?: is| of|:|=)?|maximum(?: size)?(?: of| is|:)?|max(?: is|:|=)?|exceeds size limit|fixed maximum message size:?)\s{0,3}\(?(\d{1,12}(?:\s?(?:bytes|kb|mb|recipients|messages|connections))?)\b/i,
];

/** Extracts hints from the first 2,048 UTF-16 units. A hint that is not found is absent; nothing is guessed. */
export function hintsIn(text: string): Hints {
  const head = text.slice(0, READ);
  const link = LINK.exec(head)?.[0].replace(/[.,;:!]+$/, '');
  const retryAfter = RETRY_WORD.test(head) ? waitIn(head) : undefined;
  const blockList = listIn(head);
  const limit = LIMITS.map((one) => one.exec(head)?.[1]).find((one) => one !== undefined);
  return {
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(blockList === undefined ? {} : { blockList }),
    ...(link === undefined ? {} : { link }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function waitIn(text: string): number | undefined {
  const [, hours, minutes, seconds] = CLOCK.exec(text) ?? [];
  const clock = hours === undefined ? undefined : Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  const [, count, unit] = WAIT.exec(text) ?? [];
  const spoken = count === undefined || unit === undefined ? undefined : Number(count) * (UNITS[unit.charAt(0).toLowerCase()] ?? 1);
  const wait = clock ?? spoken;
  return wait === undefined || wait === 0 || wait > LONGEST_WAIT ? undefined : wait;
}

function listIn(text: string): string | undefined {
  const host = LISTED.exec(text)?.[1]?.toLowerCase();
  if (host !== undefined && !/^\d+(?:\.\d+)+$/.test(host)) return host;
  return LIST_NAMES.exec(text)?.[1]?.toLowerCase();
}
