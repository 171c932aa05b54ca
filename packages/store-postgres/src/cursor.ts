/** A cursor that `list` or `history` did not make. */
export class InvalidCursorError extends Error {
  constructor() {
    super('this cursor is not one that was given out for this list');
    this.name = 'InvalidCursorError';
  }
}

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
    throw new InvalidCursorError();
  }
  if (!Array.isArray(value) || value.length !== shape.length) throw new InvalidCursorError();
  for (const [index, part] of (value as unknown[]).entries()) {
    const fits = typeof part === shape[index] && (typeof part === 'string' ? !part.includes('\0') : Number.isSafeInteger(part));
    if (!fits) throw new InvalidCursorError();
  }
  return value as (string | number)[];
}
