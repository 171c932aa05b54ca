import { describe, expect, it } from 'vitest';
import { decide } from './send-decision.ts';
import type { Checked } from './reader.ts';

const NOW = 1_000_000;
type Held = Checked['suppressions'][number];
const held = (reason: Held['reason'], scope = '*', expiresAt: number | null = null): Held => ({ scope, reason, since: 0, expiresAt });
const ask = (suppressions: readonly Held[], allowed: Checked['allowed'] = [], stream = 'news'): ReturnType<typeof decide> =>
  decide({ suppressions, allowed }, stream, NOW);

describe('may I send?', () => {
  it('yes, if the recipient has no suppression', () => {
    expect(ask([])).toEqual({ allowed: true, reasons: [], expiresAt: null });
  });

  it('a suppression of all streams forbids each, one of a stream only that one', () => {
    expect(ask([held('complaint')]).allowed).toBe(false);
    expect(ask([held('unsubscribe', 'news')]).allowed).toBe(false);
    expect(ask([held('unsubscribe', 'other')]).allowed).toBe(true);
  });

  it('a suppression that ends at this moment is no longer active', () => {
    expect(ask([held('operator', '*', NOW + 1)])).toEqual({ allowed: false, reasons: ['operator'], expiresAt: NOW + 1 });
    expect(ask([held('operator', '*', NOW)]).allowed).toBe(true);
  });

  it('the answer expires with the last of several suppressions; never, if one never ends', () => {
    expect(ask([held('operator', '*', NOW + 5), held('persistent_deferral', '*', NOW + 9)]).expiresAt).toBe(NOW + 9);
    expect(ask([held('operator', '*', NOW + 5), held('hard_bounce')]).expiresAt).toBeNull();
  });

  it('names a reason once', () => {
    expect(ask([held('operator'), held('operator', 'news')]).reasons).toEqual(['operator']);
  });

  it.each(['persistent_deferral', 'hard_bounce'] as const)('allow overrides %s, until it ends, for its scope', (reason) => {
    expect(ask([held(reason)], [{ scope: '*', expiresAt: null }]).allowed).toBe(true);
    expect(ask([held(reason)], [{ scope: 'news', expiresAt: NOW + 1 }]).allowed).toBe(true);
    expect(ask([held(reason)], [{ scope: 'news', expiresAt: NOW }]).allowed).toBe(false);
    expect(ask([held(reason)], [{ scope: 'other', expiresAt: null }]).allowed).toBe(false);
  });

  it.each(['complaint', 'unsubscribe', 'operator'] as const)('allow never overrides %s', (reason) => {
    expect(ask([held(reason), held('hard_bounce')], [{ scope: '*', expiresAt: null }])).toEqual({
      allowed: false,
      reasons: [reason],
      expiresAt: null,
    });
  });
});
