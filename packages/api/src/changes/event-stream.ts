/** Changes as server-sent events (HTML standard, section 9.2): the parts of a body, each made when the reader has taken the one before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '@desist/pipeline';
import type { ChangeFeed, FeedFilter, FeedPage, FeedPosition } from '@desist/pipeline';
import { encodePosition } from './cursor.ts';
import type { FeedWatch } from './feed-watch.ts';
import { publishedChange } from './value.ts';

export interface StreamLimits {
  /** Streams that one process serves at a time. */
  readonly concurrent: number;
  /** ms after which a stream ends whose reader takes nothing. */
  readonly stalled: number;
  /** ms after which a stream ends: its reader asks again, and shows its key again. */
  readonly longest: number;
  /** ms without a change after which a comment is sent. */
  readonly keepAlive: number;
  /** ms between two looks for new changes. */
  readonly interval: number;
}

export const STREAM_LIMITS: StreamLimits = { concurrent: 32, stalled: 60_000, longest: 3_600_000, keepAlive: 15_000, interval: 500 };

/** Changes that are read at a time: what a stream holds in memory. */
export const STREAMED_PAGE = 100;
/** ms that a browser waits before it connects again. */
const RECONNECT = 3_000;
/** ms between two attempts while the database is unavailable. */
const AGAIN = 2_000;

export interface EventStream {
  readonly feed: Pick<ChangeFeed, 'read'>;
  readonly watch: FeedWatch;
  readonly filter: FeedFilter;
  readonly after: FeedPosition;
  /** What is behind `after`. It was read before the headers were sent, so that a wrong position gets a problem document. */
  readonly first: FeedPage;
  readonly limits: Pick<StreamLimits, 'longest' | 'keepAlive'>;
  /** The service stops, or the reader is gone. */
  readonly signal: AbortSignal;
}

/** Rejects with `FeedGapError` when changes were deleted before the reader took them: the body then breaks off. */
export async function* eventStream(stream: EventStream): AsyncGenerator<string> {
  const { watch, after, limits, signal } = stream;
  const until = performance.now() + limits.longest;
  let saidAt = performance.now();
  let page = stream.first;
  let position = after;
  yield `retry: ${RECONNECT}\n\n`;
  for (;;) {
    if (page.changes.length > 0) {
      yield eventsOf(page, position);
      saidAt = performance.now();
    }
    ({ position } = page);
    if (signal.aborted || performance.now() >= until) return;
    if (!page.more) await watch.wait(position, limits.keepAlive, signal);
    if (performance.now() - saidAt >= limits.keepAlive) {
      // An event without data is not dispatched, but the reader keeps its id: also what a filter left out has been read.
      yield `: keep-alive\nid: ${encodePosition(position)}\n\n`;
      saidAt = performance.now();
    }
    const next = await readOn(stream, position);
    if (next === undefined) return;
    page = next;
  }
}

/** Each event's id says what was read with it, so that a reader may go on behind any of them. */
function eventsOf({ changes }: FeedPage, after: FeedPosition): string {
  const position = [...after];
  let text = '';
  for (const change of changes) {
    for (let partition = position.length; partition < change.partition; partition += 1) position[partition] = 0;
    position[change.partition] = change.sequence;
    text += `id: ${encodePosition(position)}\ndata: ${JSON.stringify(publishedChange(change))}\n\n`;
  }
  return text;
}

/** Waits while the database is unavailable. Undefined: the stream is over. */
async function readOn({ feed, filter, signal }: EventStream, position: FeedPosition): Promise<FeedPage | undefined> {
  while (!signal.aborted) {
    try {
      return await feed.read(filter, position, STREAMED_PAGE);
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === 'unavailable')) throw error;
      await sleep(AGAIN, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
