/** One row per deleted record. */
export interface Gone {
  readonly gone: number;
}
