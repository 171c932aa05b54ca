/** What is decided about incidents, and what all partitions counted together. */
import { summedCodes } from '@desist/pipeline';
import type { IncidentCount, IncidentRow, IncidentStore, ProviderCounts, StoredRecipient } from '@desist/pipeline';
import { encodeCursor, decodeCursor } from './cursor.ts';
import type { Database, Row } from './database.ts';

const CODES = 10;
const SAMPLES = 5;
const PRUNED_AT_ONCE = 10_000;

export function createIncidentStore(db: Database): IncidentStore {
  async function counts(providers: readonly string[], since: number): Promise<readonly ProviderCounts[]> {
    if (providers.length === 0) return [];
    const rows = await db.query(
      `select provider, at, sum(failing) as failing, sum(delivered) as delivered, array_agg(detail) filter (where detail is not null) as details
       from desist.incident_count where provider = any($1::text[]) and at >= $2 group by provider, at order by provider, at`,
      [providers, since],
    );
    const found = new Map<string, IncidentCount[]>();
    for (const row of rows) {
      const provider = row['provider'] as string;
      const list = found.get(provider) ?? [];
      list.push(together(row));
      found.set(provider, list);
    }
    return [...found].map(([provider, list]) => ({ provider, counts: list }));
  }

  return {
    async suspects({ since, recipients, share, baseline }) {
      const rows = await db.query(
        `select provider from (
           select provider, at, sum(failing) as failing, sum(delivered) as delivered from desist.incident_count
           where at >= $1 and provider in (select provider from desist.incident_count where at >= $1 group by provider having sum(failing) >= $2)
           group by provider, at) quarters
         where failing > 0 and failing::float8 / (failing + delivered) >= $3::float8 / 4
         group by provider having sum(failing) >= $2 / 2.0`,
        [since, recipients, share],
      );
      return counts(
        rows.map(({ provider }) => provider as string),
        since - baseline,
      );
    },
    counts,
    async clock() {
      const [row] = await db.query('select max(clock) as clock from desist.checkpoint where next_offset > 0');
      return row?.['clock'] === null || row === undefined ? null : Number(row['clock']);
    },
    async insert(row) {
      const values = valuesOf(row);
      const inserted = await db.query(
        `insert into desist.incident (${COLUMNS.join(', ')}) values (${COLUMNS.map((_, index) => `$${index + 1}`).join(', ')})
         on conflict do nothing returning 1 as done`,
        values,
      );
      return inserted.length === 1;
    },
    async update(row, revision) {
      const set = COLUMNS.slice(1).map((name, index) => `${name} = $${index + 2}`);
      const updated = await db.query(
        `update desist.incident set ${set.join(', ')} where id = $1 and revision = $${COLUMNS.length + 1} returning 1 as done`,
        [...valuesOf(row), revision],
      );
      return updated.length === 1;
    },
    async find(id) {
      const [row] = await db.query('select * from desist.incident where id = $1', [id]);
      return row === undefined ? null : incidentOf(row);
    },
    async list({ tenants, limit, before }) {
      const rows = await db.query(
        `select * from desist.incident where ($1::text[] is null or tenant = any($1))
           and ($2::text is null or (created_at, id) < (select created_at, id from desist.incident where id = $2))
         order by created_at desc, id desc limit $3`,
        [tenants ?? null, before ?? null, limit],
      );
      return rows.map(incidentOf);
    },
    async open() {
      return (await db.query('select * from desist.incident where open order by id')).map(incidentOf);
    },
    async lastEnds(providers) {
      const rows = await db.query(
        `select provider, max(until_at) as until_at, bool_or(open) as open from desist.incident
         where origin = 'detected' and provider = any($1::text[]) group by provider`,
        [providers],
      );
      return new Map(rows.map((row) => [row['provider'] as string, row['open'] === true ? null : Number(row['until_at'])]));
    },
    async untold() {
      return (await db.query('select * from desist.incident where told < revision order by id limit 100')).map(incidentOf);
    },
    async markTold(id, revision) {
      await db.query('update desist.incident set told = greatest(told, $2) where id = $1', [id, revision]);
    },
    async progress(id, revision) {
      const [row] = await db.query(
        `select (select count(*) from desist.checkpoint) as partitions, count(*) filter (where done) as done,
                coalesce(sum(looked), 0) as looked, coalesce(sum(changed), 0) as changed
         from desist.incident_known where id = $1 and revision = $2`,
        [id, revision],
      );
      const number = (name: string): number => Number(row?.[name]);
      return { partitions: number('partitions'), done: number('done'), looked: number('looked'), changed: number('changed') };
    },
    async evidence({ tenant, domain, provider, from }, { cursor, limit }) {
      const [after] = cursor === null ? [0] : decodeCursor(cursor, ['number']);
      const rows = await db.query(
        `select id, tenant, address, partition, version, evidence from desist.recipient
         where tracked and id > $1 and updated_at >= $2 and ($3::text is null or tenant = $3)
           and ($4::text is null or split_part(address, '@', -1) = $4) and ($5::text is null or position($5 in evidence) > 0)
         order by id limit $6`,
        [after, from - 10 * 60_000, tenant, domain, provider === null ? null : JSON.stringify(provider), limit],
      );
      const last = rows.at(-1)?.['id'];
      return {
        recipients: rows.map((row): StoredRecipient => ({
          tenant: row['tenant'] as string,
          address: row['address'] as string,
          partition: Number(row['partition']),
          version: Number(row['version']),
          evidence: row['evidence'] as string,
        })),
        cursor: rows.length < limit ? null : encodeCursor([Number(last)]),
      };
    },
    async prune({ counts: before, incidents }) {
      for (;;) {
        const rows = await db.query(
          `delete from desist.incident_count c using (select provider, at, partition from desist.incident_count where at < $1 limit ${PRUNED_AT_ONCE}) old
           where c.provider = old.provider and c.at = old.at and c.partition = old.partition returning 1 as done`,
          [before],
        );
        if (rows.length < PRUNED_AT_ONCE) break;
      }
      // By when it was decided, too: a window of years ago may have been voided today.
      await db.query(
        `delete from desist.incident_known k using desist.incident i
         where i.id = k.id and k.done and k.until_at < $1 and i.decided_at < $1 and i.told = i.revision`,
        [incidents],
      );
    },
  };
}

