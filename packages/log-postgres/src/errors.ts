import { LogError, StoreError } from '@desist/pipeline';

/** SQLSTATE classes of permanent errors (data, constraint, syntax, schema): the same call would fail again. */
const LASTING = /^(?:22|23|42|3F)/;

/** Converts a database error: `unavailable` can succeed on a retry, `misconfigured` cannot. */
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

/** Runs `work` and converts its rejections to `LogError`. */
export async function asLogErrors<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toLogError(doing, error);
  }
}
