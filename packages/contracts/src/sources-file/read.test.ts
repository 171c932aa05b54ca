import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSourcesFile } from './read.ts';

const problems = (text: string): readonly string[] => {
  const read = readSourcesFile(text);
  return read.ok
    ? []
    : read.problems.map(({ line, path, problem, hint }) => `${line} ${path}: ${problem}${hint === undefined ? '' : ` (${hint})`}`);
};

const GOOD = `
version: 1
sources:
  ses-main:
    format: ses
    tenant: acme
    stream: transactional
    webhook: { check: sns, topics: ['arn:aws:sns:eu-west-1:123456789012:ses'] }
  sg:
    format: sendgrid
    webhook: { check: sendgrid, secrets: [env:SENDGRID_KEY, 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'], tolerance: 10m }
  old:
    format: mandrill
    webhook: { check: mandrill, secrets: file:/run/secrets/mandrill, url: 'https://hooks.example.com/v1/webhooks/mandrill/old' }
  brevo:
    format: brevo
    webhook: { check: header, header: X-Desist-Token, secrets: [env:BREVO_TOKEN, env:BREVO_TOKEN_NEXT] }
  pmta:
    format: powermta
    timezone: America/New_York
    topic: pmta-accounting
    header: type,timeLogged,orig,rcpt
`;

describe('the sources file', () => {
  test('is read, with its defaults', () => {
    const read = readSourcesFile(GOOD);
    expect(read.ok && read.sources).toEqual([
      {
        name: 'ses-main',
        format: 'ses',
        tenant: 'acme',
        stream: 'transactional',
        timezone: null,
        topic: null,
        header: null,
        mapping: null,
        webhook: {
          check: 'sns',
          secrets: [],
          topics: ['arn:aws:sns:eu-west-1:123456789012:ses'],
          url: null,
          header: null,
          hmac: null,
          tolerance: 7_200_000,
        },
      },
      expect.objectContaining({
        name: 'sg',
        tenant: 'default',
        stream: 'default',
        webhook: expect.objectContaining({
          tolerance: 600_000,
          secrets: [
            { kind: 'env', name: 'SENDGRID_KEY' },
            { kind: 'literal', value: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE' },
          ],
        }) as unknown,
      }),
      expect.objectContaining({
        webhook: expect.objectContaining({ secrets: [{ kind: 'file', path: '/run/secrets/mandrill' }], tolerance: 300_000 }) as unknown,
      }),
      expect.objectContaining({ webhook: expect.objectContaining({ header: 'x-desist-token' }) as unknown }),
      expect.objectContaining({
        webhook: null,
        topic: 'pmta-accounting',
        timezone: 'America/New_York',
        header: 'type,timeLogged,orig,rcpt',
      }),
    ]);
  });

  test('every mistake at once, each with its line', () => {
    expect(
      problems(`version: 2
sources:
  bad name:
    format: sendgird
    topic: a/b
  both:
    format: ses
    topic: x
    webhook: { check: none }
  neither:
    format: ses
  secret:
    format: brevo
    tenant: "a b"
    timezone: Mars/Olympus
    webhook: { check: bearer, secrets: [a-real-secret, env:A, env:B], url: 'https://x.example' }
  missing:
    webhook: { check: mandrill, tolerance: soon }
  sns:
    format: ses
    webhook: { check: sns, topics: [everything] }
  setting:
    format: brevo
    webhook: { check: bearer, secrets: env:DESIST_TOKEN, mode: strict }
`),
    ).toEqual([
      '1 version: must be 1: this version of Desist reads no other',
      '3 sources.bad name: is no name (letters, digits, dots, hyphens and underscores, at most 64, a letter or digit first)',
      '4 sources.bad name.format: is not known (did you mean sendgrid?)',
      '5 sources.bad name.topic: is no topic name',
      '6 sources.both: needs either webhook (HTTP) or topic (Kafka)',
      '10 sources.neither: needs either webhook (HTTP) or topic (Kafka)',
      '14 sources.secret.tenant: is no name (letters, digits, dots, hyphens and underscores, at most 64, a letter or digit first)',
      '15 sources.secret.timezone: is no time zone (a name such as Europe/Berlin, or an offset such as +02:00)',
      '16 sources.secret.webhook.secrets: must be at most two: the current one and the previous or next one',
      '16 sources.secret.webhook.secrets: must not be written here (env:NAME for a variable, file:PATH for a file)',
      '16 sources.secret.webhook.url: has no meaning with check: bearer',
      expect.stringMatching(/^17 sources\.missing\.format: is missing \(one of canonical, /) as unknown,
      '18 sources.missing.webhook.secrets: is needed with check: mandrill',
      '18 sources.missing.webhook.url: is needed with check: mandrill',
      '18 sources.missing.webhook.tolerance: has no meaning with check: mandrill',
      '18 sources.missing.webhook.tolerance: must be a duration up to 7d, such as 5m',
      '21 sources.sns.webhook.topics: must be ARNs such as arn:aws:sns:eu-west-1:123456789012:name',
      '24 sources.setting.webhook.secrets: must not be named like a setting (names that begin with DESIST_ or KAFKA_ are settings)',
      '24 sources.setting.webhook.mode: is no known key (known here: check, secrets, topics, url, header, tolerance, signature, timestamp, template, algorithm, encoding, key)',
    ]);
  });

  test('a secret that was written into it is never repeated', () => {
    expect(problems('sources: { a: { format: brevo, webhook: { check: bearer, secrets: [hunter2-hunter2] } } }').join()).not.toContain(
      'hunter2',
    );
  });

  test('one topic for two sources would give every event twice', () => {
    const two = 'sources: { a: { format: ses, topic: t }, b: { format: ses, topic: t } }';
    expect(problems(two)).toEqual(['1 sources.b: reads the topic t, which a reads already']);
  });

  test('a file without sources, and no YAML', () => {
    expect(problems('version: 1')).toEqual(['1 sources: is missing']);
    expect(problems('sources: [a]')).toEqual(['1 sources: must be a section of `key: value` lines']);
    expect(problems('sources: {')[0]).toContain('is no readable YAML');
    expect(problems('x'.repeat(256 * 1024 + 1))[0]).toContain('is larger than');
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.mixedCase(fc.constant(GOOD))), (text) => {
        expect(typeof readSourcesFile(text).ok).toBe('boolean');
      }),
      { numRuns: 300 },
    );
  });
});
