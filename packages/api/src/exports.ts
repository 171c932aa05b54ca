/** Limits of exports: their number at once, their share of the time, the time without progress, and the total time. */
import { Readable } from 'node:stream';

export interface ExportLimits {
  /** Concurrent exports of this process. */
  readonly concurrent: number;
  /** ms after which an export ends if its reader reads nothing. */
  readonly stalled: number;
  /** Longest duration of an export, ms. */
  readonly longest: number;
  /** ms that an export may still take once the service stops: below its patience with itself, so it ends in order. */
  readonly stopping: number;
}

export const EXPORT_LIMITS: ExportLimits = { concurrent: 2, stalled: 30_000, longest: 30 * 60_000, stopping: 5_000 };

/** Longest pause between two pages, ms. */
const LONGEST_PAUSE = 500;

/**
 * Pauses for as long as a page took (ms), so an export works half of the time at most. The more the process or the database has to do, the
 * longer a page takes, and the more an export leaves to what works beside it.
 */
export async function giveWay(took: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.min(took, LONGEST_PAUSE)));
}

/** Bytes that are read ahead: the page that is being sent. */
const READ_AHEAD = 64 * 1024;

/**
 * The parts as one stream. When its reader reads nothing for `stalled` ms, and after `longest` ms, the stream is destroyed and `parts`
 * is returned. The response is then cut off, which HTTP shows to the client.
 */
export function boundedStream(parts: AsyncIterable<string>, { stalled, longest }: Pick<ExportLimits, 'stalled' | 'longest'>): Readable {
  const stop = (why: string): void => void stream.destroy(new Error(why));
  const stall = setTimeout(() => stop(`nothing was read for ${stalled} ms`), stalled);
  const end = setTimeout(() => stop(`took more than ${longest} ms`), longest);
  async function* buffers(): AsyncGenerator<Buffer> {
    for await (const part of parts) {
      yield Buffer.from(part);
      stall.refresh();
    }
  }
  const stream = Readable.from(buffers(), { objectMode: false, highWaterMark: READ_AHEAD });
  stream.once('close', () => {
    clearTimeout(stall);
    clearTimeout(end);
  });
  return stream;
}
