/**
 * Encodings of incidents: the record on `delivery-events`, which every partition gets and applies from there on; and the change on
 * `suppression-events`, which one partition publishes for all.
 */
import { asTenant, INCIDENT_ACTIONS } from '@desist/domain';
import type { IncidentAction, IncidentNotice, IncidentSummary, IncidentTerms, SenderNotice } from '@desist/domain';
import { contentHash, EVENT_VERSION, NAME, RECORD_LIMIT } from '@desist/formats/event';
import type { RawRecord, Refusal } from '@desist/formats/event';
import { normaliseAddress } from '@desist/formats/event';
import { clean, TEXT_LIMIT, WORD_LIMIT } from '@desist/formats/event';
import { formatTime, parseTime } from '@desist/formats/event';
import { INCIDENT_ID, INCIDENT_KEY, isCount, isObject, round } from './incident-values.ts';
import { parseSenderIncident } from './sender-incident.ts';

export type DecodedIncident =
  | { readonly ok: true; readonly kind: 'provider'; readonly notice: IncidentNotice }
  | { readonly ok: true; readonly kind: 'sender'; readonly notice: SenderNotice }
  | { readonly ok: false; readonly reason: Refusal; readonly detail: string };

const KEY_BYTES = new TextEncoder().encode(INCIDENT_KEY);
const AT = 0x40;
const MOST_CODES = 10;
const MOST_SAMPLES = 5;

/** Whether this is the key of an incident's record. Works on the bytes, because it is called for every record. */
export function isIncidentKey(key: Uint8Array | null): boolean {
  if (key === null || key.length <= KEY_BYTES.length) return false;
  for (let i = 0; i < KEY_BYTES.length; i += 1) if (key[i] !== KEY_BYTES[i]) return false;
  return !key.includes(AT);
}

/** The record of an incident, for every partition of `delivery-events`. */
export function encodeIncident(notice: IncidentNotice): { readonly key: string; readonly value: string } {
  const { id, revision, action, excludes: holds, terms, at, announcedBy, summary, by, note } = notice;
  const value = { version: EVENT_VERSION, type: 'incident', id, revision, action, holds, terms: termsValue(terms), announcedBy, summary };
  return { key: INCIDENT_KEY + id, value: JSON.stringify({ ...value, by, note, occurredAt: formatTime(at) }) };
}

