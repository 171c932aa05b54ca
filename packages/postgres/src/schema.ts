/** The tables and views, generated from the migrations by `npm run db:types`: not edited by hand. */
import type { Address, Tenant } from '@desist/domain';
import type { Generated } from 'kysely';

export interface Allowance {
  recipient_id: number;
  scope: string;
  expires_at: number | null;
}

export interface AllowanceCount {
  partition: number;
  scope: string;
  count: number;
}

export interface ApiKey {
  id: string;
  name: string;
  roles: string[];
  tenants: string[] | null;
  created_at: number;
  created_by: string | null;
  expires_at: number | null;
  rotated_at: number | null;
  ended_at: number | null;
  last_used_at: number | null;
}

export interface ApiKeyRevision {
  single: Generated<boolean>;
  revision: number;
}

export interface ApiKeySecret {
  hash: string;
  key_id: string;
  until_at: number | null;
}

export interface Audit {
  partition: number;
  request: number;
  reason: string;
  state: string;
  requested_at: number;
  finished_at: number | null;
  records: Generated<number>;
  read: Generated<number>;
  compared: Generated<number>;
  mended: Generated<number>;
  problem: string | null;
}

export interface AuditEntry {
  id: Generated<number>;
  at: number;
  action: string;
  tenant: Tenant | null;
  key_id: string | null;
  key_name: string | null;
  key_of_tenant: boolean;
  by: string | null;
  origin: string | null;
  address: Address | null;
  target: string | null;
  outcome: string;
  note: string | null;
  detail: string;
  erased: Generated<boolean>;
}

export interface ChangeFloor {
  partition: number;
  sequence: number;
}

export interface ChangesHourly {
  tenant: Tenant | null;
  hour: Date | null;
  provider: string | null;
  type: string | null;
  reason: string | null;
  changes: number | null;
}

export interface Checkpoint {
  partition: number;
  epoch: Generated<number>;
  next_offset: Generated<number>;
  clock: Generated<number>;
  next_number: Generated<number>;
  attempts: Generated<number>;
  stopped: string | null;
  owner: string | null;
  updated_at: Generated<Date>;
  tolerated_below: Generated<number>;
  nonce: Generated<string>;
  server_started: Date | null;
  incarnation: Generated<number>;
  audited_incarnation: Generated<number>;
  log: string | null;
  last_offset: number | null;
  last_time: number | null;
  last_key: number | null;
}

export interface ClockMove {
  partition: number;
  before_offset: number;
  clock: number;
}

export interface CommandOutcome {
  tenant: Tenant;
  id: string;
  outcome: string | null;
  reason: string | null;
  detail: string | null;
  changes: Generated<number>;
  at: number;
}

export interface Contrast {
  partition: number;
  number: Generated<number>;
  body: string;
}

export interface DeadLetter {
  partition: number;
  record_offset: number;
  key: Buffer | null;
  value: Buffer | null;
  reason: string;
  detail: string;
  parked: string | null;
}

export interface DeadlineCount {
  partition: number;
  hour: number;
  count: number;
}

export interface DeferredMessagesHourly {
  tenant: Tenant | null;
  hour: Date | null;
  provider: string | null;
  domain: string | null;
  deferred: number | null;
  delivered: number | null;
  given_up: number | null;
}

export interface DomainHourly {
  tenant: Tenant | null;
  hour: Date | null;
  provider: string | null;
  domain: string | null;
  type: string | null;
  events: number | null;
}

export interface Erasure {
  tenant: Tenant;
  address: Address;
  partition: number;
  record_offset: number;
  number: number;
}

export interface FeedPosition {
  feed: string;
  partition: number;
  epoch: Generated<number>;
  next_offset: number | null;
  state: string | null;
  owner: string | null;
  updated_at: Generated<Date>;
}

export interface Forgotten {
  tenant: Tenant;
  hash: string;
  partition: number;
  version: number;
  at: number;
  blocks: string;
}

export interface HashKey {
  single: Generated<boolean>;
  fingerprint: string;
  key: string | null;
}

export interface Import {
  id: string;
  name: string;
  resume_key: string | null;
  tenant: Tenant | null;
  stream: string | null;
  import_as: string | null;
  by: string | null;
  key_name: string | null;
  state: string;
  rows: number;
  counts: string;
  problems: string;
  started_at: number;
  updated_at: number;
}

export interface Incarnation {
  single: Generated<boolean>;
  incarnation: Generated<number>;
  identity: string;
  changed_at: Generated<Date>;
}

