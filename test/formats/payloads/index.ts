/** One line a format. */
import type { FormatCases } from '../cases.ts';
import { arf } from './arf.ts';
import { azure } from './azure.ts';
import { brevo } from './brevo.ts';
import { canonical } from './canonical.ts';
import { cloudflare } from './cloudflare.ts';
import { customerio } from './customerio.ts';
import { dsn } from './dsn.ts';
import { ENGAGEMENT } from './engagement.ts';
import { exchange } from './exchange.ts';
import { exim } from './exim.ts';
import { haraka } from './haraka.ts';
import { hyvor } from './hyvor.ts';
import { iterable } from './iterable.ts';
import { kumomta } from './kumomta.ts';
import { lettermint } from './lettermint.ts';
import { mailersend } from './mailersend.ts';
import { mailgun } from './mailgun.ts';
import { mailjet } from './mailjet.ts';
import { mailtrap } from './mailtrap.ts';
import { mandrill } from './mandrill.ts';
import { opensmtpd } from './opensmtpd.ts';
import { postal } from './postal.ts';
import { postfix } from './postfix.ts';
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

const OUTCOMES: readonly FormatCases[] = [
  ...[canonical, ses, sendgrid, mailgun, sparkpost, postmark, mandrill, brevo, mailjet, resend],
  ...[mailersend, mailtrap, postal, azure, scaleway],
  ...[smtp2go, zeptomail, customerio, iterable, salesforce, cloudflare, lettermint, sweego, hyvor],
  ...[kumomta, powermta, haraka, postfix, exim, sendmail, opensmtpd, exchange],
  ...[arf, dsn],
];

export const CASES: readonly FormatCases[] = OUTCOMES.map(({ format, cases }) => ({
  format,
  cases: [...cases, ...ENGAGEMENT.filter((more) => more.format === format).flatMap((more) => more.cases)],
}));
