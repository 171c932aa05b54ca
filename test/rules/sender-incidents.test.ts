/** Sender incidents of a replay: by the function that the coordinator uses, from the counts of the file itself. */
import { asAddress, asTenant, DAY, DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { LogEvent, PolicySet, SenderNotice } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import type { Replayed } from '@desist/pipeline';
import { providerOf } from '@desist/verdicts';
import { expect, test } from 'vitest';

const START = Date.UTC(2026, 2, 1);
const POLICIES: PolicySet = { version: 'p', base: DEFAULT_POLICY, tenants: new Map() };
let serial = 0;

interface Sent {
  readonly tenant?: string;
  readonly pool?: string;
  readonly to?: string;
  readonly refused?: boolean;
}

function event(occurredAt: number, { tenant = 'acme', pool = 'p', to = 'gmail.com', refused = false }: Sent = {}): LogEvent {
  serial += 1;
  const of = { id: `e${serial}`, tenant: asTenant(tenant), stream: 'default', pool, messageId: `m${serial}`, occurredAt } as const;
  const recipient = asAddress(`user${serial % 400}@${to}`);
  if (!refused) return { ...of, recipient, type: 'delivered' };
  return { ...of, recipient, type: 'deferred', smtp: { code: 421, enhanced: '4.7.28', text: '421 4.7.28 an unusual rate of mail' } };
}

/** One every so many minutes. */
function every(minutes: number, from: number, to: number, of: Sent = {}): LogEvent[] {
  return Array.from({ length: Math.ceil((to - from) / (minutes * MINUTE)) }, (_, n) => event(from + n * minutes * MINUTE, of));
}

function replayed(events: readonly LogEvent[]): {
  readonly senders: readonly SenderNotice[];
  readonly others: readonly Replayed[];
  readonly count: number;
} {
  const replay = createReplay({ policies: POLICIES, providerOf });
  const out = events.toSorted((a, b) => a.occurredAt - b.occurredAt).flatMap((one) => replay.fold(one));
  out.push(...replay.finish());
  return {
    senders: out.flatMap((one) => ('sender' in one ? [one.sender] : [])),
    others: out.filter((one) => !('sender' in one)),
    count: replay.summary().senderIncidents,
  };
}

const BEGIN = START + 3 * DAY;
const usual = (): LogEvent[] => every(10, START, BEGIN + 12 * HOUR);
const throttled = (): LogEvent[] => every(1, BEGIN, BEGIN + 3 * HOUR, { refused: true });

test('one opens and closes, with its replies, and nobody is the worse for it', () => {
  const { senders, others, count } = replayed([...usual(), ...throttled()]);
  expect(senders.map(({ action, from, until }) => [action, from, until])).toEqual([
    ['opened', BEGIN, null],
    ['closed', BEGIN, BEGIN + 3 * HOUR],
  ]);
  expect(senders[0]?.at).toBeLessThanOrEqual(BEGIN + HOUR);
  expect(senders[1]?.summary).toMatchObject({ refused: 180, tries: 198, usualShare: 0 });
  expect(senders[1]?.summary.replies).toEqual([
    { category: 'rate_limited', code: '421 4.7.28', count: 180, reply: '421 4.7.28 an unusual rate of mail' },
  ]);
  expect([others, count]).toEqual([[], 1]);
});

test('one that goes on at the end of the file is told; one of another tenant, provider or pool opens nothing here', () => {
  const { senders } = replayed([...every(10, START, BEGIN), ...every(1, BEGIN, BEGIN + 2 * HOUR, { refused: true })]);
  expect(senders.map(({ action }) => action)).toEqual(['opened']);
  const elsewhere = [{ tenant: 'beta' }, { to: 'yahoo.com' }].flatMap((of) => every(1, BEGIN, BEGIN + 2 * HOUR, { ...of, refused: true }));
  // They have no days before: nothing is known of what is usual for them.
  expect(replayed([...usual(), ...elsewhere]).senders).toEqual([]);
  const pooled = every(1, BEGIN, BEGIN + 2 * HOUR, { pool: 'new', refused: true });
  expect(replayed([...usual(), ...pooled]).senders[0]?.place).toEqual({ tenant: 'acme', provider: 'gmail', pool: 'new' });
});

test('what a log decided is said as it was, and nothing is noticed besides', () => {
  const noticed = replayed([...usual(), ...throttled()]).senders[0] as SenderNotice;
  const replay = createReplay({ policies: POLICIES, providerOf, until: BEGIN + DAY });
  const events = [...usual(), ...throttled()].sort((a, b) => a.occurredAt - b.occurredAt);
  const out = [...replay.applySender({ ...noticed, id: 'decided' }), ...events.flatMap((one) => replay.fold(one))];
  out.push(...replay.applySender({ ...noticed, at: BEGIN + 2 * DAY }), ...replay.finish());
  expect(out.map((one) => ('sender' in one ? one.sender.id : ''))).toEqual(['decided']);
});