const COLUMNS = [
  'id',
  'origin',
  'revision',
  'told',
  'action',
  'holds',
  'open',
  'tenant',
  'provider',
  'domain',
  'code',
  'part',
  'from_at',
  'until_at',
  'decided_at',
  'summary',
  'by',
  'note',
  'created_at',
] as const;

function valuesOf(row: IncidentRow): readonly unknown[] {
  const { id, origin, revision, told, action, holds, open, terms, at, summary, by, note, createdAt } = row;
  const { tenant, provider, domain, code, text, from, until } = terms;
  const detail = summary === null ? null : JSON.stringify(summary);
  return [
    id,
    origin,
    revision,
    told,
    action,
    holds,
    open,
    tenant,
    provider,
    domain,
    code,
    text,
    from,
    until,
    at,
    detail,
    by,
    note,
    createdAt,
  ];
}

function incidentOf(row: Row): IncidentRow {
  const text = (name: string): string | null => row[name] as string | null;
  const summary = text('summary');
  return {
    id: row['id'] as string,
    origin: row['origin'] as IncidentRow['origin'],
    revision: Number(row['revision']),
    told: Number(row['told']),
    action: row['action'] as IncidentRow['action'],
    holds: row['holds'] === true,
    open: row['open'] === true,
    terms: {
      tenant: text('tenant'),
      provider: text('provider'),
      domain: text('domain'),
      code: text('code'),
      text: text('part'),
      from: Number(row['from_at']),
      until: row['until_at'] === null ? null : Number(row['until_at']),
    },
    at: Number(row['decided_at']),
    summary: summary === null ? null : (JSON.parse(summary) as IncidentRow['summary']),
    by: text('by'),
    note: text('note'),
    createdAt: Number(row['created_at']),
  };
}

interface Detail {
  readonly codes: IncidentCount['codes'];
  readonly samples: IncidentCount['samples'];
}
const NO_DETAIL: Detail = { codes: [], samples: [] };

/** One partition's quarter, as it is stored. */
export function countOf(row: Row): IncidentCount {
  const { detail } = row;
  const { codes, samples } = typeof detail === 'string' ? (JSON.parse(detail) as Detail) : NO_DETAIL;
  return {
    provider: row['provider'] as string,
    at: Number(row['at']),
    failing: Number(row['failing']),
    delivered: Number(row['delivered']),
    codes,
    samples,
  };
}

/** The same quarter of all partitions. */
function together(row: Row): IncidentCount {
  const details = ((row['details'] as readonly string[] | null) ?? []).map((detail) => JSON.parse(detail) as Detail);
  return {
    ...countOf({ ...row, detail: null }),
    codes: summedCodes(details.flatMap(({ codes }) => codes)).slice(0, CODES),
    samples: [...new Set(details.flatMap(({ samples }) => samples))].slice(0, SAMPLES),
  };
}
