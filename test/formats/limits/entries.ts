/** Every entry at which bytes of others are read, with the bounds of its cost and the inputs that it is tried with. */
import { generateKeyPairSync } from 'node:crypto';
import { FILE_LIMIT, peekRecord, readPolicyFile, readSourcesFile } from '@desist/contracts';
import { decodeRecord, normaliseAddress, parseEvent, parseTime } from '@desist/formats/event';
import { providerOf } from '@desist/verdicts';
import type { PeekedOffsets, SourceSpec } from '@desist/contracts';
import { createJsonSplitter, detectFormat, FORMATS, isLineFormat } from '@desist/formats';
import type { NormaliseContext } from '@desist/formats';
import { createClassifier, hintsIn, RULES, shapeOf } from '@desist/verdicts';
import { mappingFormat, parsePath } from '@desist/formats/mapping';
import { configureSources, messageKey, MOST_ELEMENTS } from '@desist/ingest';
import type { WebhookSource } from '@desist/ingest';
import type { Cost, Read } from './cost.ts';
import { EVENTS, FIELDS_OF_EVENTS, FIELDS_OF_MAILS, FORMS, JSONS, LOGS, MAILS, REPLIES, TEXTS, YAMLS } from './hostile.ts';
import type { Hostile } from './hostile.ts';

export interface Entry {
  readonly name: string;
  readonly bounds: Cost;
  /** Of the larger input; default 1 MiB. */
  readonly bytes?: number;
  readonly inputs: Readonly<Record<string, Hostile>>;
  readonly read: Read;
}

/** Anybody who can reach the port can send it, without authentication. */
const ANYBODY: Cost = { perMebibyte: 100, growth: 12 };
/** Signed by a provider, or sent with a tenant's key. */
const KNOWN: Cost = { perMebibyte: 500, growth: 12 };
/** Written by the operator. */
const OWN: Cost = { perMebibyte: 10_000, growth: 10 };
/** Half of what is read of a file: more would take minutes. */
const OWN_BYTES = FILE_LIMIT / 2;

const NOW = Date.parse('2026-03-01T12:00:00Z');
const CONTEXT: NormaliseContext = { tenant: 'default', stream: 'default', referenceTime: NOW, elementLimit: MOST_ELEMENTS };
const textOf = (payload: Buffer): string => payload.toString('utf8');

// ------------------------------------------------------------------------------- webhooks, before the signature is known

const SECRET = 'a-secret-of-the-source';
const VERIFICATION_KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==';

function sourceOf(
  name: string,
  webhook: Partial<NonNullable<SourceSpec['webhook']>>,
  format: SourceSpec['format'] = 'canonical',
): SourceSpec {
  return {
    name,
    format,
    tenant: 'default',
    stream: 'default',
    timezone: null,
    topic: null,
    header: null,
    mapping: null,
    webhook: {
      check: 'none',
      secrets: [{ kind: 'literal', value: SECRET }],
      topics: [],
      url: null,
      header: null,
      hmac: null,
      tolerance: 300_000,
      ...webhook,
    },
  };
}

const POSTAL_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