export interface Incident {
  id: string;
  origin: string;
  revision: number;
  told: number;
  action: string;
  holds: boolean;
  open: boolean;
  tenant: Tenant | null;
  provider: string | null;
  domain: string | null;
  code: string | null;
  part: string | null;
  from_at: number;
  until_at: number | null;
  decided_at: number;
  summary: string | null;
  by: string | null;
  note: string | null;
  created_at: number;
}

export interface IncidentCount {
  partition: number;
  tenant: Tenant;
  provider: string;
  at: number;
  failing: number;
  delivered: number;
  detail: string | null;
}

export interface IncidentEvent {
  partition: number;
  sequence: number;
  tenant: Tenant;
  recorded_at: number;
  change: string;
}

export interface IncidentKnown {
  partition: number;
  id: string;
  revision: number;
  incident: string;
  until_at: number | null;
  done: boolean;
  looked: number;
  changed: number;
}

export interface Incidents {
  id: string | null;
  origin: string | null;
  state: string | null;
  tenant: Tenant | null;
  provider: string | null;
  domain: string | null;
  code: string | null;
  text: string | null;
  began_at: Date | null;
  ended_at: Date | null;
  failing: number | null;
  delivered: number | null;
  codes: unknown;
  samples: unknown;
  by: string | null;
  note: string | null;
  created_at: Date | null;
  kind: string | null;
  pool: string | null;
  tries: number | null;
  refused: number | null;
  usual_share: number | null;
  replies: unknown;
}

export interface Input {
  single: Generated<boolean>;
  topic: string;
  partitions: number;
  bound_at: Generated<Date>;
}

export interface Journal {
  topic: string;
  partition: number;
  record_offset: number;
  record_time: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: string | null;
  recipients: string[] | null;
}

export interface JournalLease {
  partition: number;
  owner: string;
  until: number;
}

export interface JournalMember {
  owner: string;
  until: number;
}

export interface JournalPartition {
  topic: string;
  partition: number;
  low: Generated<number>;
  high: Generated<number>;
  last_time: Generated<number>;
}

export interface JournalTopic {
  topic: string;
  partitions: number;
  id: Generated<string>;
}

export interface MessageMemory {
  name: string;
  mark: string;
  sealed: string;
  several: boolean;
  kept_until: number;
}

export interface Outbox {
  partition: number;
  number: number;
  key: string;
  change: string;
  lists: boolean;
  value: string | null;
  parked: string | null;
}

export interface Policy {
  revision: number;
  version: string;
  shadow_version: string | null;
  file: string | null;
  shadow_file: string | null;
  since: number;
  by: string | null;
}

export interface PolicyRevision {
  single: Generated<boolean>;
  revision: number;
}

export interface PublishedEnd {
  partition: number;
  ends_at: number;
}

export interface ReaderTenant {
  login: string;
  tenant: Tenant;
}

export interface Recipient {
  id: Generated<number>;
  tenant: Tenant;
  address: Address;
  partition: number;
  version: number;
  tracked: boolean;
  state: string;
  due: number | null;
  policy: string;
  streak_started_at: number | null;
  last_failure_at: number | null;
  failures: number;
  messages: number;
  category: string | null;
  provider: string | null;
  suppress_at: number | null;
  evidence: string;
  updated_at: number;
  probation_until: number | null;
  shadow: string | null;
  shadow_policy: string | null;
  shadow_state: string | null;
  shadow_scope: string | null;
  shadow_reason: string | null;
  shadow_since: number | null;
  shadow_expires_at: number | null;
  shadow_differs: Generated<boolean>;
}

export interface RecipientCount {
  partition: number;
  state: string;
  count: number;
}

export interface RecipientEvent {
  recipient_id: number;
  version: number;
  type: string;
  effective_at: number;
  recorded_at: number;
  detail: string;
  partition: number | null;
  sequence: number | null;
  incarnation: number | null;
}

export interface RecipientEvidence {
  tenant: Tenant | null;
  address: Address | null;
  at: Date | null;
  type: string | null;
  scope: string | null;
  message_id: string | null;
  category: string | null;
  attribution: string | null;
  rule: string | null;
  reply: string | null;
  provider: string | null;
  events: number | null;
  by: string | null;
  note: string | null;
  incident: string | null;
  engagement: string | null;
}

export interface RecipientHistory {
  tenant: Tenant | null;
  address: Address | null;
  version: number | null;
  type: string | null;
  state_from: string | null;
  state_to: string | null;
  scope: string | null;
  reason: string | null;
  cause: string | null;
  effective_at: Date | null;
  recorded_at: Date | null;
  category: string | null;
  rule: string | null;
  reply: string | null;
  failures: number | null;
  policy: string | null;
  incident: string | null;
  engagement: string | null;
}

