/** Options and interface of the HTTP API. */
import type { PolicySet, Tenant } from '@desist/domain';
import type {
  Appended,
  AuditTrail,
  ByHand,
  ChangeFeed,
  DeadLetterLog,
  ImportStore,
  IncidentStore,
  SenderIncidentStore,
  KeyStore,
  Logger,
  NewAuditEntry,
  OutRecord,
  PartitionStatus,
  StateReader,
  StoredPolicy,
  SubscriberStore,
  TrafficReader,
  Time,
  AuditStore,
  OutcomeStore,
  WhatIfStore,
} from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import type { StreamLimits } from './changes/event-stream.ts';
import type { ExportLimits } from './exports.ts';
import type { ApiKey } from './keys.ts';
import type { PeopleOptions } from './people/people.ts';
import type { WhenAway } from './schemas/check.ts';
import type { LinkTokens } from './unsubscribe/link-tokens.ts';
import type { IngestNotices, WebhookReceiver } from './webhook-receiver.ts';

export interface DeadLetters extends DeadLetterLog {
  /** Appends a record to the delivery events. Undefined: this service only reads. */
  readonly resend?: (record: OutRecord) => Promise<Appended>;
}

/** What adds, changes and tests HTTP subscribers. */
export interface ManageSubscribers {
  readonly byHand: ByHand;
  /** `wh_` and 24 hexadecimal digits. */
  readonly newId: () => string;
  readonly newSecret: () => string;
  /** What the address of a subscriber must be; undefined: it is that. */
  readonly wrongUrl: (url: string) => string | undefined;
}

export interface UnsubscribeOptions {
  readonly tokens: LinkTokens;
  /** What stands before `/u/` in a link: `https://mail.example.com`. */
  readonly publicUrl: string;
}

/** Sign-in of people at an identity provider. */
export interface PeopleSignIn extends PeopleOptions {
  /** As people reach the console: `https://desist.example.com`, without a path. */
  readonly consoleUrl: string;
}

export interface PolicyInForce {
  /** As this process knows it; null: none was put in force yet. */
  readonly current: () => ShownPolicy | null;
  /** Reads the policy file of this process again, and puts it in force. Undefined: this process follows the engines. */
  readonly reload?: (by: string | null, entry: NewAuditEntry) => Promise<PolicyReload>;
}

export type ShownPolicy = Pick<StoredPolicy, 'revision' | 'version' | 'shadowVersion' | 'since' | 'by'>;

export type PolicyReload =
  /** `changed`: it was not in force before. */
  | { readonly kind: 'in_force'; readonly changed: boolean; readonly policy: ShownPolicy }
  /** Nothing was changed. */
  | {
      readonly kind: 'mistakes';
      readonly mistakes: readonly { readonly detail: string; readonly line?: number; readonly column?: number }[];
    }
  | { readonly kind: 'no_file' };

