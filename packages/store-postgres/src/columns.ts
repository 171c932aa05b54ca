/**
 * Rows as columns for `unnest`: the text of a statement stays the same however many rows there are, and all arrays come
 * from one builder, so they are of one length (unequal ones would be filled up with NULL in silence).
 */
export interface Column<R> {
  readonly name: string;
  /** Type of the array's elements as it is sent. */
  readonly type: 'text' | 'bigint' | 'integer' | 'boolean';
  readonly of: (row: R) => string | number | boolean | null;
  /** SQL over the sent value `$`, where the table wants another type. */
  readonly as?: string;
}

export interface Bulk<R> {
  /** `name, name, …` */
  readonly names: string;
  /** `select name, … from unnest($1::…[], …) as sent(name, …)` */
  readonly select: string;
  values(rows: readonly R[]): readonly unknown[];
}

export function bulk<R>(columns: readonly Column<R>[]): Bulk<R> {
  const names = columns.map(({ name }) => name).join(', ');
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
  const picked = columns.map(({ name, as }) => (as === undefined ? `sent.${name}` : as.replace('$', `sent.${name}`))).join(', ');
  return {
    names,
    select: `select ${picked} from unnest(${arrays}) as sent (${names})`,
    values: (rows) => columns.map(({ of }) => rows.map(of)),
  };
}

/** Bytes as hex text, for a column with `as: HEX`: arrays of bytea are not written alike by the two drivers. */
export function hexOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
export const HEX = `decode($, 'hex')`;

/** One driver gives a Buffer, the other an array of its own: plain bytes either way. */
export function bytesOf(value: Uint8Array | null): Uint8Array | null {
  return value === null ? null : new Uint8Array(value);
}
