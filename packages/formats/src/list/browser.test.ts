/** The parser that browsers get reads the same rows. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type * as Rows from './rows.ts';

// Another file of this worker may have loaded it with the other parser.
let rowsOf: typeof Rows.rowsOf;
beforeAll(async () => {
  vi.resetModules();
  vi.doMock('#csv-parse', async () => import('csv-parse/browser/esm'));
  ({ rowsOf } = await import('./rows.ts'));
});
afterAll(() => {
  vi.doUnmock('#csv-parse');
  vi.resetModules();
});

async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

test('quotes, line ends within them, a last line without an end, in small pieces', async () => {
  const rows: unknown[] = [];
  for await (const read of rowsOf(inPieces('email,reason\n"ä@x.example","hard\nbounce"\nb@x.example,spam'))) {
    rows.push('row' in read ? [read.row.address, read.row.kind, read.line] : read);
  }
  expect(rows).toEqual([
    ['ä@x.example', 'bounce', 3],
    ['b@x.example', 'complaint', 4],
  ]);
});

test('what cannot be read ends it with its place', async () => {
  const reading = async (): Promise<void> => {
    for await (const _ of rowsOf(inPieces('email,reason\n"a@x.example,bounce\n'))) continue;
  };
  await expect(reading()).rejects.toThrow(/quote/i);
});
