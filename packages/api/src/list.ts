/** `GET /v1/suppressions`: the list, filtered, page by page; and all of it at once, as a snapshot. */
import { Readable } from 'node:stream';
import { NAME, normaliseAddress } from '@desist/contracts';
import type { SuppressionReason } from '@desist/domain';
import type { ListedSuppression, ListFilter } from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import type { Caller } from './access.ts';
import { tenantsOf } from './access.ts';
import { addressOf, limitOf, queryOf, timeOf } from './input.ts';
import { suppressionValue, when } from './output.ts';
import { Problem } from './problem.ts';
import { EXPORT_DOC, LIST_DOC } from './schemas.ts';
import type { ApiOptions } from './server.ts';

const FILTERS = ['tenant', 'scope', 'reason', 'domain', 'address', 'prefix', 'since'] as const;
/** A record, so that a new reason is missed by the compiler and not by a caller. */
const REASONS: Readonly<Record<SuppressionReason, true>> = {
  persistent_deferral: true,
  hard_bounce: true,
  complaint: true,
  unsubscribe: true,
  operator: true,
};

export async function listRoutes(app: FastifyInstance, { reader, logger }: ApiOptions): Promise<void> {
  app.get('/v1/suppressions', { schema: LIST_DOC, config: { role: 'reader' } }, async (request) => {
    const { cursor, limit, ...filters } = queryOf(request.query, [...FILTERS, 'cursor', 'limit']);
    const { items, cursor: next } = await reader.list({
      ...filterOf(request.caller, filters),
      ...(cursor === undefined ? {} : { cursor }),
      limit: limitOf(limit),
    });
    return { items: items.map(itemValue), cursor: next };
  });

  app.get('/v1/suppressions/export', { schema: EXPORT_DOC, config: { role: 'reader' } }, async (request, reply) => {
    const { format = 'ndjson', ...filters } = queryOf(request.query, [...FILTERS, 'format']);
    if (format !== 'ndjson' && format !== 'csv') throw new Problem(400, 'format: must be ndjson or csv');
    const filter = filterOf(request.caller, filters);
    logger.info({ caller: request.caller.name, format, filters: Object.keys(filters) }, 'the list is exported');
    const pages = reader.snapshot(filter)[Symbol.asyncIterator]();
    // The first page before the headers: a database that is away is a 503 and not an answer that breaks off.
    const first = await pages.next();
    void reply.header('content-type', format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson');
    return reply.send(Readable.from(lines(format, first, pages)));
  });
}

function itemValue(row: ListedSuppression): object {
  const { tenant, address, updatedAt } = row;
  return { tenant, address, ...suppressionValue(row), updatedAt: when(updatedAt) };
}

const COLUMNS = [
  ['tenant', 'tenant'],
  ['address', 'address'],
  ['scope', 'scope'],
  ['reason', 'reason'],
  ['category', 'category'],
  ['since', 'since'],
  ['expires_at', 'expiresAt'],
  ['first_failure_at', 'firstFailureAt'],
  ['last_failure_at', 'lastFailureAt'],
  ['failures', 'failures'],
  ['reply', 'reply'],
  ['rule', 'rule'],
  ['policy', 'policy'],
  ['updated_at', 'updatedAt'],
] as const;

async function* lines(
  format: 'csv' | 'ndjson',
  first: IteratorResult<readonly ListedSuppression[]>,
  pages: AsyncIterator<readonly ListedSuppression[]>,
): AsyncGenerator<string> {
  if (format === 'csv') yield `${COLUMNS.map(([name]) => name).join(',')}\r\n`;
  try {
    for (let page = first; page.done !== true; page = await pages.next()) {
      const values = page.value.map(itemValue);
      yield format === 'csv' ? values.map(csvLine).join('') : values.map((value) => `${JSON.stringify(value)}\n`).join('');
    }
  } finally {
    // A reader that goes away in the middle ends the snapshot.
    await pages.return?.();
  }
}

function csvLine(value: object): string {
  const fields = value as Readonly<Record<string, unknown>>;
  return `${COLUMNS.map(([, field]) => csvField(fields[field])).join(',')}\r\n`;
}

/** RFC 4180. Null is an empty field. */
function csvField(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value as string | number);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function filterOf(
  caller: Caller,
  given: Readonly<Partial<Record<(typeof FILTERS)[number], string>>>,
): Omit<ListFilter, 'cursor' | 'limit'> {
  const { tenant, scope, reason, domain, address, prefix, since } = given;
  const tenants = tenantsOf(caller, tenant);
  return {
    ...(tenants === undefined ? {} : { tenants }),
    ...(scope === undefined ? {} : { scope: scopeOf(scope) }),
    ...(reason === undefined ? {} : { reason: reasonOf(reason) }),
    ...(domain === undefined ? {} : { domain: domainOf(domain) }),
    ...(address === undefined ? {} : { address: addressOf(address, 'address') }),
    ...(prefix === undefined ? {} : { prefix: prefixOf(prefix) }),
    ...(since === undefined ? {} : { since: timeOf(since, 'since') }),
  };
}

function scopeOf(text: string): string {
  if (text === '*' || NAME.test(text)) return text;
  throw new Problem(400, 'scope: must be "*" or the name of a stream');
}

function reasonOf(text: string): string {
  if (Object.hasOwn(REASONS, text)) return text;
  throw new Problem(400, `reason: must be one of ${Object.keys(REASONS).join(', ')}`);
}

function domainOf(text: string): string {
  const normalised = normaliseAddress(`a@${text}`);
  if (normalised.ok) return normalised.domain;
  throw new Problem(400, `domain: must be the part of an address after the @ (${normalised.problem})`);
}

/** Lower case and NFC, as addresses are. What no address begins with finds nothing. */
function prefixOf(text: string): string {
  const prefix = text.normalize('NFC').toLowerCase();
  if (prefix !== '' && prefix.length <= 320 && !prefix.includes('\0') && prefix.isWellFormed()) return prefix;
  throw new Problem(400, 'prefix: must be what an address begins with, 1 to 320 characters');
}
