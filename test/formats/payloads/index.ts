/** One line a format. */
import type { FormatCases } from '../cases.ts';
import { arf } from './arf.ts';
import { azure } from './azure.ts';
import { brevo } from './brevo.ts';
import { canonical } from './canonical.ts';
import { dsn } from './dsn.ts';
import { ENGAGEMENT } from './engagement.ts';
import { exchange } from './exchange.ts';
import { exim } from './exim.ts';
import { haraka } from './haraka.ts';
import { kumomta } from './kumomta.ts';
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
import { scaleway } from './scaleway.ts';
import { sendgrid } from './sendgrid.ts';
import { sendmail } from './sendmail.ts';
import { ses } from './ses.ts';
import { sparkpost } from './sparkpost.ts';

const OUTCOMES: readonly FormatCases[] = [
  ...[canonical, ses, sendgrid, mailgun, sparkpost, postmark, mandrill, brevo, mailjet, resend],
  ...[mailersend, mailtrap, postal, azure, scaleway],
  ...[kumomta, powermta, haraka, postfix, exim, sendmail, opensmtpd, exchange],
  ...[arf, dsn],
];

export const CASES: readonly FormatCases[] = OUTCOMES.map(({ format, cases }) => ({
  format,
  cases: [...cases, ...ENGAGEMENT.filter((more) => more.format === format).flatMap((more) => more.cases)],
}));
