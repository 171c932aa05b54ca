/** Converts a row of an imported list to a record of the log. */
import { EVENT_VERSION, formatTime } from '../event/index.ts';
import { isHardBounce, providerOf } from '@desist/verdicts';
import type { Verdict } from '@desist/verdicts';
import { classifyFailure, isDomainEntry } from '@desist/domain';
import type { Address, SuppressionReason } from '@desist/domain';
import type { ListRow } from './formats.ts';

export interface ImportedRow {
  readonly row: ListRow;
  /** Name of the list's format. */
  readonly format: string;
  readonly address: Address;
  readonly tenant: string | undefined;
}

export interface RecordOptions {
  /** Stream of unsubscribes and complaints whose list names none. */
  readonly stream?: string;
  readonly by?: string;
  /** ms; the time of rows that have none. */
  readonly importedAt: number;
}

export interface ImportRecord {
  readonly command: boolean;
  readonly value: object;
  /** A command that is to follow it. */
  readonly amend?: object;
  /** In words, for people. */
  readonly becomes: string;
}

/**
 * The record for a row: the event that it reports, if that event alone suppresses; otherwise a command that quotes the source. What an event
 * cannot say (a note, an expiry) follows in `amend`.
 */
export function recordOf(
  { row, format, address: recipient, tenant }: ImportedRow,
  { stream, by, importedAt }: RecordOptions,
): ImportRecord {
  const at = row.at ?? importedAt;
  const occurredAt = formatTime(at);
  const importer = `import:${format}`;
  const source = row.source ?? importer;
  const who = row.by ?? by ?? importer;
  const common = { version: EVENT_VERSION, tenant, recipient, occurredAt };
  const since = `since ${occurredAt}`;
  const until = row.expiresAt === null ? '' : ` until ${formatTime(row.expiresAt)}`;
  const expires = row.expiresAt === null ? {} : { expiresAt: formatTime(row.expiresAt) };

  function reported(event: object, reason: SuppressionReason, entryScope: string): Omit<ImportRecord, 'becomes'> {
    const record = { command: false, value: { ...common, ...event, source } };
    if (row.note === undefined && row.expiresAt === null) return record;
    // Of the same moment: commands come behind events.
    const force = row.expiresAt === null ? {} : { force: true };
    const note = row.note === undefined ? {} : { note: row.note };
    return { ...record, amend: { ...common, type: 'amend', scope: entryScope, reason, by: who, ...note, ...expires, ...force } };
  }

  const isOwn = format === 'desist';
  const isDomain = isDomainEntry(recipient);
  const scope = row.scope === '*' ? undefined : row.scope;
  // Another system's list that lets an objection end asks for less than an objection; our own says what became of one.
  const isReported = !isDomain && (row.expiresAt === null || isOwn);
  if (row.kind === 'complaint' && isReported) {
    return { ...reported({ type: 'complained', stream: scope ?? stream }, 'complaint', row.scope), becomes: `complaint, ${since}${until}` };
  }
  // A global list means all streams. Only with a named stream the row is an unsubscribe from one stream.
  const from = scope ?? stream;
  if (row.kind === 'unsubscribe' && isReported && from !== undefined) {
    return {
      ...reported({ type: 'unsubscribed', stream: from }, 'unsubscribe', from),
      becomes: `unsubscribe from the stream ${from}, ${since}${until}`,
    };
  }
  if (row.kind === 'bounce' && !isDomain && row.reply !== null && row.scope === '*' && isHardReply(row.reply, recipient)) {
    const smtp = { text: row.reply, code: Number(row.reply.slice(0, 3)) };
    return { ...reported({ type: 'bounced', smtp }, 'hard_bounce', '*'), becomes: `hard bounce, ${since}${until}` };
  }
  const isOperators = isOwn && row.reason === 'operator';
  const parts = [format, row.kind === 'other' ? '' : row.kind, row.reason, row.reply ?? '', row.note ?? ''].filter((part) => part !== '');
  const note = isOperators ? row.note : [...new Set(parts)].join(': ').slice(0, 300);
  const where = row.scope === '*' ? 'in all streams' : `in the stream ${row.scope}`;
  const below = isDomain && row.subdomains === true;
  return {
    command: true,
    value: {
      ...common,
      type: 'suppress',
      scope: row.scope,
      ...expires,
      by: who,
      ...(note === undefined ? {} : { note }),
      // An operator's entry that named no source has none afterwards either.
      ...(isOperators && row.source === undefined ? {} : { source }),
      ...(below ? { subdomains: true } : {}),
    },
    becomes: `suppressed ${where}${below ? ', with all domains below it' : ''}, ${since}${until} (${row.kind})`,
  };
}

function verdictOf(text: string, recipient: Address): Verdict {
  const code = /^[45]\d\d/.exec(text)?.[0];
  const smtp = { text, ...(code === undefined ? {} : { code: Number(code) }) };
  return classifyFailure({ recipient, type: 'bounced', smtp }, (domain, host) => providerOf(domain, host)).verdict;
}

function isHardReply(text: string, recipient: Address): boolean {
  const verdict = verdictOf(text, recipient);
  return verdict.attribution === 'recipient' && verdict.category !== 'recipient_refused' && isHardBounce(verdict);
}

/**
 * Why the reply of a row is no reason to suppress the recipient; undefined: it is, or it does not say. A list that also has refusals of one
 * message (SendGrid's blocks look like its bounces) suppresses only what the reply says of the recipient for good.
 */
export function troubleOf({ kind, reply, reason, mixed }: ListRow, recipient: Address): string | undefined {
  const text = reply ?? (mixed === true ? reason : '');
  if (kind !== 'bounce' || text === '') return undefined;
  const { attribution, category } = verdictOf(text, recipient);
  if (attribution === 'sender') return `the sender's trouble (${category})`;
  if (attribution === 'message') return `the message's trouble (${category})`;
  if (mixed !== true) return undefined;
  if (attribution === 'system' || attribution === 'local' || attribution === 'greylisting')
    return `trouble of a server or the network (${category})`;
  return category === 'mailbox_full' || /^4\d\d/.test(text) ? `temporary (${category})` : undefined;
}