export interface RecipientShadow {
  tenant: Tenant | null;
  address: Address | null;
  state: string | null;
  shadow_state: string | null;
  scope: string | null;
  reason: string | null;
  since: Date | null;
  expires_at: Date | null;
  policy: string | null;
  updated_at: Date | null;
}

export interface RecipientStatus {
  tenant: Tenant | null;
  address: Address | null;
  state: string | null;
  streak_started_at: Date | null;
  last_failure_at: Date | null;
  failures: number | null;
  messages: number | null;
  category: string | null;
  provider: string | null;
  suppress_at: Date | null;
  advice: string | null;
  version: number | null;
  updated_at: Date | null;
  probation_until: Date | null;
}

export interface RecordFault {
  partition: number;
  kind: string;
  count: number;
  last_offset: number;
  last_at: number;
}

export interface RegretHourly {
  tenant: Tenant | null;
  hour: Date | null;
  provider: string | null;
  domain: string | null;
  reason: string | null;
  category: string | null;
  suppressed: number | null;
  regretted: number | null;
  mail_taken: number | null;
  wasted: number | null;
}

export interface RollupHour {
  family: string;
  at: number;
  partition: number;
  tenant: Tenant;
  provider: string;
  stream: string;
  pool: string;
  domain: string;
  type: string;
  category: string;
  attribution: string;
  upper_bound: number;
  events: number;
  quarter_0: number | null;
  quarter_1: number | null;
  quarter_2: number | null;
  quarter_3: number | null;
}

export interface RollupPending {
  partition: number;
  id: Generated<number>;
  body: string;
}

export interface RollupQuarter {
  family: string;
  at: number;
  partition: number;
  tenant: Tenant;
  provider: string;
  stream: string;
  pool: string;
  domain: string;
  type: string;
  category: string;
  attribution: string;
  upper_bound: number;
  events: number;
}

export interface SchemaVersion {
  version: number;
  applied_at: Generated<Date>;
}

export interface SenderIncident {
  id: string;
  revision: number;
  told: number;
  published: Generated<number>;
  open: boolean;
  tenant: Tenant;
  provider: string;
  pool: string | null;
  from_at: number;
  until_at: number | null;
  decided_at: number;
  partition: number;
  summary: string;
  created_at: number;
}

export interface SenderReply {
  tenant: Tenant;
  provider: string;
  at: number;
  pool: string;
  category: string;
  code: string;
  partition: number;
  events: number;
  recipients: number;
  reply: string | null;
}

export interface ShadowCount {
  partition: number;
  kind: string;
  count: number;
}

export interface Subscriber {
  id: string;
  tenant: Tenant;
  url: string;
  types: string | null;
  batch: number | null;
  description: string | null;
  state: Generated<string>;
  reason: string | null;
  problem: string | null;
  created_by: string | null;
  created_at: number;
  changed_at: number;
}

export interface SubscriberCursor {
  subscriber_id: string;
  partition: number;
  place: number;
  planned: number | null;
  gap: Generated<boolean>;
  owner: string | null;
  fence: Generated<number>;
  leased_until: number | null;
  looked_at: number | null;
  again: Generated<boolean>;
  failures: Generated<number>;
  failing_since: number | null;
  retry_at: number | null;
  problem: string | null;
  delivered_at: number | null;
  tries: Generated<number>;
}

export interface SubscriberSecret {
  subscriber_id: string;
  number: number;
  secret: string;
  expires_at: number | null;
}

export interface SubscriberTry {
  subscriber_id: string;
  ring: number;
  slot: number;
  number: number;
  kind: string;
  message_id: string;
  partition: number | null;
  after: number;
  up_to: number;
  changes: number;
  attempt: number;
  at: number;
  duration: number;
  status: number | null;
  problem: string | null;
}

export interface Suppression {
  recipient_id: number;
  scope: string;
  reason: string;
  since: number;
  expires_at: number | null;
  category: string | null;
  rule: string | null;
  reply: string | null;
  first_failure_at: number | null;
  last_failure_at: number | null;
  failures: number;
  policy: string;
  updated_at: number;
  created_by: string | null;
  note: string | null;
  source: string | null;
  provider: string | null;
  subdomains: Generated<boolean>;
  probation_until: number | null;
}

export interface SuppressionCount {
  partition: number;
  scope: string;
  reason: string;
  count: number;
}

export interface SuppressionList {
  tenant: Tenant | null;
  address: Address | null;
  scope: string | null;
  reason: string | null;
  category: string | null;
  since: Date | null;
  expires_at: Date | null;
  first_failure_at: Date | null;
  last_failure_at: Date | null;
  failures: number | null;
  reply: string | null;
  rule: string | null;
  policy: string | null;
  updated_at: Date | null;
  created_by: string | null;
  note: string | null;
  source: string | null;
  provider: string | null;
  probation_until: Date | null;
  subdomains: boolean | null;
}

