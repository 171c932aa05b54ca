/** `desist normalise` and `desist replay`, as processes: output streams and exit codes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const { DESIST_TEST_PROGRAMS: programs } = process.env;
/** From the sources, or as the setup of the run has joined them, which starts sooner. */
const PROGRAM =
  programs === undefined
    ? ['--conditions=source', '--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '../main.ts')]
    : [path.join(programs, 'cli.js')];

function desist(
  input: string,
  ...args: readonly string[]
): { readonly code: number | null; readonly out: readonly string[]; readonly err: readonly string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...PROGRAM, ...args], { input, encoding: 'utf8' });
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
  return { code: status, out: lines(stdout), err: lines(stderr) };
}

const delivered = {
  event: 'delivered',
  email: 'a@example.com',
  timestamp: 1772359200,
  sg_event_id: 'e-1',
  sg_message_id: 'm-1',
  response: '250 OK',
};
const bounce = {
  ...delivered,
  event: 'bounce',
  type: 'bounce',
  email: 'B@example.com',
  sg_event_id: 'e-2',
  response: undefined,
  reason: '550 5.1.1 user unknown',
  status: '5.1.1',
};

const mapping = `sources:
  other:
    format: mapping
    tenant: acme
    webhook: { check: hmac, header: X-Signature, secrets: env:DESIST_TEST_NOT_SET }
    mapping: { events: items, event: type, recipient: to, time: at, words: { ok: delivered } }
`;

describe('desist sources check, and normalise with a source', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'desist-')), 'sources.yaml');
  const other = mapping.replace('DESIST_TEST_NOT_SET', 'OTHER_KEY');

  it('says where the source receives its events, and which secrets are not set here', () => {
    writeFileSync(file, other);
    const { code, out, err } = desist('', 'sources', 'check', file);
    expect(code).toBe(0);
    expect(out[0]).toBe('no mistakes; 1 source');
    expect(out.at(-1)).toMatch(/^other +mapping +acme +default +hmac +\/v1\/webhooks\/mapping\/other$/);
    expect(err).toEqual(['OTHER_KEY: is not set, but the sources file refers to it']);
  });

  it('prints every mistake, with exit code 2', () => {
    writeFileSync(file, mapping.replace('recipient', 'recipiant'));
    const { code, out, err } = desist('', 'sources', 'check', file);
    expect([code, out]).toEqual([2, []]);
    const said = err.join('\n');
    expect(said).toContain(`${file}:6:44: sources.other.mapping.recipiant: is no known key (did you mean recipient?)`);
    expect(said).toContain('sources.other.webhook.secrets: must not be named like a setting');
  });

  it('reads a file as that source would, and names words that mean nothing', () => {
    writeFileSync(file, other);
    const body = JSON.stringify({ items: [{ type: 'ok', to: 'a@example.com', at: 1772359200 }, { type: 'new' }, { type: 'new' }] });
    const { code, out, err } = desist(body, 'normalise', '--sources', file, '--source', 'other');
    expect(code).toBe(0);
    expect(out.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ type: 'delivered', tenant: 'acme', source: 'other' }]);
    expect(err).toEqual(['mapping: 1 events, 2 ignored, 0 problems', 'words without a meaning: new (2)']);
  });
});

