/** What an engine does about recipients that nothing is known against: deliveries and proof of life ask the store nothing and write no row. */
import { defaultPolicies } from '@desist/contracts';
import { asAddress, asTenant, ENGAGEMENT_KINDS } from '@desist/domain';
import type { DeliveryEvent } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import type { MemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { CommitPlan } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { describe, expect, it } from 'vitest';
import { quietLogger, simulatedTime } from '../support/host.ts';

const NOW = Date.UTC(2026, 2, 1, 12);

type Event = Pick<DeliveryEvent, 'type'> & Partial<DeliveryEvent>;

const recordOf = ({ type, recipient = asAddress('reader@example.com'), ...more }: Event, index: number): { key: string; value: string } =>
  encodeEvent({ id: `e${index}`, tenant: asTenant('acme'), recipient, stream: 'default', occurredAt: NOW + index, ...more, type });

/** One batch of these events. What was asked of the store, and what was committed. */
async function processed(events: readonly Event[]): Promise<{ readonly loaded: readonly string[]; readonly plans: readonly CommitPlan[] }> {
  const memory = createMemoryStore(() => NOW);
  const loaded: string[] = [];
  const plans: CommitPlan[] = [];
  const store: MemoryStore = {
    ...memory,
    load: async (keys) => (loaded.push(...keys.map(({ address }) => address)), memory.load(keys)),
    commit: async (plan) => (plans.push(plan), memory.commit(plan)),
  };
  const log = createMemoryLog({ partitions: 1, now: () => NOW, pause: () => new Promise((resolve) => setImmediate(resolve)) });
  await log.append('deliveryEvents', events.map(recordOf));
  const engine = createEngine({
    ...{
      store,
      source: log,
      sink: log,
      codec,
      policies: defaultPolicies(),
      time: simulatedTime(() => NOW),
      logger: quietLogger,
      owner: 'test',
    },
  });
  await engine.assign(0);
  const records = log.read('deliveryEvents', 0);
  const { high } = await log.bounds(0);
  const outcome = await engine.batch({ partition: 0, firstOffset: 0, nextOffset: high, highWatermark: high, records });
  expect(outcome.kind).toBe('processed');
  await engine.revoke([0]);
  return { loaded, plans };
}

/** `type category` of the roll-ups of events. */
function counted(plans: readonly CommitPlan[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { rollups } of plans) {
    const rows = rollups?.kind === 'counted' ? rollups.hours : [];
    for (const { family, type, category, events } of rows) {
      const name = `${type} ${category}`.trim();
      if (family === 'events') sums.set(name, (sums.get(name) ?? 0) + events);
    }
    if (rollups?.kind !== 'pending') continue;
    const { cells } = JSON.parse(rollups.body) as { readonly cells: readonly (readonly (string | number)[])[] };
    for (const cell of cells) {
      const name = `${String(cell[7])} ${String(cell[8])}`.trim();
      if (cell[0] === 'events') sums.set(name, (sums.get(name) ?? 0) + Number(cell[11]));
    }
  }
  return sums;
}

describe('a recipient that nothing is known against', () => {
  it.each<[string, readonly Event[]]>([
    ['deliveries', Array.from({ length: 50 }, (): Event => ({ type: 'delivered' }))],
    ['proof of life', Array.from({ length: 50 }, (_, index): Event => ({ type: 'engaged', kind: ENGAGEMENT_KINDS[index % 4]! }))],
  ])('costs no query and no row: %s', async (_, events) => {
    const { loaded, plans } = await processed(events);
    expect(loaded).toEqual([]);
    expect(plans.flatMap(({ recipients, untracked, history, outbox }) => [...recipients, ...untracked, ...history, ...outbox])).toEqual([]);
    expect([...counted(plans).values()].reduce((sum, events_) => sum + events_, 0)).toBe(50);
  });

  it('is looked at once something is known against it, in the same batch', async () => {
    const { loaded, plans } = await processed([
      { type: 'engaged', kind: 'login' },
      { type: 'deferred', smtp: { code: 452, text: '452 4.2.2 Mailbox full' } },
      { type: 'engaged', kind: 'login' },
      { type: 'engaged', kind: 'login', recipient: asAddress('other@example.com') },
    ]);
    expect(loaded).toEqual(['reader@example.com']);
    expect(plans.flatMap(({ recipients }) => recipients).at(-1)).toMatchObject({ address: 'reader@example.com', state: 'healthy' });
  });
});

describe('roll-ups of proof of life', () => {
  it('tell its kinds as a type of their own, each once, whatever is known of the recipient', async () => {
    const deferral: Event = { type: 'deferred', smtp: { code: 452, text: '452 4.2.2 Mailbox full' } };
    const { plans } = await processed([
      { type: 'engaged', kind: 'click' },
      deferral,
      { type: 'engaged', kind: 'click' },
      { type: 'engaged', kind: 'reply', id: 'same' },
      { type: 'engaged', kind: 'reply', id: 'same', occurredAt: NOW + 3 },
      { type: 'engaged', kind: 'login' },
      { type: 'engaged', kind: 'reply', certain: false },
      { type: 'delivered' },
    ]);
    expect(Object.fromEntries(counted(plans))).toMatchObject({
      'engaged click': 2,
      'engaged reply': 1,
      'engaged login': 1,
      'deferred mailbox_full': 1,
      delivered: 1,
    });
  });
});
