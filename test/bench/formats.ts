/**
 * `npm run bench:formats`: how fast each format is, as a ratio to JSON.parse of the same bytes (1.0 is as fast; logs and mails have no JSON,
 * so theirs are compared with splitting into lines). Batches of our own cases; the best of several runs, ours and the plain reading in turn.
 */
import { formatOf } from '@desist/formats';
import type { Format, NormaliseContext } from '@desist/formats';
import { bytesOf } from '../formats/cases.ts';
import { CASES } from '../formats/payloads/index.ts';

const BATCH_BYTES = 1 << 20;
const RUNS = 25;
const CONTEXT: NormaliseContext = {
  tenant: 'default',
  stream: 'default',
  referenceTime: Date.parse('2026-11-25T00:00:00Z'),
  timezone: 'UTC',
};

/** Payloads of one format that hold events and no problem, again and again up to a mebibyte. */
function batchOf(format: Format, payloads: readonly Uint8Array[]): readonly Uint8Array[] {
  const good = payloads.filter((payload) => {
    const kinds = format.normalise(payload, CONTEXT).map(({ kind }) => kind);
    return kinds.includes('event') && !kinds.includes('problem');
  });
  const batch: Uint8Array[] = [];
  for (let size = 0, index = 0; size < BATCH_BYTES && good.length > 0; index += 1) {
    const payload = good[index % good.length] as Uint8Array;
    batch.push(payload);
    size += payload.length;
  }
  return batch;
}

interface Speeds {
  /** Bytes a second. */
  readonly ours: number;
  readonly plain: number;
}

/** The two in turn, the best run of each: whoever else is on the machine disturbs both alike. */
function speeds(batch: readonly Uint8Array[], normalise: (payload: Uint8Array) => unknown): Speeds {
  const bytes = batch.reduce((sum, payload) => sum + payload.length, 0);
  let ours = Number.POSITIVE_INFINITY;
  let plain = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run += 1) {
    ours = Math.min(ours, time(batch, normalise));
    plain = Math.min(plain, time(batch, plainReading));
  }
  return { ours: (1_000 * bytes) / ours, plain: (1_000 * bytes) / plain };
}

function time(batch: readonly Uint8Array[], work: (payload: Uint8Array) => unknown): number {
  const before = performance.now();
  for (const payload of batch) work(payload);
  return performance.now() - before;
}

const decoder = new TextDecoder();

function plainReading(payload: Uint8Array): unknown {
  const text = decoder.decode(payload);
  return /^\s*[{[]/.test(text)
    ? (JSON.parse(text.includes('}\n{') ? `[${text.trim().replaceAll('}\n{', '},{')}]` : text) as unknown)
    : text.split('\n');
}

console.log('format       payloads   events/s    MB/s   of plain reading');
for (const { format: name, cases } of CASES) {
  const format = formatOf(name) as Format;
  const batch = batchOf(format, cases.map(bytesOf)).filter((payload) => {
    try {
      plainReading(payload);
      return true;
    } catch {
      return false;
    }
  });
  const events = batch.reduce((sum, payload) => sum + format.normalise(payload, CONTEXT).filter(({ kind }) => kind === 'event').length, 0);
  const bytes = batch.reduce((sum, payload) => sum + payload.length, 0);
  const { ours, plain } = speeds(batch, (payload) => format.normalise(payload, CONTEXT));
  const columns = [
    String(batch.length).padStart(8),
    Math.round((events * ours) / bytes)
      .toLocaleString('en')
      .padStart(10),
    (ours / 1e6).toFixed(1).padStart(7),
    (ours / plain).toFixed(2).padStart(10),
  ];
  console.log(`${name.padEnd(12)} ${columns.join(' ')}`);
}
