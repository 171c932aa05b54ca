/** Lines on standard output, many at a time; a reader that is slower than we are slows us down instead of filling the memory. */
import { once } from 'node:events';

export interface Output {
  line(text: string): void;
  /** To be awaited now and then: returns when the reader has caught up. */
  caughtUp(): Promise<void>;
  /** Everything is with the reader. */
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

  return {
    line(text) {
      pending.push(text, '\n');
      size += text.length + 1;
      if (size >= CHUNK) flush();
    },
    caughtUp,
    async end() {
      flush();
      await caughtUp();
    },
  };
}
