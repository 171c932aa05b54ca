/** `GET /v1/suppressions/export`: a snapshot of the list. */
import type { Readable } from 'node:stream';
import type { ListedSuppression as ListedRow } from '@desist/pipeline';
import { stringify } from 'csv-stringify/sync';
import { entryOf, noteBefore } from '../audit.ts';
import { boundedStream, EXPORT_LIMITS, giveWay } from '../exports.ts';
import { loggedName } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import type { ApiOptions } from '../options.ts';
import { EXPORT_SUPPRESSIONS } from '../schemas/suppressions.ts';
import type { EXPORT_FORMATS, ListedSuppression } from '../schemas/suppressions.ts';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import { filterOf, listedValue } from './suppressions.ts';

type Format = (typeof EXPORT_FORMATS)[number];

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
};
/** Seconds. */
const RETRY_AFTER = 30;

export async function exportRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { reader, exports: source = reader, logger } = options;
  const limits = { ...EXPORT_LIMITS, ...options.exportLimits };
  const exportLimit = createConcurrencyLimit({ most: limits.concurrent, retryAfter: RETRY_AFTER, what: 'exports' });

  const running = new Set<Readable>();
  app.addHook('preClose', async () => {
    const end = (): void => running.forEach((stream) => stream.destroy(new Error('the service stops')));
    setTimeout(end, limits.stopping).unref();
  });

  // Without HEAD, which would read the whole list to send nothing.
  app.get(
    '/v1/suppressions/export',
    { schema: EXPORT_SUPPRESSIONS, config: { role: 'reader' }, exposeHeadRoute: false },
    async (request, reply) => {
      const { query, caller } = request;
      const { format = 'ndjson', ...filters } = query;
      const filter = filterOf(filters, caller);
      const release = exportLimit.acquire();
      try {
        // Without the values of the filters, one of which may be an address.
        const detail = { format, filters: Object.keys(filters) };
        const acts = (filter.tenants ?? [null]).map((tenant) => ({ action: 'exported', tenant, detail }));
        // Each tenant sees that its list was exported. Who cannot be written down gets nothing.
        const note = await noteBefore(
          options,
          acts.map((act) => entryOf(request, act, options.time.now(), 'unconfirmed')),
        );
        logger.info({ caller: loggedName(caller), format, filters: Object.keys(filters) }, 'exporting the list');
        const pages = source.snapshot(filter)[Symbol.asyncIterator]();
        // The first page is read before the headers are sent: an unavailable database is then a 503 and not a response that is cut off.
        const first = await pages.next();
        await note.settle('done');
        const stream = boundedStream(lines(format, first, pages), limits);
        running.add(stream);
        stream.once('close', () => {
          running.delete(stream);
          release();
        });
        stream.once('error', ({ message }) => logger.warn({ caller: loggedName(caller), problem: message }, 'an export was ended'));
        return await reply.header('content-type', CONTENT_TYPES[format]).send(stream);
      } catch (error) {
        release();
        throw error;
      }
    },
  );
}

const COLUMNS: readonly (readonly [string, keyof ListedSuppression])[] = [
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
  // Those that came later stand last, for whoever reads by position.
  ['created_by', 'createdBy'],
  ['note', 'note'],
  ['source', 'source'],
  ['provider', 'provider'],
  ['subdomains', 'subdomains'],
];

async function* lines(
  format: Format,
  first: IteratorResult<readonly ListedRow[]>,
  pages: AsyncIterator<readonly ListedRow[]>,
): AsyncGenerator<string> {
  try {
    if (format === 'csv') yield `${COLUMNS.map(([name]) => name).join(',')}\r\n`;
    let began = performance.now();
    for (let page = first; page.done !== true; page = await pages.next()) {
      const values = page.value.map(listedValue);
      const text = format === 'csv' ? csvLines(values) : values.map((value) => `${JSON.stringify(value)}\n`).join('');
      const took = performance.now() - began;
      // How long the client takes for the text is not counted.
      yield text;
      await giveWay(took);
      began = performance.now();
    }
  } finally {
    // Ends the snapshot, also when the client disconnects.
    await pages.return?.();
  }
}

/**
 * RFC 4180. Null is an empty field. Addresses and replies come from third parties, so text that a spreadsheet would evaluate gets a leading
 * apostrophe.
 */
function csvLines(values: readonly ListedSuppression[]): string {
  return stringify([...values], {
    columns: COLUMNS.map(([, field]) => ({ key: field })),
    record_delimiter: 'windows',
    cast: { boolean: String },
    quoted_match: /[\r\n]/,
    escape_formulas: true,
  });
}
