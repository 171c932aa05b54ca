/** The sections `mapping` and `check: hmac` of the sources file: what they come to, and what is said about mistakes. */
import { describe, expect, test } from 'vitest';
import { readSourcesFile } from './read.ts';
import type { SourceSpec } from './types.ts';

const problems = (text: string): readonly string[] => {
  const read = readSourcesFile(text);
  return read.ok
    ? []
    : read.problems.map(({ line, path, problem, hint }) => `${line} ${path}: ${problem}${hint === undefined ? '' : ` (${hint})`}`);
};

function sourceOf(text: string): SourceSpec {
  const read = readSourcesFile(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.sources[0]!;
}

const PATH_HINT = 'members joined by dots, [0] for an entry, [] for each entry, $. from the top of the body, header:NAME for a header';

describe('a mapping', () => {
  test('is read: paths, words in any case, a unit', () => {
    const { mapping } = sourceOf(`sources:
  other:
    format: mapping
    webhook: { check: none }
    mapping:
      events: data.items
      event: type
      recipient: [to, 'list[].email']
      time: $.sent
      unit: dd.MM.yyyy HH:mm:ss
      words:
        Delivered: delivered
        bounce/hard: bounced_permanent
        clicked: engaged_click
        7: deferred
`);
    expect(mapping).toEqual({
      events: { from: 'event', steps: ['data', 'items'] },
      fields: {
        event: [{ from: 'event', steps: ['type'] }],
        recipient: [
          { from: 'event', steps: ['to'] },
          { from: 'event', steps: ['list', expect.anything(), 'email'] },
        ],
        time: [{ from: 'body', steps: ['sent'] }],
      },
      unit: 'dd.MM.yyyy HH:mm:ss',
      words: new Map([
        ['delivered', 'delivered'],
        ['bounce/hard', 'bounced_permanent'],
        ['clicked', 'engaged_click'],
        ['7', 'deferred'],
      ]),
    });
  });

  test('every mistake has its place, and says what to do', () => {
    expect(
      problems(`sources:
  none:
    format: mapping
    topic: t
  other:
    format: ses
    topic: u
    mapping: { recipient: a, time: b, words: { x: delivered }, event: c }
  wrong:
    format: mapping
    topic: v
    mapping:
      events: header:x-events
      event: a..b
      recipient: $.to[]
      reply: lines[]
      unit: DD/MM/YYYY
      resipient: to
      words: { delivered: delivred, DELIVERED: delivered }
  missing:
    format: mapping
    topic: w
    mapping: { words: { x: delivered } }
  empty:
    format: mapping
    topic: x
    mapping: { recipient: a, time: b, event: c, words: {} }
`),
    ).toEqual([
      '2 sources.none.mapping: is needed with format: mapping (docs/ingest.md, "Other providers", has an example)',
      '8 sources.other.mapping: has no meaning with format: ses',
      '12 sources.wrong.mapping.time: is missing',
      '13 sources.wrong.mapping.events: must be in the body',
      `14 sources.wrong.mapping.event: "a..b" is not a path (${PATH_HINT})`,
      '15 sources.wrong.mapping.recipient: must not have []: would give every event all recipients (give the list as `events`)',
      '16 sources.wrong.mapping.reply: must not have []: has one value only (give the list as `events`)',
      '17 sources.wrong.mapping.unit: "DD/MM/YYYY" is not a unit of time (auto, iso, s, ms, us, or a pattern with year, month, day, hour and minute, such as dd.MM.yyyy HH:mm:ss)',
      '18 sources.wrong.mapping.resipient: is no known key (did you mean recipient?)',
      '19 sources.wrong.mapping.words.delivered: is not known (did you mean delivered?)',
      '23 sources.missing.mapping.recipient: is missing',
      '23 sources.missing.mapping.time: is missing',
      '23 sources.missing.mapping.event: is missing (without it, words needs "*": what every event is)',
      '27 sources.empty.mapping.words: has no words',
    ]);
  });

  test('is bounded', () => {
    const words = Array.from({ length: 501 }, (_, index) => `w${index}: ignored`).join(', ');
    const paths = Array.from({ length: 9 }, (_, index) => `p${index}`).join(', ');
    expect(
      problems(
        `sources: { a: { format: mapping, topic: t, mapping: { event: [${paths}], recipient: ${'x'.repeat(201)}, time: t, words: { ${words} } } } }`,
      ),
    ).toEqual([
      '1 sources.a.mapping.event: must be at most 8 paths',
      expect.stringContaining('is not a path') as unknown,
      '1 sources.a.mapping.words: has more than 500 words',
    ]);
  });
});

describe('check: hmac', () => {
  const hmac = (more: string): string =>
    `sources: { a: { format: canonical, webhook: { check: hmac, secrets: env:KEY${more === '' ? '' : `, ${more}`} } } }`;

  test('is read, with its defaults', () => {
    expect(sourceOf(hmac('header: X-Signature')).webhook).toMatchObject({
      tolerance: 300_000,
      hmac: {
        header: 'x-signature',
        signature: '{signature}',
        timestamp: null,
        template: [{ kind: 'body' }],
        algorithm: 'sha256',
        encoding: 'hex',
        key: 'text',
      },
    });
    const more =
      "header: X-S, signature: 't={timestamp},v1={signature}', template: 'v0:{timestamp}.{header:X-Id}.{body}', algorithm: sha512, encoding: base64, key: hex, tolerance: 1h";
    expect(sourceOf(hmac(more)).webhook).toMatchObject({
      tolerance: 3_600_000,
      hmac: {
        signature: 't={timestamp},v1={signature}',
        template: [
          { kind: 'text', text: 'v0:' },
          { kind: 'timestamp' },
          { kind: 'text', text: '.' },
          { kind: 'header', name: 'x-id' },
          { kind: 'text', text: '.' },
          { kind: 'body' },
        ],
        algorithm: 'sha512',
        encoding: 'base64',
        key: 'hex',
      },
    });
  });

  test.each([
    ['', 'header: is needed with check: hmac (the name of the header with the signature)'],
    ['header: a b', 'header: is no name of a header'],
    ['header: S, algorithm: md5', 'algorithm: is not known (one of sha1, sha256, sha384, sha512)'],
    [
      'header: S, template: "{timestamp}"',
      'template: must have {body} once (a signature that does not cover the body proves nothing about it)',
    ],
    ['header: S, template: "{boby}.{body}"', 'template: {boby} is not known (known: {body}, {timestamp}, {header:NAME})'],
    ['header: S, timestamp: T', 'template: must have {timestamp}: a time that is not signed proves nothing'],
    [
      'header: S, template: "{timestamp}{body}"',
      'template: has {timestamp}, but nothing says where it is (timestamp: NAME for a header, or {timestamp} in signature)',
    ],
    ['header: S, tolerance: 1h', 'tolerance: has no meaning without {timestamp} in template'],
    [
      'header: S, signature: "sha256="',
      'signature: must have {signature} once, and may have {timestamp} (for example t={timestamp},v1={signature})',
    ],
    [`header: S, template: "{body}${'x'.repeat(200)}"`, 'template: must have at most 200 characters'],
    ['header: S, url: "https://a.example"', 'url: has no meaning with check: hmac'],
  ])('%s', (more, wanted) => {
    expect(problems(hmac(more))).toContain(`1 sources.a.webhook.${wanted}`);
  });
});
