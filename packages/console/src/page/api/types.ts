/** What the service answers, by name. */
import type { Answer } from './client.ts';
import type { operations } from './schema.d.ts';

export type Session = Answer<'getSession'>;
export type Recipient = Answer<'getRecipient'>;
export type Explanation = Answer<'explainRecipient'>;
export type Trial = Answer<'explainRecipientUnderPolicy'>;
export type Checked = Answer<'checkRecipients'>['results'][number];
export type Listed = Answer<'listSuppressions'>['items'][number];
export type Incident = Answer<'getIncident'>;
export type ListedIncident = Answer<'listIncidents'>['items'][number];
export type Preview = Answer<'previewIncident'>;
export type Status = Answer<'getStatus'>;
export type PolicyInForce = Answer<'getPolicy'>;
export type CheckedPolicy = Answer<'checkPolicy'>;
export type WhatIfJob = Answer<'getWhatIf'>;

/** A change as on `suppression-events`. */
export interface Change {
  readonly id: string;
  readonly type: string;
  readonly state?: { readonly from: string; readonly to: string };
  readonly suppression?: { readonly scope: string; readonly reason: string; readonly expiresAt: string | null } | null;
  readonly cause: string;
  readonly engagement?: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly evidence?: { readonly failures: number; readonly category: string | null } | null;
  readonly recipientVersion: number;
}

export interface Command {
  readonly type: 'suppress' | 'release' | 'amend' | 'allow' | 'disallow' | 'forget';
  readonly tenant: string;
  readonly recipient: string;
  readonly scope?: string;
  /** Null, of an `amend`: without an end. */
  readonly expiresAt?: string | null;
  readonly note?: string;
  readonly force?: boolean;
  /** Of an `amend`: the entry with this reason. */
  readonly reason?: string;
  /** Of a domain. */
  readonly subdomains?: boolean;
}

export type ImportTold = NonNullable<Answer<'sendImportRows'>['first']>[number];
export type ImportJob = Omit<Answer<'sendImportRows'>, 'first'>;
export type NewImport = NonNullable<operations['createImport']['requestBody']>['content']['application/json'];
type SentRows = NonNullable<operations['sendImportRows']['requestBody']>['content']['application/json'];
export type SentRow = SentRows['rows'][number];

export type Series = Answer<'getSeries'>;
export type Measure = NonNullable<operations['getSeries']['parameters']['query']>['measure'];
export type Group = NonNullable<NonNullable<operations['getSeries']['parameters']['query']>['by']>;
export type Summary = Answer<'getSummary'>;
export type ListedRecipient = Answer<'listRecipients'>['items'][number];
export type Classified = Answer<'classifyReplies'>['results'][number];
export type ListedProvider = Answer<'listProviders'>['items'][number];
export type Provider = Answer<'getProvider'>;
export type AuditEntry = Answer<'listAudit'>['items'][number];
export type Webhook = Answer<'listWebhooks'>['items'][number];
export type Delivery = Answer<'listWebhookDeliveries'>['items'][number];
export type DeadLetter = Answer<'listDeadLetters'>['items'][number];
export type ReadDeadLetter = Answer<'getDeadLetter'>;
