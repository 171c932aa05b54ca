/** The worker of `/ui/try`: folds the files that the page hands over. Nothing leaves the machine. */
import { UnreadableFileError } from '../unpack.ts';
import { foldFiles } from './fold-files.ts';
import type { Tried } from './fold-files.ts';
import type { Ask, Tell } from './messages.ts';

const scope = globalThis as unknown as {
  postMessage(message: Tell): void;
  onmessage: ((event: { readonly data: Ask }) => void) | null;
};
let tried: Tried | undefined;

scope.onmessage = ({ data: ask }) => {
  if (ask.kind === 'explain') {
    const explanation = tried?.explain(ask.tenant, ask.address);
    if (explanation !== undefined) scope.postMessage({ kind: 'explained', explanation });
    return;
  }
  tried = undefined;
  foldFiles(ask.files, ask.settings, (progress) => scope.postMessage(progress)).then(
    (done) => {
      tried = done;
      scope.postMessage(done.result);
    },
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      scope.postMessage({
        kind: 'failed',
        message: error instanceof UnreadableFileError ? message : `The files could not be read: ${message}`,
      });
    },
  );
};
