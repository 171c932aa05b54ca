/** The store port on SQL: one transaction per commit, the compare-and-set first, whole columns at a time. */
import type {
  CommitPlan,
  CommitResult,
  DeadLetter,
  ForgottenRow,
  KnownIncident,
  OutboxRow,
  Ownership,
  RecipientRow,
  RecipientStore,
  TrackedRow,
} from '@desist/pipeline';
import type { Database, Queries, Row } from './database.ts';
import type { HashOf } from './forgotten.ts';
import { eraseRecipients, readForgotten } from './forgotten.ts';
import { countOf } from './incidents.ts';

const PAGE = 10_000;
const CONCERNED = 1_000;
/** What a partition counts for incidents at most (`incidents/counts.ts` of the pipeline). */
const QUARTERS = 20_000;

export interface StoreOptions {
  /** The keyed hash that stands for an erased recipient. Without it nobody can be erased. */
  readonly hashOf?: HashOf;
}

export function createStore(db: Database, { hashOf }: StoreOptions = {}): RecipientStore {
  /** Somebody of the partitions claimed here was erased. Only their owner erases, so nobody else changes the answer. */
  let anyForgotten = false;

  async function fenced(owner: Ownership, assignment: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return db.query(
      `update desist.checkpoint set ${assignment}, updated_at = now() where partition = $1 and epoch = $2 returning attempts`,
      [owner.partition, owner.epoch, ...values],
    );
  }

  return {
    async claim(partition, owner) {
      const rows = await db.query(
        `insert into desist.checkpoint as c (partition, epoch, owner) values ($1, 1, $2)
         on conflict (partition) do update set epoch = c.epoch + 1, owner = $2, updated_at = now()
         returning epoch, next_offset, clock, next_number, attempts, stopped, tolerated_below`,
        [partition, owner],
      );
      const row = rows[0] as Row;
      // The epoch is ours: nobody else writes any more.
      const counted = await db.query('select body from desist.contrast where partition = $1 order by number', [partition]);
      const told = await db.query('select incident, done, looked, changed from desist.incident_known where partition = $1', [partition]);
      const quarters = await db.query(
        `select provider, at, failing, delivered, detail from desist.incident_count where partition = $1 order by at desc limit ${QUARTERS}`,
        [partition],
      );
      const [known] = await db.query('select exists (select from desist.forgotten where partition = $1) as any', [partition]);
      anyForgotten ||= known?.['any'] === true;
      return {
        partition,
        epoch: number(row['epoch']),
        nextOffset: number(row['next_offset']),
        clock: number(row['clock']),
        nextNumber: number(row['next_number']),
        attempts: number(row['attempts']),
        stopped: row['stopped'] as string | null,
        toleratedBelow: number(row['tolerated_below']),
        contrast: counted.map(({ body }) => body as string),
        incidents: told.map((one) => ({
          incident: JSON.parse(one['incident'] as string) as KnownIncident['incident'],
          done: one['done'] === true,
          looked: number(one['looked']),
          changed: number(one['changed']),
        })),
        incidentCounts: quarters.map(countOf),
      };
    },

    async position(partition) {
      const [row] = await db.query('select epoch, next_offset, next_number from desist.checkpoint where partition = $1', [partition]);
      if (row === undefined) return null;
      return { epoch: number(row['epoch']), nextOffset: number(row['next_offset']), nextNumber: number(row['next_number']) };
    },

    async beginAttempt(owner) {
      const [row] = await fenced(owner, 'attempts = attempts + 1', []);
      return row === undefined ? null : number(row['attempts']);
    },

    async markStopped(owner, reason) {
      return (await fenced(owner, 'stopped = $3', [reason])).length === 1 ? 'committed' : 'fenced';
    },

    async resume(partition, { toleratedBelow, skipTo }) {
      return db.transaction(async (tx) => {
        const [before] = await tx.query('select next_offset, stopped from desist.checkpoint where partition = $1 for update', [partition]);
        if (before === undefined) return null;
        const [after] = await tx.query(
          `update desist.checkpoint set stopped = null, attempts = 0, epoch = epoch + 1, next_offset = coalesce($2::bigint, next_offset),
                  tolerated_below = $3, updated_at = now() where partition = $1 returning epoch, next_offset`,
          [partition, skipTo ?? null, toleratedBelow],
        );
        return {
          partition,
          epoch: number(after?.['epoch']),
          from: number(before['next_offset']),
          nextOffset: number(after?.['next_offset']),
          was: before['stopped'] as string | null,
        };
      });
    },

    async *tracked(partition) {
      let after = 0;
      for (;;) {
        const rows = await db.query(
          'select id, tenant, address, due, policy from desist.recipient where tracked and partition = $1 and id > $2 order by id limit $3',
          [partition, after, PAGE],
        );
        if (rows.length === 0) return;
        yield rows.map((row): TrackedRow => {
          const due = row['due'];
          return {
            tenant: row['tenant'] as string,
            address: row['address'] as string,
            due: due === null ? null : number(due),
            policy: row['policy'] as string,
          };
        });
        after = number(rows.at(-1)?.['id']);
      }
    },

    async concerned(partition, { since, tenant, domain, mention }, cursor) {
      const rows = await db.query(
        `select id, tenant, address from desist.recipient
         where tracked and partition = $1 and id > $2 and updated_at >= $3 and ($4::text is null or tenant = $4)
           and ($5::text is null or split_part(address, '@', -1) = $5) and ($6::text is null or position($6 in evidence) > 0)
         order by id limit ${CONCERNED}`,
        [partition, cursor, since, tenant, domain, mention],
      );
      const last = rows.at(-1)?.['id'];
      return {
        recipients: rows.map((row) => ({ tenant: row['tenant'] as string, address: row['address'] as string })),
        cursor: rows.length < CONCERNED ? null : number(last),
      };
    },

    async load(keys) {
      const rows = await db.query(
        `select r.tenant, r.address, r.partition, r.version, r.evidence
         from unnest($1::text[], $2::text[]) as k (tenant, address)
         join desist.recipient r on r.tenant = k.tenant and r.address = k.address`,
        [keys.map(({ tenant }) => tenant), keys.map(({ address }) => address)],
      );
      return rows.map((row) => ({
        tenant: row['tenant'] as string,
        address: row['address'] as string,
        partition: number(row['partition']),
        version: number(row['version']),
        evidence: row['evidence'] as string,
      }));
    },

    async forgotten(keys): Promise<readonly ForgottenRow[]> {
      return anyForgotten && keys.length > 0 ? readForgotten(db, hashOf, keys) : [];
    },

    async commit(plan) {
      anyForgotten ||= (plan.erased?.length ?? 0) > 0;
      return commit(db, plan, hashOf);
    },

    async outbox(partition, limit) {
      const rows = await db.query(
        'select number, key, change, lists, value from desist.outbox where partition = $1 order by number limit $2',
        [partition, limit],
      );
      return rows.map((row): OutboxRow => ({
        number: number(row['number']),
        key: row['key'] as string,
        change: row['change'] as string,
        value: row['lists'] === true ? (row['value'] as string | null) : undefined,
      }));
    },

    async deadLetters(partition, limit) {
      const rows = await db.query(
        'select record_offset, key, value, reason, detail from desist.dead_letter where partition = $1 order by record_offset limit $2',
        [partition, limit],
      );
      return rows.map((row): DeadLetter => ({
        offset: number(row['record_offset']),
        key: bytes(row['key']),
        value: bytes(row['value']),
        reason: row['reason'] as string,
        detail: row['detail'] as string,
      }));
    },

    async relayed(owner, upTo) {
      return db.transaction(async (tx) => {
        const held = await tx.query('select 1 from desist.checkpoint where partition = $1 and epoch = $2 for share', [
          owner.partition,
          owner.epoch,
        ]);
        if (held.length === 0) return 'fenced';
        if (upTo.number !== null) {
          await tx.query('delete from desist.outbox where partition = $1 and number <= $2', [owner.partition, upTo.number]);
        }
        if (upTo.deadLetterOffset !== null) {
          await tx.query('delete from desist.dead_letter where partition = $1 and record_offset <= $2', [
            owner.partition,
            upTo.deadLetterOffset,
          ]);
        }
        return 'committed';
      });
    },

    async now() {
      const [row] = await db.query('select (extract(epoch from clock_timestamp()) * 1000)::bigint as now');
      return number(row?.['now']);
    },
  };
}

