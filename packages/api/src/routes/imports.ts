/** `/v1/imports`: another system's list, row by row as it was read. The file itself never comes here. */
import { randomBytes } from 'node:crypto';
import { contentHash, encodeEvent, formatTime, parseEvent, parseTime } from '@desist/formats/event';
import { countRepeat, countRow, IMPORT_REASONS, noCounts, recordOf, usableRow } from '@desist/formats/list';
import type { ImportCounts, ImportedRow, Read } from '@desist/formats/list';
import { asTenant, isCommand, isDomainEntry } from '@desist/domain';
import { decide } from '@desist/pipeline';
import type { ImportJob, ImportProblem, NewAuditEntry, NewImport } from '@desist/pipeline';
import type { FastifyRequest } from 'fastify';
import { entryOf, noteBefore } from '../audit.ts';
import type { Act } from '../audit.ts';
import type { Caller } from '../http/access.ts';
import { loggedName, mayUse, signedBy, tenantOf, tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import type { ApiOptions } from '../options.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';
import { CREATE_IMPORT, GET_IMPORT, LIST_IMPORTS, MOST_PROBLEMS, ROWS_TOLD, SEND_ROWS, STOP_IMPORT } from '../schemas/imports.ts';
import type { Import, SentRow } from '../schemas/imports.ts';
import { append, demandWriting } from './append.ts';
import type { Encoded } from './append.ts';
import { actOf } from './commands.ts';

export async function importRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { imports, time, logger } = options;
  if (imports === undefined) return;
  const config = { role: 'operator' } as const;

  const found = async (id: string, caller: Caller): Promise<ImportJob> => {
    const job = await imports.import(id);
    // Rows of an import of no tenant may be anybody's.
    if (job === null || (job.tenant === null ? caller.tenants !== '*' : !mayUse(caller, job.tenant)))
      throw new Problem(404, 'There is no such import.');
    return job;
  };

  app.post('/v1/imports', { schema: CREATE_IMPORT, config }, async (request, reply) => {
    demandWriting(options);
    const { body, caller } = request;
    const now = time.now();
    const dryRun = body.dryRun === true;
    const tenant = typeof body.tenant === 'string' || caller.tenants !== '*' ? tenantOf(caller, body.tenant) : null;
    const settings = { tenant, stream: body.stream ?? null, importAs: body.as ?? null, by: body.by ?? null };
    const resumeKey = dryRun ? null : contentHash(['import', body.fingerprint, ...Object.values(settings)]);
    const id = `im_${randomBytes(12).toString('hex')}`;
    const wanted: NewImport = { ...settings, id, name: body.name, resumeKey, keyName: caller.name, startedAt: now };
    const job = await imports.start(wanted, { ...noCounts() }, (started, isNew) =>
      dryRun ? null : entryFor(request, started, { action: isNew ? 'import_started' : 'import_resumed', at: now }),
    );
    logger.info({ caller: loggedName(caller), import: job.id, dryRun, rows: job.rows }, 'an import was started');
    return reply.code(job.id === id ? 201 : 200).send(importValue(job));
  });

  app.get('/v1/imports', { schema: LIST_IMPORTS, config }, async ({ query, caller }) => {
    const tenants = tenantsOf(caller, query.tenant);
    const jobs = await imports.imports({ ...(tenants === undefined ? {} : { tenants }), limit: query.limit ?? DEFAULT_LIMIT });
    return { items: jobs.map(importValue) };
  });

  app.get('/v1/imports/:id', { schema: GET_IMPORT, config }, async ({ params, caller }) => importValue(await found(params.id, caller)));

  app.post('/v1/imports/:id/stop', { schema: STOP_IMPORT, config }, async (request) => {
    demandWriting(options);
    const now = time.now();
    const job = await found(request.params.id, request.caller);
    const entry = isDryRun(job) ? null : entryFor(request, job, { action: 'import_stopped', at: now });
    const stopped = await imports.stop(job.id, now, entry);
    if (stopped === null) throw new Problem(409, `This import is ${job.state === 'running' ? 'done' : job.state}.`);
    return importValue(stopped);
  });

  app.post('/v1/imports/:id/rows', { schema: SEND_ROWS, config }, async (request) => {
    demandWriting(options);
    const { body, caller } = request;
    const now = time.now();
    const job = await found(request.params.id, caller);
    if (job.state !== 'running') throw new Problem(409, `This import is ${job.state}.`);
    if (job.rows !== body.from) throw new Problem(409, `This import stands behind row ${job.rows}: send the rows after it.`);
    const taken = await taking(options, job, caller).take(body.rows);
    if (!isDryRun(job) && taken.records.length > 0) {
      const acts = taken.acts.map((act) => entryOf(request, act, now, 'unconfirmed'));
      const note = await noteBefore({ trail: options.trail, logger }, acts);
      await append(options, taken.records);
      await note.settle('accepted');
      await options.accepted?.(taken.records.slice(0, taken.events));
    }
    const isDone = body.last === true;
    const step = {
      from: job.rows,
      rows: job.rows + body.rows.length,
      counts: { ...taken.counts },
      problems: taken.problems,
      at: now,
      isDone,
    };
    const entry = isDone && !isDryRun(job) ? entryFor(request, { ...job, ...step }, { action: 'import_finished', at: now }) : null;
    const advanced = await imports.advance(job.id, step, entry);
    if (advanced === null)
      throw new Problem(409, 'These rows were sent by another request, or the import was stopped: ask how far it has come.');
    return { ...importValue(advanced), ...(isDryRun(job) && taken.first.length > 0 ? { first: [...taken.first] } : {}) };
  });
}

