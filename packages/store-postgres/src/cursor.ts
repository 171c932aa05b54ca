import { InvalidCursorError } from '@desist/pipeline';

/** Where a page ended, for the URL of the next: opaque, and without an address (URLs stand in access logs). */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The reverse; `shape` names the type of each part. Throws `InvalidCursorError`. */
export function decodeCursor(cursor: string, shape: readonly ('string' | 'number')[]): readonly (string | number)[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw new InvalidCursorError('this cursor is not one that was given out for this list');
  }
  if (!Array.isArray(value) || value.length !== shape.length)
    throw new InvalidCursorError('this cursor is not one that was given out for this list');
  for (const [index, part] of (value as unknown[]).entries()) {
    const fits = typeof part === shape[index] && (typeof part === 'string' ? !part.includes('\0') : Number.isSafeInteger(part));
    if (!fits) throw new InvalidCursorError('this cursor is not one that was given out for this list');
  }
  return value as (string | number)[];
}
