/**
 * Deliberate faults in the protocol of checkpoint, commit and relay. Each is a few lines around the real engine, database or
 * log; the simulation must find every one of them, within `seeds` worlds.
 */
import { isIncidentKey } from '@desist/contracts';
import { decodeRecipient, HOUR } from '@desist/domain';
import { memoryPartitionOf } from '@desist/memory';
import type { CommitPlan, KnownIncident, LogRecord, RecipientStore, StoredRecipient, TrackedRow } from '@desist/pipeline';
import { StoreError } from '@desist/pipeline';
import type { Scenario } from '../simulation/scenario.ts';
import type { Ports } from '../simulation/servers.ts';
import type { Mutation } from '../simulation/world.ts';

export interface NamedMutation extends Mutation {
  readonly name: string;
  /** Worlds within which it must be found. */
  readonly seeds: number;
  /** Worlds in which it can show; without it: in all. The others are left out, and counted. */
  readonly where?: (scenario: Scenario) => boolean;
}

const losesCommits = ({ faults }: Scenario): boolean => faults.some((fault) => fault.kind === 'commit' && fault.fate === 'lost_before');
const toldOfIncidents = ({ records }: Scenario): boolean => records.some(({ kind }) => kind === 'incident');
const toldOnSlowHosts = (scenario: Scenario): boolean => toldOfIncidents(scenario) && scenario.hosts.some(({ skew }) => skew < -HOUR / 2);

type At = NonNullable<Awaited<ReturnType<RecipientStore['position']>>>;

async function checkpointOf(store: RecipientStore, partition: number): Promise<At> {
  return (await store.position(partition)) ?? { epoch: 0, nextOffset: 0, nextNumber: 1 };
}

const onStore =
  (change: (store: RecipientStore) => Partial<RecipientStore>) =>
  (ports: Ports): Ports => ({ ...ports, store: { ...ports.store, ...change(ports.store) } });

const onDatabase =
  (change: (store: RecipientStore) => Partial<RecipientStore>) =>
  (store: RecipientStore): RecipientStore => ({ ...store, ...change(store) });

/** Epochs that a process believes in: those of its own claims. */
function believing(store: RecipientStore): { readonly claim: RecipientStore['claim']; epochOf(partition: number): number | undefined } {
  const epochs = new Map<number, number>();
  return {
    async claim(partition, owner) {
      const claim = await store.claim(partition, owner);
      epochs.set(partition, claim.epoch);
      return claim;
    },
    epochOf: (partition) => epochs.get(partition),
  };
}

const isUnknown = (error: unknown): boolean => error instanceof StoreError && error.kind === 'outcome_unknown';
const nothing = { recipients: [], forgotten: [], outbox: [], history: [], deadLetters: [], clockMoves: [] } as const;

/** Moves the checkpoint and writes nothing. */
function checkpointOnly(plan: CommitPlan): CommitPlan {
  return { ...plan, ...nothing };
}

/** Writes all and leaves the offset where it is. */
function stateOnly(plan: CommitPlan): CommitPlan {
  return { ...plan, nextOffset: plan.fromOffset, nextNumber: plan.fromNumber };
}

