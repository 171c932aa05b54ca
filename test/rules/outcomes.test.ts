/** What is said of commands and records that came where they should not: done is what was applied, and another partitioner does not go unnoticed. */
import { encodeEvent } from '@desist/formats/event';
import { describe, expect, it } from 'vitest';
import { createMemoryLog, createMemoryStore, memoryPartitionOf } from '@desist/memory';
import { asAddress, asTenant } from '@desist/domain';
import type { LogEvent } from '@desist/domain';
import { createEngine } from '@desist/pipeline';
import type { Engine } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { quietLogger, simulatedTime } from '../support/host.ts';
import { POLICIES } from '../simulation/checks.ts';

const NOW = Date.UTC(2026, 2, 1);
const PARTITIONS = 2;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const common = { tenant: asTenant('acme'), stream: 'default', occurredAt: NOW };

const bounce = (address: string, id: string): LogEvent => ({
  ...{ ...common, recipient: asAddress(address), id, type: 'bounced', messageId: id, smtp: { code: 550, text: '550 5.1.1 User unknown' } },
});
const forget = (address: string, id: string): LogEvent => ({
  ...common,
  recipient: asAddress(address),
  id,
  type: 'forget',
  scope: '*',
  occurredAt: NOW + 1,
});
const accepted = (address: string, id: string): LogEvent => ({
  ...common,
  recipient: asAddress(address),
  id,
  type: 'accepted',
  messageId: id,
});

/** Each group is appended when the one before it is committed. */
async function run(...groups: readonly (readonly { readonly event: LogEvent; readonly partition?: number }[])[]) {
  const store = createMemoryStore(() => NOW);
  const log = createMemoryLog({ partitions: PARTITIONS, now: () => NOW + 2, pause: turn });
  const said: string[] = [];
  const engine: Engine = createEngine({
    ...{ store, source: log, sink: log, codec, policies: POLICIES, owner: 'me', time: simulatedTime(() => NOW + 3) },
    logger: { ...quietLogger, error: (fields, message) => void said.push(`${message} ${JSON.stringify(fields)}`) },
    partitionOf: (key) => memoryPartitionOf(key, PARTITIONS),
  });
  const over = new AbortController();
  const running = log.run(engine, over.signal);
  for (const records of groups) {
    await store.expectCommands(records.map(({ event }) => event));
    for (const { event, partition } of records) {
      await log.append('deliveryEvents', [{ ...encodeEvent(event), ...(partition === undefined ? {} : { partition }) }]);
    }
    const ends = await Promise.all([0, 1].map((partition) => log.bounds(partition)));
    for (let turns = 0; turns < 5_000; turns += 1) {
      if (ends.every(({ high }, partition) => (store.checkpoint(partition)?.nextOffset ?? 0) >= high)) break;
      await turn();
    }
  }
  const status = engine.status();
  over.abort();
  await running;
  await engine.close();
  return { store, said, status };
}

const own = (recipient: string): number => memoryPartitionOf(`acme/${recipient}`, PARTITIONS);
const ALICE = 'alice@example.com';
const BOB = 'bob@example.com';

describe('a command', () => {
  it('that is applied says so, also when it is repeated', async () => {
    const { store } = await run([{ event: bounce(ALICE, 'b') }, { event: forget(ALICE, 'f') }, { event: forget(BOB, 'g') }]);
    const found = await store.commandOutcomes([
      { tenant: 'acme', id: 'f' },
      { tenant: 'acme', id: 'g' },
    ]);
    expect(found).toMatchObject([
      { id: 'f', outcome: 'applied', reason: null, changes: 1 },
      { id: 'g', outcome: 'applied', changes: 0 },
    ]);
    expect(await store.commandOutcomes([{ tenant: 'acme', id: 'b' }])).toEqual([]);
  });

  it('that has nothing to change says that it was refused, and why', async () => {
    const command = (id: string, type: 'amend' | 'suppress', more: object = {}): LogEvent => ({
      ...{ ...common, recipient: asAddress('@example.com'), id, type, scope: '*', occurredAt: NOW + 1, note: id },
      ...more,
    });
    const { store } = await run(
      [{ event: command('a', 'amend') }],
      [{ event: command('b', 'suppress') }],
      [{ event: command('c', 'amend') }],
    );
    const ids = ['a', 'b', 'c'].map((id) => ({ tenant: 'acme', id }));
    expect(await store.commandOutcomes(ids)).toMatchObject([
      { id: 'a', outcome: 'refused', reason: 'nothing_active', detail: 'nothing of this scope and reason is active', changes: 0 },
      { id: 'b', outcome: 'applied', changes: 1 },
      { id: 'c', outcome: 'applied', changes: 1 },
    ]);
  });

  it('whose recipient came with another partitioner is not done: it is a dead letter, and says why', async () => {
    const misplaced = { event: bounce(ALICE, 'b'), partition: 1 - own(ALICE) };
    const { store } = await run([misplaced], [{ event: forget(ALICE, 'f') }]);
    expect(await store.commandOutcomes([{ tenant: 'acme', id: 'f' }])).toMatchObject([
      { outcome: 'dead_letter', reason: 'wrong_key', detail: expect.stringContaining('another partition') as string, changes: 0 },
    ]);
    expect(store.rows()).toMatchObject([{ address: ALICE, state: 'suppressed' }]);
    expect(await store.recordFaults()).toMatchObject(
      [
        { partition: own(ALICE), kind: 'wrong_key', count: 1 },
        { partition: 1 - own(ALICE), kind: 'other_partitioner', count: 1 },
      ].sort((a, b) => a.partition - b.partition),
    );
  });
});

describe('records of another partitioner', () => {
  it('are counted, and said once', async () => {
    const misplaced = Array.from({ length: 5 }, (_, n) => ({ event: bounce(ALICE, `b${n}`), partition: 1 - own(ALICE) }));
    const { store, said, status } = await run([...misplaced, { event: bounce(BOB, 'c') }]);
    expect(await store.recordFaults()).toMatchObject([{ partition: 1 - own(ALICE), kind: 'other_partitioner', count: 5, lastOffset: 4 }]);
    expect(status.map(({ counts }) => counts.misplaced).sort()).toEqual([0, 5]);
    expect(said.filter((line) => line.includes('another partitioner'))).toHaveLength(1);
  });

  it('are noticed where nothing is decoded, too', async () => {
    const { store } = await run([{ event: accepted(ALICE, 'a'), partition: 1 - own(ALICE) }]);
    expect(await store.recordFaults()).toMatchObject([{ kind: 'other_partitioner', count: 1 }]);
  });

  it('are not looked for where keys are where they belong', async () => {
    const { store } = await run([{ event: bounce(ALICE, 'b') }, { event: accepted(BOB, 'a') }]);
    expect(await store.recordFaults()).toEqual([]);
  });
});