describe('desist normalise', () => {
  it('prints canonical events, and reports everything else on standard error', () => {
    const body = JSON.stringify([delivered, { ...delivered, event: 'open' }, { ...delivered, timestamp: 'x' }, bounce]);
    const { code, out, err } = desist(body, 'normalise', '--tenant', 'acme', '--stream', 'news', '--source', 'sendgrid-eu');
    expect(code).toBe(0);
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        version: 1,
        // Derived from what it says: SendGrid's own id changes when a delivery of the webhook is repeated.
        id: 'Ehxf4GVVdYaZqwiUNIgM3w',
        tenant: 'acme',
        stream: 'news',
        recipient: 'a@example.com',
        type: 'delivered',
        occurredAt: '2026-03-01T10:00:00.000Z',
        messageId: 'm-1',
        smtp: { code: 250, text: '250 OK' },
        source: 'sendgrid-eu',
      },
      {
        version: 1,
        id: 'om0Lx-7g14adBomtzKmXSg',
        tenant: 'acme',
        stream: 'news',
        recipient: 'b@example.com',
        type: 'bounced',
        occurredAt: '2026-03-01T10:00:00.000Z',
        messageId: 'm-1',
        smtp: { code: 550, enhanced: '5.1.1', text: '550 5.1.1 user unknown' },
        source: 'sendgrid-eu',
        permanent: true,
      },
    ]);
    expect(err).toEqual(['document 1: invalid, timestamp: not a time in a known form', 'sendgrid: 2 events, 1 ignored, 1 problems']);
  });

  it('exits with 2 if nothing was readable, also with --json', () => {
    const { code, out, err } = desist('[{"event":"delivered","sg_event_id":"e"}]', 'normalise', '--json', '--format', 'sendgrid', '-');
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        type: 'problem',
        reason: 'no_recipient',
        detail: 'delivered: the payload names no recipient',
        place: 'document 1',
        raw: '{"event":"delivered","sg_event_id":"e"}',
      },
      { type: 'summary', format: 'sendgrid', events: 0, ignored: 0, problems: 1, unknown: {} },
    ]);
  });

  it('reports unknown options and formats', () => {
    expect(desist('hello\n', 'normalise')).toMatchObject({ code: 2, out: [], err: [expect.stringContaining('give it with --format')] });
    expect(desist('', 'normalise', '--format', 'pigeon')).toMatchObject({
      code: 2,
      out: [],
      err: [expect.stringContaining('known: auto, canonical')],
    });
    expect(desist('', 'normalise', '/nowhere/at/all')).toMatchObject({ code: 3, out: [] });
  });
});

