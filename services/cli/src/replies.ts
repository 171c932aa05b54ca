/** The replies that ship with the project. User-defined rules are tested on them. */
import { readFileSync } from 'node:fs';
import type { Reply } from '@desist/verdicts';

export function shippedReplies(): readonly Reply[] {
  return readFileSync(new URL('../data/replies.ndjson', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { reply, code, enhanced } = JSON.parse(line) as { reply: string; code: string | null; enhanced: string | null };
      return { text: reply, ...(code === null ? {} : { code: Number(code) }), ...(enhanced === null ? {} : { enhanced }) };
    });
}
