/** One log folded by an engine and by a replay, and what each says of it: they must agree in every recipient and every change. */
import { changeValue, encodeIncident } from '@desist/contracts';
import { encodeEvent } from '@desist/formats/event';
import { asAddress, asTenant, decodeRecipient, HOUR, recipientKey, tenantPolicy, viewOf } from '@desist/domain';
import type { IncidentNotice, LogEvent, PolicySet, RecipientRef } from '@desist/domain';
import { createMemoryLog } from '@desist/memory';
import type { MemoryLog } from '@desist/memory';
import { createEngine, createReplay } from '@desist/pipeline';
import type { Limits, RecipientStore, Replayed, StoredRecipient } from '@desist/pipeline';
import { providerOf } from '@desist/verdicts';
import { codec } from '@desist/runtime/codec';
import { quietLogger, simulatedTime } from './host.ts';

export type Logged = { readonly event: LogEvent } | { readonly notice: IncidentNotice; readonly at: number };

export const momentOf = (one: Logged): number => ('event' in one ? one.event.occurredAt : one.at);

/** What one of them says: the view of everybody who is not healthy, and the changes of each recipient in order, without sequence numbers. */
export interface Outcome {
  readonly recipients: Readonly<Record<string, unknown>>;
  readonly changes: Readonly<Record<string, readonly unknown[]>>;
}

/** The replay of a log, its clock running to `until`. */
export function replayed(log: readonly Logged[], policies: PolicySet, until: number): Outcome {
  const replay = createReplay({ policies, providerOf, until });
  const out: Replayed[] = [];
  for (const one of log) out.push(...('event' in one ? replay.fold(one.event) : replay.apply(one.notice)));
  out.push(...replay.finish());
  const changes: Record<string, unknown[]> = {};
  for (const one of out) {
    if (!('change' in one)) continue;
    const { tenant, address, change } = one;
    const sequence = { partition: 0, number: 0 };
    (changes[recipientKey(tenant, address)] ??= []).push(withoutSequence(changeValue({ tenant, address, change, sequence })));
  }
  const recipients = Object.fromEntries([...replay.notHealthy()].map(({ tenant, address, view }) => [recipientKey(tenant, address), view]));
  return { recipients, changes };
}

export interface EngineRun {
  readonly store: RecipientStore;
  /** The rows of these recipients, once the engine has committed everything. */
  readonly rows: (keys: readonly RecipientRef[]) => Promise<readonly StoredRecipient[]>;
  readonly policies: PolicySet;
  readonly until: number;
  /** Sizes of the batches, in turn. */
  readonly cuts: readonly number[];
  /** Batches after which an engine is dropped without a word. */
  readonly life: number;
  readonly limits: Limits;
  readonly partition?: number;
}

const GRACE = 60_000;
const text = new TextDecoder();

/** The engine over a log whose record times are the times of its events, as a replay takes them. */
export async function folded(log: readonly Logged[], run: EngineRun): Promise<Outcome> {
  const { policies, until, cuts, life, limits, partition = 0 } = run;
  const world = { present: 0 };
  // The database's clock agrees with the host's, which is the log's.
  const store: RecipientStore = { ...run.store, now: async () => world.present };
  const memory = await fill(log, partition, world);
  const { high } = await memory.bounds(partition);
  for (let batches = 0; ;) {
    const engine = createEngine({
      ...{ store, source: memory, sink: memory, codec, policies, logger: quietLogger, grace: GRACE, limits },
      ...{ time: simulatedTime(() => world.present), owner: `life ${batches}` },
    });
    const assigned = await engine.assign(partition);
    if (assigned.kind === 'stopped') throw new Error(assigned.reason);
    let position = assigned.offset;
    // The last record that was folded is read again, and is no part of a life: the shortest would not come further.
    const { nextOffset: checkpoint } = (await store.position(partition)) ?? { nextOffset: 0 };
    for (let count = position < checkpoint ? -1 : 0; position < high && count < life; count += 1, batches += 1) {
      const size = cuts[batches % cuts.length] ?? 5;
      const records = memory.read('deliveryEvents', partition).slice(position, position + size);
      const nextOffset = position + records.length;
      const outcome = await engine.batch({ partition, firstOffset: position, nextOffset, highWatermark: high, records });
      if (outcome.kind !== 'processed') throw new Error(outcome.kind);
      position = nextOffset;
    }
    if (position >= high) {
      // The source looked when deadlines up to the end were due; it is later now.
      world.present = until + GRACE + HOUR;
      engine.caughtUp(partition, position, until + GRACE);
      await engine.revoke([partition]);
      await engine.close();
      return outcomeOf(log, memory, run);
    }
    await engine.close();
  }
}

async function fill(log: readonly Logged[], partition: number, world: { present: number }): Promise<MemoryLog> {
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const memory = createMemoryLog({ partitions: partition + 1, now: () => world.present, pause });
  for (const one of log) {
    world.present = Math.max(world.present, momentOf(one));
    await memory.append('deliveryEvents', [{ ...('event' in one ? encodeEvent(one.event) : encodeIncident(one.notice)), partition }]);
  }
  return memory;
}

async function outcomeOf(log: readonly Logged[], memory: MemoryLog, { store, rows, policies, partition = 0 }: EngineRun): Promise<Outcome> {
  const keys = new Map(
    log.flatMap((one) => {
      if (!('event' in one)) return [];
      const { tenant, recipient: address } = one.event;
      return [[recipientKey(tenant, address), { tenant, address }] as const];
    }),
  );
  const recipients: Record<string, unknown> = {};
  for (const { tenant, address, evidence, version } of await rows([...keys.values()])) {
    const recipient = decodeRecipient(evidence, version);
    if (recipient === undefined) throw new Error('a row that cannot be read');
    const view = viewOf(recipient, { policies: tenantPolicy(policies, tenant), policyVersion: policies.version });
    const isNothing = view.state === 'healthy' && view.suppressions.length + view.allowed.length === 0;
    if (!isNothing) recipients[recipientKey(tenant, address)] = view;
  }
  const changes: Record<string, unknown[]> = {};
  const seen = new Set<string>();
  // What the relay has published, and what it would publish next. An engine that was dropped repeats itself.
  const published = memory.read('suppressionEvents').map(({ value }) => text.decode(value ?? undefined));
  const waiting = (await store.outbox(partition, 100_000)).map(({ change }) => change);
  for (const json of [...published, ...waiting]) {
    const change = JSON.parse(json) as Record<'id' | 'type' | 'tenant' | 'recipient', string>;
    if (seen.has(change.id) || change.type.startsWith('incident_')) continue;
    seen.add(change.id);
    (changes[recipientKey(asTenant(change.tenant), asAddress(change.recipient))] ??= []).push(withoutSequence(change));
  }
  return { recipients, changes };
}

/** The sequence number goes by the order among recipients, which is the engine's own. */
function withoutSequence(change: object): object {
  const { sequence: _, ...rest } = change as Record<string, unknown>;
  return rest;
}
