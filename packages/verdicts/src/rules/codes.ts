/** Rules for codes whose meaning is narrow enough to decide if no text rule matched. */
import type { Rule } from './rule.ts';

const REGISTRY = 'IANA SMTP Enhanced Status Codes; RFC 3463';
const RFC5321 = 'RFC 5321 section 4.2.3';

function enhanced(detail: string, category: Rule['category'], code: string, more: Partial<Rule> = {}): Rule {
  return { name: `enhanced.${detail}`, category, source: REGISTRY, example: `${code} zq`, detail: [detail], ...more };
}

function pair(code: number, detail: string, category: Rule['category']): Rule {
  const digit = code < 500 ? 4 : 5;
  return {
    name: `code.${code}_${digit}.${detail}`,
    category,
    source: REGISTRY,
    example: `${code} ${digit}.${detail} zq`,
    code: [code],
    detail: [detail],
  };
}

/** Replies to AUTH are about our own account, whatever they say of an account. They precede the text. */
export const AUTHENTICATION_RULES: readonly Rule[] = [
  { name: 'code.535_538', category: 'auth_failure', source: 'RFC 4954 section 6', example: '535 zq', code: [535, 538] },
];

export const CODE_RULES: readonly Rule[] = [
  pair(421, '7.0', 'rate_limited'),
  pair(421, '7.28', 'rate_limited'),
  pair(450, '1.1', 'user_unknown'),
  pair(450, '2.1', 'mailbox_unavailable'),
  pair(450, '7.1', 'greylisting'),
  pair(451, '3.0', 'system_error'),
  pair(451, '4.0', 'system_error'),
  pair(451, '7.1', 'greylisting'),
  pair(451, '3.5', 'system_error'),
  pair(452, '2.2', 'mailbox_full'),
  pair(452, '3.1', 'server_busy'),
  pair(452, '5.3', 'too_many_recipients'),
  enhanced('1.1', 'user_unknown', '550 5.1.1'),
  enhanced('1.2', 'domain_not_found', '550 5.1.2'),
  enhanced('1.3', 'invalid_address', '553 5.1.3'),
  enhanced('1.6', 'mailbox_moved', '551 5.1.6'),
  enhanced('1.351', 'user_unknown', '550 5.1.351', {
    source: 'learn.microsoft.com, Email non-delivery reports and SMTP errors in Exchange Online',
  }),
  enhanced('1.10', 'domain_not_found', '556 5.1.10'),
  enhanced('2.2', 'mailbox_full', '552 5.2.2'),
  enhanced('2.3', 'message_too_large', '552 5.2.3'),
  enhanced('3.1', 'server_busy', '452 4.3.1', { digit: 4, example: '453 4.3.1 zq' }),
  enhanced('3.2', 'server_busy', '453 4.3.2', { digit: 4 }),
  enhanced('3.4', 'message_too_large', '552 5.3.4'),
  enhanced('4.1', 'connection_failure', '450 4.4.1', { digit: 4 }),
  enhanced('4.2', 'connection_failure', '450 4.4.2', { digit: 4 }),
  enhanced('4.3', 'dns_failure', '450 4.4.3', { digit: 4 }),
  enhanced('4.4', 'domain_not_found', '550 5.4.4', { digit: 5 }),
  enhanced('4.6', 'routing_loop', '554 5.4.6'),
  enhanced('4.14', 'routing_loop', '554 5.4.14'),
  enhanced('4.7', 'expired', '550 4.4.7'),
  enhanced('5.3', 'too_many_recipients', '550 5.5.3'),
  enhanced('7.8', 'auth_failure', '554 5.7.8'),
  enhanced('7.13', 'mailbox_disabled', '525 5.7.13'),
  ...['7.20', '7.21', '7.22', '7.23', '7.24', '7.26', '7.30', '7.32'].map((detail) => enhanced(detail, 'auth_failure', `550 5.${detail}`)),
  enhanced('7.25', 'rdns_failure', '550 5.7.25'),
  enhanced('7.27', 'sender_rejected', '550 5.7.27'),
  enhanced('7.28', 'rate_limited', '550 5.7.28'),
  enhanced('7.29', 'tls_required', '550 5.7.29'),
  { name: 'code.421', category: 'server_busy', source: RFC5321, example: '421 zq', code: [421] },
  { name: 'code.432', category: 'recipient_rate_limited', source: 'learn.microsoft.com, 432 4.3.2', example: '432 zq', code: [432] },
  { name: 'code.454', category: 'auth_temp_failure', source: 'RFC 4954 section 6', example: '454 zq', code: [454] },
  { name: 'code.530_534', category: 'auth_failure', source: 'RFC 4954 section 6', example: '530 zq', code: [530, 534] },
  { name: 'code.500_504', category: 'protocol_error', source: RFC5321, example: '503 zq', code: [500, 501, 502, 503, 504] },
  { name: 'code.556', category: 'domain_not_found', source: 'RFC 7504', example: '556 zq', code: [556], unless: ['protocol'] },
];
