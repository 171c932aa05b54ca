/**
 * Registry and detection of the provider formats. This is a separate entry point: callers that need no formats load none of their
 * libraries.
 */
import { arf } from './arf.ts';
import { azure } from './azure.ts';
import { brevo } from './brevo.ts';
import { canonical } from './canonical.ts';
import { cloudflare } from './cloudflare.ts';
import { customerio } from './customerio.ts';
import { samplesOf } from './detect.ts';
import type { DetectableFormat } from './detect.ts';
import { dsn } from './dsn.ts';
import { exchange } from './exchange.ts';
import { exim } from './exim/index.ts';
import type { Format, LineFormat } from './format.ts';
import { hyvor } from './hyvor.ts';
import { iterable } from './iterable.ts';
import { lettermint } from './lettermint.ts';
import type { FormatName } from './names.ts';
import { haraka } from './haraka.ts';
import { kumomta } from './kumomta.ts';
import { mailersend } from './mailersend.ts';
import { mailgun } from './mailgun.ts';
import { mailjet } from './mailjet.ts';
import { mailtrap } from './mailtrap.ts';
import { mandrill } from './mandrill.ts';
import { opensmtpd } from './opensmtpd.ts';
import { postal } from './postal.ts';
import { postfix } from './postfix/index.ts';
import { postmark } from './postmark.ts';
import { powermta } from './powermta.ts';
import { resend } from './resend.ts';
import { salesforce } from './salesforce.ts';
import { scaleway } from './scaleway.ts';
import { sendgrid } from './sendgrid.ts';
import { sendmail } from './sendmail.ts';
import { ses } from './ses.ts';
import { smtp2go } from './smtp2go.ts';
import { sparkpost } from './sparkpost.ts';
import { sweego } from './sweego.ts';
import { zeptomail } from './zeptomail.ts';

export { bareAddress } from './draft.ts';
export { MOST_FIELDS, urlencodedFields } from './form.ts';
export { FORMAT_NAMES } from './names.ts';
export type { FormatName } from './names.ts';
export type { Format, LineFormat, LineReader, NormaliseContext, Normalised, ProblemReason } from './format.ts';
export { createJsonSplitter, PAYLOAD_LIMIT, TOO_LARGE } from './json.ts';
export { ANOTHER_PROGRAM } from './lines.ts';
export { NO_ZONE, zoneOf } from './time.ts';

/** In order of detection. Each format is one entry. */
const ALL: readonly DetectableFormat[] = [
  ...[canonical, ses, sendgrid, mailgun, sparkpost, postmark, mandrill, brevo, mailjet, resend],
  ...[mailersend, mailtrap, postal, azure, scaleway],
  ...[smtp2go, zeptomail, customerio, iterable, salesforce, cloudflare, lettermint, sweego, hyvor],
  ...[kumomta, powermta, haraka, postfix, exim, sendmail, opensmtpd, exchange],
  // Mail formats. A feedback report is also a mail, so arf precedes dsn.
  ...[arf, dsn],
];

export const FORMATS: ReadonlyMap<FormatName, Format> = new Map(ALL.map((format) => [format.name, format]));

export function formatOf(name: string): Format | undefined {
  return FORMATS.get(name as FormatName);
}

/** Detects the format from the first 64 KiB. Returns undefined if no format matches. */
export function detectFormat(payload: Uint8Array): Format | undefined {
  for (const sample of samplesOf(payload)) {
    const found = ALL.find((format) => format.looksLike(sample));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True if the beginning of a payload looks like this format, whatever else it looks like. */
export function hasFormat({ name }: Format, payload: Uint8Array): boolean {
  const format = ALL.find((one) => one.name === name);
  return format !== undefined && [...samplesOf(payload)].some((sample) => format.looksLike(sample));
}

export function isLineFormat(format: Format): format is LineFormat {
  return 'open' in format;
}
