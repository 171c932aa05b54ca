import { asTenant, DAY, DEFAULT_POLICY, HOUR, hourOf } from '@desist/domain';
import { expect, test } from 'vitest';
import type { RollupHour, RollupRow } from '../ports/commit-plan.ts';
import { createSenderWatch } from './sender-watch.ts';
import type { SenderCounted } from './sender-watch.ts';

const QUARTER = 900_000;
const START = Date.UTC(2026, 2, 1);
const BEGIN = START + 6 * DAY;

/** Of one quarter: mail to gmail, most of it refused from `BEGIN` on, and a message to each of some small providers. */
function counted(at: number, small: number): SenderCounted {
  const of = { family: 'events', at, tenant: 'acme', stream: 'default', pool: '', domain: '', upperBound: 0 } as const;
  const row = (provider: string, type: string, events: number): RollupRow => {
    const verdict = type === 'deferred' ? { category: 'rate_limited', attribution: 'sender' } : { category: '', attribution: '' };
    return { ...of, ...verdict, provider, type, events };
  };
  const isBad = at >= BEGIN && at < BEGIN + 2 * HOUR;
  const others = Array.from({ length: small }, (_, n) => row(`p${(at / QUARTER + n) % 500}`, 'delivered', 1));
  const quarters = [row('gmail', 'delivered', 6), ...(isBad ? [row('gmail', 'deferred', 30)] : []), ...others];
  const place = { tenant: asTenant('acme'), provider: 'gmail', pool: '', at, category: 'rate_limited', code: '421 4.7.28' };
  return {
    rollups: { kind: 'counted', hours: quarters.map(inItsHour) },
    senderReplies: isBad ? [{ ...place, events: 30, recipients: -1, reply: null }] : [],
  };
}

test.each([
  ['few', 0],
  ['many', 40],
])('what is usual is remembered, and the incident told, with %s providers besides', (_, small) => {
  const watch = createSenderWatch(DEFAULT_POLICY.senderIncidents, 2_000);
  const told: string[] = [];
  for (let at = START; at < BEGIN + 8 * HOUR; at += QUARTER) {
    for (const { action, place, from, summary } of watch.passed(at + QUARTER, () => counted(at, small))) {
      told.push(`${action} ${place.provider} ${(from - BEGIN) / QUARTER} ${summary.refused}/${summary.tries} ${summary.usualShare}`);
    }
  }
  expect(told).toEqual(['opened gmail 0 30/36 0', 'closed gmail 0 240/288 0']);
});

function inItsHour(row: RollupRow): RollupHour {
  const at = hourOf(row.at);
  const counts = [0, 1, 2, 3].map((n) => (at + n * QUARTER === row.at ? row.events : 0));
  return { ...row, at, quarters: counts as unknown as RollupHour['quarters'] };
}
