/** Feedback reports (RFC 5965, RFC 6430, RFC 6591, RFC 6692) and Microsoft's form without a feedback part: complaints and opt-outs. */
import type { DeliveryEventType } from '@desist/domain';
import type { DetectableFormat } from './detect.ts';
import { bareAddress, eventOf, ignored, problem } from './draft.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { feedbackMeaning, isRedacted, untyped } from './mail/feedback.ts';
import { allFields, fieldGroups, firstField } from './mail/mime.ts';
import type { Field } from './mail/mime.ts';
import { firstMoment, isMail, rawHead, readMail } from './mail/report.ts';
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
  const raw = (): string => rawHead(payload);
  const report = mail.parts.filter(({ type }) => type === 'message/feedback-report').flatMap((part) => fieldGroups(part).flat());
  if (report.length > 0) return readFeedback(mail, report, context, raw);
  const original = firstField(mail.returned, JMRP) ?? firstField(mail.root.fields, JMRP);
  if (original !== undefined) return events(mail, 'complained', [original], [], context, raw);
  if (mail.root.type === 'multipart/report' && mail.root.parameters.get('report-type') === 'feedback-report') {
    return [problem('invalid', 'a feedback report without a feedback-report part', raw())];
  }
  return [ignored('a mail that is no feedback report')];
}

function readFeedback(mail: Mail, report: readonly Field[], context: NormaliseContext, raw: () => string): readonly Normalised[] {
  const type = feedbackMeaning(firstField(report, 'feedback-type'));
  if (type === undefined) return [problem('invalid', 'Feedback-Type: missing or not known', raw())];
  if (type === 'ignored') return [ignored('a report that is no complaint')];
  return events(mail, type, recipientsOf(mail, report, type), report, context, raw);
}

/** Who the mail went to, from the most certain source that names anybody. */
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

/** A mail to many names none of them for certain. */
function onlyOne(values: readonly string[]): readonly string[] {
  const [value, ...others] = values;
  return value !== undefined && others.length === 0 && value.split('@').length === 2 ? [value] : [];
}

function events(
  mail: Mail,
  type: DeliveryEventType,
  recipients: readonly string[],
  report: readonly Field[],
  context: NormaliseContext,
  raw: () => string,
): readonly Normalised[] {
  const given = [...new Set(recipients.map((value) => bareAddress(untyped(value))).filter((address) => address !== undefined))];
  const named = given.filter((address) => !isRedacted(address));
  // What the report leaves out, whoever sent the mail may know.
  const found = named.length === given.length && given.length > 0 ? undefined : sentTo(mail, context);
  const known = found === undefined || named.includes(found) ? named : [...named, found];
  const time = timeOf(mail, report, context);
  const identity = [mail.id, mail.messageId, firstField(report, 'feedback-type'), firstField(report, 'source-ip')];
  const told = known.map((recipient) =>
    eventOf('arf', { type, recipient, time, id: mail.id, identity, messageId: mail.messageId }, context, raw),
  );
  if (found !== undefined) return told;
  if (given.length === 0) return [unnamed(mail, type, 'the report names no recipient', raw)];
  return [...told, ...given.slice(named.length).map(() => unnamed(mail, type, 'the recipient is redacted', raw))];
}

function sentTo({ messageId }: Mail, { recipientOf }: NormaliseContext): string | undefined {
  return messageId === undefined ? undefined : recipientOf?.(messageId);
}

/** `raw` is the report: whoever knows the message id knows to whom that mail went. */
function unnamed({ messageId }: Mail, type: DeliveryEventType, why: string, raw: () => string): Normalised {
  return problem('no_recipient', `${type}: ${why}; message id ${messageId === undefined ? 'not given either' : 'given'}`, raw());
}

/** The report's own date. The dates inside are those of the mail: only if there is nothing else. */
function timeOf({ root }: Mail, report: readonly Field[], context: NormaliseContext): ReturnType<typeof firstMoment> {
  const received = firstField(root.fields, 'received')?.split(';').at(-1);
  return firstMoment(
    [firstField(root.fields, 'date'), received, firstField(report, 'arrival-date'), firstField(report, 'received-date')],
    context,
  );
}
