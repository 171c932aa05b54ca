/**
 * What reading costs, in CPU time of this thread on a machine at rest: what else runs there does not count. The growth is the cost of four
 * times the bytes over the cost of the bytes, both taken in the same run: 4 is linear, 16 is quadratic, and up to 10 is what a collector makes
 * of 4.
 */
import { slowness } from '../../support/slowness.ts';

/** ms. A lower cost is harmless, and its growth cannot be distinguished from noise. */
const CHEAP = 20;
/** ms. Some systems count CPU time in ticks of 4 ms: what is short is read again and again until there is something to divide. */
const LONG_ENOUGH = 25;
const REPEATS = 12;
/** ms. Less than a tick over all repeats. */
const LEAST = 0.3;
const TRIES = 8;

export interface Cost {
  /** ms of CPU for a mebibyte. */
  readonly perMebibyte: number;
  readonly growth: number;
}

export type Read = (payload: Buffer) => unknown;

/**
 * Measures until the cost is within the bounds, eight times at most: a compiler or a collector at work makes one measurement dear.
 * `bytes`: of the larger input.
 */
export async function costOf(read: Read, input: (bytes: number) => Buffer, bytes: number, within: Cost): Promise<Cost> {
  const large = input(bytes);
  const first = await once(read, large);
  if (first < CHEAP) return { perMebibyte: perMebibyte(CHEAP, large), growth: 1 };
  if (perMebibyte(first, large) <= within.perMebibyte * CLEARLY) return { perMebibyte: perMebibyte(first, large), growth: 1 };
  const small = input(bytes / 4);
  let best: Cost = { perMebibyte: Number.POSITIVE_INFINITY, growth: Number.POSITIVE_INFINITY };
  for (let tries = 0; tries < TRIES && !isWithin(best, within); tries += 1) {
    const few = await average(read, small);
    const many = await average(read, large);
    const measured = perMebibyte(many, large);
    best = {
      perMebibyte: Math.min(best.perMebibyte, measured > within.perMebibyte ? measured / slowness() : measured),
      growth: Math.min(best.growth, many < CHEAP ? 1 : many / few),
    };
  }
  return best;
}

/** Share of the bound below which a reading is so short that the ratio of two of them says nothing. */
const CLEARLY = 0.5;

export function isWithin({ perMebibyte, growth }: Cost, bounds: Cost): boolean {
  return perMebibyte <= bounds.perMebibyte && (growth <= bounds.growth || perMebibyte <= bounds.perMebibyte * CLEARLY);
}

function perMebibyte(ms: number, { length }: Buffer): number {
  return (ms * 1024 * 1024) / length;
}

/** ms */
async function once(read: Read, payload: Buffer): Promise<number> {
  const before = process.threadCpuUsage();
  await read(payload);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

/** ms for one reading. */
async function average(read: Read, payload: Buffer): Promise<number> {
  let taken = 0;
  let repeats = 0;
  while (repeats < REPEATS && taken < LONG_ENOUGH) {
    taken += await once(read, payload);
    repeats += 1;
  }
  return Math.max(LEAST, taken / repeats);
}
