/** One line a format. */
import type { FormatCases } from '../cases.ts';
import { brevo } from './brevo.ts';
import { canonical } from './canonical.ts';
import { mailgun } from './mailgun.ts';
import { mailjet } from './mailjet.ts';
import { mandrill } from './mandrill.ts';
import { postmark } from './postmark.ts';
import { resend } from './resend.ts';
import { sendgrid } from './sendgrid.ts';
import { ses } from './ses.ts';
import { sparkpost } from './sparkpost.ts';

export const CASES: readonly FormatCases[] = [canonical, ses, sendgrid, mailgun, sparkpost, postmark, mandrill, brevo, mailjet, resend];
