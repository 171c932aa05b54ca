/** How the values of both drivers become ours, in one place: they would give bigint as text, and bytea as two different classes. */
import pg from 'pg';

const { builtins } = pg.types;

/** Reads a value from Postgres' text format. Not called for NULL. */
export type Parser = (text: string) => unknown;

/**
 * By the type's OID; what is not here is read in the driver's own way, which is the same for text, integer and boolean.
 * bigint and numeric (sums of bigint): whole numbers below 2^53. bytea: Buffer. timestamptz: Date.
 */
export const PARSERS: Readonly<Record<number, Parser>> = {
  [builtins.INT8]: Number,
  [builtins.NUMERIC]: Number,
  [builtins.BYTEA]: pg.types.getTypeParser(builtins.BYTEA) as Parser,
  [builtins.TIMESTAMPTZ]: pg.types.getTypeParser(builtins.TIMESTAMPTZ) as Parser,
};
