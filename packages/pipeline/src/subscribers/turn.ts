/**
 * One turn at a cursor: requests to one subscriber, one after the other, with the changes of one partition.
 *
 *   claimed ──> read ──> plan (batches) ──> send ──> taken: advance, and again from `read`, until nothing is left or the turn is over
 *                                             ├────> 410: the subscription ends
 *                                             └────> anything else: the next try by the ladder (later if it asked so), or pause after the last one
 *
 * Where a batch ends is stored before it is sent. So each try has the same changes and the same `webhook-id`, although more is published
 * meanwhile and although another process may make it. A process dies at any moment: what was sent and not noted is sent again.
 */
import { FeedGapError } from '../ports/change-feed.ts';
import type { FedChange, PartitionFeed } from '../ports/change-feed.ts';
import { feedFilterOf } from '../ports/subscribers.ts';
import type { ClaimedCursor, Failure, Subscriber, SubscriberStore, Try } from '../ports/subscribers.ts';
import type { Logger, Signal, Time } from '../ports/time.ts';
import type { WebhookAnswer, WebhookSender } from '../ports/webhook-sender.ts';
import { nextTryIn } from './ladder.ts';
import { firstMessage, messageId, wholeMessage } from './message.ts';
import type { Message } from './message.ts';
import { plannedChanges } from './planned-changes.ts';

/** ms. Longer than a request may take, so that a living process keeps its lease over one. */
export const LEASE = 30_000;
/** ms of the lease that must be left when a request is sent: what it takes at most, and a margin. */
const LEFT_TO_SEND = 15_000;
/** ms after which others get their turn. */
const TURN = 5_000;
/** Changes that are read at a time for a subscriber without batches. */
const PAGE = 100;
/** The header of the first request behind a gap. */
const GAP_HEADER = { 'desist-gap': 'true' };

export interface Delivering {
  readonly store: Pick<SubscriberStore, 'plan' | 'advance' | 'fail' | 'loseChanges'>;
  readonly feed: Pick<PartitionFeed, 'readPartition'>;
  readonly sender: WebhookSender;
  /** JSON of a change, as on `suppression-events`. */
  readonly encode: (change: FedChange) => string;
  readonly time: Pick<Time, 'now' | 'monotonic'>;
  readonly logger: Logger;
  readonly signal: Pick<Signal, 'aborted'>;
  /** Called after each request. */
  readonly answered?: (subscriber: Pick<Subscriber, 'id'>, answer: WebhookAnswer) => void;
}

/**
 * `claimedAt`: on the monotonic clock, before the claim. Returns `again` when more is left. Rejects with StoreError; then the lease ends by
 * itself.
 */
export async function takeTurn(claimed: ClaimedCursor, claimedAt: number, delivering: Delivering): Promise<'done' | 'again'> {
  const turn = new Turn(claimed, claimedAt, delivering);
  try {
    return await turn.run();
  } catch (error) {
    if (!(error instanceof FeedGapError)) throw error;
    const { subscriber, partition } = claimed;
    await delivering.store.loseChanges(claimed, error.message);
    delivering.logger.error(
      { subscriber: subscriber.id, partition, problem: error.message },
      'a subscriber is paused: changes that it had not got were deleted; it must read the list again (`desist webhooks resume --skip-lost`)',
    );
    return 'done';
  }
}

class Turn {
  private readonly cursor: ClaimedCursor;
  private readonly parts: Delivering;
  private readonly endsAt: number;
  private leasedUntil: number;
  private place: number;
  private planned: number | null;
  private failures: number;
  private gap: boolean;
  /** Read, and not taken yet. */
  private ahead: readonly FedChange[] = [];
  private readUpTo: number;
  private isMore = true;

  constructor(cursor: ClaimedCursor, claimedAt: number, parts: Delivering) {
    this.cursor = cursor;
    this.parts = parts;
    this.endsAt = claimedAt + TURN;
    this.leasedUntil = claimedAt + LEASE;
    this.place = cursor.place;
    this.readUpTo = cursor.place;
    this.planned = cursor.planned;
    this.failures = cursor.failures;
    this.gap = cursor.gap;
  }

  async run(): Promise<'done' | 'again'> {
    const { time, signal } = this.parts;
    for (;;) {
      if (signal.aborted || time.monotonic() >= this.endsAt) return this.yieldTurn();
      const message = await (this.planned === null ? this.nextMessage() : this.plannedMessage(this.planned));
      if (message === 'over') return this.yieldTurn();
      if (message === undefined) {
        await this.parts.store.advance(this.cursor, { place: this.readUpTo, taken: null, then: 'done' });
        return 'done';
      }
      // This process may have been stopped since it claimed the cursor; then somebody else delivers by now.
      if (time.monotonic() > this.leasedUntil - LEFT_TO_SEND) return this.yieldTurn();
      if (!(await this.deliver(message))) return 'done';
    }
  }

