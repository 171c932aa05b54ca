/**
 * Servers and processes that a bench or a test starts end with it: after Ctrl-C, another signal, an error, or `process.exit`. Postgres leaves
 * the process group of who starts it, so that the terminal's Ctrl-C does not reach it.
 */
import type { ChildProcess } from 'node:child_process';

/** Ends something at once: nothing asynchronous is waited for any more. */
type End = () => void;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const running = new Set<End>();

/** Answers how to take it back, for what has ended in order. */
export function endsWithUs(end: End): () => void {
  if (running.size === 0) listen();
  running.add(end);
  return () => {
    if (running.delete(end) && running.size === 0) ignore();
  };
}

/** The same of a child process, until it has ended. */
export function childEndsWithUs(child: ChildProcess): void {
  const ended = endsWithUs(() => void child.kill('SIGKILL'));
  child.once('exit', ended);
}

function listen(): void {
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('exit', endAll);
}

function ignore(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off('exit', endAll);
}

function endAll(): void {
  for (const end of running) {
    try {
      end();
    } catch (error) {
      console.error('something was left behind:', error);
    }
  }
  running.clear();
}

/** Whoever else listens decides what becomes of the process; otherwise it ends as if nobody had listened. */
function onSignal(signal: NodeJS.Signals): void {
  endAll();
  ignore();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
