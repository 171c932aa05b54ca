/** Runs a policy trial in a thread of its own, with a time limit, so that it does not block the event loop. */
import { Worker } from 'node:worker_threads';
import { STARTED } from './trial.ts';
import type { TrialInput, TrialResult } from './trial.ts';

/** MiB; a policy file of the largest size needs less than a tenth. */
const MEMORY = 128;
/** Time limit for loading the modules of the thread, ms. */
const START_TIMEOUT = 30_000;
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const WORKER = new URL(FROM_SOURCE ? './worker.ts' : './worker.js', import.meta.url);

/** Undefined: the trial exceeded `timeout` ms or its memory limit. Rejects with the trial's own errors. */
export async function runTrial(input: TrialInput, timeout: number): Promise<TrialResult | undefined> {
  const worker = new Worker(WORKER, {
    workerData: input,
    execArgv: FROM_SOURCE ? ['--conditions=source', '--disable-warning=ExperimentalWarning'] : [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<TrialResult | undefined>((resolve, reject) => {
      timer = setTimeout(() => resolve(undefined), START_TIMEOUT);
      worker.on('message', (message: TrialResult | typeof STARTED) => {
        if (message !== STARTED) return resolve(message);
        clearTimeout(timer);
        timer = setTimeout(() => resolve(undefined), timeout);
      });
      worker.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? resolve(undefined) : reject(error),
      );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