class Fenced extends Error {}

async function commit(db: Database, plan: CommitPlan, hashOf: HashOf | undefined): Promise<CommitResult> {
  try {
    await db.transaction(async (tx) => {
      await compareAndSet(tx, plan);
      await eraseRecipients(tx, hashOf, plan);
      await writeRecipients(tx, plan);
      await writeHeld(tx, plan);
      await writeRest(tx, plan);
    });
    return 'committed';
  } catch (error) {
    if (error instanceof Fenced) return 'fenced';
    throw error;
  }
}

/** First, because it takes the lock that a second owner waits for. */
async function compareAndSet(tx: Queries, plan: CommitPlan): Promise<void> {
  const { partition, epoch, fromOffset, fromNumber, nextOffset, clock, nextNumber, attempts } = plan;
  const rows = await tx.query(
    `update desist.checkpoint set next_offset = $5, clock = $6, next_number = $7, attempts = $8, updated_at = now()
     where partition = $1 and epoch = $2 and next_offset = $3 and next_number = $4 returning 1`,
    [partition, epoch, fromOffset, fromNumber, nextOffset, clock, nextNumber, attempts],
  );
  if (rows.length === 0) throw new Fenced();
}

/**
 * JSON texts travel as one text with a separator that JSON can not hold unescaped. As an array parameter every quote and
 * backslash in them would be escaped by the client and unescaped by the server, which costs more than the rest of the row.
 */
