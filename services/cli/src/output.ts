/** Buffered lines on standard output, with back-pressure: a slow reader slows the command down instead of filling the memory. */
import { once } from 'node:events';
import { printable, safeJson } from './terminal.ts';

export interface Output {
  /** For people. */
  line(text: string): void;
  /** A line that is JSON already. */
  json(text: string): void;
  /** Await this regularly: resolves when the reader has caught up. */
  caughtUp(): Promise<void>;
  /** Resolves when everything has been written. */
  end(): Promise<void>;
}

const CHUNK = 64 * 1024;

export function createOutput(stream: NodeJS.WritableStream = process.stdout): Output {
  let pending: string[] = [];
  let size = 0;
  let full = false;

  function flush(): void {
    if (pending.length === 0) return;
    full = !stream.write(pending.join('')) || full;
    pending = [];
    size = 0;
  }

  async function caughtUp(): Promise<void> {
    if (!full) return;
    await once(stream, 'drain');
    full = false;
  }

  function push(text: string): void {
    pending.push(text, '\n');
    size += text.length + 1;
    if (size >= CHUNK) flush();
  }

  return {
    line: (text) => push(printable(text)),
    json: (text) => push(safeJson(text)),
    caughtUp,
    async end() {
      flush();
      await caughtUp();
    },
  };
}