function isDryRun({ resumeKey }: ImportJob): boolean {
  return resumeKey === null;
}

function importValue(job: ImportJob): Import {
  const { resumeKey: _, keyName, importAs, counts, problems, startedAt, updatedAt, ...rest } = job;
  const { rows: __, ...others } = counts as unknown as ImportCounts;
  return {
    ...rest,
    dryRun: isDryRun(job),
    as: importAs as Import['as'],
    key: keyName,
    counts: others,
    problems: [...problems],
    ...{ startedAt: formatTime(startedAt), updatedAt: formatTime(updatedAt) },
  };
}

/** The settings and counts, in the audit trail. */
function entryFor(
  request: Pick<FastifyRequest, 'caller' | 'ip'>,
  job: ImportJob,
  { action, at }: { readonly action: string; readonly at: number },
): NewAuditEntry {
  const { rows, stream, importAs, counts } = job;
  const { fresh, known, forgotten, notSuppressed, unreadable } = counts as unknown as ImportCounts;
  const detail = { rows, stream, as: importAs, fresh, known, forgotten, notSuppressed, unreadable };
  return entryOf(request, { action, tenant: job.tenant, by: job.by, target: job.id, note: job.name, detail }, at);
}

// ------------------------------------------------------------------------------------------------- rows

interface Taken {
  readonly counts: ImportCounts;
  readonly problems: readonly ImportProblem[];
  /** Events, then commands: what an event cannot say follows in one. */
  readonly records: readonly Encoded[];
  readonly events: number;
  /** The commands, for the audit trail. */
  readonly acts: readonly Act[];
  /** What becomes of the first rows of the file. */
  readonly first: readonly {
    readonly row: number;
    readonly line: number | null;
    readonly recipient: string | null;
    readonly becomes: string;
  }[];
}

interface Made {
  readonly record: Encoded;
  /** Null: an event. */
  readonly act: Act | null;
}

/** A row that is imported, with its place. */
interface Placed extends ImportedRow {
  readonly place: number;
}

