/** Reads the sources file: YAML to sources, or to the list of all mistakes. */
import { FORMAT_NAMES } from '@desist/formats/names';
import type { FormatName } from '@desist/formats/names';
import { NAME } from '@desist/formats/event';
import { createNodes, join } from '../policy-file/nodes.ts';
import type { Entry } from '../policy-file/nodes.ts';
import { createProblems } from '../policy-file/problems.ts';
import type { PolicyProblem, Problems } from '../policy-file/problems.ts';
import { parseYaml } from '../policy-file/yaml.ts';
import { parseDuration } from '@desist/formats/event';
import { HEADER, HMAC_KEYS, readHmac } from './hmac.ts';
import { readMapping } from './mapping.ts';
import { signatureOf } from './signatures.ts';
import { CHECKS } from './types.ts';
import type { CheckName, SecretRef, SourceSpec, WebhookSpec } from './types.ts';
import { entriesOf, listOf, oneOf, readWord, textOf } from './values.ts';
import type { Reader } from './values.ts';

export type SourcesFile =
  { readonly ok: true; readonly sources: readonly SourceSpec[] } | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

const MOST_SOURCES = 1_000;
/** Largest default difference between a signed time and the present, ms. SNS signs at publication and retries for up to an hour. */
const TOLERANCE = 5 * 60_000;
const TOLERANCE_SNS = 2 * 3_600_000;
/** Mailgun signs once and repeats for 8 hours. Its tokens are accepted once, so a long tolerance lets in no second request. */
const TOLERANCE_MAILGUN = 9 * 3_600_000;
const LONGEST_TOLERANCE = 7 * 86_400_000;
const MOST_SECRETS = 2;

