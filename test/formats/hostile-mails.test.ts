/** The cost of reading a mail is linear in its bytes, whatever they are. */
import { detectFormat, formatOf } from '@desist/formats';
import type { Format, NormaliseContext } from '@desist/formats';
import { describe, expect, it } from 'vitest';
import { slowness } from '../support/slowness.ts';
import { HOSTILE_MAILS } from './hostile-mails.ts';

const CONTEXT: NormaliseContext = { tenant: 'default', stream: 'default', referenceTime: Date.parse('2026-11-25T00:00:00Z') };
const MEBIBYTES = 8;
/** Processor time on a machine at rest. A mail is read without any signature or key. */
const MS_PER_MEBIBYTE = 100;
/** Other work on the machine can slow one attempt, but hardly all. */
const TRIES = 8;

function processorTime(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe.each(['dsn', 'arf'])('%s reads hostile mails in time', (name) => {
  const format = formatOf(name) as Format;

  it.each(HOSTILE_MAILS)('$name', ({ of }) => {
    const mail = Buffer.from(of(MEBIBYTES << 20), 'latin1');
    let fastest = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && fastest > MS_PER_MEBIBYTE; tries += 1) {
      const time = processorTime(() => {
        detectFormat(mail);
        expect(format.normalise(mail, CONTEXT).length).toBeGreaterThan(0);
      });
      const measured = (time * 2 ** 20) / mail.length;
      fastest = Math.min(fastest, measured > MS_PER_MEBIBYTE ? measured / slowness() : measured);
    }
    expect(fastest).toBeLessThan(MS_PER_MEBIBYTE);
  });
});