  /** More may be left: whoever looks next goes on. */
  private async yieldTurn(): Promise<'again'> {
    await this.parts.store.advance(this.cursor, { place: this.place, taken: null, then: 'again' });
    return 'again';
  }

  /** What the interrupted request had. What was erased since is not in it; undefined: all of it was. */
  private async plannedMessage(upTo: number): Promise<Message | 'over' | undefined> {
    const { feed, encode } = this.parts;
    const { subscriber, partition } = this.cursor;
    const changes = await plannedChanges(feed, subscriber, { partition, after: this.place, upTo });
    if (changes.length > 0)
      return { body: wholeMessage(changes, subscriber.batch, encode), changes: changes.length, after: this.place, upTo };
    this.place = upTo;
    this.readUpTo = upTo;
    this.planned = null;
    return this.nextMessage();
  }

  private async nextMessage(): Promise<Message | 'over' | undefined> {
    const { store, feed, encode, time, signal } = this.parts;
    const { subscriber, partition } = this.cursor;
    while (this.ahead.length === 0 && this.isMore) {
      if (signal.aborted || time.monotonic() >= this.endsAt) {
        // What the filter left out need not be read again.
        this.place = this.readUpTo;
        return 'over';
      }
      const page = await feed.readPartition(feedFilterOf(subscriber), { partition, after: this.readUpTo }, subscriber.batch ?? PAGE);
      this.ahead = page.changes;
      this.readUpTo = page.place;
      this.isMore = page.more;
    }
    const message = firstMessage(this.ahead, subscriber.batch, encode);
    if (message === undefined || subscriber.batch === null) return message;
    const asked = time.monotonic();
    if ((await store.plan(this.cursor, message.upTo, LEASE)) !== 'moved') return 'over';
    this.leasedUntil = asked + LEASE;
    return message;
  }

  /** Returns whether there is more to do in this turn. */
  private async deliver(message: Message): Promise<boolean> {
    const { sender, time, answered } = this.parts;
    const { subscriber, secrets, partition } = this.cursor;
    const id = messageId(subscriber, partition, message.upTo);
    const { url } = subscriber;
    const headers = this.gap ? { headers: GAP_HEADER } : {};
    const answer = await sender.send({ url, id, at: time.now(), body: message.body, secrets, ...headers });
    answered?.(subscriber, answer);
    const { retryAfter, ...outcome } = answer;
    const tried: Try = {
      ...{ kind: 'delivery', messageId: id, partition, after: message.after, upTo: message.upTo },
      ...{ changes: message.changes, attempt: this.failures + 1, ...outcome },
    };
    return answer.problem === null ? this.taken(message, tried) : this.refused(tried, retryAfter);
  }

  private async taken({ upTo, changes }: Message, tried: Try): Promise<boolean> {
    const { store, time } = this.parts;
    this.ahead = this.ahead.slice(this.planned === null ? changes : 0);
    this.planned = null;
    this.failures = 0;
    this.gap = false;
    this.readUpTo = Math.max(this.readUpTo, upTo);
    const isLast = this.ahead.length === 0 && !this.isMore;
    this.place = isLast ? this.readUpTo : upTo;
    const asked = time.monotonic();
    const settled = await store.advance(this.cursor, { place: this.place, taken: tried, then: isLast ? 'done' : { keep: LEASE } });
    this.leasedUntil = asked + LEASE;
    if (settled === 'halted') await store.advance(this.cursor, { place: this.place, taken: null, then: 'again' });
    return settled === 'moved' && !isLast;
  }

  private async refused(tried: Try, asked: number | undefined): Promise<false> {
    const { store, logger } = this.parts;
    const { subscriber, partition } = this.cursor;
    const about = { subscriber: subscriber.id, partition, status: tried.status, problem: tried.problem, attempt: tried.attempt };
    const then = this.afterFailure(tried, asked);
    if ((await store.fail(this.cursor, { failed: tried, then })) === 'fenced') return false;
    if ('retryIn' in then) logger.warn({ ...about, ...then }, 'a subscriber did not take a request: it is sent again');
    else if (then.state === 'ended') logger.warn(about, 'a subscription ended: the subscriber answered 410');
    else logger.error(about, 'a subscriber is PAUSED: it took nothing for three days (`desist webhooks resume` goes on where it stopped)');
    return false;
  }

  private afterFailure({ status, attempt }: Try, asked: number | undefined): Failure['then'] {
    if (status === 410) return { state: 'ended', reason: 'gone' };
    const failingFor = this.failures === 0 ? 0 : (this.cursor.failingFor ?? 0);
    const retryIn = nextTryIn({ failures: attempt, failingFor, asked });
    return retryIn === null ? { state: 'paused', reason: 'failing' } : { retryIn };
  }
}