export interface ApiOptions {
  readonly reader: StateReader;
  /** Reads exports on separate connections, so that slow readers of exports do not occupy those of other requests. Default: `reader`. */
  readonly exports?: Pick<StateReader, 'snapshot'>;
  /** Series and counters. Without it their routes do not exist. */
  readonly traffic?: TrafficReader;
  /** Limits of exports; defaults are in `exports.ts`. */
  readonly exportLimits?: Partial<ExportLimits>;
  /** The published changes. Without it the route does not exist. */
  readonly changes?: ChangeFeed;
  /** HTTP subscribers to the changes. Without it, or without `changes`, their routes do not exist. `manage` undefined: this service only reads. */
  readonly subscribers?: { readonly store: SubscriberStore; readonly manage?: ManageSubscribers };
  /** Limits of streams of changes; defaults are in `changes/event-stream.ts`. */
  readonly streamLimits?: Partial<StreamLimits>;
  /** Time limit of a policy trial, ms; default 2,000. */
  readonly trialTimeout?: number;
  /** Wordings of replies that match no rule, the most frequent first. Without it the route does not exist. */
  readonly unmatched?: (most: number) => readonly { readonly text: string; readonly count: number }[];
  /**
   * Appends records to the delivery events of the log; durable when resolved. Rejects with `LogError` or `StoreError`; some
   * records may have been stored then. Without it the service only reads: the routes that write answer 503.
   */
  readonly append?: (records: readonly { readonly key: string; readonly value: string }[]) => Promise<readonly Appended[]>;
  /** The recipients of messages, one answer per event, for reports that omit them. Never rejects. */
  readonly recall?: (
    events: readonly { readonly tenant: Tenant; readonly messageId: string }[],
  ) => Promise<readonly (string | undefined)[]>;
  /** Called with the events that `POST /v1/events` has appended. Never rejects. */
  readonly accepted?: (records: readonly { readonly value: string }[]) => Promise<void>;
  /** What could not be read. Without it the routes do not exist. */
  readonly deadLetters?: DeadLetters;
  /** Imports of lists. Without it their routes do not exist. */
  readonly imports?: ImportStore;
  /** What-ifs. Without it their routes do not exist. `wake`: there is a job for this process to run. */
  readonly whatIfs?: { readonly store: WhatIfStore; readonly wake?: () => void };
  /** Decisions about incidents. Without it their routes do not exist. */
  readonly incidents?: IncidentStore;
  /** Sender incidents. Without it none are listed. */
  readonly senderIncidents?: SenderIncidentStore;
  /** Comparisons of the topic of suppressions with the table. Without it their routes do not exist. */
  readonly audits?: Pick<AuditStore, 'requestAudit' | 'stopAudit' | 'audits' | 'listedAtLeast'>;
  /** What became of commands and records. Without it nobody can wait for a command. */
  readonly outcomes?: OutcomeStore;
  /** The policies in force, as this process knows them: explanations fold a recipient's facts again. */
  readonly policies: () => PolicySet;
  /** What all engines fold under. Without it nothing is known of it. */
  readonly policyInForce?: PolicyInForce;
  /** Partitions that this process owns, for the lag in the status. */
  readonly engineStatus?: () => readonly PartitionStatus[];
  readonly ready: () => { readonly ok: boolean; readonly problems: readonly string[] };
  /** `accept`: the header of the request. */
  readonly metrics: (accept?: string) => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Called after each answer. */
  readonly answered?: (answer: Answered) => void;
  readonly time: Pick<Time, 'now'>;
  readonly logger: Logger;
  /** Version of the product. */
  readonly version: string;
  /** Largest request body, bytes; default 8 MiB. */
  readonly bodyLimit?: number;
  /** Keys of the configuration. Without them the service listens on loopback only, and until there is a key every caller may do everything. */
  readonly keys?: readonly ApiKey[];
  /** Who did what. Without it nothing is noted, and its route does not exist. */
  readonly trail?: AuditTrail;
  /** Keys of the database. Without it their routes do not exist. */
  readonly keyStore?: KeyStore;
  /** ms between two questions whether the keys of the database have changed; default 2,000. */
  readonly keysEvery?: number;
  /** Sign-in at an identity provider. With it every caller needs a key or a session, also without keys. */
  readonly signIn?: PeopleSignIn | undefined;
  /** Listen on other than loopback addresses although there are no keys. */
  readonly allowRemote?: boolean;
  /** Receives providers' webhooks. Without it their routes do not exist. */
  readonly webhooks?: WebhookReceiver;
  /** Requests to wrong paths and unknown event words, for the status. */
  readonly notices?: () => IngestNotices;
  /** Bytes of all webhook bodies that are being processed; default 64 MiB. */
  readonly webhooksInFlight?: number;
  /** Requests per second of one caller (key, otherwise address); undefined: no limit. */
  readonly rate?: number | undefined;
  /** Folder with the built console, which is served under `/ui/`. Without it there is no page. */
  readonly consoleFolder?: string;
  /** Unsubscribe links. Without it none can be made, and none works. */
  readonly unsubscribe?: UnsubscribeOptions | undefined;
  /** What `check` answers for a stream while the database is unavailable. Default: an error. */
  readonly whenAway?: (stream: string) => WhenAway;
}

/** An answered request. `route`: its pattern, never a path; `none` when no route matched. */
export interface Answered {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

export interface Api {
  /**
   * Resolves with the URL that it listens at. Rejects for a host beyond loopback without keys or `allowRemote`, and when the port is in
   * use.
   */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ readonly address: string }>;
  /** Accepts no more connections and answers the pending requests. */
  close(): Promise<void>;
  /** A request without a socket, for tests. */
  readonly inject: FastifyInstance['inject'];
}
