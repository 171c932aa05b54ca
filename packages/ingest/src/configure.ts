/** Turns the sources file into sources: finds formats, resolves secrets, creates checks. Reports every mistake. */
import type { SecretRef, SourceSpec, WebhookSpec } from '@desist/contracts';
import { formatOf, isLineFormat } from '@desist/formats';
import type { Format } from '@desist/formats';
import { mappingFormat } from '@desist/formats/mapping';
import type { Check } from './checks/check.ts';
import { hmacCheck, hmacKey } from './checks/hmac.ts';
import { mailgunCheck } from './checks/mailgun.ts';
import { mandrillCheck } from './checks/mandrill.ts';
import { postalCheck, postalKey } from './checks/postal.ts';
import { withVerification } from './checks/salesforce.ts';
import { sendgridCheck, sendgridKey } from './checks/sendgrid.ts';
import { basicCheck, bearerCheck, headerCheck, noCheck } from './checks/shared.ts';
import type { Certificates, Fetcher } from './checks/certificates.ts';
import { snsCheck } from './checks/sns.ts';
import { svixCheck, svixKey } from './checks/svix.ts';
import { zeptomailCheck } from './checks/zeptomail.ts';
import type { Source } from './source.ts';
import type { WebhookSource } from './webhooks.ts';

export interface TopicSource {
  readonly source: Source;
  readonly topic: string;
}

export interface Sources {
  readonly webhooks: readonly WebhookSource[];
  readonly topics: readonly TopicSource[];
}

export interface ConfigureOptions {
  /** Resolves a secret; undefined: it is missing, and the resolver has reported why. */
  readonly secret: (ref: SecretRef) => string | undefined;
  /** Reports a mistake. The text never contains a secret. */
  readonly problem: (text: string) => void;
  readonly fetch: Fetcher;
  readonly certificates: Certificates;
  /** Finds a format by its name; default: the built-in formats. */
  readonly formats?: (name: string) => Format | undefined;
}

export function configureSources(specs: readonly SourceSpec[], options: ConfigureOptions): Sources {
  const find = options.formats ?? formatOf;
  const webhooks: WebhookSource[] = [];
  const topics: TopicSource[] = [];
  for (const spec of specs) {
    const format = spec.mapping === null ? find(spec.format) : mappingFormat(spec.mapping);
    if (format === undefined) {
      options.problem(`sources.${spec.name}.format: ${spec.format} is not supported by this version`);
      continue;
    }
    if (spec.header !== null && !isLineFormat(format)) options.problem(`sources.${spec.name}.header: ${spec.format} has no header line`);
    const source = sourceOf(spec, format);
    if (spec.topic !== null) topics.push({ source, topic: spec.topic });
    if (spec.webhook === null) continue;
    const found = checkOf(spec.name, spec.webhook, options);
    if (found === undefined) continue;
    const check = spec.format === 'salesforce' && spec.webhook.check === 'hmac' ? withVerification(found) : found;
    const byHeaders = ['basic', 'bearer', 'header'].includes(spec.webhook.check);
    webhooks.push({ ...source, check, byHeaders, open: spec.webhook.check === 'none' });
  }
  return { webhooks, topics };
}

function sourceOf({ name, tenant, stream, timezone, header }: SourceSpec, format: Format): Source {
  return { name, format, tenant, stream, ...(timezone === null ? {} : { timezone }), ...(header === null ? {} : { header }) };
}

/** Shorter secrets can be guessed. */
const SHORTEST = 8;

function checkOf(name: string, spec: WebhookSpec, { secret, problem, fetch, certificates }: ConfigureOptions): Check | undefined {
  const say = (text: string): void => problem(`sources.${name}.webhook.secrets: ${text}`);
  const secrets = spec.secrets.flatMap((ref) => secret(ref) ?? []);
  if (secrets.length < spec.secrets.length) return undefined;
  if (secrets.some((one) => one.length < SHORTEST)) say(`must have at least ${SHORTEST} characters`);
  const read = <T>(parse: (text: string) => T | undefined, wanted: string): readonly T[] => {
    const keys = secrets.flatMap((one) => parse(one) ?? []);
    if (keys.length < secrets.length) say(`must be ${wanted}`);
    return keys;
  };
  switch (spec.check) {
    case 'sns':
      return snsCheck({ topics: spec.topics, tolerance: spec.tolerance, certificates, fetch });
    case 'sendgrid':
      return sendgridCheck(read(sendgridKey, 'the verification key as the console shows it (base64)'), spec.tolerance);
    case 'postal':
      return postalCheck(read(postalKey, 'the public key of the installation (base64, as in its DKIM record)'));
    case 'zeptomail':
      return zeptomailCheck(secrets);
    case 'mailgun':
      return mailgunCheck(secrets, spec.tolerance);
    case 'mandrill':
      return mandrillCheck(secrets, spec.url ?? '');
    case 'svix':
      return svixCheck(read(svixKey, 'a signing secret: whsec_ and base64'), spec.tolerance);
    case 'basic':
      return basicCheck(read((text) => (/^[^:]+:.+$/.test(text) ? text : undefined), 'user:password'));
    case 'bearer':
      return bearerCheck(secrets);
    case 'hmac': {
      if (spec.hmac === null) return undefined;
      const { key } = spec.hmac;
      const wanted = { text: 'text', hex: 'hexadecimal digits, two for a byte', base64: 'base64' }[key];
      return hmacCheck({ ...spec.hmac, keys: read((text) => hmacKey(text, key), wanted), tolerance: spec.tolerance });
    }
    case 'header':
      return headerCheck(spec.header ?? '', secrets);
    case 'none':
      return noCheck;
    default:
      return spec.check satisfies never;
  }
}
