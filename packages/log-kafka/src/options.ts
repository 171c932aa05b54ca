import type { ISocketFactory } from 'kafkajs';
import type { Logger, Topic } from '@desist/pipeline';

/** Contents (PEM), not paths: the reader of the configuration reads the files. */
export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** Default true. False accepts any certificate. */
  readonly rejectUnauthorized?: boolean;
}

export interface SaslOptions {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Numbers for metrics. Called at most once a second and partition; must not throw. */
export interface KafkaObserver {
  /** Records between the position of the reader and the end of the partition. */
  lag?(partition: number, records: number): void;
  /** Partitions held after a group join. */
  joined?(partitions: readonly number[]): void;
  /** A partition stands still (reason), or goes on (null). */
  stopped?(partition: number, reason: string | null): void;
  appended?(topic: Topic, records: number): void;
  /** The brokers can not be reached (why), or can again (null). While reading. */
  away?(problem: string | null): void;
}

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: boolean | TlsOptions;
  readonly sasl?: SaslOptions;
  /** Names by role. */
  readonly topics: Readonly<Record<Topic, string>>;
  /** What to do when a topic is missing, as it is said to operators; default: run `desist migrate`. */
  readonly whenMissing?: string;
  readonly groupId: string;
  /** Of the transactional ids of relays, which end with the partition's number; default `<groupId>-relay-`. No other installation may use it. */
  readonly relayIdPrefix?: string;
  /** ms. A crashed member's partitions stand still for this long; default 15,000. */
  readonly sessionTimeout?: number;
  /** ms, default 2,000. */
  readonly heartbeatInterval?: number;
  /** ms, default 30,000. */
  readonly rebalanceTimeout?: number;
  /** ms, default 30,000. */
  readonly requestTimeout?: number;
  /** ms, default 1,000: how often the end of the partitions is asked for. */
  readonly tickInterval?: number;
  /** ms, default 30,000: how often a stopped partition is tried again. */
  readonly stoppedRetry?: number;
  /**
   * What happens to held partitions when the group rebalances. `drain` (default): all are revoked before the join, so a
   * new owner finds everything committed. `keep`: only those that are lost are revoked, after the join; the others keep
   * what they have in memory, and what was not committed of the lost ones is folded again by their new owner.
   */
  readonly onRebalance?: 'drain' | 'keep';
  readonly logger: Logger;
  /** The present, ms since the epoch; default the host's clock. */
  readonly now?: () => number;
  readonly observer?: KafkaObserver;
  /** Puts something between client and broker: fault tests, proxies. */
  readonly socketFactory?: ISocketFactory;
}

export type Settings = Required<Omit<KafkaOptions, 'ssl' | 'sasl' | 'socketFactory'>>;

/** Fills in the defaults. */
export function settingsOf(options: KafkaOptions): Settings {
  return {
    brokers: options.brokers,
    clientId: options.clientId,
    topics: options.topics,
    whenMissing: options.whenMissing ?? 'run `desist migrate`',
    groupId: options.groupId,
    relayIdPrefix: options.relayIdPrefix ?? `${options.groupId}-relay-`,
    sessionTimeout: options.sessionTimeout ?? 15_000,
    heartbeatInterval: options.heartbeatInterval ?? 2_000,
    rebalanceTimeout: options.rebalanceTimeout ?? 30_000,
    requestTimeout: options.requestTimeout ?? 30_000,
    tickInterval: options.tickInterval ?? 1_000,
    stoppedRetry: options.stoppedRetry ?? 30_000,
    onRebalance: options.onRebalance ?? 'drain',
    logger: options.logger,
    now: options.now ?? Date.now,
    observer: options.observer ?? {},
  };
}
