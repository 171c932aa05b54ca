/** Whom a dead letter names. The journal knows no formats: who opens it says how such records are read. */
export interface DeadLetterRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DeadLetterIndex {
  /** Keyed hashes of all recipients that the record names, without spaces. Undefined: they cannot be listed, or there is no key yet. */
  hashesOf(record: DeadLetterRecord): readonly string[] | undefined;
  /** The hashes under which records of this recipient may stand. */
  hashesOfRecipient(tenant: string, address: string): readonly string[];
  /** Does the record name this recipient? For records of which the hashes are not known. */
  names(record: DeadLetterRecord, tenant: string, address: string): boolean;
}