const { webhooks } = configureSources(
  [
    sourceOf('mailgun', { check: 'mailgun' }),
    sourceOf('mandrill', { check: 'mandrill', url: 'https://x.example/' }),
    sourceOf('sns', { check: 'sns', topics: ['arn:aws:sns:eu-west-1:123456789012:t'], secrets: [] }),
    sourceOf('svix', { check: 'svix', secrets: [{ kind: 'literal', value: `whsec_${Buffer.alloc(24, 1).toString('base64')}` }] }),
    sourceOf('sendgrid', { check: 'sendgrid', secrets: [{ kind: 'literal', value: VERIFICATION_KEY }] }),
    sourceOf('basic', { check: 'basic', secrets: [{ kind: 'literal', value: 'user:password' }] }),
    sourceOf('bearer', { check: 'bearer' }),
    sourceOf('header', { check: 'header', header: 'x-token' }),
    sourceOf('postal', { check: 'postal', secrets: [{ kind: 'literal', value: POSTAL_KEY }] }),
    sourceOf('zeptomail', { check: 'zeptomail' }),
    sourceOf(
      'salesforce',
      {
        check: 'hmac',
        hmac: {
          ...{ header: 'x-sfmc-ens-signature', signature: '{signature}', timestamp: null },
          ...{ algorithm: 'sha256', encoding: 'base64', key: 'text', template: [{ kind: 'body' }] },
        },
      },
      'salesforce',
    ),
    sourceOf('hmac', {
      check: 'hmac',
      hmac: {
        ...{
          header: 'x-signature',
          signature: 't={timestamp},v1={signature}',
          timestamp: null,
          algorithm: 'sha256',
          encoding: 'hex',
          key: 'text',
        },
        template: [{ kind: 'timestamp' }, { kind: 'text', text: '.' }, { kind: 'body' }],
      },
    }),
  ],
  {
    secret: (ref) => (ref.kind === 'literal' ? ref.value : undefined),
    problem: (text) => {
      throw new Error(text);
    },
    fetch: () => Promise.reject(new Error('nothing is fetched here')),
    certificates: { key: async () => undefined, proven: () => undefined },
  },
);

const SIGNED = {
  'x-mandrill-signature': 'x',
  'svix-id': 'a',
  'svix-timestamp': String(NOW / 1_000),
  'svix-signature': 'v1,x',
  'x-postal-signature-256': 'bm8=',
  'producer-signature': 'ts=1772359200000;s=bm8%3D;s-algorithm=HmacSHA256',
  'x-signature': `t=${NOW / 1_000},v1=00`,
  'x-twilio-email-event-webhook-signature': 'bm8=',
  'x-twilio-email-event-webhook-timestamp': String(NOW / 1_000),
};

/** Every check refuses every hostile body. */
function checkedBody({ name, check }: WebhookSource, type: string): Entry {
  return {
    name: `check ${name}, ${type.split(';', 1)[0] ?? ''}`,
    bounds: ANYBODY,
    inputs: { ...FORMS, ...JSONS, ...TEXTS },
    async read(body) {
      const checked = await check({ headers: { ...SIGNED, 'content-type': type }, body }, NOW);
      if (checked.kind !== 'refused') throw new Error(`${name} takes what nobody has signed`);
    },
  };
}

/** The header itself is the hostile text. Of a request Node takes 16 KiB of headers; here it is as long as it likes. */
function checkedHeader({ name, check }: WebhookSource): Entry {
  const names = ['authorization', 'x-token', 'content-type', ...Object.keys(SIGNED)];
  return {
    name: `check ${name}, headers`,
    bounds: ANYBODY,
    inputs: {
      ...TEXTS,
      'basic blanks': (bytes) => Buffer.from(`basic ${' '.repeat(bytes)}`),
      'bearer blanks': (bytes) => Buffer.from(`bearer ${' '.repeat(bytes)}`),
    },
    async read(payload) {
      const text = textOf(payload);
      const body = Buffer.from('a=1');
      for (const one of names) await check({ headers: { ...SIGNED, [one]: text }, body }, NOW);
    },
  };
}

const BODY_TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];
const BY_BODY = new Set(['mailgun', 'mandrill']);

const checks: readonly Entry[] = webhooks.flatMap((source) => [
  checkedHeader(source),
  ...(BY_BODY.has(source.name) ? BODY_TYPES : BODY_TYPES.slice(0, 1)).map((type) => checkedBody(source, type)),
]);

// ------------------------------------------------------------------------------------------ payloads, behind the signature

const ALL_TEXTS = { ...TEXTS, ...FORMS };

/** Inputs named after the format, and those that any format of its kind is tried with. */
function payloadsOf(name: string): Entry['inputs'] {
  const own = Object.entries({ ...EVENTS, ...LOGS }).filter(([input]) => input.toLowerCase().startsWith(`${name},`));
  switch (name) {
    case 'dsn':
    case 'arf':
      return { ...MAILS, ...FIELDS_OF_MAILS, ...TEXTS };
    case 'canonical':
      return { ...JSONS, ...ALL_TEXTS };
    case 'mailgun':
    case 'mandrill':
      return { ...Object.fromEntries(own), ...JSONS, ...FORMS };
    case 'postfix':
      return { ...Object.fromEntries(own), ...TEXTS };
    case 'sendgrid':
      return { ...Object.fromEntries(own), ...FIELDS_OF_EVENTS, ...JSONS_OF_ALL };
    default:
      return { ...Object.fromEntries(own), ...EVENTS_OF_ALL, ...JSONS_OF_ALL };
  }
}

