/**
 * Verdicts per second of processor time (one core; others may be at work on the machine), for replies seen before and for replies never seen, beside a bare lower-casing of the same strings:
 * `npm run bench:verdicts [-- --seconds N]`. Exit code 1 when a target is missed.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createClassifier } from '@desist/verdicts';
import type { Reply } from '@desist/verdicts';
import { developmentSet, shippedSet } from '../verdicts/corpus.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const SECONDS = Number(values.seconds);
const TARGETS = { seen: 300_000, unseen: 300_000 } as const;

const replies: readonly Reply[] = (developmentSet() ?? shippedSet()).map(({ reply }) => reply);

/** Calls of `each` over all replies per second of processor time, for about `SECONDS`; the best of three rounds. */
function rate(each: (reply: Reply, index: number) => unknown): number {
  let best = 0;
  for (let round = 0; round < 3; round += 1) {
    const until = performance.now() + (SECONDS * 1_000) / 3;
    const before = process.cpuUsage();
    let calls = 0;
    while (performance.now() < until) {
      for (const reply of replies) each(reply, calls++);
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, (calls * 1_000_000) / (user + system));
  }
  return best;
}

let sink = 0;
const lower = rate(({ text }) => (sink += text.toLowerCase().length));

const { classify } = createClassifier();
for (const reply of replies) classify(reply);
const seen = rate((reply) => (sink += classify(reply).rule.length));

// The same words with another id each time: found by their normalised form.
const sameWords = rate((reply, index) => (sink += classify({ ...reply, text: `${reply.text} [${index}]` }).rule.length));

// Without memory at all: every verdict is decided anew.
const forgetful = createClassifier([], undefined, 0);
const unseen = rate((reply) => (sink += forgetful.classify(reply).rule.length));

const line = (name: string, perSecond: number, target?: number): string =>
  `${name.padEnd(36)} ${Math.round(perSecond).toLocaleString('en').padStart(12)} /s   ${(perSecond / lower).toFixed(4).padStart(8)} of lower-casing${target === undefined ? '' : `   target ${target.toLocaleString('en')}`}`;
console.log(`${replies.length} replies, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
console.log(line('bare lower-casing', lower));
console.log(line('seen before', seen, TARGETS.seen));
console.log(line('same words, new numbers', sameWords));
console.log(line('never seen', unseen, TARGETS.unseen));
if (sink === 0) console.log('nothing was measured');
process.exitCode = seen >= TARGETS.seen && unseen >= TARGETS.unseen ? 0 : 1;
