/**
 * Deliberate faults in the protocol of checkpoint, commit and relay. Each is a few lines around the real engine, database or
 * log; the simulation must find every one of them, within `seeds` worlds.
 */
import { isIncidentKey } from '@desist/contracts';
import { decodeRecipient, HOUR } from '@desist/domain';
import { memoryPartitionOf } from '@desist/memory';
import type {
  CommitPlan,
  KnownIncident,
  LogRecord,
  LogSink,
  Ownership,
  RecipientStore,
  RelaySink,
  LoadedRecipient,
  TrackedRow,
} from '@desist/pipeline';
import { StoreError } from '@desist/pipeline';
import type { Scenario } from '../simulation/scenario.ts';
import { restoredScenarioOf } from '../simulation/scenario.ts';
import { deferred, START } from '../support/oracle/events.ts';
import type { Ports } from '../simulation/servers.ts';
import type { Mutation } from '../simulation/world.ts';

export interface NamedMutation extends Mutation {
  readonly name: string;
  /** Worlds within which it must be found. */
  readonly seeds: number;
  /** Where the search begins, for a fault that shows in few worlds; those before it come last. Without it: 0. */
  readonly from?: number;
  /** Worlds in which it can show; without it: in all. The others are left out, and counted. */
  readonly where?: (scenario: Scenario) => boolean;
  /** Makes of each world one in which it shows often, where it shows in any other by chance alone; without it: the world as it is. */
  readonly narrowed?: (scenario: Scenario) => Scenario;
}

/**
 * One recipient fails once and is never heard of again; of the commits some in a row are lost, that of the streak's end among them.
 * That one moves neither the offset nor the sequence, so no later commit finds the checkpoint elsewhere: what was lost stays lost.
 */
const forgottenStreak = (scenario: Scenario): Scenario => ({
  ...scenario,
  partitions: 1,
  records: [{ kind: 'event', at: START, event: deferred(START), poison: false }],
  faults: Array.from({ length: 200 }, (_, index) => ({ kind: 'commit', at: index + 2 + (scenario.seed % 5), fate: 'lost_before' })),
  after: 80 * HOUR,
});
const restoredOf = ({ seed }: Scenario): Scenario => restoredScenarioOf(seed);
const toldOfIncidents = ({ records }: Scenario): boolean => records.some(({ kind }) => kind === 'incident');
/** One partition goes from host to host. */
const onSeveralHosts = ({ partitions, hosts }: Scenario): boolean => partitions === 1 && hosts.length >= 3;
const toldOnSlowHosts = (scenario: Scenario): boolean => toldOfIncidents(scenario) && scenario.hosts.some(({ skew }) => skew < -HOUR / 2);

/**
 * One recipient fails until its deadlines fire, and most commits arrive late: their sender asks what became of them, makes them again, and
 * then both are there. Of a commit of timers only the sequence tells that it was made before.
 */
const lateCommits = (scenario: Scenario): Scenario => ({
  ...scenario,
  partitions: 1,
  records: [0, 20, 40, 60].map((hour) => ({
    kind: 'event',
    at: START + hour * HOUR,
    event: deferred(START + hour * HOUR, { id: `failure-${hour}` }),
    poison: false,
  })),
  faults: Array.from({ length: 200 }, (_, index) => ({ kind: 'commit', at: 1 + 2 * index + (scenario.seed % 2), fate: 'late' })),
  after: 80 * HOUR,
});

type At = NonNullable<Awaited<ReturnType<RecipientStore['position']>>>;

async function checkpointOf(store: RecipientStore, partition: number): Promise<At> {
  return (await store.position(partition)) ?? { epoch: 0, nonce: '', nextOffset: 0, nextSequence: 1 };
}

const onStore =
  (change: (store: RecipientStore) => Partial<RecipientStore>) =>
  (ports: Ports): Ports => ({ ...ports, store: { ...ports.store, ...change(ports.store) } });

const onDatabase =
  (change: (store: RecipientStore) => Partial<RecipientStore>) =>
  (store: RecipientStore): RecipientStore => ({ ...store, ...change(store) });

