/** An SMTP reply and the command that it answers. */

export const SMTP_PHASES = ['connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'end_of_data'] as const;
/** The SMTP command whose reply this is (RFC 5321 section 4.1). */
export type SmtpPhase = (typeof SMTP_PHASES)[number];

/** A reply as the source logged it. `code` is the three-digit reply code (RFC 5321), `enhanced` the status code (RFC 3463). */
export interface SmtpReply {
  readonly code?: number;
  readonly enhanced?: string;
  readonly text?: string;
}