export interface TrafficHourly {
  tenant: Tenant | null;
  hour: Date | null;
  provider: string | null;
  stream: string | null;
  pool: string | null;
  type: string | null;
  category: string | null;
  attribution: string | null;
  events: number | null;
}

export interface TrafficQuarterly {
  tenant: Tenant | null;
  quarter: Date | null;
  provider: string | null;
  stream: string | null;
  pool: string | null;
  type: string | null;
  category: string | null;
  attribution: string | null;
  events: number | null;
}

export interface WaitHourly {
  tenant: Tenant | null;
  hour: Date | null;
  provider: string | null;
  kind: string | null;
  upper_bound: number | null;
  events: number | null;
}

export interface WaitQuarterly {
  tenant: Tenant | null;
  quarter: Date | null;
  provider: string | null;
  kind: string | null;
  upper_bound: number | null;
  events: number | null;
}

export interface Whatif {
  id: string;
  resume_key: string;
  tenant: Tenant | null;
  policy: string;
  since: number | null;
  by: string | null;
  key_name: string | null;
  state: string;
  owner: string | null;
  done: number;
  total: number | null;
  result: string | null;
  problem: string | null;
  started_at: number;
  updated_at: number;
}

export interface Schema {
  'desist.allowance': Allowance;
  'desist.allowance_count': AllowanceCount;
  'desist.api_key': ApiKey;
  'desist.api_key_revision': ApiKeyRevision;
  'desist.api_key_secret': ApiKeySecret;
  'desist.audit': Audit;
  'desist.audit_entry': AuditEntry;
  'desist.change_floor': ChangeFloor;
  'desist.changes_hourly': ChangesHourly;
  'desist.checkpoint': Checkpoint;
  'desist.clock_move': ClockMove;
  'desist.command_outcome': CommandOutcome;
  'desist.contrast': Contrast;
  'desist.dead_letter': DeadLetter;
  'desist.deadline_count': DeadlineCount;
  'desist.deferred_messages_hourly': DeferredMessagesHourly;
  'desist.domain_hourly': DomainHourly;
  'desist.erasure': Erasure;
  'desist.feed_position': FeedPosition;
  'desist.forgotten': Forgotten;
  'desist.hash_key': HashKey;
  'desist.import': Import;
  'desist.incarnation': Incarnation;
  'desist.incident': Incident;
  'desist.incident_count': IncidentCount;
  'desist.incident_event': IncidentEvent;
  'desist.incident_known': IncidentKnown;
  'desist.incidents': Incidents;
  'desist.input': Input;
  'desist.journal': Journal;
  'desist.journal_lease': JournalLease;
  'desist.journal_member': JournalMember;
  'desist.journal_partition': JournalPartition;
  'desist.journal_topic': JournalTopic;
  'desist.message_memory': MessageMemory;
  'desist.outbox': Outbox;
  'desist.policy': Policy;
  'desist.policy_revision': PolicyRevision;
  'desist.published_end': PublishedEnd;
  'desist.reader_tenant': ReaderTenant;
  'desist.recipient': Recipient;
  'desist.recipient_count': RecipientCount;
  'desist.recipient_event': RecipientEvent;
  'desist.recipient_evidence': RecipientEvidence;
  'desist.recipient_history': RecipientHistory;
  'desist.recipient_shadow': RecipientShadow;
  'desist.recipient_status': RecipientStatus;
  'desist.record_fault': RecordFault;
  'desist.regret_hourly': RegretHourly;
  'desist.rollup_hour': RollupHour;
  'desist.rollup_pending': RollupPending;
  'desist.rollup_quarter': RollupQuarter;
  'desist.schema_version': SchemaVersion;
  'desist.sender_incident': SenderIncident;
  'desist.sender_reply': SenderReply;
  'desist.shadow_count': ShadowCount;
  'desist.subscriber': Subscriber;
  'desist.subscriber_cursor': SubscriberCursor;
  'desist.subscriber_secret': SubscriberSecret;
  'desist.subscriber_try': SubscriberTry;
  'desist.suppression': Suppression;
  'desist.suppression_count': SuppressionCount;
  'desist.suppression_list': SuppressionList;
  'desist.traffic_hourly': TrafficHourly;
  'desist.traffic_quarterly': TrafficQuarterly;
  'desist.wait_hourly': WaitHourly;
  'desist.wait_quarterly': WaitQuarterly;
  'desist.whatif': Whatif;
}
