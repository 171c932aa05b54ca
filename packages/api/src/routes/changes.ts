/** `GET /v1/changes`: the published changes in order, page by page or as server-sent events. */
import { FeedGapError } from '@desist/pipeline';
import type { ChangeFeed, FeedFilter, FeedPosition } from '@desist/pipeline';
import type { FastifyReply } from 'fastify';
import { decodePosition, encodePosition } from '../changes/cursor.ts';
import { eventStream, STREAM_LIMITS, STREAMED_PAGE } from '../changes/event-stream.ts';
import { createFeedWatch } from '../changes/feed-watch.ts';
import { publishedChange } from '../changes/value.ts';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import { boundedStream } from '../exports.ts';
import { tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import { badRequest } from '../http/validation.ts';
import type { ApiOptions } from '../options.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';
import { LIST_CHANGES } from '../schemas/changes.ts';

const EVENT_STREAM = 'text/event-stream';
/** Seconds. */
const RETRY_AFTER = 30;

export async function changeRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { changes: feed, logger } = options;
  if (feed === undefined) return;
  const limits = { ...STREAM_LIMITS, ...options.streamLimits };
  const slots = createConcurrencyLimit({ most: limits.concurrent, retryAfter: RETRY_AFTER, what: 'streams of changes' });
  const watch = createFeedWatch(feed, logger, limits.interval);
  const stopping = new AbortController();
  // Before the server waits for what is being answered: a stream does not end by itself.
  app.addHook('preClose', async () => stopping.abort());

  async function stream(filter: FeedFilter, after: FeedPosition, reply: FastifyReply): Promise<FastifyReply> {
    const release = slots.acquire();
    try {
      const first = await readOr410(feed as ChangeFeed, filter, after, STREAMED_PAGE);
      const gone = new AbortController();
      const signal = AbortSignal.any([stopping.signal, gone.signal]);
      const { longest, stalled } = limits;
      const parts = eventStream({ feed: feed as ChangeFeed, watch, filter, after, first, limits, signal });
      // It ends by itself after `longest`; the bound is for a reader that does not take the end.
      const body = boundedStream(parts, { stalled, longest: longest + stalled });
      body.once('close', () => {
        gone.abort();
        release();
      });
      body.once('error', ({ message }) => logger.warn({ problem: message }, 'a stream of changes was ended'));
      return await reply.header('content-type', EVENT_STREAM).header('x-accel-buffering', 'no').send(body);
    } catch (error) {
      release();
      throw error;
    }
  }

  // Without HEAD, which would open a stream to send nothing.
  app.get('/v1/changes', { schema: LIST_CHANGES, config: { role: 'reader' }, exposeHeadRoute: false }, async (request, reply) => {
    const { query, headers, caller } = request;
    const { tenant, types, limit = DEFAULT_LIMIT } = query;
    const tenants = tenantsOf(caller, tenant);
    const filter = { ...(tenants === undefined ? {} : { tenants }), ...(types === undefined ? {} : { types: types.split(',') }) };
    const asStream = (headers.accept ?? '').includes(EVENT_STREAM);
    const after = await positionOf(feed, query, asStream ? headers['last-event-id'] : undefined);
    if (asStream) return stream(filter, after, reply);
    const page = await readOr410(feed, filter, after, limit);
    return reply.send({ items: page.changes.map(publishedChange), cursor: encodePosition(page.position), more: page.more });
  });
}

interface Start {
  readonly after?: string;
  readonly last?: number;
}

/** @throws Problem 400 */
async function positionOf(feed: ChangeFeed, { after, last }: Start, lastEventId: string | undefined): Promise<FeedPosition> {
  const [cursor, where] = lastEventId === undefined ? [after, { parameter: 'after' }] : [lastEventId, { header: 'last-event-id' }];
  if (cursor !== undefined) {
    const position = decodePosition(cursor);
    if (position === undefined) throw badRequest([{ detail: 'must be the cursor of an earlier answer, or the id of an event', ...where }]);
    return position;
  }
  return last === undefined ? feed.oldest() : feed.last(last);
}

async function readOr410(feed: ChangeFeed, filter: FeedFilter, after: FeedPosition, limit: number): ReturnType<ChangeFeed['read']> {
  try {
    return await feed.read(filter, after, limit);
  } catch (error) {
    if (!(error instanceof FeedGapError)) throw error;
    throw new Problem(
      410,
      `There are changes that can no longer be read: ${error.message}. Read the list anew, and follow it with last=0.`,
    );
  }
}
