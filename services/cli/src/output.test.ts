import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createOutput } from './output.ts';

/** Reads nothing until `resume` is called. */
function slowReader(): { readonly stream: Writable; readonly taken: string[]; take(): void } {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1_024,
    write(chunk: Buffer, _encoding, done) {
      waiting.push(() => {
        taken.push(chunk.toString());
        done();
      });
    },
  });
  return { stream, taken, take: () => waiting.shift()?.() };
}

describe('createOutput', () => {
  it('waits for a slower reader, and loses no line', async () => {
    const { stream, taken, take } = slowReader();
    const output = createOutput(stream);
    let written = 0;
    let waits = 0;
    for (; written < 40_000; written += 1) {
      output.line(`line ${written}`);
      let caughtUp = false;
      const wait = output.caughtUp().then(() => (caughtUp = true));
      await Promise.resolve();
      await Promise.resolve();
      if (!caughtUp) {
        waits += 1;
        // One chunk is buffered, however many lines follow.
        expect(stream.writableLength).toBeLessThanOrEqual(66 * 1_024);
        take();
      }
      await wait;
    }
    const end = output.end();
    take();
    await end;
    expect(waits).toBeGreaterThan(0);
    expect(taken.join('')).toBe(Array.from({ length: 40_000 }, (_, index) => `line ${index}\n`).join(''));
  });
});
