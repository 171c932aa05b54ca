/** What the engine needs of the wire formats: given by the service, so that the pipeline knows no encoding. */
import type { Allowance, Change, IncidentNotice, LogEvent, SuppressionTerms } from '@desist/domain';

import type { LogRecord } from './ports.ts';

export type RejectReason = 'too_large' | 'unreadable' | 'unsupported_version' | 'invalid' | 'wrong_key';

export type Decoded =
  | { readonly ok: true; readonly event: LogEvent; readonly clamped: boolean }
  | { readonly ok: false; readonly reason: RejectReason; readonly detail: string };

export type DecodedIncident =
  { readonly ok: true; readonly notice: IncidentNotice } | { readonly ok: false; readonly reason: RejectReason; readonly detail: string };

export type Peeked = 'delivered' | 'accepted';

export interface ListEntry extends SuppressionTerms {
  readonly expiresAt: number | null;
}

/** Of a delivery that was peeked at; an end that is not behind its start says that there is none. */
export interface Places {
  /** ms */
  occurredAt: number;
  messageStart: number;
  messageEnd: number;
  /** Of the remote host. */
  hostStart: number;
  hostEnd: number;
}

export interface Wire {
  /**
   * The type of a valid delivery or acceptance, recognised on its bytes without parsing; undefined in any doubt. `places` is
   * written over, and means something when there is a type.
   */
  peek(record: LogRecord, places: Places): Peeked | undefined;
  /** `tenant/address` of a record that was peeked at: its key is ASCII. */
  keyText(key: Uint8Array): string;
  decode(record: LogRecord): Decoded;
  /** A record about an incident, by its key. */
  isIncident(key: Uint8Array | null): boolean;
  decodeIncident(record: LogRecord): DecodedIncident;
  /** JSON of an incident's change. */
  encodeIncidentChange(input: {
    readonly notice: IncidentNotice;
    readonly recordedAt: number;
    readonly policy: string;
    readonly sequence: { readonly partition: number; readonly number: number };
  }): { readonly key: string; readonly value: string };
  /** JSON of a change (CONTRACT 1.3). */
  encodeChange(input: {
    readonly tenant: string;
    readonly address: string;
    readonly change: Change;
    readonly sequence: { readonly partition: number; readonly number: number };
  }): string;
  /** JSON of what holds now; null when nothing does. */
  encodeSuppressions(input: {
    readonly tenant: string;
    readonly address: string;
    readonly version: number;
    readonly suppressions: readonly ListEntry[];
    readonly allowed: readonly Allowance[];
  }): string | null;
  /** Who operates the mailbox. */
  providerOf(recipientDomain: string, remoteHost?: string): string;
}
