import { parentPort, workerData } from 'node:worker_threads';
import { STARTED, tryPolicy } from './trial.ts';
import type { TrialInput } from './trial.ts';

// The time limit starts here, because loading the modules does not depend on the file.
parentPort?.postMessage(STARTED);
parentPort?.postMessage(tryPolicy(workerData as TrialInput));
