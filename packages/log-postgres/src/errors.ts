import { LogError, StoreError } from '@desist/pipeline';

/** Data, constraint or syntax at fault: the same call would fail again. */
const LASTING = /^(?:22|23|42|3F)/;

/** Any failure of the database as the log's: `unavailable` may succeed later, `misconfigured` may not. */
export function toLogError(doing: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const message = `${doing}: ${error instanceof Error ? error.message : String(error)}`;
  return new LogError(isLasting(error) ? 'misconfigured' : 'unavailable', message, { cause: error });
}

function isLasting(error: unknown): boolean {
  if (error instanceof StoreError) return error.kind === 'incompatible';
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.length === 5 && LASTING.test(code);
}

/** Runs `work` with its rejections made to `LogError`. */
export async function asLogErrors<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toLogError(doing, error);
  }
}
