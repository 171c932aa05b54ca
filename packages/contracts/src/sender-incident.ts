/**
 * Encodings of sender incidents: the record on `delivery-events`, in the one partition that publishes it, and the change on
 * `suppression-events`. Beside what was counted, the change says what the replies mean and what to do.
 */
import { asTenant } from '@desist/domain';
import type { SenderNotice, SenderReply, SenderSummary } from '@desist/domain';
import { clean, contentHash, EVENT_VERSION, formatTime, NAME, parseTime, WORD_LIMIT } from '@desist/formats/event';
import { CATEGORIES, knowledgeFor } from '@desist/verdicts';
import type { Category } from '@desist/verdicts';
import { INCIDENT_ID, INCIDENT_KEY, isCount, isObject, round } from './incident-values.ts';

const MOST_REPLIES = 5;
const POOL = /^[A-Za-z0-9._-]{1,64}$/;

/** The record, for the partition that publishes it. */
export function encodeSenderIncident(notice: SenderNotice): { readonly key: string; readonly value: string } {
  const { id, revision, action, place, from, until, at, announcedBy, summary } = notice;
  // `holds`: an engine of before reads it as an incident that holds nothing back.
  const head = { version: EVENT_VERSION, type: 'incident', kind: 'sender', id, revision, action, holds: false };
  const value = { ...head, terms: senderTermsValue({ place, from, until }), announcedBy, summary, by: null, note: null };
  return { key: INCIDENT_KEY + id, value: JSON.stringify({ ...value, occurredAt: formatTime(at) }) };
}

export type ParsedSender = { readonly ok: true; readonly notice: SenderNotice } | { readonly ok: false; readonly detail: string };

/** Of a JSON object with `kind: "sender"`. `detail` names the first wrong field. */
export function parseSenderIncident(json: Readonly<Record<string, unknown>>): ParsedSender {
  const wrong = (name: string, wanted: string): ParsedSender => ({ ok: false, detail: `${name}: must be ${wanted}` });
  const { id, revision, action, announcedBy, terms, summary } = json;
  if (typeof id !== 'string' || !INCIDENT_ID.test(id)) return wrong('id', `like ${INCIDENT_ID.source}`);
  if (!isCount(revision)) return wrong('revision', 'a whole number from 0 on');
  if (action !== 'opened' && action !== 'closed') return wrong('action', 'opened or closed');
  if (!isCount(announcedBy)) return wrong('announcedBy', 'the number of a partition');
  const at = timeOf(json['occurredAt']);
  if (at === undefined) return wrong('occurredAt', 'an RFC 3339 time');
  if (!isObject(terms)) return wrong('terms', 'an object');
  const { tenant, provider, pool = null } = terms;
  if (typeof tenant !== 'string' || !NAME.test(tenant)) return wrong('tenant', `a name like ${NAME.source}`);
  if (typeof provider !== 'string' || provider === '' || provider.length > WORD_LIMIT)
    return wrong('provider', `text of at most ${WORD_LIMIT} characters`);
  if (pool !== null && (typeof pool !== 'string' || !POOL.test(pool))) return wrong('pool', `a name like ${POOL.source}`);
  const from = timeOf(terms['from']);
  if (from === undefined) return wrong('from', 'an RFC 3339 time');
  const until = timeOf(terms['until']) ?? null;
  const place = { tenant: asTenant(tenant), provider: clean(provider, WORD_LIMIT), pool };
  return { ok: true, notice: { id, revision, action, place, from, until, at, announcedBy, summary: summaryOf(summary) } };
}

function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? parseTime(value) : undefined;
}

/** Counts are for people only, so unreadable parts are left out. */
function summaryOf(json: unknown): SenderSummary {
  const { tries, refused, usualShare, replies } = isObject(json) ? json : {};
  return {
    tries: isCount(tries) ? tries : 0,
    refused: isCount(refused) ? refused : 0,
    usualShare: typeof usualShare === 'number' ? usualShare : 0,
    replies: (Array.isArray(replies) ? replies : []).filter(isObject).slice(0, MOST_REPLIES).flatMap(replyOf),
  };
}

function replyOf({ category, code, count, reply }: Readonly<Record<string, unknown>>): SenderReply[] {
  if (typeof category !== 'string' || typeof code !== 'string' || !isCount(count)) return [];
  const text = typeof reply === 'string' ? clean(reply, WORD_LIMIT) : null;
  return [{ category: clean(category, 64), code: clean(code, 32), count, reply: text }];
}

interface SenderTermsJson {
  readonly tenant: string;
  readonly provider: string;
  readonly pool: string | null;
  readonly from: string;
  readonly until: string | null;
}

function senderTermsValue({ place, from, until }: Pick<SenderNotice, 'place' | 'from' | 'until'>): SenderTermsJson {
  return { ...place, from: formatTime(from), until: until === null ? null : formatTime(until) };
}

/** A reply with what it means and what to do. */
export interface ExplainedSenderReply extends SenderReply {
  readonly meaning: string;
  readonly actions: readonly string[];
}

const KNOWN: ReadonlySet<string> = new Set(CATEGORIES.map(({ category }) => category));

export function explainedReplies(provider: string, replies: readonly SenderReply[]): readonly ExplainedSenderReply[] {
  return replies.map(({ category, code, count, reply }) => {
    // Of a category of a later version nothing is known here.
    const known = (KNOWN.has(category) ? category : 'unknown') as Category;
    const { meaning, actions } = knowledgeFor(known, code, provider);
    return { category, code, count, reply, meaning, actions: [...actions] };
  });
}

/** The figures of a sender incident, as they are published and shown. */
export interface SenderCountsJson {
  readonly tries: number;
  readonly refused: number;
  readonly share: number;
  readonly usualShare: number;
}

export function senderCountsValue({ tries, refused, usualShare }: Omit<SenderSummary, 'replies'>): SenderCountsJson {
  return { tries, refused, share: tries === 0 ? 0 : round(refused / tries), usualShare: round(usualShare) };
}

/** The JSON value on `suppression-events`. It concerns no single recipient. */
export function encodeSenderChange(input: {
  readonly notice: SenderNotice;
  /** Partition clock at publication, ms. */
  readonly recordedAt: number;
  readonly policy: string;
  readonly sequence: { readonly partition: number; readonly number: number; readonly incarnation?: number };
}): { readonly key: string; readonly value: string } {
  const { notice, recordedAt, policy, sequence } = input;
  const { id, revision, action, place, at, summary } = notice;
  const value = {
    version: 1,
    id: contentHash(['incident', id, revision]),
    type: `incident_${action}`,
    tenant: place.tenant,
    incident: { id, kind: 'sender' },
    holds: false,
    terms: senderTermsValue(notice),
    counts: senderCountsValue(summary),
    replies: explainedReplies(place.provider, summary.replies),
    effectiveAt: formatTime(at),
    recordedAt: formatTime(recordedAt),
    policy,
    sequence,
  };
  return { key: INCIDENT_KEY + id, value: JSON.stringify(value) };
}
