/**
 * A relay's way to the log. What makes an old value never follow a newer one is the order: the partition was claimed in the store (epoch + 1),
 * then the sink is opened (the log refuses all earlier ones), then the epoch is read again, and only then something is appended. A former
 * owner that wakes is either refused by the log, or has opened its sink too late and reads that the epoch is another's.
 *
 * What the log keeps of how far changes were published never goes back. When the database does, an owner that still runs relays earlier changes
 * again, and only that mark tells the next claim that later ones were published.
 */
import { isOwnedBy } from '../ports/checkpoint.ts';
import type { Ownership, Published } from '../ports/checkpoint.ts';
import { LogError } from '../ports/errors.ts';
import type { LogSink, RelaySink, TopicRecords } from '../ports/log.ts';
import type { RecipientStore } from '../ports/store.ts';

export interface FencedSink {
  /** 'fenced': the partition is another's. Rejects as the log does; the next call then opens a new sink. */
  append(parts: readonly TopicRecords[]): Promise<'appended' | 'fenced'>;
  /** Opens anew: former owners are kept out from here on, and readers of the log see everything that was appended. */
  reopen(): Promise<'opened' | 'fenced'>;
  close(): Promise<void>;
}

export function createFencedSink(
  owner: Ownership,
  log: Pick<LogSink, 'openRelaySink' | 'published'>,
  store: Pick<RecipientStore, 'position'>,
): FencedSink {
  let current: RelaySink | undefined;
  let furthest: Published | null = null;

  async function open(): Promise<RelaySink | 'fenced'> {
    const sink = await log.openRelaySink(owner);
    current = sink;
    furthest = laterOf(furthest, await log.published(owner.partition));
    const checkpoint = await store.position(owner.partition);
    if (isOwnedBy(checkpoint, owner)) return sink;
    await close();
    return 'fenced';
  }

  function withMark(part: TopicRecords): TopicRecords {
    const published = part.published === undefined ? null : laterOf(furthest, part.published);
    return published === null ? part : { ...part, published };
  }

  async function close(): Promise<void> {
    const sink = current;
    current = undefined;
    // Whatever comes of it: nothing is appended through it any more.
    await sink?.close().catch(() => undefined);
  }

  return {
    async append(parts) {
      try {
        const sink = current ?? (await open());
        if (sink === 'fenced') return 'fenced';
        const marked = parts.map(withMark);
        if ((await sink.append(marked)) === 'appended') {
          for (const { published = null } of marked) furthest = laterOf(furthest, published);
          return 'appended';
        }
      } catch (error) {
        await close();
        throw error;
      }
      await close();
      const checkpoint = await store.position(owner.partition);
      if (!isOwnedBy(checkpoint, owner)) return 'fenced';
      // The log gave up a transaction that took too long, or a former owner opened a sink: that one reads the epoch and ends.
      throw new LogError('unavailable', `the log refused an append for partition ${owner.partition}, which is still ours`);
    },
    async reopen() {
      await close();
      return (await open()) === 'fenced' ? 'fenced' : 'opened';
    },
    close,
  };
}

function laterOf(one: Published | null, other: Published | null): Published | null {
  if (one === null || other === null) return one ?? other;
  const isLater = one.incarnation > other.incarnation || (one.incarnation === other.incarnation && one.sequence > other.sequence);
  return isLater ? one : other;
}