/** What a process believes to own: by its own claims. */
function believing(store: RecipientStore): { readonly claim: RecipientStore['claim']; ownerOf(partition: number): Ownership | undefined } {
  const owners = new Map<number, Ownership>();
  return {
    async claim(partition, owner, evidence) {
      const claim = await store.claim(partition, owner, evidence);
      owners.set(partition, { partition, epoch: claim.epoch, nonce: claim.nonce });
      return claim;
    },
    ownerOf: (partition) => owners.get(partition),
  };
}

/** Whoever has the partition now. */
async function ownerIn(store: RecipientStore, partition: number): Promise<Ownership> {
  const { epoch, nonce } = await checkpointOf(store, partition);
  return { partition, epoch, nonce };
}

/** The relay's way to the log, changed. */
const onRelaySink = (sink: LogSink, change: (relaySink: RelaySink) => Partial<RelaySink>): LogSink => ({
  ...sink,
  async openRelaySink(owner) {
    const relaySink = await sink.openRelaySink(owner);
    return { ...relaySink, ...change(relaySink) };
  },
});

const isUnknown = (error: unknown): boolean => error instanceof StoreError && error.kind === 'outcome_unknown';
const nothing = { recipients: [], erased: [], untracked: [], outbox: [], history: [], deadLetters: [], clockMoves: [] } as const;

/** Moves the checkpoint and writes nothing. */
function checkpointOnly(plan: CommitPlan): CommitPlan {
  return { ...plan, ...nothing };
}

/** Writes all and leaves the offset where it is. */
function stateOnly(plan: CommitPlan): CommitPlan {
  return { ...plan, nextOffset: plan.fromOffset, nextSequence: plan.fromSequence };
}

