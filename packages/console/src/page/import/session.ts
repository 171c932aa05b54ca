/** A list that is read in a worker of its own and imported row by row. */
import { api, messageOf } from '../api/index.ts';
import type { ImportJob, ImportTold, NewImport } from '../api/types.ts';
import type { ListAsk, ListFile, ListRows, ListSampled, ListTell, Reading } from './messages.ts';

declare global {
  // Written into the script by the build.
  const IMPORT_WORKER: string;
}

interface ScriptUrls {
  createScriptURL(url: string): string;
}
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrls): ScriptUrls;
}

/** Only the build's own worker: where the browser asks for trusted addresses of scripts, there is this one. */
let scripts: ScriptUrls | undefined;
function workerUrl(): string {
  const known = (globalThis as { readonly trustedTypes?: TrustedTypes }).trustedTypes;
  scripts ??= known?.createPolicy('desist-import', { createScriptURL: () => IMPORT_WORKER }) ?? { createScriptURL: () => IMPORT_WORKER };
  return scripts.createScriptURL('');
}

/** The file cannot be read: the message says why. */
export class UnreadListError extends Error {}

interface ListReader {
  sample(file: ListFile): Promise<ListSampled>;
  read(file: ListFile, reading: Reading, after: number): Promise<ListRows>;
  next(): Promise<ListRows>;
  close(): void;
}

function openReader(): ListReader {
  const worker = new Worker(workerUrl(), { type: 'module' });
  const ask = (message: ListAsk): Promise<ListTell> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data: tell }: MessageEvent<ListTell>) => {
        if (tell.kind === 'failed') reject(new UnreadListError(tell.message));
        else resolve(tell);
      };
      worker.onerror = () => reject(new UnreadListError('The part of the page that reads files could not be loaded.'));
      worker.postMessage(message);
    });
  return {
    sample: async (file) => (await ask({ kind: 'sample', file })) as ListSampled,
    read: async (file, reading, after) => (await ask({ kind: 'read', file, reading, after })) as ListRows,
    next: async () => (await ask({ kind: 'next' })) as ListRows,
    close: () => worker.terminate(),
  };
}

export async function sampleFile(file: ListFile): Promise<ListSampled> {
  const reader = openReader();
  try {
    return await reader.sample(file);
  } finally {
    reader.close();
  }
}

export interface ImportProgress {
  readonly job: ImportJob;
  readonly bytes: number;
  /** Of a dry run: what becomes of the first rows. */
  readonly first: readonly ImportTold[];
}

export interface ImportRun {
  readonly result: Promise<ImportProgress>;
  /** What was sent stays; the same file continues it. */
  stop(): void;
}

/** Sends the file's rows until it is done or stopped. Rejects with a message for people. */
export function runImport(
  { file, reading, ...wanted }: { readonly file: ListFile; readonly reading: Reading } & NewImport,
  onProgress: (progress: ImportProgress) => void,
): ImportRun {
  let isStopped = false;
  const run = async (): Promise<ImportProgress> => {
    const reader = openReader();
    try {
      let job = await api.createImport(wanted);
      const first: ImportTold[] = [];
      let piece = await reader.read(file, reading, job.rows);
      for (;;) {
        if (isStopped) job = await api.stopImport(job.id);
        else {
          const { first: told = [], ...moved } = await api.sendImportRows(job.id, {
            from: job.rows,
            rows: [...piece.rows],
            last: piece.isLast,
          });
          job = moved;
          first.push(...told);
        }
        const progress = { job, bytes: piece.bytes, first };
        if (job.state !== 'running') return progress;
        onProgress(progress);
        piece = await reader.next();
      }
    } finally {
      reader.close();
    }
  };
  return {
    result: run().catch((error: unknown) => {
      throw error instanceof UnreadListError ? error : new UnreadListError(messageOf(error));
    }),
    stop: () => {
      isStopped = true;
    },
  };
}
