/** Real replies with what they mean: how many are attributed rightly, and how often the recipient is blamed wrongly. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { classify } from '@desist/domain';
import type { Attribution, Reply, SmtpPhase } from '@desist/domain';

interface Labelled {
  readonly reply: string;
  readonly code: string | null;
  readonly enhanced: string | null;
  readonly phase: SmtpPhase | null;
  readonly attribution: Attribution;
  readonly accept: readonly Attribution[];
  readonly ambiguous: boolean;
}

const rows = readFileSync(new URL('replies.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Labelled);

function attributionOf({ reply, code, enhanced, phase }: Labelled): Attribution {
  const asked: Reply = {
    text: reply,
    ...(code === null ? {} : { code: Number(code) }),
    ...(enhanced === null ? {} : { enhanced }),
    ...(phase === null ? {} : { phase }),
  };
  return classify(asked).attribution;
}

it('at least 85 of 100 are attributed as a careful reader would', () => {
  const right = rows.filter((row) => row.attribution === attributionOf(row) || row.accept.includes(attributionOf(row)));
  expect(rows.length).toBeGreaterThan(200);
  expect(right.length / rows.length).toBeGreaterThanOrEqual(0.85);
});

it('fewer than 3 in 100 replies that are not about the recipient blame him', () => {
  const others = rows.filter(({ attribution, accept }) => attribution !== 'recipient' && !accept.includes('recipient'));
  const blamed = others.filter((row) => attributionOf(row) === 'recipient');
  expect(blamed.length / others.length).toBeLessThan(0.03);
});
