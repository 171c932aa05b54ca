import { asTenant } from '@desist/domain';
import { expect, test } from 'vitest';
import { resend } from './resend.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test.each([
  [1_000, 1_000, undefined],
  [1_001, 1, 'too_large'],
])('a message of %d recipients', (count, results, reason) => {
  const to = Array.from({ length: count }, (_, n) => `r${n}@example.com`);
  const body = JSON.stringify({ type: 'email.bounced', created_at: '2026-03-01T10:00:00Z', data: { email_id: 'm', to } });
  const read = [...resend.normalise(Buffer.from(body), { tenant: asTenant('acme'), stream: 'default', referenceTime: NOW })];
  expect(read).toHaveLength(results);
  expect(read[0]).toMatchObject(reason === undefined ? { kind: 'event' } : { reason });
});