const EVENTS_OF_ALL = Object.fromEntries(Object.entries(EVENTS).filter(([input]) => !input.includes(',')));
const JSONS_OF_ALL = Object.fromEntries(
  Object.entries(JSONS).filter(([input]) => /^(?:documents|broken|empty|nested objects|numbers)/.test(input)),
);

const formats: readonly Entry[] = [...FORMATS.values()].flatMap((format) => {
  const whole: Entry = {
    name: `format ${format.name}`,
    bounds: KNOWN,
    inputs: payloadsOf(format.name),
    read: (payload) => format.normalise(payload, CONTEXT),
  };
  if (!isLineFormat(format)) return [whole];
  const lines: Entry = {
    name: `lines of ${format.name}`,
    bounds: KNOWN,
    inputs: Object.fromEntries(
      Object.entries(LOGS).filter(([input]) => input.toLowerCase().startsWith(`${format.name},`) || input.startsWith('syslog')),
    ),
    read(payload) {
      const reader = format.open(CONTEXT);
      for (const line of textOf(payload).split('\n')) reader.push(line);
      reader.end();
      return reader.state();
    },
  };
  return [whole, lines];
});

/** A mapping whose paths lead everywhere. */
const paths = (...texts: readonly string[]) => texts.flatMap((text) => parsePath(text) ?? []);
const mapped = mappingFormat({
  events: null,
  fields: {
    ...{ event: paths('event', 'a', '$[0].event'), subtype: paths('a.b', 'type'), recipient: paths('to[].email', 'email', 'recipient') },
    ...{ time: paths('timestamp', '$.a.a.a'), id: paths('id', '["x.y"]'), reply: paths('reason', 'a[0]') },
  },
  unit: 'dd.MM.yyyy HH:mm:ss ZZ',
  words: new Map([
    ['bounce', 'bounced'],
    ['x', 'delivered'],
    ['*', 'deferred'],
  ]),
});
const mapping: Entry = {
  name: 'format mapping',
  bounds: KNOWN,
  inputs: { ...EVENTS_OF_ALL, ...FIELDS_OF_EVENTS, ...JSONS, ...FORMS },
  read: (payload) => mapped.normalise(payload, CONTEXT),
};

// ------------------------------------------------------------------------------------------------------ records and fields

const places: PeekedOffsets = {
  ...{ occurredAt: 0, messageStart: 0, messageEnd: 0, hostStart: 0, hostEnd: 0 },
  ...{ streamStart: 0, streamEnd: 0, poolStart: 0, poolEnd: 0 },
};
/** A member of an event holds the text. */
const eventWith = (member: string, value: unknown): unknown => ({
  version: 1,
  type: 'bounced',
  recipient: 'a@b.example',
  occurredAt: '2026-03-01T10:00:00.000Z',
  [member]: value,
});
const MEMBERS = ['recipient', 'tenant', 'stream', 'pool', 'id', 'messageId', 'occurredAt', 'type', 'phase', 'remoteHost', 'source'];
const COMMAND_MEMBERS = ['scope', 'by', 'note', 'expiresAt'];

function field(name: string, read: (text: string) => unknown): Entry {
  return { name, bounds: ANYBODY, inputs: TEXTS, read: (payload) => read(textOf(payload)) };
}

