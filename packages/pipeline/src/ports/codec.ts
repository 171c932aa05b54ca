/** The encodings that the engine needs. The service provides them, so the pipeline depends on no encoding. */
import type {
  Allowance,
  Change,
  IncidentNotice,
  LogEvent,
  SenderNotice,
  SuppressionTerms,
  RecipientKey,
  Tenant,
  Address,
} from '@desist/domain';
import type { LogRecord } from './log.ts';

/** Where a change stands among those of its partition (CONTRACT 1.3). */
export interface Sequence {
  readonly partition: number;
  readonly number: number;
  /** Numbers of a higher incarnation come behind all of a lower one. Not given: 0, the database never went back. */
  readonly incarnation?: number;
}

export type RejectReason = 'too_large' | 'unreadable' | 'unsupported_version' | 'invalid' | 'wrong_key';

export type Decoded =
  | { readonly ok: true; readonly event: LogEvent; readonly clamped: boolean }
  | { readonly ok: false; readonly reason: RejectReason; readonly detail: string };

export type DecodedIncident =
  | { readonly ok: true; readonly kind: 'provider'; readonly notice: IncidentNotice }
  | { readonly ok: true; readonly kind: 'sender'; readonly notice: SenderNotice }
  | { readonly ok: false; readonly reason: RejectReason; readonly detail: string };

export type Peeked = 'delivered' | 'accepted';

export interface ListEntry extends SuppressionTerms {
  readonly expiresAt: number | null;
}

/** Where the fields of a peeked delivery stand in its value, as byte offsets. A field is absent when its end is not after its start. */
export interface FieldOffsets {
  /** ms since the epoch; a value, not an offset. */
  occurredAt: number;
  messageStart: number;
  messageEnd: number;
  /** Of the name of the remote host. */
  hostStart: number;
  hostEnd: number;
  streamStart: number;
  streamEnd: number;
  poolStart: number;
  poolEnd: number;
}

export interface Codec {
  /**
   * The type of a valid delivery or acceptance, recognised from its bytes without parsing; undefined if there is any doubt.
   * Overwrites `offsets`, whose content is valid only when a type is returned.
   */
  peek(record: LogRecord, offsets: FieldOffsets): Peeked | undefined;
  /** The text of a peeked record's key, `tenant/address`. Such a key is always ASCII. */
  keyText(key: Uint8Array): RecipientKey;
  decode(record: LogRecord): Decoded;
  /** Whether this is the key of a record about an incident. */
  isIncident(key: Uint8Array | null): boolean;
  decodeIncident(record: LogRecord): DecodedIncident;
  /** JSON of an incident's change. */
  encodeIncidentChange(input: {
    readonly notice: IncidentNotice;
    readonly recordedAt: number;
    readonly policy: string;
    readonly sequence: Sequence;
  }): { readonly key: string; readonly value: string };
  /** JSON of a sender incident's change. */
  encodeSenderChange(input: {
    readonly notice: SenderNotice;
    readonly recordedAt: number;
    readonly policy: string;
    readonly sequence: Sequence;
  }): { readonly key: string; readonly value: string };
  /** JSON of a change (CONTRACT 1.3). */
  encodeChange(input: { readonly tenant: Tenant; readonly address: Address; readonly change: Change; readonly sequence: Sequence }): string;
  /** JSON of the active suppressions and allowances; null when there are none. */
  encodeSuppressions(input: {
    readonly tenant: Tenant;
    readonly address: Address;
    readonly version: number;
    readonly suppressions: readonly ListEntry[];
    readonly allowed: readonly Allowance[];
  }): string | null;
  /** The provider that operates the mailbox. */
  providerOf(recipientDomain: string, remoteHost?: string): string;
}
