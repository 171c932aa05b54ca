import { describe, expect, it } from 'vitest';
import { createUnmatchedReplies } from './unmatched-replies.ts';

describe('wordings that no rule knows', () => {
  it('are listed with their number, most frequent first', () => {
    const unmatched = createUnmatchedReplies();
    for (const wording of ['b', 'a', 'b', 'c', 'b', 'a']) unmatched.note(wording);
    expect(unmatched.top(2)).toEqual([
      { text: 'b', count: 3 },
      { text: 'a', count: 2 },
    ]);
  });

  it('stay bounded under a flood of new ones, which does not push out the frequent ones', () => {
    const unmatched = createUnmatchedReplies(10);
    for (let index = 0; index < 1_000; index += 1) {
      unmatched.note('often');
      unmatched.note(`once ${index}`);
    }
    expect(unmatched.top(100).length).toBeLessThanOrEqual(10);
    expect(unmatched.top(1)).toEqual([{ text: 'often', count: 1_000 }]);
  });
});
