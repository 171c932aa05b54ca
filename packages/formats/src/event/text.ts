/** Sanitising and limits of the text in an event. */

/** Maximum number of characters read of an SMTP reply. */
export const TEXT_LIMIT = 4 * 1024;
export const WORD_LIMIT = 1024;
export const ID_LIMIT = 256;

/** Makes text storable in any database: bounded, without NUL and lone surrogates. */
export function clean(text: string, limit: number): string {
  return text.slice(0, limit).toWellFormed().replaceAll('\0', '\u{FFFD}');
}

/** Returns `{ name: value }`, or `{}` if the value is undefined. */
export function optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}
