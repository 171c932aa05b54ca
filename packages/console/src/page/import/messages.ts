/** What the page and the worker that reads lists say to each other. Everything in here can be cloned. */
import type { SentRow } from '../api/types.ts';
import type { ReadableFile } from '../unpack.ts';

export interface ListFile extends ReadableFile {
  readonly size: number;
}

/** Null, null: as the file's columns say. */
export interface Reading {
  /** Name of a format. */
  readonly format: string | null;
  /** Column by what it is: `address`, `reason`, … */
  readonly columns: Readonly<Record<string, string>> | null;
}

export type ListAsk =
  | { readonly kind: 'sample'; readonly file: ListFile }
  | { readonly kind: 'read'; readonly file: ListFile; readonly reading: Reading; readonly after: number }
  /** The rows that were told last are done. */
  | { readonly kind: 'next' };

/** What may help when a file is not read as it is. */
export type Help = 'name' | 'every_row' | 'format' | 'try' | 'none';

export interface ListSampled {
  readonly kind: 'sampled';
  readonly columns: readonly { readonly name: string; readonly examples: readonly string[] }[];
  /** What a column can be. */
  readonly roles: readonly string[];
  readonly formats: readonly string[];
  readonly format: string | null;
  readonly problem: string | null;
  readonly help: Help;
  /** Of the file. */
  readonly fingerprint: string;
}

export interface ListRows {
  readonly kind: 'rows';
  readonly rows: readonly SentRow[];
  /** Of the file that were read, packed as they are. */
  readonly bytes: number;
  readonly isLast: boolean;
}

export type ListTell = ListSampled | ListRows | { readonly kind: 'failed'; readonly message: string };