/** Decodes the record of an incident. `detail` names the first wrong field. */
export function decodeIncident({ value }: Pick<RawRecord, 'value'>): DecodedIncident {
  if (value === null) return refuse('unreadable', 'no value');
  if (value.length > RECORD_LIMIT) return refuse('too_large', `${value.length} bytes, at most ${RECORD_LIMIT}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch {
    return refuse('unreadable', 'not JSON in UTF-8');
  }
  return parseIncident(json);
}

/** Like `decodeIncident`, for a value that is parsed already. */
export function parseIncident(json: unknown): DecodedIncident {
  if (!isObject(json)) return refuse('unreadable', 'not a JSON object');
  const { version } = json;
  if (version !== EVENT_VERSION) {
    return typeof version === 'number'
      ? refuse('unsupported_version', `version ${version}, supported: ${EVENT_VERSION}`)
      : refuse('invalid', 'version: missing or not a number');
  }
  if (json['type'] === 'incident' && json['kind'] === 'sender') {
    const read = parseSenderIncident(json);
    return read.ok ? { ok: true, kind: 'sender', notice: read.notice } : refuse('invalid', read.detail);
  }
  const problems: string[] = [];
  const wrong = (name: string, wanted: string): undefined => void problems.push(`${name}: must be ${wanted}`);
  const { id, revision, action, holds, announcedBy, by, note, occurredAt } = json;
  if (json['type'] !== 'incident') wrong('type', '"incident"');
  if (typeof id !== 'string' || !INCIDENT_ID.test(id)) wrong('id', `like ${INCIDENT_ID.source}`);
  if (!isCount(revision)) wrong('revision', 'a whole number from 0 on');
  if (!INCIDENT_ACTIONS.includes(action as IncidentAction)) wrong('action', `one of ${INCIDENT_ACTIONS.join(', ')}`);
  if (typeof holds !== 'boolean') wrong('holds', 'true or false');
  if (!isCount(announcedBy)) wrong('announcedBy', 'the number of a partition');
  const at = typeof occurredAt === 'string' ? parseTime(occurredAt) : undefined;
  if (at === undefined) wrong('occurredAt', 'an RFC 3339 time');
  const terms = readTerms(json['terms'], wrong);
  if (problems.length > 0) return refuse('invalid', problems[0] as string);
  const notice: IncidentNotice = {
    id: id as string,
    revision: revision as number,
    action: action as IncidentAction,
    excludes: holds as boolean,
    terms: terms as IncidentTerms,
    at: at as number,
    announcedBy: announcedBy as number,
    summary: readSummary(json['summary']),
    by: wordOf(by, WORD_LIMIT),
    note: wordOf(note, TEXT_LIMIT),
  };
  return { ok: true, kind: 'provider', notice };
}

type Wrong = (name: string, wanted: string) => undefined;

/**
 * Reads terms from JSON and reports every problem to `wrong`. A provider or a domain is required, so that nobody voids everything by
 * mistake.
 */
export function readTerms(json: unknown, wrong: Wrong): IncidentTerms | undefined {
  if (!isObject(json)) return wrong('terms', 'an object');
  const text = (name: string, limit: number): string | null => {
    const value = json[name] ?? null;
    if (value === null) return null;
    if (typeof value === 'string' && value.trim() !== '' && value.length <= limit) return clean(value.trim(), limit);
    wrong(name, `text of at most ${limit} characters`);
    return null;
  };
  const time = (name: string): number | null => {
    const value = json[name] ?? null;
    const read = typeof value === 'string' ? parseTime(value) : undefined;
    if (value !== null && read === undefined) wrong(name, 'an RFC 3339 time');
    return read ?? null;
  };
  const tenant = text('tenant', 64);
  if (tenant !== null && !NAME.test(tenant)) wrong('tenant', `a name like ${NAME.source}`);
  const provider = text('provider', WORD_LIMIT)?.toLowerCase() ?? null;
  const named = text('domain', WORD_LIMIT);
  const address = named === null ? null : normaliseAddress(`x@${named}`);
  if (address !== null && !address.ok) wrong('domain', `the name of a mail domain (${address.problem})`);
  const domain = address?.ok === true ? address.address.slice(2) : null;
  const code = text('code', 32);
  if (code !== null && !/^(\d{3})?(?:(?:^|\s)[245]\.\d{1,3}\.\d{1,3})?$/.test(code)) wrong('code', 'like 550, 5.1.1 or "550 5.1.1"');
  const part = text('text', TEXT_LIMIT);
  if (part?.includes('@') === true) wrong('text', 'part of a stored reply, which contains no addresses');
  const from = time('from');
  const until = time('until');
  if (from === null) wrong('from', 'given');
  else if (until !== null && until <= from) wrong('until', 'after from');
  if (provider === null && domain === null) wrong('provider', 'given if there is no domain');
  return from === null ? undefined : { tenant: tenant === null ? null : asTenant(tenant), provider, domain, code, text: part, from, until };
}

export interface TermsJson extends Omit<IncidentTerms, 'from' | 'until'> {
  readonly from: string;
  readonly until: string | null;
}

export function termsValue({ from, until, ...rest }: IncidentTerms): TermsJson {
  return { ...rest, from: formatTime(from), until: until === null ? null : formatTime(until) };
}

/** Counts are for people only, so unreadable parts are left out. */
export function readSummary(json: unknown): IncidentSummary | null {
  if (!isObject(json)) return null;
  const { failing, delivered, usualShare, codes, samples } = json;
  const listed = Array.isArray(codes) ? codes.filter(isObject).slice(0, MOST_CODES) : [];
  return {
    failing: isCount(failing) ? failing : 0,
    delivered: isCount(delivered) ? delivered : 0,
    usualShare: typeof usualShare === 'number' ? usualShare : null,
    codes: listed.flatMap(({ code, count }) => (typeof code === 'string' && isCount(count) ? [{ code: clean(code, 32), count }] : [])),
    samples: (Array.isArray(samples) ? samples : [])
      .slice(0, MOST_SAMPLES)
      .flatMap((sample) => (typeof sample === 'string' ? [clean(sample, WORD_LIMIT)] : [])),
  };
}

/**
 * The JSON value on `suppression-events`: a decision about an incident, published once for all partitions. It concerns no single recipient;
 * the tenant is `*` unless the incident names one.
 */
export function encodeIncidentChange(input: {
  readonly notice: IncidentNotice;
  /** Partition clock at publication, ms. */
  readonly recordedAt: number;
  readonly policy: string;
  readonly sequence: { readonly partition: number; readonly number: number; readonly incarnation?: number };
}): { readonly key: string; readonly value: string } {
  const { notice, recordedAt, policy, sequence } = input;
  const { id, revision, action, excludes: holds, terms, at, summary, by, note } = notice;
  const { failing = 0, delivered = 0, usualShare = null, codes = [], samples = [] } = summary ?? {};
  const share = failing === 0 ? 0 : round(failing / (failing + delivered));
  const value = {
    version: 1,
    id: contentHash(['incident', id, revision]),
    type: `incident_${action}`,
    tenant: terms.tenant ?? '*',
    incident: { id, kind: 'provider' },
    holds,
    terms: termsValue(terms),
    counts: { failing, delivered, share, usualShare: usualShare === null ? null : round(usualShare) },
    codes,
    samples,
    by,
    note,
    effectiveAt: formatTime(at),
    recordedAt: formatTime(recordedAt),
    policy,
    sequence,
  };
  return { key: INCIDENT_KEY + id, value: JSON.stringify(value) };
}

function wordOf(value: unknown, limit: number): string | null {
  return typeof value === 'string' && value.trim() !== '' ? clean(value, limit) : null;
}

function refuse(reason: Refusal, detail: string): DecodedIncident {
  return { ok: false, reason, detail };
}
