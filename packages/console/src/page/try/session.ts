/** One folding of files, in a worker of its own. */
import type { Explanation } from '../api/types.ts';
import type { Ask, Tell, TryProgress, TryResult, TrySettings } from './messages.ts';

declare global {
  // Written into the script by the build.
  const TRY_WORKER: string;
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
  scripts ??= known?.createPolicy('desist-try', { createScriptURL: () => TRY_WORKER }) ?? { createScriptURL: () => TRY_WORKER };
  return scripts.createScriptURL('');
}

export interface TryRun {
  explain(tenant: string, address: string): Promise<Explanation>;
  /** Also in the middle of reading. */
  stop(): void;
}

interface Listener {
  progress(progress: TryProgress): void;
  done(result: TryResult): void;
  failed(message: string): void;
}

export function startTry(files: readonly File[], settings: TrySettings, listener: Listener): TryRun {
  const worker = new Worker(workerUrl(), { type: 'module' });
  const asked = new Map<string, PromiseWithResolvers<Explanation>>();
  const ask = (message: Ask): void => worker.postMessage(message);
  const keyOf = (tenant: string, address: string): string => `${tenant}/${address}`;
  worker.onmessage = ({ data: tell }: MessageEvent<Tell>) => {
    if (tell.kind === 'progress') listener.progress(tell);
    else if (tell.kind === 'done') listener.done(tell);
    else if (tell.kind === 'failed') listener.failed(tell.message);
    else asked.get(keyOf(tell.explanation.tenant, tell.explanation.address))?.resolve(tell.explanation);
  };
  worker.onerror = ({ message }: ErrorEvent) =>
    listener.failed(message === '' ? 'The part of the page that reads files could not be loaded.' : message);
  ask({ kind: 'fold', files, settings });
  return {
    explain(tenant, address) {
      const key = keyOf(tenant, address);
      const answer = asked.get(key) ?? Promise.withResolvers<Explanation>();
      asked.set(key, answer);
      ask({ kind: 'explain', tenant, address });
      return answer.promise;
    },
    stop: () => worker.terminate(),
  };
}
