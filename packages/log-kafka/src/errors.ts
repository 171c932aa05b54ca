import { LogError } from '@desist/pipeline';

/** An operator must make the topic; whoever expects that soon waits for it. */
export class MissingTopicError extends LogError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('misconfigured', message, options);
  }
}

/** kafkajs wraps errors in errors; the innermost `type` is the broker's error code by name. */
export function brokerCode(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    const type = (at as { type?: unknown }).type;
    if (typeof type === 'string') return type;
  }
  return null;
}

/** No connection could be made, or it was closed: the broker is away. A request that only got no answer says nothing like that. */
export function isAway(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    if (at.name === 'KafkaJSConnectionError' || at.name === 'KafkaJSConnectionClosedError' || at.name === 'KafkaJSBrokerNotFound')
      return true;
  }
  return false;
}

/** The member must join the group again (the same three codes that kafkajs answers with a join). */
export function isRebalance(error: unknown): boolean {
  const code = brokerCode(error);
  return code === 'REBALANCE_IN_PROGRESS' || code === 'NOT_COORDINATOR_FOR_GROUP' || code === 'ILLEGAL_GENERATION';
}

/** The topic does not take one of the records, whatever is tried. */
const REFUSED: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE: 'a record is larger than the topic takes: raise max.message.bytes',
  RECORD_LIST_TOO_LARGE: 'a batch is larger than the topic takes: raise segment.bytes and max.message.bytes',
  INVALID_RECORD: 'the topic refuses the record (a compacted topic takes none without a key)',
};

export function isRefused(error: unknown): boolean {
  return REFUSED[brokerCode(error) ?? ''] !== undefined;
}

/** A producer of the same transactional id was initialised since, or the broker gave the transaction up. */
export function isFenced(error: unknown): boolean {
  return brokerCode(error) === 'INVALID_PRODUCER_EPOCH';
}

const OPERATOR: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'the topic does not exist: run `desist migrate`',
  INVALID_TOPIC_EXCEPTION: 'the topic name is not valid',
  TOPIC_AUTHORIZATION_FAILED: 'this user may not use the topic: check the ACLs',
  GROUP_AUTHORIZATION_FAILED: 'this user may not use the consumer group: check the ACLs',
  CLUSTER_AUTHORIZATION_FAILED: 'this user may not do that on the cluster: check the ACLs',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'this user may not use the transactional id: check the ACLs',
  INVALID_TRANSACTION_TIMEOUT: 'the broker allows only shorter transactions: raise transaction.max.timeout.ms',
  SASL_AUTHENTICATION_FAILED: 'user name or password is wrong',
};

/** What an operator must do about it, or null when waiting may help. */
export function operatorHint(error: unknown): string | null {
  const code = brokerCode(error);
  if (code !== null && OPERATOR[code] !== undefined) return OPERATOR[code];
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    if (at.name === 'KafkaJSSASLAuthenticationError') return 'the broker refused the credentials';
  }
  return null;
}

/** Names an error of kafkajs by what is to be done: `refused` of a record, `misconfigured` for an operator, else `unavailable`. */
export function toLogError(what: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const hint = operatorHint(error);
  const message = error instanceof Error ? error.message : String(error);
  const refusal = REFUSED[brokerCode(error) ?? ''];
  if (refusal !== undefined) return new LogError('refused', `${what}: ${refusal} (${message})`, { cause: error });
  if (hint !== null) {
    const says = `${what}: ${hint} (${message})`;
    return brokerCode(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
      ? new MissingTopicError(says, { cause: error })
      : new LogError('misconfigured', says, { cause: error });
  }
  return new LogError('unavailable', `${what}: ${message}`, { cause: error });
}
