/** What a record of the delivery events says: an event, a command, or a decision about an incident. */
import { decodeIncident, isIncidentKey } from '@desist/contracts';
import type { IncidentNotice, LogEvent, SenderNotice } from '@desist/domain';
import { decodeRecord } from '@desist/formats/event';
import type { LogRecord } from '@desist/pipeline';

/** What a record of the log says. */
export type ReadEvent =
  | { readonly kind: 'event'; readonly event: LogEvent }
  | { readonly kind: 'incident'; readonly notice: IncidentNotice }
  | { readonly kind: 'sender'; readonly notice: SenderNotice }
  | { readonly kind: 'problem'; readonly problem: string };

export function readRecord(record: LogRecord): ReadEvent {
  if (isIncidentKey(record.key)) {
    const decoded = decodeIncident(record);
    if (!decoded.ok) return { kind: 'problem', problem: `${decoded.reason}, ${decoded.detail}` };
    if (decoded.kind === 'sender') return { kind: 'sender', notice: decoded.notice };
    return { kind: 'incident', notice: decoded.notice };
  }
  const decoded = decodeRecord(record);
  return decoded.ok ? { kind: 'event', event: decoded.event } : { kind: 'problem', problem: `${decoded.reason}, ${decoded.detail}` };
}
