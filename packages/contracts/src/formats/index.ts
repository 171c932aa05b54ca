/** The provider formats, and which one a payload is of. An entry of its own: who needs no formats loads none of their libraries. */
import { arf } from './arf.ts';
import { brevo } from './brevo.ts';
import { canonical } from './canonical.ts';
import { glimpsesOf } from './detect.ts';
import type { DetectableFormat } from './detect.ts';
import { dsn } from './dsn.ts';
import { exim } from './exim/index.ts';
import type { Format, FormatName, LineFormat } from './format.ts';
import { haraka } from './haraka.ts';
import { kumomta } from './kumomta.ts';
import { mailgun } from './mailgun.ts';
import { mailjet } from './mailjet.ts';
import { mandrill } from './mandrill.ts';
import { postfix } from './postfix/index.ts';
import { postmark } from './postmark.ts';
import { powermta } from './powermta.ts';
import { resend } from './resend.ts';
import { sendgrid } from './sendgrid.ts';
import { ses } from './ses.ts';
import { sparkpost } from './sparkpost.ts';

export { FORMAT_NAMES } from './format.ts';
export type { Format, FormatName, LineFormat, LineReader, NormaliseContext, Normalised, ProblemReason } from './format.ts';
export { createJsonSplitter, PAYLOAD_LIMIT, TOO_LARGE } from './json.ts';
export { zoneOf } from './time.ts';

/** In the order in which they are asked. A format is added by one line. */
const ALL: readonly DetectableFormat[] = [
  ...[canonical, ses, sendgrid, mailgun, sparkpost, postmark, mandrill, brevo, mailjet, resend],
  ...[kumomta, powermta, haraka, postfix, exim],
  // By mail: a feedback report is a mail, too, so it is asked for first.
  ...[arf, dsn],
];

export const FORMATS: ReadonlyMap<FormatName, Format> = new Map(ALL.map((format) => [format.name, format]));

export function formatOf(name: string): Format | undefined {
  return FORMATS.get(name as FormatName);
}

/** From its first 64 KiB; undefined when no format knows it. */
export function detectFormat(payload: Uint8Array): Format | undefined {
  for (const glimpse of glimpsesOf(payload)) {
    const found = ALL.find((format) => format.looksLike(glimpse));
    if (found !== undefined) return found;
  }
  return undefined;
}

export function isLineFormat(format: Format): format is LineFormat {
  return 'open' in format;
}