const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}$/;
const OFFSET = /^(?:UTC|Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/**
 * Reads a sources file: YAML 1.2, at most 256 KiB. Never throws; all mistakes are returned, in the order of the file, and contain no secret.
 */
export function readSourcesFile(text: string): SourcesFile {
  const problems = createProblems(text);
  const sources = readText(text, problems);
  const found = problems.list();
  return found.length === 0 ? { ok: true, sources } : { ok: false, problems: found };
}

function readText(text: string, problems: Problems): readonly SourceSpec[] {
  const document = parseYaml(text, problems);
  if (document === undefined) return [];
  const reader: Reader = { nodes: createNodes(document, problems), problems };
  const root = entriesOf(reader, reader.nodes.of(document.contents, 0), '', ['version', 'sources']);
  const version = root.get('version');
  if (version !== undefined && textOf(version.value) !== '1') {
    problems.add(version.value.offset, 'version', 'must be 1: this version of Desist reads no other');
  }
  const listed = root.get('sources');
  if (listed === undefined) {
    problems.add(0, 'sources', 'is missing');
    return [];
  }
  const named = [...entriesOf(reader, listed.value, 'sources')];
  if (named.length > MOST_SOURCES) problems.add(listed.offset, 'sources', `are more than ${MOST_SOURCES}`);
  const sources = named.slice(0, MOST_SOURCES).map(([name, entry]) => readSource(reader, name, entry));
  checkTopicsAreDistinct(sources, listed, problems);
  return sources;
}

/** Reports topics with two sources, which would produce every event twice. */
function checkTopicsAreDistinct(sources: readonly SourceSpec[], { offset }: Entry, problems: Problems): void {
  const seen = new Map<string, string>();
  for (const { name, topic } of sources) {
    if (topic === null) continue;
    const before = seen.get(topic);
    if (before !== undefined) problems.add(offset, join('sources', name), `reads the topic ${topic}, which ${before} reads already`);
    seen.set(topic, name);
  }
}

const KEYS = ['format', 'tenant', 'stream', 'timezone', 'header', 'mapping', 'webhook', 'topic'];

function readSource(reader: Reader, name: string, { value, offset }: Entry): SourceSpec {
  const { problems } = reader;
  const path = join('sources', name);
  if (!NAME.test(name)) problems.add(offset, path, 'is no name', NAME_HINT);
  const entries = entriesOf(reader, value, path, KEYS);
  const text = (key: string): string | undefined => readWord(reader, entries.get(key), join(path, key));
  const format = oneOf(reader, entries.get('format'), FORMAT_NAMES, { offset, path: join(path, 'format') });
  const webhook = entries.get('webhook');
  const topic = text('topic');
  if ((webhook === undefined) === (entries.get('topic') === undefined)) {
    problems.add(offset, path, 'needs either webhook (HTTP) or topic (Kafka)');
  }
  if (topic !== undefined && !TOPIC.test(topic))
    problems.add(entries.get('topic')?.value.offset ?? offset, join(path, 'topic'), 'is no topic name');
  const mapping = entries.get('mapping');
  if (mapping !== undefined && format !== undefined && format !== 'mapping')
    problems.add(mapping.offset, join(path, 'mapping'), `has no meaning with format: ${format}`);
  if (mapping === undefined && format === 'mapping')
    problems.add(offset, join(path, 'mapping'), 'is needed with format: mapping', 'docs/ingest.md, "Other providers", has an example');
  return {
    name,
    format: format ?? 'canonical',
    tenant: nameOf(reader, entries.get('tenant'), join(path, 'tenant')),
    stream: nameOf(reader, entries.get('stream'), join(path, 'stream')),
    timezone: zoneOf(reader, entries.get('timezone'), join(path, 'timezone')),
    webhook: webhook === undefined ? null : readWebhook(reader, webhook, join(path, 'webhook'), format),
    topic: topic ?? null,
    header: text('header') ?? null,
    mapping: mapping === undefined ? null : readMapping(reader, mapping, join(path, 'mapping')),
  };
}

const NAME_HINT = 'letters, digits, dots, hyphens and underscores, at most 64, a letter or digit first';

function nameOf(reader: Reader, entry: Entry | undefined, path: string): string {
  const text = readWord(reader, entry, path);
  if (text !== undefined && !NAME.test(text)) reader.problems.add(entry?.value.offset ?? 0, path, 'is no name', NAME_HINT);
  return text ?? 'default';
}

function zoneOf(reader: Reader, entry: Entry | undefined, path: string): string | null {
  const text = readWord(reader, entry, path);
  if (text === undefined) return null;
  if (!OFFSET.test(text) && !isZone(text)) {
    reader.problems.add(entry?.value.offset ?? 0, path, 'is no time zone', 'a name such as Europe/Berlin, or an offset such as +02:00');
  }
  return text;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

// ------------------------------------------------------------------------------------------------ webhooks

/** Further keys of each check, beside `check`. */
const CHECK_KEYS: Readonly<Record<CheckName, readonly string[]>> = {
  sns: ['topics', 'tolerance'],
  sendgrid: ['secrets', 'tolerance'],
  mailgun: ['secrets', 'tolerance'],
  svix: ['secrets', 'tolerance'],
  mandrill: ['secrets', 'url'],
  postal: ['secrets'],
  zeptomail: ['secrets'],
  basic: ['secrets'],
  bearer: ['secrets'],
  header: ['secrets', 'header'],
  hmac: ['secrets', 'tolerance', ...HMAC_KEYS],
  none: [],
};
const ALL_KEYS = ['check', 'secrets', 'topics', 'url', 'header', 'tolerance', ...HMAC_KEYS.filter((key) => key !== 'header')];

function readWebhook(reader: Reader, { value, offset }: Entry, path: string, format: FormatName | undefined): WebhookSpec {
  const { problems } = reader;
  const entries = entriesOf(reader, value, path, ALL_KEYS);
  const check = oneOf(reader, entries.get('check'), CHECKS, { offset, path: join(path, 'check') });
  if (check !== undefined) {
    for (const [key, entry] of entries) {
      if (key === 'check' || CHECK_KEYS[check].includes(key)) continue;
      problems.add(entry.offset, join(path, key), `has no meaning with check: ${check}`);
    }
    for (const key of ['secrets', 'topics', 'url', 'header']) {
      if (check === 'hmac' && key === 'header') continue;
      if (CHECK_KEYS[check].includes(key) && !entries.has(key)) problems.add(offset, join(path, key), `is needed with check: ${check}`);
    }
  }
  return {
    check: check ?? 'none',
    secrets: secretsOf(reader, entries.get('secrets'), join(path, 'secrets'), check),
    topics: topicsOf(reader, entries.get('topics'), join(path, 'topics')),
    url: urlOf(reader, entries.get('url'), join(path, 'url')),
    header: check === 'hmac' ? null : headerOf(reader, entries.get('header'), join(path, 'header')),
    hmac: check === 'hmac' ? readHmac(reader, entries, { format, offset, path }) : null,
    tolerance: toleranceOf(reader, entries.get('tolerance'), join(path, 'tolerance')) ?? defaultTolerance(check, format),
  };
}

function defaultTolerance(check: CheckName | undefined, format: FormatName | undefined): number {
  if (check === 'hmac') return signatureOf(format)?.tolerance ?? TOLERANCE;
  return check === 'sns' ? TOLERANCE_SNS : check === 'mailgun' ? TOLERANCE_MAILGUN : TOLERANCE;
}

function secretsOf(reader: Reader, entry: Entry | undefined, path: string, check: CheckName | undefined): readonly SecretRef[] {
  if (entry === undefined) return [];
  const texts = listOf(reader, entry, path);
  if (texts.length > MOST_SECRETS)
    reader.problems.add(entry.value.offset, path, 'must be at most two: the current one and the previous or next one');
  return texts.flatMap((text): SecretRef[] => {
    const [, kind, rest] = /^(env|file):(.+)$/.exec(text) ?? [];
    if (kind === 'env' && /^(?:DESIST|KAFKA)_/.test(rest ?? '')) {
      reader.problems.add(
        entry.value.offset,
        path,
        'must not be named like a setting',
        'names that begin with DESIST_ or KAFKA_ are settings',
      );
      return [];
    }
    if (kind === 'env' && rest !== undefined && /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(rest)) return [{ kind, name: rest }];
    if (kind === 'file' && rest !== undefined) return [{ kind, path: rest }];
    if ((check === 'sendgrid' || check === 'postal') && kind === undefined) return [{ kind: 'literal', value: text }];
    // The message does not quote the text, which may be the secret.
    reader.problems.add(entry.value.offset, path, 'must not be written here', 'env:NAME for a variable, file:PATH for a file');
    return [];
  });
}

function topicsOf(reader: Reader, entry: Entry | undefined, path: string): readonly string[] {
  if (entry === undefined) return [];
  const topics = listOf(reader, entry, path);
  const wrong = topics.filter((topic) => !TOPIC_ARN.test(topic));
  if (wrong.length > 0) reader.problems.add(entry.value.offset, path, 'must be ARNs such as arn:aws:sns:eu-west-1:123456789012:name');
  return topics;
}

function urlOf(reader: Reader, entry: Entry | undefined, path: string): string | null {
  const text = readWord(reader, entry, path);
  if (text === undefined) return null;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    reader.problems.add(entry?.value.offset ?? 0, path, 'must be the http(s) URL as it is registered');
  return text;
}

function headerOf(reader: Reader, entry: Entry | undefined, path: string): string | null {
  const text = readWord(reader, entry, path);
  if (text !== undefined && !HEADER.test(text)) reader.problems.add(entry?.value.offset ?? 0, path, 'is no name of a header');
  return text?.toLowerCase() ?? null;
}

function toleranceOf(reader: Reader, entry: Entry | undefined, path: string): number | undefined {
  const text = readWord(reader, entry, path);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0 && ms <= LONGEST_TOLERANCE) return ms;
  reader.problems.add(entry?.value.offset ?? 0, path, 'must be a duration up to 7d, such as 5m');
  return undefined;
}