export const MUTATIONS: readonly NamedMutation[] = [
  {
    name: 'no fence: the epoch of a commit is not compared',
    seeds: 300,
    database: onDatabase((store) => ({
      commit: async (plan) => store.commit({ ...plan, epoch: (await checkpointOf(store, plan.partition)).epoch }),
    })),
  },
  {
    name: 'the offset is advanced without being compared',
    seeds: 300,
    database: onDatabase((store) => ({
      async commit(plan) {
        const { nextOffset, nextNumber } = await checkpointOf(store, plan.partition);
        return store.commit({ ...plan, fromOffset: nextOffset, fromNumber: nextNumber });
      },
    })),
  },
  {
    name: 'a commit of timers alone is not compared with the sequence number',
    seeds: 1_500,
    database: onDatabase((store) => ({
      commit: async (plan) => store.commit({ ...plan, fromNumber: (await checkpointOf(store, plan.partition)).nextNumber }),
    })),
  },
  {
    name: 'the offset is committed after the state, in a transaction of its own',
    seeds: 300,
    ports: onStore((store) => ({
      async commit(plan) {
        const first = await store.commit(stateOnly(plan));
        return first === 'committed' ? store.commit(checkpointOnly(plan)) : first;
      },
    })),
  },
  {
    name: 'the offset is committed before the state',
    seeds: 300,
    ports: onStore((store) => ({
      async commit(plan) {
        const first = await store.commit(checkpointOnly(plan));
        return first === 'committed' ? store.commit({ ...plan, fromOffset: plan.nextOffset, fromNumber: plan.nextNumber }) : first;
      },
    })),
  },
  {
    name: 'a claim does not raise the epoch',
    seeds: 300,
    database: onDatabase((store) => {
      const real = async (partition: number): Promise<number> => (await checkpointOf(store, partition)).epoch;
      return {
        claim: async (partition, owner) => ({ ...(await store.claim(partition, owner)), epoch: 1 }),
        async position(partition) {
          const at = await store.position(partition);
          return at === null ? null : { ...at, epoch: 1 };
        },
        commit: async (plan) => store.commit({ ...plan, epoch: await real(plan.partition) }),
        beginAttempt: async ({ partition }) => store.beginAttempt({ partition, epoch: await real(partition) }),
        relayed: async ({ partition }, upTo) => store.relayed({ partition, epoch: await real(partition) }, upTo),
      };
    }),
  },
  {
    name: 'an unknown commit is taken for done',
    seeds: 2_000,
    where: losesCommits,
    ports: onStore((store) => ({
      commit: (plan) =>
        store.commit(plan).catch((error: unknown) => {
          if (isUnknown(error)) return 'committed';
          throw error;
        }),
    })),
  },
  {
    name: 'an unknown commit is taken for not done, and made again wherever the checkpoint is',
    seeds: 300,
    ports: onStore((store) => ({
      async commit(plan) {
        try {
          return await store.commit(plan);
        } catch (error) {
          if (!isUnknown(error)) throw error;
          const { nextOffset, nextNumber } = await checkpointOf(store, plan.partition);
          return store.commit({ ...plan, fromOffset: nextOffset, fromNumber: nextNumber });
        }
      },
    })),
  },
  {
    name: 'a new owner starts from where the group says, not from the checkpoint',
    seeds: 300,
    ports: onStore((store) => ({
      async claim(partition, owner) {
        const claim = await store.claim(partition, owner);
        return claim.epoch === 1 ? claim : { ...claim, nextOffset: claim.nextOffset + 1 };
      },
      async commit(plan) {
        return store.commit({ ...plan, fromOffset: (await checkpointOf(store, plan.partition)).nextOffset });
      },
    })),
  },
  {
    name: 'the clock is not in the checkpoint',
    seeds: 300,
    database: onDatabase((store) => ({ claim: async (partition, owner) => ({ ...(await store.claim(partition, owner)), clock: 0 }) })),
  },
  {
    name: 'the sequence number is counted from the start of the process',
    seeds: 300,
    ports: onStore((store) => ({
      claim: async (partition, owner) => ({ ...(await store.claim(partition, owner)), nextNumber: 1 }),
      async commit(plan) {
        return store.commit({ ...plan, fromNumber: (await checkpointOf(store, plan.partition)).nextNumber });
      },
    })),
  },
  {
    name: 'changes are published before they are committed',
    seeds: 300,
    ports: (ports) => ({
      ...ports,
      store: {
        ...ports.store,
        async commit(plan) {
          const records = plan.outbox.map(({ key, change }) => ({ key, value: change }));
          if (records.length > 0) await ports.sink.append('suppressionEvents', records).catch(() => undefined);
          return ports.store.commit(plan);
        },
      },
    }),
  },
  {
    name: 'the relay deletes before it appends',
    seeds: 300,
    ports: onStore((store) => {
      const own = believing(store);
      return {
        claim: own.claim,
        async outbox(partition, limit) {
          const rows = await store.outbox(partition, limit);
          const last = rows.at(-1);
          const epoch = own.epochOf(partition);
          if (last !== undefined && epoch !== undefined) {
            await store.relayed({ partition, epoch }, { number: last.number, deadLetterOffset: null });
          }
          return rows;
        },
      };
    }),
  },
  {
    name: 'the relay publishes without regard to the sequence',
    seeds: 300,
    ports: onStore((store) => ({
      outbox: async (partition, limit) => (await store.outbox(partition, limit)).toReversed(),
    })),
  },
  {
    name: 'the relay takes a failed append for done',
    seeds: 300,
    ports: (ports) => ({
      ...ports,
      sink: { append: (topic, records) => ports.sink.append(topic, records).catch(() => []) },
    }),
  },
  {
    name: 'the relay does not ask for its epoch',
    seeds: 2_000,
    ports: onStore((store) => {
      const own = believing(store);
      return {
        claim: own.claim,
        async position(partition) {
          const at = await store.position(partition);
          return at === null ? null : { ...at, epoch: own.epochOf(partition) ?? at.epoch };
        },
      };
    }),
  },
  {
    name: 'the relay deletes dead letters that it has not appended',
    seeds: 300,
    ports: (ports) => ({
      ...ports,
      sink: {
        append: (topic, records) =>
          topic === 'deadLetters' ? ports.sink.append(topic, records.slice(0, 1)) : ports.sink.append(topic, records),
      },
    }),
  },
  {
    name: 'deadlines fire by the present while records wait to be read',
    seeds: 300,
    consumer: (engine, { time }) => ({
      ...engine,
      batch(batch) {
        engine.caughtUp(batch.partition, 0, time.now());
        return engine.batch(batch);
      },
    }),
  },
  {
    name: 'the set of tracked recipients outlives the loss of the partition',
    seeds: 1_000,
    ports: onStore((store) => {
      const known = new Map<number, readonly TrackedRow[]>();
      return {
        async *tracked(partition) {
          const before = known.get(partition);
          const rows: TrackedRow[] = [];
          if (before === undefined) for await (const page of store.tracked(partition)) rows.push(...page);
          known.set(partition, before ?? rows);
          yield before ?? rows;
        },
      };
    }),
  },
  {
    name: 'recipients at hand outlive the loss of the partition',
    seeds: 1_000,
    ports: onStore((store) => {
      const known = new Map<string, StoredRecipient>();
      return {
        async load(keys) {
          const rows = await store.load(keys);
          return rows.map((row) => {
            const before = known.get(row.address);
            if (before === undefined) known.set(row.address, row);
            return before ?? row;
          });
        },
      };
    }),
  },
  {
    name: 'rows that wait for a commit are dropped on revoke, and the offset is not',
    seeds: 300,
    ports: (ports) =>
      onStore((store) => ({
        commit: (plan) => store.commit(revoking.has(ports.time) ? checkpointOnly(plan) : plan),
      }))(ports),
    consumer: (engine, { time }) => ({
      ...engine,
      async revoke(partitions) {
        revoking.add(time);
        await engine.revoke(partitions);
        revoking.delete(time);
      },
    }),
  },
  {
    name: 'a record that can not be read is skipped',
    seeds: 300,
    ports: onStore((store) => ({ commit: (plan) => store.commit({ ...plan, deadLetters: [] }) })),
  },
  {
    name: 'a row is written and what it holds is not',
    seeds: 300,
    database: onDatabase((store) => ({
      commit: (plan) => store.commit({ ...plan, recipients: plan.recipients.map((row) => ({ ...row, holds: undefined })) }),
    })),
  },
  {
    name: 'a row is written by whoever comes, also after its partition was lost',
    seeds: 300,
    database: onDatabase((store) => ({
      async commit(plan) {
        const result = await store.commit(plan);
        if (result === 'committed' || plan.recipients.length === 0) return result;
        const at = await checkpointOf(store, plan.partition);
        await store.commit({
          ...stateOnly({ ...plan, fromOffset: at.nextOffset, fromNumber: at.nextNumber, epoch: at.epoch }),
          outbox: [],
          history: [],
        });
        return result;
      },
    })),
  },
  {
    name: 'two relays share one outbox by recipient',
    seeds: 1_000,
    ports: onStore((store) => ({
      async outbox(partition, limit) {
        const rows = await store.outbox(partition, limit);
        const some = rows.filter(({ key }) => memoryPartitionOf(key, 2) === 0);
        return some.length > 0 ? some : rows;
      },
    })),
  },
  {
    name: 'the offset of an incident is passed with the first of its steps',
    seeds: 300,
    where: toldOfIncidents,
    ports: onStore((store) => ({
      async commit(plan) {
        const { nextOffset } = await checkpointOf(store, plan.partition);
        const passed = isStep(plan) ? plan.nextOffset + 1 : plan.nextOffset;
        return store.commit({ ...plan, fromOffset: nextOffset, nextOffset: Math.max(nextOffset, passed) });
      },
    })),
  },
  {
    name: 'an incident is stored only with the last of its steps',
    seeds: 300,
    where: toldOfIncidents,
    ports: onStore((store) => ({
      commit: (plan) => store.commit({ ...plan, incidents: plan.incidents.filter(({ done }) => done) }),
    })),
  },
  {
    name: 'the first step of an incident is stored as the last',
    seeds: 300,
    where: toldOfIncidents,
    ports: onStore((store) => ({
      commit: (plan) => store.commit({ ...plan, incidents: plan.incidents.map((one) => ({ ...one, done: true })) }),
    })),
  },
  {
    name: 'an unfinished incident is taken for known',
    seeds: 1_000,
    where: toldOfIncidents,
    ports: claimingIncidents((known) => known.map((one) => ({ ...one, done: true }))),
  },
  {
    name: 'an unfinished incident is taken for news, and announced again',
    seeds: 1_000,
    where: toldOfIncidents,
    ports: claimingIncidents((known) => known.filter(({ done }) => done)),
  },
  {
    name: 'an incident that is told again is announced again',
    seeds: 1_000,
    where: toldOfIncidents,
    ports: claimingIncidents((known) =>
      known.map((one) => (one.done ? { ...one, incident: { ...one.incident, revision: one.incident.revision - 1 } } : one)),
    ),
  },
  {
    name: 'what was told of incidents dies with the process',
    seeds: 1_000,
    where: toldOfIncidents,
    ports: claimingIncidents(() => []),
  },
  {
    name: 'a later decision about an incident is not stored',
    seeds: 300,
    where: toldOfIncidents,
    database: onDatabase((store) => {
      const first = new Map<string, number>();
      const isFirst = (partition: number, { id, revision }: KnownIncident['incident']): boolean => {
        const key = `${partition} ${id}`;
        if (!first.has(key)) first.set(key, revision);
        return first.get(key) === revision;
      };
      return {
        commit: (plan) => store.commit({ ...plan, incidents: plan.incidents.filter(({ incident }) => isFirst(plan.partition, incident)) }),
      };
    }),
  },
  {
    name: 'an incident is carried out for each recipient when something else befalls it',
    seeds: 300,
    where: toldOfIncidents,
    ports: onStore(() => ({ concerned: () => Promise.resolve({ recipients: [], cursor: null }) })),
  },
  {
    name: 'of those whom an incident concerns only the first page is looked at',
    seeds: 300,
    where: toldOfIncidents,
    ports: onStore((store) => ({
      concerned: async (partition, which, cursor) => ({ ...(await store.concerned(partition, which, cursor)), cursor: null }),
    })),
  },
  {
    name: 'evidence is taken for as old as the clock of the host that folded it',
    seeds: 2_000,
    where: toldOnSlowHosts,
    database: onDatabase((store) => ({
      commit: (plan) =>
        store.commit({ ...plan, recipients: plan.recipients.map((row) => ({ ...row, updatedAt: decodedClock(row) ?? row.updatedAt })) }),
    })),
  },
  {
    name: 'every partition announces an incident',
    seeds: 300,
    where: toldOfIncidents,
    consumer: (engine) => ({
      ...engine,
      batch: (batch) => engine.batch({ ...batch, records: batch.records.map((record) => announcedBy(record, batch.partition)) }),
    }),
  },
];

/** A commit on the way of carrying an incident out. */
function isStep({ incidents }: CommitPlan): boolean {
  return incidents.some(({ done }) => !done);
}

function claimingIncidents(change: (known: readonly KnownIncident[]) => readonly KnownIncident[]): (ports: Ports) => Ports {
  return onStore((store) => ({
    async claim(partition, owner) {
      const claim = await store.claim(partition, owner);
      return { ...claim, incidents: change(claim.incidents) };
    },
  }));
}

const decodedClock = ({ evidence, version }: StoredRecipient): number | undefined => decodeRecipient(evidence, version)?.clock;

function announcedBy(record: LogRecord, partition: number): LogRecord {
  if (!isIncidentKey(record.key)) return record;
  const value: unknown = JSON.parse(new TextDecoder().decode(record.value ?? undefined));
  return { ...record, value: new TextEncoder().encode(JSON.stringify({ ...(value as object), announcedBy: partition })) };
}

/** Of processes that are letting go of a partition. */
const revoking = new WeakSet<Ports['time']>();
