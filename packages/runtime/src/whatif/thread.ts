/** The thread of a what-if, as its runner asks it. */
import { Worker } from 'node:worker_threads';
import type { FromThread, ThreadInput, ToThread } from './messages.ts';

/** MiB. What is kept grows with the recipients that fail, not with the events. */
const MEMORY = 512;
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const WORKER = new URL(FROM_SOURCE ? './worker.ts' : './worker.js', import.meta.url);

/** What people can do something about: it becomes the problem of the job. */
export class WhatIfFailure extends Error {}

export interface FoldThread {
  /** @throws WhatIfFailure */
  ready(): Promise<void>;
  ask(message: ToThread): Promise<FromThread>;
  end(): Promise<void>;
}

export function createFoldThread(input: ThreadInput): FoldThread {
  const worker = new Worker(WORKER, {
    workerData: input,
    execArgv: FROM_SOURCE ? ['--conditions=source', '--disable-warning=ExperimentalWarning'] : [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
  });
  let answered: PromiseWithResolvers<FromThread> = Promise.withResolvers();
  let failure: { readonly error: Error } | undefined;
  const fail = (error: Error): void => {
    failure ??= { error };
    answered.promise.catch(() => undefined);
    answered.reject(failure.error);
  };
  worker.on('message', (message: FromThread) => answered.resolve(message));
  worker.once('error', (error: NodeJS.ErrnoException) => {
    const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    fail(isFull ? new WhatIfFailure(`needs more than ${MEMORY} MB: name one tenant, a later \`since\`, or use \`desist whatif\``) : error);
  });
  worker.once('exit', () => fail(new Error('the thread of a what-if ended')));

  async function hear(): Promise<FromThread> {
    const message = await answered.promise;
    if (message.kind === 'mistakes') throw new WhatIfFailure(`the policy file has mistakes: ${message.problem}`);
    return message;
  }

  return {
    async ready() {
      await hear();
    },
    async ask(message) {
      if (failure !== undefined) throw failure.error;
      answered = Promise.withResolvers();
      worker.postMessage(message);
      return hear();
    },
    async end() {
      await worker.terminate();
    },
  };
}
