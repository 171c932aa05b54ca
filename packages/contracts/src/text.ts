/** Text as it may enter an event. */

/** Characters of a reply that are read. */
export const TEXT_LIMIT = 4 * 1024;
export const WORD_LIMIT = 1024;
export const ID_LIMIT = 256;

/** Text that any database takes: no NUL, no lone surrogate, bounded. */
export function clean(text: string, limit: number): string {
  return text.slice(0, limit).toWellFormed().replaceAll('\0', '\u{FFFD}');
}

/** `{ name: value }`, or nothing when there is no value. */
export function optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}
