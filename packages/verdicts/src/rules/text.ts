/**
 * Text rules in order of precedence. Sender rules precede recipient rules, because block-list rejections can also contain 5.1.1 and
 * "mailbox unavailable".
 */
import { AUTHENTICATION_RULES } from './codes.ts';
import { LANGUAGE_RULES } from './text-languages.ts';
import { MESSAGE_RULES } from './text-message.ts';
import { RECIPIENT_RULES } from './text-recipient.ts';
import type { Rule } from './rule.ts';
import { EARLY_RULES, SENDER_RULES } from './text-sender.ts';
import { LATE_RULES } from './text-system.ts';

export const TEXT_RULES: readonly Rule[] = [
  ...AUTHENTICATION_RULES,
  ...EARLY_RULES,
  ...LANGUAGE_RULES,
  ...SENDER_RULES,
  ...RECIPIENT_RULES,
  ...MESSAGE_RULES,
  ...LATE_RULES,
];
