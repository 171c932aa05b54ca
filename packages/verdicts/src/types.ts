/** Types of verdicts: what one SMTP reply means and whose fault it is. */
import type { SmtpPhase } from './smtp.ts';

/** Who is responsible for a failure. `local`: the sending MTA wrote the text itself, no remote server did. */
export type Attribution = 'recipient' | 'system' | 'unknown' | 'greylisting' | 'sender' | 'message' | 'local';

export type Permanence = 'temporary' | 'permanent';

export type Category =
  | 'user_unknown'
  | 'domain_not_found'
  | 'invalid_address'
  | 'mailbox_disabled'
  | 'mailbox_full'
  | 'mailbox_moved'
  | 'mailbox_unavailable'
  | 'recipient_refused'
  | 'upstream_suppressed'
  | 'ip_reputation'
  | 'domain_reputation'
  | 'rate_limited'
  | 'auth_failure'
  | 'auth_temp_failure'
  | 'rdns_failure'
  | 'tls_required'
  | 'sender_rejected'
  | 'policy_block'
  | 'spam_content'
  | 'content_rejected'
  | 'virus_detected'
  | 'message_too_large'
  | 'too_many_recipients'
  | 'greylisting'
  | 'recipient_rate_limited'
  | 'server_busy'
  | 'system_error'
  | 'dns_failure'
  | 'connection_failure'
  | 'expired'
  | 'routing_loop'
  | 'relay_denied'
  | 'protocol_error'
  | 'unknown';

/** A reply as it was logged. Only `text` is needed: the codes are read from its start when they are not given. */
export interface Reply {
  /** One or several lines; any content and length (read up to 65,536 UTF-16 units). */
  readonly text: string;
  /** Reply code, RFC 5321 section 4.2; anything outside 400 to 599 counts as not given. */
  readonly code?: number;
  /** Enhanced status code, RFC 3463, as in `5.1.1`; any other format counts as not given. */
  readonly enhanced?: string;
  /** The command that was rejected. If it is not given, it is read from Postfix's "(in reply to RCPT TO command)" or Exim's "after RCPT TO". */
  readonly phase?: SmtpPhase;
  /** The operator of the mailbox, as returned by `providerOf`. */
  readonly provider?: string;
}

export interface Verdict {
  readonly category: Category;
  readonly attribution: Attribution;
  readonly permanence: Permanence;
  /** Name of the rule that decided; `no_reply` or `unmatched` if no rule did. */
  readonly rule: string;
}
