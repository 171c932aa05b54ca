/**
 * What a test file costs: with `DESIST_TEST_CPU=FILE`, a line of JSON for each, with the seconds of processor time of the worker and of the
 * processes that it started and that have ended. Time on the clock says little on a machine that does other things too.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { afterAll, expect } from 'vitest';

const report = process.env['DESIST_TEST_CPU'];

/** Where the last file of this worker ended. */
const before = globalThis as { desistProcessor?: readonly [own: number, children: number, at: number] };

if (report !== undefined) {
  const { desistProcessor: [own, children, at] = [0, 0, performance.timeOrigin] } = before;
  afterAll(() => {
    const used = process.cpuUsage();
    before.desistProcessor = [(used.user + used.system) / 1e6, ofChildren(), Date.now()];
    const [ownNow, childrenNow, now] = before.desistProcessor;
    const line = {
      file: expect.getState().testPath?.replace(`${process.cwd()}/`, ''),
      own: round(ownNow - own),
      children: round(childrenNow - children),
      clock: round((now - at) / 1000),
    };
    appendFileSync(report, `${JSON.stringify(line)}\n`);
  });
}

/** `cutime` and `cstime` of Linux, in ticks of 10 ms; none elsewhere. */
function ofChildren(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return 0;
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
