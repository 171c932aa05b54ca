/** Imports of lists as jobs: whoever reads the file sends its rows part by part, and continues where the job stands. Moments are ms. */
import type { NewAuditEntry } from './audit-trail.ts';

/** `running`: rows are expected. `stopped`: none are taken until it is started again. */
export const IMPORT_STATES = ['running', 'stopped', 'done'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

export interface NewImport {
  readonly id: string;
  /** Of the file, for people. */
  readonly name: string;
  /** The same for the same file with the same settings. Null: a dry run, which is not continued. */
  readonly resumeKey: string | null;
  /** Null: the rows say whose they are. */
  readonly tenant: string | null;
  /** Of unsubscribes and complaints whose list names none. */
  readonly stream: string | null;
  /** Every row as this, whatever the list says. */
  readonly importAs: string | null;
  readonly by: string | null;
  /** Name of the API key. */
  readonly keyName: string | null;
  readonly startedAt: number;
}

export interface ImportProblem {
  /** From 1; the headline does not count. */
  readonly row: number;
  /** From 1; null: the file has no lines. */
  readonly line: number | null;
  /** Contains no address. */
  readonly problem: string;
}

/** Counted by whoever takes the rows. */
export type StoredCounts = Readonly<Record<string, unknown>>;

export interface ImportJob extends NewImport {
  readonly state: ImportState;
  /** That were read, and are durable in the log. */
  readonly rows: number;
  readonly counts: StoredCounts;
  /** The first ones. */
  readonly problems: readonly ImportProblem[];
  readonly updatedAt: number;
}

export interface ImportStep {
  /** Rows from which on it was read. */
  readonly from: number;
  readonly rows: number;
  readonly counts: StoredCounts;
  readonly problems: readonly ImportProblem[];
  readonly at: number;
  readonly isDone: boolean;
}

/** Imports that nobody has touched for so long are forgotten, ms. */
export const IMPORTS_KEPT = 90 * 86_400_000;

/** @throws StoreError like `RecipientStore`. An entry of the audit trail is written with what it is about, or neither is. */
export interface ImportStore {
  /** The new import; or the one that is not done with the same `resumeKey`, which runs again. `entry` is asked which of the two it is. */
  start(wanted: NewImport, counts: StoredCounts, entry: (job: ImportJob, isNew: boolean) => NewAuditEntry | null): Promise<ImportJob>;
  import(id: string): Promise<ImportJob | null>;
  /** The newest first. `tenants`: only of these. */
  imports(filter: { readonly tenants?: readonly string[]; readonly limit: number }): Promise<readonly ImportJob[]>;
  /** Null: it does not run, or stands elsewhere. */
  advance(id: string, step: ImportStep, entry: NewAuditEntry | null): Promise<ImportJob | null>;
  /** Null: it does not run. */
  stop(id: string, at: number, entry: NewAuditEntry | null): Promise<ImportJob | null>;
}