describe('desist replay', () => {
  it('folds provider payloads of a detected or given format', () => {
    const body = [delivered, bounce].map((one) => JSON.stringify([one])).join('\n');
    for (const format of [[], ['--format', 'sendgrid']]) {
      const { code, out } = desist(body, 'replay', '-', '--json', ...format);
      expect(code).toBe(0);
      const lines = out.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.find(({ type }) => type === 'suppressed')).toMatchObject({
        recipient: 'b@example.com',
        suppression: { reason: 'hard_bounce' },
      });
      expect(lines.at(-1)).toMatchObject({ type: 'summary', events: 2, unreadable: 0, ignored: 0 });
    }
  });

  it('accepts canonical events and commands, and reports damaged lines among them', () => {
    const event = (type: string): string =>
      JSON.stringify({ version: 1, type, recipient: 'c@example.com', occurredAt: '2026-03-01T10:00:00Z' });
    const { out, err } = desist(`{"version":\n${event('suppress')}\n${event('delivered')}\nnonsense\n`, 'replay', '-', '--json');
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ type: 'summary', events: 2, unreadable: 2 });
    expect(out.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ type: 'final', recipient: 'c@example.com', state: 'suppressed' }),
    );
    expect(err).toEqual(['line 1: not JSON', 'line 4: not JSON']);
  });

  const SYSLOG = [1, 2, 3]
    .map(
      (n) =>
        `Mar  1 10:00:0${n} mx postfix/smtp[9]: 4F1A2B3C0${n}: to=<d@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.example.com said: 550 5.1.1 no such user (in reply to RCPT TO command))`,
    )
    .join('\n');

  it('names the missing flag if a log has no time zone, and exits with 2 if nothing was readable', () => {
    const { code, out, err } = desist(SYSLOG, 'replay', '-', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ type: 'summary', events: 0, unreadable: 3 });
    expect(err.at(-1)).toBe('3 of them have times without a zone: give it with --timezone, for example --timezone Europe/Paris');
    expect(desist(SYSLOG, 'normalise').err.at(-1)).toContain('--timezone Europe/Paris');
    const with_ = desist(SYSLOG, 'replay', '-', '--json', '--timezone', 'Europe/Paris', '--reference-time', '2026-03-02T00:00:00Z');
    expect([with_.code, with_.err]).toEqual([0, []]);
    // One readable line is enough to continue.
    const event = JSON.stringify({ version: 1, type: 'delivered', recipient: 'c@example.com', occurredAt: '2026-03-01T10:00:00Z' });
    expect(desist(`nonsense\n${event}\n`, 'replay', '-', '--format', 'canonical').code).toBe(0);
  });

  const canonical = (type: string, at: string, more: object = {}): string =>
    JSON.stringify({ version: 1, type, recipient: 'E@example.com', messageId: at, occurredAt: `2026-03-0${at}:00:00Z`, ...more });

  it('explains healthy recipients, too: with every event that is kept, or that there is none', () => {
    const log = [
      canonical('bounced', '1T10', { smtp: { code: 550, text: '550 5.1.1 no such user' } }),
      canonical('delivered', '2T10'),
    ].join('\n');
    const { out } = desist(log, 'replay', '-', '--why', 'e@EXAMPLE.com');
    const text = out.join('\n');
    expect(text).toContain('e@example.com is healthy');
    expect(text).toMatch(/2026-03-01T10:00:00\.000Z {2}hard bounce +bounced {2}550 5\.1\.1 no such user/);
    expect(text).toMatch(/2026-03-02T10:00:00\.000Z {2}decided +delivered/);
    expect(text).toMatch(/=> released \(was suppressed\): mail was delivered/);
    const later = desist(log, 'replay', '-', '--why', 'e@example.com', '--until', '2026-06-01T00:00:00Z').out.join('\n');
    // For a recipient that has been healthy for long, the last reset is kept.
    expect(later).toMatch(/e@example\.com is healthy .*\n {2}2026-03-02T10:00:00\.000Z {2}decided +delivered\n/);
    const deferral = canonical('deferred', '1T10', { smtp: { code: 452, text: '452 4.2.2 full' } });
    const nothing = desist(deferral, 'replay', '-', '--why', 'e@example.com', '--until', '2026-06-01T00:00:00Z').out.join('\n');
    expect(nothing).toContain('e@example.com is healthy: 1 event was read');
    expect(desist(log, 'replay', '-', '--why', 'x@example.com').out.join('\n')).toContain(
      'x@example.com: no event of this address was read',
    );
    expect(desist(log, 'replay', '-', '--why', 'nobody').code).toBe(2);
  });

  it('explains an address for every tenant that has events of it', () => {
    const log = ['acme', 'other'].map((tenant) => canonical('complained', '1T10', { tenant })).join('\n');
    const text = desist(log, 'replay', '-', '--why', 'e@example.com').out.join('\n');
    expect(text).toMatch(/tenant acme:\ne@example\.com is suppressed[^]*tenant other:\ne@example\.com is suppressed/);
  });

  it('prints no control characters from a reply, neither as text nor as NDJSON', () => {
    const evil = '550 5.1.1 no \u001b[2J\u009b31m\u007f\u0007 user';
    const log = canonical('bounced', '1T10', { smtp: { code: 550, text: evil } });
    // eslint-disable-next-line no-control-regex -- control characters are what it looks for
    const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
    for (const args of [
      ['replay', '-', '--why', 'e@example.com'],
      ['replay', '-', '--json'],
      ['normalise', '-'],
    ])
      expect(desist(log, ...args).out.join('\n'), args[0]).not.toMatch(controls);
    for (const args of [['classify'], ['classify', '--json'], ['classify', '--explain'], ['classify', '--unknown']])
      expect(desist(`${evil}\nzork \u001b]0;title\u0007\n`, ...args).out.join('\n'), args.join(' ')).not.toMatch(controls);
    expect(desist('', 'check', 'a\u001b[2J', '--url', 'nonsense \u001b[2J').err.join('')).not.toMatch(controls);
  });

  it('an empty file has no events', () => {
    expect(JSON.parse(desist('', 'replay', '-', '--json').out.at(-1) ?? '')).toMatchObject({ type: 'summary', events: 0, unreadable: 0 });
  });
});