const SEPARATOR = '\u001f';
const NOTHING = '\u001e';
const jsonArray = (parameter: number): string => `string_to_array($${parameter}, E'\\x1f', E'\\x1e')`;

function joined(texts: readonly (string | null)[]): string {
  return texts.map((text) => text ?? NOTHING).join(SEPARATOR);
}

const RECIPIENT_COLUMNS: readonly (readonly [string, string, (row: RecipientRow) => unknown])[] = [
  ['tenant', 'text', (row) => row.tenant],
  ['address', 'text', (row) => row.address],
  ['partition', 'integer', (row) => row.partition],
  ['version', 'bigint', (row) => row.version],
  ['tracked', 'boolean', (row) => row.tracked],
  ['state', 'text', (row) => row.state],
  ['due', 'bigint', (row) => row.due],
  ['policy', 'text', (row) => row.policy],
  ['streak_started_at', 'bigint', (row) => row.streakStartedAt],
  ['last_failure_at', 'bigint', (row) => row.lastFailureAt],
  ['failures', 'integer', (row) => row.failures],
  ['messages', 'integer', (row) => row.messages],
  ['category', 'text', (row) => row.category],
  ['provider', 'text', (row) => row.provider],
  ['suppress_at', 'bigint', (row) => row.suppressAt],
  ['evidence', 'json', (row) => row.evidence],
  ['updated_at', 'bigint', (row) => row.updatedAt],
];
const RECIPIENT_NAMES = RECIPIENT_COLUMNS.map(([name]) => name);
const UPSERT_RECIPIENTS = `insert into desist.recipient as r (${RECIPIENT_NAMES.join(', ')})
  select * from unnest(${RECIPIENT_COLUMNS.map(([, type], index) => (type === 'json' ? jsonArray(index + 1) : `$${index + 1}::${type}[]`)).join(', ')})
  on conflict (tenant, address) do update set ${RECIPIENT_NAMES.slice(3)
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}
  -- A row belongs to one partition for ever: whatever another one's task believes, it does not take it over.
  where r.partition = excluded.partition`;

