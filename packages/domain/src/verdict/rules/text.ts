/**
 * What replies say in words, in the order in which words decide. Sender before recipient: block-list refusals come with
 * 5.1.1 and "mailbox unavailable" in front too.
 */
import { MESSAGE_RULES } from './text-message.ts';
import { RECIPIENT_RULES } from './text-recipient.ts';
import type { Rule } from './rule.ts';
import { EARLY_RULES, SENDER_RULES } from './text-sender.ts';
import { LATE_RULES } from './text-system.ts';

export const TEXT_RULES: readonly Rule[] = [...EARLY_RULES, ...SENDER_RULES, ...RECIPIENT_RULES, ...MESSAGE_RULES, ...LATE_RULES];
