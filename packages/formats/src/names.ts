/** Names of the provider formats. This is a separate entry point for callers that need the names but none of the libraries. */

export const FORMAT_NAMES = [
  'canonical',
  'ses',
  'sendgrid',
  'mailgun',
  'sparkpost',
  'postmark',
  'mandrill',
  'brevo',
  'mailjet',
  'resend',
  'mailersend',
  'mailtrap',
  'postal',
  'azure',
  'scaleway',
  'smtp2go',
  'zeptomail',
  'kumomta',
  'powermta',
  'haraka',
  'postfix',
  'exim',
  'sendmail',
  'opensmtpd',
  'exchange',
  'dsn',
  'arf',
  /** Described in the sources file, not here. */
  'mapping',
] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];
