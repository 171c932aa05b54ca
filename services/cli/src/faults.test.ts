import { describe, expect, test } from 'vitest';
import type { WebhookInTrouble } from './faults.ts';
import { webhookFindings, webhookText } from './faults.ts';

const failing: WebhookInTrouble = {
  ...{ id: 'wh_1', tenant: 'acme', description: 'CRM', state: 'failing', reason: null, problem: 'it answered 503', behind: 12 },
  ...{ failingSince: '2026-03-01T10:00:00.000Z', nextTryAt: '2026-03-01T10:15:00.000Z' },
};

describe('subscribers that need somebody', () => {
  test('are named with who they are, since when, why and how far behind', () => {
    expect(webhookText(failing)).toBe(
      'webhook wh_1 (CRM) of acme fails since 2026-03-01T10:00:00.000Z: it answered 503; 12 changes behind',
    );
    const paused = { ...failing, tenant: null, description: null, state: 'paused', reason: 'failing', behind: 0 };
    expect(webhookText(paused)).toBe('webhook wh_1 of every tenant is PAUSED (failing): it answered 503; 0 changes behind');
  });

  test.each([
    ['failing', null, 'warning', 'desist webhooks deliveries wh_1'],
    ['paused', 'failing', 'error', 'desist webhooks resume wh_1`'],
    ['paused', 'lost_changes', 'error', 'desist webhooks resume wh_1 --skip-lost'],
    ['paused', 'operator', 'warning', 'desist webhooks resume wh_1'],
    ['ended', 'gone', 'warning', 'desist webhooks remove wh_1'],
  ])('%s (%s) is an %s with its way out', (state, reason, severity, fix) => {
    const [finding] = webhookFindings([{ ...failing, state, reason }]);
    expect(finding?.severity).toBe(severity);
    expect(finding?.fix).toContain(fix);
  });
});
