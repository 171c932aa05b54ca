/** A record that may kill the process is processed alone: meanwhile, no other partition even counts what it begins. */
import { expect, it } from 'vitest';
import { encodeEvent } from '@desist/formats/event';
import { DEFAULT_POLICY, MINUTE } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { createMemoryLog, createMemoryStore, memoryPartitionOf } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { quietLogger, simulatedTime } from '../support/host.ts';
import { bounced, START } from '../support/oracle/events.ts';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const turns = async (): Promise<void> => {
  for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

it('what is isolated in one partition is alone in the process until it is committed', async () => {
  const log = createMemoryLog({ partitions: 2, now: () => START, pause: turns });
  const memory = createMemoryStore(() => START);
  const before = await memory.claim(0, 'before');
  for (let unfinished = 0; unfinished < 2; unfinished += 1) await memory.beginAttempt(before);
  const gate = Promise.withResolvers<undefined>();
  const begun: number[] = [];
  const engine = createEngine({
    store: {
      ...memory,
      beginAttempt: (claim) => (begun.push(claim.partition), memory.beginAttempt(claim)),
      commit: async (plan) => {
        if (plan.partition === 0) await gate.promise;
        return memory.commit(plan);
      },
    },
    ...{ source: log, sink: log, codec, policies: POLICIES, logger: quietLogger, owner: 'me', grace: MINUTE },
    time: simulatedTime(() => START),
  });
  for (const partition of [0, 1]) expect(await engine.assign(partition)).toMatchObject({ kind: 'start' });
  const people = Array.from({ length: 8 }, (_, n) => `r${n}@example.com`);
  for (const partition of [0, 1]) {
    const mine = people.find((address) => memoryPartitionOf(`default/${address}`, 2) === partition) as string;
    await log.append('deliveryEvents', [encodeEvent(bounced(START, { recipient: mine }))]);
  }
  const give = (partition: number): Promise<unknown> =>
    engine.batch({ partition, firstOffset: 0, nextOffset: 1, highWatermark: 1, records: log.read('deliveryEvents', partition) });
  const isolated = give(0);
  await turns();
  expect(begun).toEqual([0]);
  const other = give(1);
  await turns();
  expect(begun).toEqual([0]);
  gate.resolve(undefined);
  expect(await Promise.all([isolated, other])).toEqual([{ kind: 'processed' }, { kind: 'processed' }]);
  expect(begun).toEqual([0, 1]);
  await engine.close();
  expect(memory.rows().map(({ state }) => state)).toEqual(['suppressed', 'suppressed']);
});