const fields: readonly Entry[] = [
  field('an address', normaliseAddress),
  field('an address of 1 KiB each', (text) => {
    for (const one of pieces(text, 1_024)) normaliseAddress(`${one}@example.com`);
  }),
  field('a domain of 1 KiB each', (text) => {
    for (const one of pieces(text, 1_024)) normaliseAddress(`a@${one}.com`);
  }),
  field('a message id', messageKey),
  field('a time', parseTime),
  field('a host', (text) => providerOf(text, text)),
  ...MEMBERS.map((member) => field(`an event’s ${member}`, (text) => parseEvent(eventWith(member, text), NOW))),
  ...COMMAND_MEMBERS.map((member) =>
    field(`a command’s ${member}`, (text) => parseEvent({ ...(eventWith(member, text) as object), type: 'suppress' }, NOW)),
  ),
  field('an event’s reply', (text) => parseEvent(eventWith('smtp', { code: 550, enhanced: text, text }), NOW)),
  {
    name: 'a record',
    bounds: ANYBODY,
    inputs: { ...JSONS, ...EVENTS, ...TEXTS },
    read(payload) {
      // Longer ones are refused without being read.
      for (let from = 0; from < payload.length; from += 255 * 1_024) {
        const record = { key: Buffer.from('default/a@b.example'), value: payload.subarray(from, from + 255 * 1_024), recordTime: NOW };
        if (peekRecord(record, places) === undefined) decodeRecord(record);
      }
    },
  },
];

// ----------------------------------------------------------------------------------------------------------------- replies

const classifier = createClassifier([], RULES, 0);
const LONGEST_REPLY = 4 * 1_024;
const REPLIES_BYTES = 256 * 1_024;

function* pieces(text: string, length: number): Generator<string> {
  for (let from = 0; from < text.length; from += length) yield text.slice(from, from + length);
}

/** As replies of the length that an event keeps. */
export function classifyPieces(payload: Buffer): void {
  for (const text of pieces(textOf(payload), LONGEST_REPLY)) classifier.classify({ text });
}

const replyInputs = { ...REPLIES, ...TEXTS };
const replies: readonly Entry[] = [
  {
    name: 'replies of 4 KiB',
    bounds: KNOWN,
    bytes: REPLIES_BYTES,
    inputs: replyInputs,
    read: classifyPieces,
  },
  { name: 'one long reply', bounds: KNOWN, inputs: replyInputs, read: (payload) => classifier.classify({ text: textOf(payload) }) },
  {
    name: 'whose words replies are',
    bounds: KNOWN,
    bytes: REPLIES_BYTES,
    inputs: replyInputs,
    read(payload) {
      for (const text of pieces(textOf(payload), LONGEST_REPLY)) classifier.providerIn(text);
    },
  },
  { name: 'advice in a long reply', bounds: ANYBODY, inputs: replyInputs, read: (payload) => hintsIn(textOf(payload)) },
  {
    name: 'advice in replies',
    bounds: KNOWN,
    inputs: replyInputs,
    read(payload) {
      for (const text of pieces(textOf(payload), LONGEST_REPLY)) hintsIn(text);
    },
  },
  { name: 'the wording of a long reply', bounds: ANYBODY, inputs: replyInputs, read: (payload) => shapeOf(textOf(payload)) },
];

// ------------------------------------------------------------------------------------------------------------------- files

const files: readonly Entry[] = [
  { name: 'which format', bounds: ANYBODY, inputs: { ...EVENTS, ...JSONS, ...MAILS, ...LOGS, ...ALL_TEXTS }, read: detectFormat },
  {
    name: 'a stream of JSON',
    bounds: ANYBODY,
    inputs: { ...JSONS, ...TEXTS },
    read(payload) {
      const splitter = createJsonSplitter(64 * 1_024);
      for (const chunk of pieces(textOf(payload), 16 * 1_024)) splitter.push(chunk);
      splitter.end();
    },
  },
  {
    name: 'the sources file',
    bounds: OWN,
    bytes: OWN_BYTES,
    inputs: { ...YAMLS, ...TEXTS },
    read: (payload) => readSourcesFile(textOf(payload)),
  },
  {
    name: 'the policy file',
    bounds: OWN,
    bytes: OWN_BYTES,
    inputs: { ...YAMLS, ...TEXTS },
    read: (payload) => readPolicyFile(textOf(payload)),
  },
];

export const ENTRIES: readonly Entry[] = [...checks, ...formats, mapping, ...fields, ...replies, ...files];
