/** Mailgun: webhooks (`signature` and `event-data`), items and pages of the Events API, and the form posts used before 2018. */
import type { DeliveryEventType } from '@desist/domain';
import { bareAddress, eventOf, ignored, ignoredWord, problem } from './draft.ts';
import type { Draft } from './draft.ts';
import { asArray, elementFormat } from './elements.ts';
import { formFields } from './form.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { allSay, answerOf, headerFields } from './inbound.ts';
import { countOf, fieldsOf, idOf, isObject, listOf, numberOf, parseJson, textOf } from './json.ts';
import type { Fields } from './json.ts';

/** Marks an element from a legacy form post, whose members have other names. */
const LEGACY = Symbol('form');

export const mailgun = elementFormat({
  name: 'mailgun',
  looksLike: ({ first, text }) =>
    isObject(first['event-data']) ||
    isItem(first) ||
    isItem(fieldsOf(listOf(first['items'])[0])) ||
    (!/^\s*[{[]/.test(text) && isLegacy(formFields(text))),
  elements: (document) =>
    asArray(document).flatMap((one) => {
      const items = fieldsOf(one)['items'];
      return Array.isArray(items) ? (items as unknown[]) : [one];
    }),
  otherwise: (text) => {
    const form = formFields(text);
    return form === undefined ? undefined : [{ ...form, [LEGACY]: true }];
  },
  read: (element, context, raw) => (LEGACY in element ? readLegacy(element, context, raw) : read(element, context, raw)),
});

function isItem({ event, timestamp, ...rest }: Fields): boolean {
  return (
    typeof event === 'string' && typeof timestamp === 'number' && ('log-level' in rest || 'delivery-status' in rest || 'recipient' in rest)
  );
}

function isLegacy(form: Fields | undefined): boolean {
  return form !== undefined && (('event' in form && ('recipient' in form || 'token' in form)) || isInbound(form));
}

/** What a route forwards: mail from outside. */
function isInbound(form: Fields): boolean {
  return !('event' in form) && 'message-headers' in form && 'recipient' in form && 'token' in form;
}

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['accepted', 'accepted'],
  ['delivered', 'delivered'],
  ['failed', 'bounced'],
  ['rejected', 'rejected'],
  ['complained', 'complained'],
  ['unsubscribed', 'unsubscribed'],
  ['clicked', 'engaged'],
]);

const OTHERS: ReadonlySet<string> = new Set([...['opened', 'stored', 'list_member_uploaded', 'list_member_upload_error', 'list_uploaded']]);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised | readonly Normalised[] {
  const data = isObject(element['event-data']) ? element['event-data'] : element;
  const event = textOf(data['event']);
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const type = TYPES.get(event.toLowerCase());
  if (type === undefined) return ignoredWord(event.toLowerCase(), OTHERS);
  // Nothing was sent.
  if (fieldsOf(data['flags'])['is-test-mode'] === true) return ignored('test mode');
  // `apple`, `gmail` or `generic`; empty for a person.
  const bot = textOf(fieldsOf(data['client-info'])['bot']) ?? '';
  if (type === 'engaged' && bot !== '') return ignored(`${event} by a bot`);
  const status = fieldsOf(data['delivery-status']);
  const reject = fieldsOf(data['reject']);
  const headers = fieldsOf(fieldsOf(data['message'])['headers']);
  const messageId = idOf(headers['message-id']);
  const draft: Omit<Draft, 'recipient'> = {
    type,
    time: ['timestamp', data['timestamp']],
    id: idOf(data['id']),
    identity: [messageId, event, status['message']],
    messageId: messageId ?? idOf(fieldsOf(data['storage'])['key']),
    attempt: countOf(status['attempt-no']),
    code: status['code'],
    enhanced: status['enhanced-code'],
    text: textOf(status['message']) ?? textOf(status['description']) ?? textOf(reject['reason']) ?? textOf(reject['description']),
    remoteHost: textOf(status['mx-host']),
    metadata: data['user-variables'],
    ...(type === 'bounced' ? failure(data, status) : {}),
  };
  return recipientsOf(data, headers).map((recipient) => eventOf('mailgun', { ...draft, recipient }, context, raw));
}

/** Codes of Mailgun's own suppression list: 605 bounced, 606 unsubscribed, 607 complained. */
const OWN_LIST: ReadonlySet<number | undefined> = new Set([605, 606, 607]);