async function writeRecipients(tx: Queries, plan: CommitPlan): Promise<void> {
  // One order for everybody: two transactions never wait for each other's rows.
  const rows = [...plan.recipients].sort((a, b) => compare(a.tenant, b.tenant) || compare(a.address, b.address));
  if (rows.length > 0)
    await tx.query(
      UPSERT_RECIPIENTS,
      RECIPIENT_COLUMNS.map(([, type, value]) => (type === 'json' ? joined(rows.map(value) as string[]) : rows.map(value))),
    );
  if (plan.forgotten.length > 0) {
    await tx.query(
      'delete from desist.recipient r using unnest($1::text[], $2::text[]) as k (tenant, address) where r.tenant = k.tenant and r.address = k.address',
      [plan.forgotten.map(({ tenant }) => tenant), plan.forgotten.map(({ address }) => address)],
    );
  }
}

const BY_KEY = 'join desist.recipient r on r.tenant = k.tenant and r.address = k.address';

async function writeHeld(tx: Queries, plan: CommitPlan): Promise<void> {
  const changed = plan.recipients.filter(({ holds }) => holds !== undefined);
  if (changed.length === 0) return;
  const keys = [changed.map(({ tenant }) => tenant), changed.map(({ address }) => address)];
  for (const table of ['suppression', 'allowance']) {
    await tx.query(
      `delete from desist.${table} s using unnest($1::text[], $2::text[]) as k (tenant, address) ${BY_KEY} where s.recipient_id = r.id`,
      keys,
    );
  }
  const held = changed.flatMap((row) => (row.holds?.suppressions ?? []).map((suppression) => ({ ...suppression, row })));
  if (held.length > 0) {
    await tx.query(
      `insert into desist.suppression (recipient_id, scope, reason, since, expires_at, category, rule, reply, first_failure_at, last_failure_at,
         failures, policy, updated_at)
       select r.id, k.scope, k.reason, k.since, k.expires_at, k.category, k.rule, k.reply, k.first_at, k.last_at, k.failures, k.policy, k.updated_at
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::bigint[],
         $11::bigint[], $12::integer[], $13::text[], $14::bigint[])
         as k (tenant, address, scope, reason, since, expires_at, category, rule, reply, first_at, last_at, failures, policy, updated_at) ${BY_KEY}`,
      [
        held.map(({ row }) => row.tenant),
        held.map(({ row }) => row.address),
        held.map(({ scope }) => scope),
        held.map(({ reason }) => reason),
        held.map(({ since }) => since),
        held.map(({ expiresAt }) => expiresAt),
        held.map(({ category }) => category),
        held.map(({ rule }) => rule),
        held.map(({ reply }) => reply),
        held.map(({ firstFailureAt }) => firstFailureAt),
        held.map(({ lastFailureAt }) => lastFailureAt),
        held.map(({ failures }) => failures),
        held.map(({ policy }) => policy),
        held.map(({ row }) => row.updatedAt),
      ],
    );
  }
  const allowed = changed.flatMap((row) => (row.holds?.allowed ?? []).map((allowance) => ({ ...allowance, row })));
  if (allowed.length > 0) {
    await tx.query(
      `insert into desist.allowance (recipient_id, scope, expires_at)
       select r.id, k.scope, k.expires_at from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as k (tenant, address, scope, expires_at) ${BY_KEY}`,
      [
        allowed.map(({ row }) => row.tenant),
        allowed.map(({ row }) => row.address),
        allowed.map(({ scope }) => scope),
        allowed.map(({ expiresAt }) => expiresAt),
      ],
    );
  }
}

