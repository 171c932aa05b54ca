/**
 * Parses feedback reports (RFC 5965, RFC 6430, RFC 6591, RFC 6692) and Microsoft's form without a feedback part into complaints and
 * opt-outs.
 */
import type { DeliveryEventType } from '@desist/domain';
import type { DetectableFormat } from './detect.ts';
import { bareAddress, eventOf, ignored, problem } from './draft.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { feedbackMeaning, isRedacted, untyped } from './mail/feedback.ts';
import { allFields, fieldGroups, firstField } from './mail/mime.ts';
import type { Field } from './mail/mime.ts';
import { firstMoment, isMail, rawHeads, readMail } from './mail/report.ts';
import type { Mail } from './mail/report.ts';

export const arf: DetectableFormat = {
  name: 'arf',
  looksLike: ({ text }) => /^(?:Content-Type:\s*message\/feedback-report|X-HmXmrOriginalRecipient:)/im.test(text),
  normalise(payload, context) {
    const mail = readMail(payload);
    return isMail(mail) ? readReport(mail, payload, context) : [mail];
  },
};

const JMRP = 'x-hmxmroriginalrecipient';

function readReport(mail: Mail, payload: Uint8Array, context: NormaliseContext): readonly Normalised[] {
  const raw = rawHeads(payload);
  const report = mail.parts.filter(({ type }) => type === 'message/feedback-report').flatMap((part) => fieldGroups(part).flat());
  if (report.length > 0) return readFeedback(mail, report, context, raw);
  const original = firstField(mail.returned, JMRP) ?? firstField(mail.root.fields, JMRP);
  if (original !== undefined) return events(mail, { type: 'complained', recipients: [original], fields: [] }, context, raw);
  if (mail.root.type === 'multipart/report' && mail.root.parameters.get('report-type') === 'feedback-report') {
    return [problem('invalid', 'a feedback report without a feedback-report part', raw())];
  }
  return [ignored('a mail that is not a feedback report')];
}

function readFeedback(mail: Mail, report: readonly Field[], context: NormaliseContext, raw: () => string): readonly Normalised[] {
  const type = feedbackMeaning(firstField(report, 'feedback-type'));
  if (type === undefined) return [problem('invalid', 'Feedback-Type: missing or not known', raw())];
  if (type === 'ignored') return [ignored('a report that is not a complaint')];
  return events(mail, { type, recipients: recipientsOf(mail, report, type), fields: report }, context, raw);
}

/** Recipients of the original mail, from the most reliable source that contains an address. */
function recipientsOf({ returned }: Mail, report: readonly Field[], type: DeliveryEventType): readonly string[] {
  const named = allFields(report, 'original-rcpt-to');
  const removal = allFields(report, 'removal-recipient');
  const sources = [
    ...(type === 'unsubscribed' ? [removal, named] : [named, removal]),
    allFields(report, JMRP),
    allFields(returned, JMRP),
    onlyOne(allFields(returned, 'to')),
  ];
  return sources.find((values) => values.some((value) => /.@./.test(value))) ?? [];
}

/** Returns the value only if it is the only address. With several To addresses the complainant is not identified. */
function onlyOne(values: readonly string[]): readonly string[] {
  const [value, ...others] = values;
  return value !== undefined && others.length === 0 && value.split('@').length === 2 ? [value] : [];
}

interface Feedback {
  readonly type: DeliveryEventType;
  readonly recipients: readonly string[];
  /** Fields of the feedback-report part; empty for a report without one. */
  readonly fields: readonly Field[];
}

function events(mail: Mail, feedback: Feedback, context: NormaliseContext, raw: () => string): readonly Normalised[] {
  const { type, recipients, fields } = feedback;
  const given = [...new Set(recipients.map((value) => bareAddress(untyped(value))).filter((address) => address !== undefined))];
  const named = given.filter((address) => !isRedacted(address));
  // If the report omits or redacts the recipient, the sender's own records may identify it.
  const found = named.length === given.length && given.length > 0 ? undefined : sentTo(mail, context);
  const known = found === undefined || named.includes(found) ? named : [...named, found];
  const time = timeOf(mail, fields, context);
  const identity = [mail.id, mail.messageId, firstField(fields, 'feedback-type'), firstField(fields, 'source-ip')];
  const reported = known.map((recipient) =>
    eventOf('arf', { type, recipient, time, id: mail.id, identity, messageId: mail.messageId }, context, raw),
  );
  if (found !== undefined) return reported;
  if (given.length === 0) return [withoutRecipient(mail, type, 'the report names no recipient', raw)];
  return [...reported, ...given.slice(named.length).map(() => withoutRecipient(mail, type, 'the recipient is redacted', raw))];
}

function sentTo({ messageId }: Mail, { recipientOf }: NormaliseContext): string | undefined {
  return messageId === undefined ? undefined : recipientOf?.(messageId);
}

/** `raw` is the report. A sender who records message ids can find the recipient with it. */
function withoutRecipient({ messageId }: Mail, type: DeliveryEventType, why: string, raw: () => string): Normalised {
  return problem('no_recipient', `${type}: ${why}; message id ${messageId === undefined ? 'missing' : 'given'}`, raw());
}

/** The report's own date comes first. The dates inside belong to the original mail and are only the fallback. */
function timeOf({ root }: Mail, report: readonly Field[], context: NormaliseContext): ReturnType<typeof firstMoment> {
  const received = firstField(root.fields, 'received')?.split(';').at(-1);
  return firstMoment(
    [firstField(root.fields, 'date'), received, firstField(report, 'arrival-date'), firstField(report, 'received-date')],
    context,
  );
}
