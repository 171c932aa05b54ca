/** Sentences that no story of test/rules/explain.test.ts tells. */
import type { FactReason } from '@desist/domain';
import { expect, it } from 'vitest';
import { factReasonText } from './explanation-text.ts';

it.each<[FactReason, string]>([
  [{ code: 'excluded', incident: 'gmail-12bdk' }, 'held back: part of incident gmail-12bdk, many recipients failed together'],
  [{ code: 'too_many_allowances', limit: 256 }, 'refused: 256 streams have allowances already, end one of them first'],
  [{ code: 'cause_only' }, 'void: kept for what a later `expired` of its message means'],
  [
    { code: 'provider_failing', deliveries: 0, failing: 0 },
    'did not count: the provider was failing for 0 % of recipients (0 deliveries, 0 failing recipients)',
  ],
])('%o', (reason, text) => {
  expect(factReasonText(reason)).toBe(text);
});
