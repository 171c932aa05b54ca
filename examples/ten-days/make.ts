/**
 * Ten simulated days of a small sender, as NDJSON on standard output: what `desist demo` streams. `--end TIME` (RFC 3339) says when the
 * ten days end, otherwise on 11 March 2026.
 */
import { parseArgs } from 'node:util';
import { tenDays } from '../../services/cli/src/ten-days.ts';

const { end } = parseArgs({ options: { end: { type: 'string', default: '2026-03-11T00:00:00.000Z' } } }).values;
if (Number.isNaN(Date.parse(end))) throw new Error(`--end: ${end} is no time`);
process.stdout.write(
  tenDays(Date.parse(end))
    .map((line) => `${line}\n`)
    .join(''),
);