function failure({ severity, reason }: Fields, status: Fields): Partial<Draft> {
  if (OWN_LIST.has(numberOf(status['code'])) || textOf(reason)?.startsWith('suppress-') === true) return { type: 'rejected' };
  // "old" marks the last attempt, although its severity can still be temporary.
  if (reason === 'old') return { type: 'expired' };
  if (severity === 'temporary') return { type: 'deferred' };
  return { permanent: severity === 'permanent' ? true : undefined };
}

/** Recipients of an event. A rejected message has no `recipient`, so they come from the message or the envelope. */
function recipientsOf(data: Fields, headers: Fields): readonly unknown[] {
  if (textOf(data['recipient']) !== undefined) return [data['recipient']];
  const given = listOf(fieldsOf(data['message'])['recipients']);
  if (given.length > 0) return given;
  const targets = addressesOf(fieldsOf(data['envelope'])['targets']);
  const named = targets.length > 0 ? targets : addressesOf(headers['to']);
  return named.length > 0 ? named : [data['recipient']];
}

/** Parses the addresses of a list such as a To header. */
function addressesOf(list: unknown): readonly string[] {
  const parts = partsOf(textOf(list)?.slice(0, 16 * 1024) ?? '');
  return parts.flatMap((part) => bareAddress(part) ?? []).filter((address) => address.includes('@'));
}

const QUOTED = /"(?:[^"\\]|\\.)*"/y;

/**
 * Splits at commas outside quoted names. After an unclosed quote all quotes are literal, so the search for a closing quote fails at
 * most once.
 */
function partsOf(list: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  let open = false;
  for (let at = 0; at < list.length; at += 1) {
    const letter = list[at];
    if (letter === ',') {
      parts.push(list.slice(from, at));
      from = at + 1;
    } else if (letter === '"' && !open) {
      QUOTED.lastIndex = at;
      open = !QUOTED.test(list);
      if (!open) at = QUOTED.lastIndex - 1;
    }
  }
  return [...parts, list.slice(from)];
}

function readInbound(form: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const fields = headerFields(parseJson(textOf(form['message-headers']) ?? ''));
  const answer = answerOf({
    from: form['from'],
    fields,
    checks: {
      signed: allSay(fields, 'x-mailgun-dkim-check-result', /^pass$/i),
      // The envelope's sender.
      sentFor: allSay(fields, 'x-mailgun-spf', /^pass$/i) ? textOf(form['sender']) : undefined,
    },
  });
  if ('ignored' in answer) return ignored(answer.ignored);
  return eventOf(
    'mailgun',
    { ...answer, time: ['timestamp', form['timestamp']], identity: [answer.messageId, form['token']] },
    context,
    raw,
  );
}

const LEGACY_TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['delivered', 'delivered'],
  ['bounced', 'bounced'],
  ['dropped', 'rejected'],
  ['complained', 'complained'],
  ['unsubscribed', 'unsubscribed'],
  ['clicked', 'engaged'],
]);

function readLegacy(form: Fields, context: NormaliseContext, raw: () => string): Normalised {
  if (isInbound(form)) return readInbound(form, context, raw);
  const event = textOf(form['event']);
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const type = LEGACY_TYPES.get(event.toLowerCase());
  if (type === undefined) return ignoredWord(event.toLowerCase(), OTHERS);
  const text = textOf(form['error']) ?? textOf(form['description']) ?? textOf(form['notification']);
  const messageId = textOf(form['Message-Id']) ?? textOf(form['message-id']);
  return eventOf(
    'mailgun',
    {
      type,
      recipient: form['recipient'],
      time: ['timestamp', form['timestamp']],
      // The token identifies the request and stays the same when it is resent.
      identity: [messageId, event, form['token'], text],
      messageId,
      code: form['code'],
      // The code field can contain an enhanced status.
      enhanced: form['code'],
      text,
      metadata: form,
      ...legacyFailure(event.toLowerCase(), form),
    },
    context,
    raw,
  );
}

function legacyFailure(event: string, { code, reason, description }: Fields): Partial<Draft> {
  const digit = textOf(code)?.[0];
  if (event === 'bounced') return { permanent: digit !== '4' };
  if (event !== 'dropped' || OWN_LIST.has(numberOf(code)) || /^not delivering/i.test(textOf(description) ?? '')) return {};
  if (reason === 'old') return { type: 'expired' };
  return digit === undefined ? {} : { type: 'bounced', permanent: digit === '5' };
}
