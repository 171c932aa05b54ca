import { asTenant, recipientsOf } from '@desist/domain';
import type { RecipientKey } from '@desist/domain';
import { describe, expect, it } from 'vitest';
import { createSenderReplies } from './sender-replies.ts';
import type { RefusedTry } from './sender-replies.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const QUARTER = 900_000;
const tried = (more: Partial<RefusedTry> = {}): RefusedTry => ({
  ...{ tenant: asTenant('acme'), provider: 'gmail', pool: '', at: NOON + 5, category: 'rate_limited', reply: '421 4.7.28 slow down' },
  key: 'acme/a@gmail.com' as RecipientKey,
  ...more,
});

describe('replies that refuse for the sender', () => {
  it('are put together by place, quarter, category and code; what a commit took does not come again', () => {
    const replies = createSenderReplies();
    replies.tick(NOON);
    for (let n = 0; n < 9; n += 1) replies.count(tried({ key: `acme/user${n}@gmail.com` as RecipientKey }));
    replies.count(tried({ at: NOON + QUARTER, reply: null }));
    replies.count(tried({ pool: 'p' }));
    const rows = replies.drain();
    expect(rows.map(({ at, pool, code, events, reply }) => [at, pool, code, events, reply])).toEqual([
      [NOON, '', '421 4.7.28', 9, '421 4.7.28 slow down'],
      [NOON + QUARTER, '', 'none', 1, null],
      [NOON, 'p', '421 4.7.28', 1, '421 4.7.28 slow down'],
    ]);
    expect(recipientsOf(rows[0]?.recipients ?? 0)).toBeGreaterThanOrEqual(6);
    expect(recipientsOf(rows[2]?.recipients ?? 0)).toBe(1);
    expect(replies.drain()).toEqual([]);
    replies.count(tried());
    expect(replies.drain()).toMatchObject([{ events: 1 }]);
  });

  it('have places that tenants share, anew with each quarter of the clock; a long reply is cut', () => {
    const replies = createSenderReplies(10);
    replies.tick(NOON);
    for (let n = 0; n < 50; n += 1) replies.count(tried({ tenant: asTenant('loud'), provider: `p${n}` }));
    replies.count(tried({ reply: `421 ${'x'.repeat(5_000)}` }));
    const rows = replies.drain();
    expect(rows.filter(({ tenant }) => tenant === 'loud')).toHaveLength(5);
    expect(rows.find(({ tenant }) => tenant === 'acme')?.reply).toHaveLength(300);
    // What has a place keeps it.
    replies.count(tried({ tenant: asTenant('loud'), provider: 'p0' }));
    replies.count(tried({ tenant: asTenant('loud'), provider: 'p49' }));
    expect(replies.drain().map(({ provider }) => provider)).toEqual(['p0']);
    replies.tick(NOON + QUARTER);
    replies.count(tried({ tenant: asTenant('loud'), provider: 'p49' }));
    expect(replies.drain()).toHaveLength(1);
  });
});
