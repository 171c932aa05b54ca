import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createOutput } from './output.ts';

/** Takes nothing until it is told to. */
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
  it('waits for a reader that is slower, and loses no line', async () => {
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
        // What is held is one chunk, however many lines are still to come.
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
