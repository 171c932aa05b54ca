/**
 * How much slower than at rest the machine is at the moment. Bounds in milliseconds of a processor are those of a machine at rest: what else
 * runs does not count, but threads that share a core, or its memory, take longer each.
 */

/** ms of CPU that the work below takes on the machine for which bounds are chosen. */
const AT_REST = 2;
/** Enough to average over the ticks of 4 ms in which some systems count. */
const REPEATS = 40;
/** What is slower than that is not only slow. */
const MOST = 3;

const TEXT = JSON.stringify(
  Array.from({ length: 2_000 }, (_, n) => ({ n, reply: `452 4.2.2 mailbox ${n} full; try again`, to: [`u${n}@example.com`] })),
);
const BYTES = Buffer.from(TEXT);

/** What readers do: bytes one by one, JSON, patterns, and short-lived objects. */
function work(): number {
  let hash = 0x811c9dc5;
  for (const byte of BYTES) hash = Math.imul(hash ^ byte, 0x01000193);
  const parsed = JSON.parse(BYTES.toString('utf8')) as { readonly reply: string; readonly to: readonly string[] }[];
  for (const { reply, to } of parsed) hash += (/(\d)\.(\d)\.(\d+) (?:mailbox|user) (\d+)/.exec(reply)?.length ?? 0) + to.length;
  return hash;
}

/** From 1 on, to multiply bounds in milliseconds of CPU by. Takes some 100 ms itself. */
export function slowness(): number {
  const before = process.threadCpuUsage();
  for (let repeat = 0; repeat < REPEATS; repeat += 1) work();
  const { user, system } = process.threadCpuUsage(before);
  return Math.min(MOST, Math.max(1, (user + system) / 1_000 / REPEATS / AT_REST));
}