async function writeRest(tx: Queries, plan: CommitPlan): Promise<void> {
  const { partition, history, outbox, deadLetters, clockMoves, contrast } = plan;
  if (history.length > 0) {
    await tx.query(
      `insert into desist.recipient_event (recipient_id, version, type, effective_at, recorded_at, detail)
       select r.id, k.version, k.type, k.effective_at, k.recorded_at, k.detail
       from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], ${jsonArray(7)})
         as k (tenant, address, version, type, effective_at, recorded_at, detail) ${BY_KEY}`,
      [
        history.map(({ tenant }) => tenant),
        history.map(({ address }) => address),
        history.map(({ version }) => version),
        history.map(({ type }) => type),
        history.map(({ effectiveAt }) => effectiveAt),
        history.map(({ recordedAt }) => recordedAt),
        joined(history.map(({ detail }) => detail)),
      ],
    );
  }
  if (outbox.length > 0) {
    await tx.query(
      `insert into desist.outbox (partition, number, key, change, lists, value)
       select $1, * from unnest($2::bigint[], $3::text[], ${jsonArray(4)}, $5::boolean[], ${jsonArray(6)})`,
      [
        partition,
        outbox.map((row) => row.number),
        outbox.map((row) => row.key),
        joined(outbox.map((row) => row.change)),
        outbox.map((row) => row.value !== undefined),
        joined(outbox.map((row) => row.value ?? null)),
      ],
    );
  }
  if (deadLetters.length > 0) {
    await tx.query(
      `insert into desist.dead_letter (partition, record_offset, key, value, reason, detail)
       select $1, k.at, decode(k.key, 'hex'), decode(k.value, 'hex'), k.reason, k.detail
       from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[]) as k (at, key, value, reason, detail)`,
      [
        partition,
        deadLetters.map(({ offset }) => offset),
        deadLetters.map(({ key }) => hexOf(key)),
        deadLetters.map(({ value }) => hexOf(value)),
        deadLetters.map(({ reason }) => reason),
        deadLetters.map(({ detail }) => detail),
      ],
    );
  }
  if (clockMoves.length > 0) {
    await tx.query(
      `insert into desist.clock_move (partition, before_offset, clock)
       select $1, * from unnest($2::bigint[], $3::bigint[]) on conflict do nothing`,
      [partition, clockMoves.map(({ beforeOffset }) => beforeOffset), clockMoves.map(({ clock }) => clock)],
    );
  }
  if (contrast !== null) {
    if (contrast.replaces) await tx.query('delete from desist.contrast where partition = $1', [partition]);
    await tx.query('insert into desist.contrast (partition, body) values ($1, $2)', [partition, contrast.body]);
  }
  await writeIncidents(tx, plan);
}

async function writeIncidents(tx: Queries, { partition, incidents, incidentCounts }: CommitPlan): Promise<void> {
  for (const { incident, done, looked, changed } of incidents) {
    await tx.query(
      `insert into desist.incident_known (partition, id, revision, incident, until_at, done, looked, changed) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (partition, id) do update set revision = excluded.revision, incident = excluded.incident, until_at = excluded.until_at,
         done = excluded.done, looked = excluded.looked, changed = excluded.changed`,
      [partition, incident.id, incident.revision, JSON.stringify(incident), incident.terms.until, done, looked, changed],
    );
  }
  if (incidentCounts.length === 0) return;
  // One order for everybody, as with the recipients.
  const rows = [...incidentCounts].sort((a, b) => compare(a.provider, b.provider) || a.at - b.at);
  await tx.query(
    `insert into desist.incident_count (partition, provider, at, failing, delivered, detail)
     select $1, * from unnest($2::text[], $3::bigint[], $4::integer[], $5::bigint[], ${jsonArray(6)})
     on conflict (provider, at, partition) do update set failing = excluded.failing, delivered = excluded.delivered, detail = excluded.detail`,
    [
      partition,
      rows.map(({ provider }) => provider),
      rows.map(({ at }) => at),
      rows.map(({ failing }) => failing),
      rows.map(({ delivered }) => delivered),
      joined(rows.map(({ failing, codes, samples }) => (failing === 0 ? null : JSON.stringify({ codes, samples })))),
    ],
  );
}

/** Arrays of bytea are the one thing that the two drivers write differently: both write text. */
function hexOf(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
}

function bytes(value: unknown): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}

function number(value: unknown): number {
  return Number(value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