function taking({ reader, time }: ApiOptions, job: ImportJob, caller: Caller) {
  const counts: ImportCounts = structuredClone(job.counts) as unknown as ImportCounts;
  const problems = [...job.problems];
  const first: Taken['first'][number][] = [];
  const as = job.importAs === null ? undefined : IMPORT_REASONS.get(job.importAs);
  const settings = { as, tenant: job.tenant ?? undefined };
  const recordSettings = {
    importedAt: job.startedAt,
    ...(job.stream === null ? {} : { stream: job.stream }),
    ...(job.by === null ? {} : { by: job.by }),
  };

  const tell = (place: number, line: number | null, text: { readonly recipient: string | null; readonly becomes: string }): void => {
    if (place < ROWS_TOLD) first.push({ row: place + 1, line, ...text });
  };
  const refuse = (place: number, line: number | null, problem: string): void => {
    countRow(counts, { problem });
    if (problems.length < MOST_PROBLEMS) problems.push({ row: place + 1, line, problem });
    tell(place, line, { recipient: null, becomes: `unreadable: ${problem}` });
  };

  /** An event or a command, and the command that follows; or why none can be made. */
  const madeOf = (row: Placed, now: number): readonly Made[] | string => {
    const { value, amend } = recordOf(row, recordSettings);
    const made: Made[] = [];
    for (const item of [value, amend]) {
      if (item === undefined) continue;
      const { by, ...rest } = item as { readonly by?: string };
      // Repeated requests make the same ids, and nobody can know them in advance.
      const own =
        by === undefined ? rest : { ...rest, by: signedBy(by, caller), id: contentHash(['import', job.id, row.place, made.length]) };
      const parsed = parseEvent(own, now);
      if (!parsed.ok) return parsed.detail;
      made.push({ record: encodeEvent(parsed.event), act: isCommand(parsed.event) ? actOf(parsed.event, by) : null });
    }
    return made;
  };

  return {
    async take(sent: readonly SentRow[]): Promise<Taken> {
      const usable: Placed[] = [];
      for (const [index, one] of sent.entries()) {
        const place = job.rows + index;
        const line = one.line ?? null;
        const row = usableRow(readOf(one), settings);
        if ('problem' in row) refuse(place, line, row.problem);
        else if ('kept' in row) {
          countRow(counts, row);
          tell(place, line, { recipient: row.address ?? null, becomes: `not a suppression: ${row.kept}` });
        } else usable.push({ ...row, place });
      }
      const now = time.now();
      const erased = await erasedAmong(usable, now);
      const all: Made[] = [];
      for (const row of usable) {
        const { place } = row;
        const { line, repeat } = sent[place - job.rows] as { readonly line?: number | null; readonly repeat?: 'same' | 'other' | null };
        const made = madeOf(row, now);
        if (typeof made === 'string') {
          refuse(place, line ?? null, made);
          continue;
        }
        countRow(counts, row);
        countRepeat(counts, repeat ?? undefined);
        const answer = erased.get(place) ?? 'fresh';
        counts[answer] += 1;
        const { becomes } = recordOf(row, recordSettings);
        const recipient = answer === 'forgotten' ? null : row.address;
        tell(place, line ?? null, { recipient, becomes: answer === 'forgotten' ? 'nothing: this recipient was erased' : becomes });
        if (answer !== 'forgotten') all.push(...made);
      }
      const events = all.filter(({ act }) => act === null).map(({ record }) => record);
      const commands = all.filter(({ act }) => act !== null).map(({ record }) => record);
      const acts = all.flatMap(({ act }) => act ?? []);
      first.sort((a, b) => a.row - b.row);
      problems.sort((a, b) => a.row - b.row);
      return { counts, problems, records: [...events, ...commands], events: events.length, acts, first };
    },
  };

  /** What is known of the recipients, by place. Erased ones are not imported, so that nothing readable of them returns. */
  async function erasedAmong(rows: readonly Placed[], now: number): Promise<ReadonlyMap<number, 'known' | 'forgotten'>> {
    const answers = new Map<number, 'known' | 'forgotten'>();
    for (const [tenant, of] of Map.groupBy(rows, (row) => row.tenant ?? 'default')) {
      const addresses = of.filter(({ address }) => !isDomainEntry(address));
      if (addresses.length === 0) continue;
      const { checked } = await reader.check(
        asTenant(tenant),
        addresses.map(({ address }) => address),
      );
      for (const [index, { place }] of addresses.entries()) {
        const one = checked[index];
        if (one === undefined || decide(one, job.stream ?? 'default', now).allowed) continue;
        answers.set(place, one.erased ? 'forgotten' : 'known');
      }
    }
    return answers;
  }
}

function readOf(sent: SentRow): Read {
  if ('problem' in sent) return { problem: sent.problem };
  if ('kept' in sent) return { kept: sent.kept, ...(typeof sent.address === 'string' ? { address: sent.address } : {}) };
  const { at, expiresAt, by, note, source, subdomains, mixed, timeless } = sent;
  return {
    format: sent.format,
    row: {
      ...{ address: sent.address, kind: sent.kind, scope: sent.scope ?? '*', tenant: sent.tenant ?? null },
      ...{ at: momentIn(at), expiresAt: momentIn(expiresAt), reply: sent.reply ?? null, reason: sent.reason ?? '' },
      ...(typeof by === 'string' ? { by } : {}),
      ...(typeof note === 'string' ? { note } : {}),
      ...(typeof source === 'string' ? { source } : {}),
      ...(subdomains === undefined ? {} : { subdomains }),
      ...(mixed === true ? { mixed } : {}),
      ...(timeless === true ? { timeless } : {}),
    },
  };
}

function momentIn(time: string | null | undefined): number | null {
  return typeof time === 'string' ? (parseTime(time) ?? null) : null;
}