export const MUTATIONS: readonly NamedMutation[] = [
  {
    name: 'no fence: the owner of a commit is not compared',
    seeds: 300,
    database: onDatabase((store) => ({
      commit: async (plan) => store.commit({ ...plan, ...(await ownerIn(store, plan.partition)) }),
    })),
  },
  {
    name: 'the offset is advanced without being compared',
    seeds: 300,
    database: onDatabase((store) => ({
      async commit(plan) {
        const { nextOffset, nextSequence } = await checkpointOf(store, plan.partition);
        return store.commit({ ...plan, fromOffset: nextOffset, fromSequence: nextSequence });
      },
    })),
  },
  {
    name: 'a commit of timers alone is not compared with the sequence number',
    seeds: 100,
    narrowed: lateCommits,
    database: onDatabase((store) => ({
      commit: async (plan) => store.commit({ ...plan, fromSequence: (await checkpointOf(store, plan.partition)).nextSequence }),
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
        return first === 'committed' ? store.commit({ ...plan, fromOffset: plan.nextOffset, fromSequence: plan.nextSequence }) : first;
      },
    })),
  },
  {
    name: 'a claim raises no epoch, and draws no nonce',
    seeds: 300,
    database: onDatabase((store) => ({
      claim: async (partition, owner, evidence) => ({ ...(await store.claim(partition, owner, evidence)), epoch: 1, nonce: 'one' }),
      async position(partition) {
        const at = await store.position(partition);
        return at === null ? null : { ...at, epoch: 1, nonce: 'one' };
      },
      commit: async (plan) => store.commit({ ...plan, ...(await ownerIn(store, plan.partition)) }),
      beginAttempt: async ({ partition }) => store.beginAttempt(await ownerIn(store, partition)),
      relayed: async ({ partition }, upTo) => store.relayed(await ownerIn(store, partition), upTo),
    })),
  },
  {
    name: 'a claim does not read the roll-ups that are pending',
    seeds: 300,
    ports: onStore((store) => ({ claim: async (partition, owner) => ({ ...(await store.claim(partition, owner)), rollups: [] }) })),
  },
  {
    name: 'a commit that is made again carries no roll-ups',
    seeds: 300,
    ports: onStore((store) => {
      const made = new WeakSet<object>();
      return {
        async commit(plan) {
          const again = made.has(plan);
          made.add(plan);
          return store.commit(again ? { ...plan, rollups: null } : plan);
        },
      };
    }),
  },
  {
    name: 'a commit of unknown outcome is taken for done',
    seeds: 100,
    narrowed: forgottenStreak,
    ports: onStore((store) => ({
      commit: (plan) =>
        store.commit(plan).catch((error: unknown) => {
          if (isUnknown(error)) return 'committed';
          throw error;
        }),
    })),
  },
  {
    name: 'a commit of unknown outcome is taken for not done, and repeated wherever the checkpoint is',
    seeds: 300,
    ports: onStore((store) => ({
      async commit(plan) {
        try {
          return await store.commit(plan);
        } catch (error) {
          if (!isUnknown(error)) throw error;
          const { nextOffset, nextSequence } = await checkpointOf(store, plan.partition);
          return store.commit({ ...plan, fromOffset: nextOffset, fromSequence: nextSequence });
        }
      },
    })),
  },
  {
    name: 'a new owner starts from where the group says, not from the checkpoint',
    seeds: 300,
    ports: onStore((store) => ({
      async claim(partition, owner, evidence) {
        const claim = await store.claim(partition, owner, evidence);
        return claim.epoch === 1 ? claim : { ...claim, nextOffset: claim.nextOffset + 1 };
      },
      async commit(plan) {
        return store.commit({ ...plan, fromOffset: (await checkpointOf(store, plan.partition)).nextOffset });
      },
    })),
  },
  {
    name: 'the clock is not stored with the checkpoint',
    seeds: 300,
    database: onDatabase((store) => ({
      claim: async (partition, owner, evidence) => ({ ...(await store.claim(partition, owner, evidence)), clock: 0 }),
    })),
  },
  {
    name: 'the sequence number is counted from the start of the process',
    seeds: 300,
    ports: onStore((store) => ({
      claim: async (partition, owner, evidence) => ({ ...(await store.claim(partition, owner, evidence)), nextSequence: 1 }),
      async commit(plan) {
        return store.commit({ ...plan, fromSequence: (await checkpointOf(store, plan.partition)).nextSequence });
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
          const owner = own.ownerOf(partition);
          if (last !== undefined && owner !== undefined) {
            await store.relayed(owner, { sequence: last.sequence, deadLetterOffset: null });
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
    name: 'the relay takes a failed append for a success',
    seeds: 300,
    ports: (ports) => ({
      ...ports,
      sink: onRelaySink(ports.sink, (relaySink) => ({ append: (parts) => relaySink.append(parts).catch(() => 'appended') })),
    }),
  },
  {
    name: 'the relay does not check its epoch',
    seeds: 4_000,
    from: 2_250,
    where: onSeveralHosts,
    ports: onStore((store) => {
      const own = believing(store);
      return {
        claim: own.claim,
        async position(partition) {
          const at = await store.position(partition);
          return at === null ? null : { ...at, ...own.ownerOf(partition) };
        },
      };
    }),
  },
  {
    name: 'the log takes the appends of a relay whose partition has another owner',
    seeds: 2_000,
    from: 350,
    ports: (ports) => ({
      ...ports,
      sink: onRelaySink(ports.sink, () => ({
        async append(parts) {
          for (const { topic, records } of parts) await ports.sink.append(topic, records);
          return 'appended';
        },
      })),
    }),
  },
  {
    name: 'the relay deletes dead letters that it has not appended',
    seeds: 300,
    ports: (ports) => ({
      ...ports,
      sink: onRelaySink(ports.sink, (relaySink) => ({
        append: (parts) =>
          relaySink.append(
            parts.map(({ topic, records }) => ({ topic, records: topic === 'deadLetters' ? records.slice(0, 1) : records })),
          ),
      })),
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
    name: 'cached recipients outlive the loss of the partition',
    seeds: 1_000,
    ports: onStore((store) => {
      const known = new Map<string, LoadedRecipient>();
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
    name: 'a record that cannot be read is skipped',
    seeds: 300,
    ports: onStore((store) => ({ commit: (plan) => store.commit({ ...plan, deadLetters: [] }) })),
  },
  {
    name: 'a row is written without its suppressions and allowances',
    seeds: 300,
    database: onDatabase((store) => ({
      commit: (plan) => store.commit({ ...plan, recipients: plan.recipients.map((row) => ({ ...row, active: undefined })) }),
    })),
  },
  {
    name: 'a row is written by anybody, even after the partition was lost',
    seeds: 300,
    database: onDatabase((store) => ({
      async commit(plan) {
        const result = await store.commit(plan);
        if (result === 'committed' || plan.recipients.length === 0) return result;
        const at = await checkpointOf(store, plan.partition);
        await store.commit({
          ...stateOnly({ ...plan, fromOffset: at.nextOffset, fromSequence: at.nextSequence, epoch: at.epoch }),
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
    name: 'the offset of an incident is committed with the first of its steps',
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
    name: 'the first step of an incident is stored as if it were the last',
    seeds: 300,
    where: toldOfIncidents,
    ports: onStore((store) => ({
      commit: (plan) => store.commit({ ...plan, incidents: plan.incidents.map((one) => ({ ...one, done: true })) }),
    })),
  },
  {
    name: 'an unfinished incident is taken for finished',
    seeds: 1_000,
    where: toldOfIncidents,
    ports: claimingIncidents((known) => known.map((one) => ({ ...one, done: true }))),
  },
  {
    name: 'an unfinished incident is taken for new, and announced again',
    seeds: 1_000,
    where: toldOfIncidents,
    ports: claimingIncidents((known) => known.filter(({ done }) => done)),
  },
  {
    name: 'a repeated record of an incident is announced again',
    seeds: 1_000,
    where: toldOfIncidents,
    ports: claimingIncidents((known) =>
      known.map((one) => (one.done ? { ...one, incident: { ...one.incident, revision: one.incident.revision - 1 } } : one)),
    ),
  },
  {
    name: 'known incidents are lost with the process',
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
    name: 'an incident is applied to a recipient only with its next event',
    seeds: 300,
    where: toldOfIncidents,
    ports: onStore(() => ({ concerned: () => Promise.resolve({ recipients: [], cursor: null }) })),
  },
  {
    name: 'only the first page of the recipients that an incident concerns is examined',
    seeds: 300,
    where: toldOfIncidents,
    ports: onStore((store) => ({
      concerned: async (partition, which, cursor) => ({ ...(await store.concerned(partition, which, cursor)), cursor: null }),
    })),
  },
  {
    name: 'evidence is dated by the clock of the host that folded it',
    seeds: 2_000,
    where: toldOnSlowHosts,
    database: onDatabase((store) => ({
      commit: (plan) =>
        store.commit({ ...plan, recipients: plan.recipients.map((row) => ({ ...row, updatedAt: decodedClock(row) ?? row.updatedAt })) }),
    })),
  },
  {
    name: 'the nonce is not compared: on two timelines two owners have one epoch',
    seeds: 2_000,
    narrowed: restoredOf,
    database: onDatabase((store) => ({
      async position(partition) {
        const at = await store.position(partition);
        return at === null ? null : { ...at, nonce: '' };
      },
      claim: async (partition, owner, evidence) => ({ ...(await store.claim(partition, owner, evidence)), nonce: '' }),
      commit: async (plan) => store.commit({ ...plan, nonce: (await ownerIn(store, plan.partition)).nonce }),
      beginAttempt: async (owner) => store.beginAttempt({ ...owner, nonce: (await ownerIn(store, owner.partition)).nonce }),
      relayed: async (owner, upTo) => store.relayed({ ...owner, nonce: (await ownerIn(store, owner.partition)).nonce }, upTo),
    })),
  },
  {
    name: 'the incarnation does not rise when the database went back',
    seeds: 300,
    narrowed: restoredOf,
    ports: onStore((store) => ({
      claim: async (partition, owner, evidence) => ({ ...(await store.claim(partition, owner, evidence)), incarnation: 0 }),
    })),
  },
  {
    name: 'files that were put back are not compared with what the log says was published',
    seeds: 300,
    narrowed: restoredOf,
    ports: onStore((store) => ({
      claim: async (partition, owner, evidence) => store.claim(partition, owner, { log: 'memory', ...evidence, published: null }),
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
    async claim(partition, owner, evidence) {
      const claim = await store.claim(partition, owner, evidence);
      return { ...claim, incidents: change(claim.incidents) };
    },
  }));
}

const decodedClock = ({ evidence, version }: Pick<LoadedRecipient, 'evidence' | 'version'>): number | undefined =>
  decodeRecipient(evidence, version)?.clock;

function announcedBy(record: LogRecord, partition: number): LogRecord {
  if (!isIncidentKey(record.key)) return record;
  const value: unknown = JSON.parse(new TextDecoder().decode(record.value ?? undefined));
  return { ...record, value: new TextEncoder().encode(JSON.stringify({ ...(value as object), announcedBy: partition })) };
}

/** Of processes that are letting go of a partition. */
const revoking = new WeakSet<Ports['time']>();
