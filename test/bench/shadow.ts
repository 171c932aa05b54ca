/**
 * What a shadow policy costs: `npm run bench:shadow`. One process, no servers: the engine folds the same records with and without a shadow
 * policy, in turns, into a store in memory. Prints processor time per event and the ratio: of failing events, and of deliveries to healthy
 * recipients. With a database, whose client costs as much in both, the ratio is lower.
 */
import { defaultPolicies } from '@desist/contracts';
import { asAddress, asTenant, HOUR } from '@desist/domain';
import type { PolicySet } from '@desist/domain';
import { encodeEvent } from '@desist/formats/event';
import { createMemoryLog, createMemoryStore } from '@desist/memory';
import { createEngine } from '@desist/pipeline';
import type { LogRecord } from '@desist/pipeline';
import { codec } from '@desist/runtime/codec';
import { cpus } from 'node:os';

const NOW = Date.UTC(2026, 2, 10);
const ROUNDS = 5;
const BATCH = 5_000;
const REAL = defaultPolicies();
const deferral = { ...REAL.base.deferral, suppressAfter: 48 * HOUR, softBounceAfter: 48 * HOUR, evidenceSpan: 24 * HOUR };
const SHADOW: PolicySet = { version: 'sha256:shadow', base: { ...REAL.base, deferral }, tenants: new Map() };
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function recordOf(offset: number, { key, value }: { readonly key: string; readonly value: string }, recordTime: number): LogRecord {
  return { offset, key: Buffer.from(key), value: Buffer.from(value), recordTime };
}

/** Recipients that fail every eight hours for four days: streaks, suppressions of the shadow, then of the real policy. */
function failing(): readonly LogRecord[] {
  const made: LogRecord[] = [];
  for (let step = 0; step < 12; step += 1) {
    for (let one = 0; one < 500; one += 1) {
      const occurredAt = NOW - 96 * HOUR + step * 8 * HOUR + one;
      const { key, value } = encodeEvent({
        ...{
          id: `${one} ${step}`,
          tenant: asTenant('acme'),
          stream: 'news',
          recipient: asAddress(`r${one}@example.com`),
          type: 'deferred',
        },
        ...{
          messageId: `m${one}`,
          occurredAt,
          smtp: { code: 452, text: '452 4.2.2 The email account that you tried to reach is over quota' },
        },
      });
      made.push(recordOf(made.length, { key, value }, occurredAt));
    }
  }
  return made;
}

function healthy(): readonly LogRecord[] {
  return Array.from({ length: 100_000 }, (_, index) => {
    const occurredAt = NOW - HOUR + index;
    const { key, value } = encodeEvent({
      ...{ id: `d${index}`, tenant: asTenant('acme'), stream: 'news', recipient: asAddress(`h${index}@example.com`), type: 'delivered' },
      ...{ messageId: `d${index}`, occurredAt },
    });
    return recordOf(index, { key, value }, occurredAt);
  });
}

/** Processor time, µs for each record. */
async function fold(records: readonly LogRecord[], policies: PolicySet): Promise<number> {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const log = createMemoryLog({ partitions: 1, now: () => NOW, pause: turn });
  const store = createMemoryStore(() => NOW);
  const time = { now: () => NOW, monotonic: () => performance.now(), sleep: turn, yield: () => Promise.resolve() };
  const engine = createEngine({ store, source: log, sink: log, codec, policies, time, logger: quiet, owner: 'bench' });
  await engine.assign(0);
  const before = process.cpuUsage();
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = records.slice(from, from + BATCH);
    await engine.batch({ partition: 0, firstOffset: from, nextOffset: from + batch.length, highWatermark: records.length, records: batch });
  }
  const { user, system } = process.cpuUsage(before);
  await engine.revoke([0]);
  if (store.checkpoint(0)?.nextOffset !== records.length) throw new Error('not everything was folded');
  return (user + system) / records.length;
}

console.log(`${cpus().length} cores, Node ${process.version}, ${ROUNDS} rounds in turns, processor time, the least of each`);
for (const [name, records] of [
  ['failing events', failing()],
  ['deliveries to healthy recipients', healthy()],
] as const) {
  const [alone, both]: [number[], number[]] = [[], []];
  for (let round = -1; round < ROUNDS; round += 1) {
    const [a, b] = [await fold(records, REAL), await fold(records, { ...REAL, shadow: SHADOW })];
    // The first round warms up.
    if (round < 0) continue;
    alone.push(a);
    both.push(b);
  }
  const [a, b] = [Math.min(...alone), Math.min(...both)];
  console.log(`${name}: ${a.toFixed(2)} µs without, ${b.toFixed(2)} µs with a shadow policy; ratio ${(b / a).toFixed(2)}`);
}
