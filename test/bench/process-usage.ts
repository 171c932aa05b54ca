/** Processor time and memory of processes and of the machine, as the kernel counts them (proc(5)). */
import { readFileSync } from 'node:fs';

const MS_PER_TICK = 10;

/** Processor time so far of a process, of those that it has started, and of those of them that have ended, ms. */
export function cpuMsOf(pid: number): number {
  return family(pid).reduce((sum, one) => sum + ticksOf(one) * MS_PER_TICK, 0);
}

/** Processor time so far of the whole machine, ms. */
export function machineCpuMs(): number {
  const [, user, nice, system, , , irq, softirq] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks), 0) * MS_PER_TICK;
}

/** Peak resident set of a process and those that it has started, all together, MB. */
export function peakMegabytesOf(pid: number): number {
  const peak = (one: number): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? Number.NaN);
  return Math.round(family(pid).reduce((sum, one) => sum + peak(one), 0) / 1024);
}

function family(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ')).flatMap((child) => family(Number(child)))];
}

/** User and system time, its own and that of children that it has waited for. 0 when it has ended. */
function ticksOf(pid: number): number {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return 0;
  }
  // Behind the name, which may contain anything; the third field comes first then.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
}
