/** `desist normalise` and `desist replay`, as processes: what stands where, and the exit code. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const MAIN = path.join(import.meta.dirname, '../main.ts');

function desist(
  input: string,
  ...args: readonly string[]
): { readonly code: number | null; readonly out: readonly string[]; readonly err: readonly string[] } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=source', '--disable-warning=ExperimentalWarning', MAIN, ...args],
    {
      input,
      encoding: 'utf8',
    },
  );
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

describe('desist normalise', () => {
  it('prints canonical events, and tells of the rest on standard error', () => {
    const body = JSON.stringify([delivered, { ...delivered, event: 'open' }, { ...delivered, timestamp: 'x' }, bounce]);
    const { code, out, err } = desist(body, 'normalise', '--tenant', 'acme', '--stream', 'news', '--source', 'sendgrid-eu');
    expect(code).toBe(0);
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        version: 1,
        id: 'e-1',
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
        id: 'e-2',
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
    expect(err).toEqual(['document 1: invalid, timestamp: no time in a form that is known', 'sendgrid: 2 events, 1 ignored, 1 problems']);
  });

  it('ends with 2 when nothing could be read, with --json as lines too', () => {
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
      { type: 'summary', format: 'sendgrid', events: 0, ignored: 0, problems: 1 },
    ]);
  });

  it('says what it does not know', () => {
    expect(desist('hello\n', 'normalise')).toMatchObject({ code: 2, out: [], err: [expect.stringContaining('--format says which it is')] });
    expect(desist('', 'normalise', '--format', 'pigeon')).toMatchObject({
      code: 2,
      out: [],
      err: [expect.stringContaining('known are auto, canonical')],
    });
    expect(desist('', 'normalise', '/nowhere/at/all')).toMatchObject({ code: 3, out: [] });
  });
});

describe('desist replay', () => {
  it('folds what a provider sends, recognised or named', () => {
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

  it('still takes our own events and commands, damaged lines among them', () => {
    const event = (type: string): string =>
      JSON.stringify({ version: 1, type, recipient: 'c@example.com', occurredAt: '2026-03-01T10:00:00Z' });
    const { out, err } = desist(`{"version":\n${event('suppress')}\n${event('delivered')}\nnonsense\n`, 'replay', '-', '--json');
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ type: 'summary', events: 2, unreadable: 2 });
    expect(out.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ type: 'final', recipient: 'c@example.com', state: 'suppressed' }),
    );
    expect(err).toEqual(['line 1: not JSON', 'line 4: not JSON']);
  });

  it('an empty file is no event', () => {
    expect(JSON.parse(desist('', 'replay', '-', '--json').out.at(-1) ?? '')).toMatchObject({ type: 'summary', events: 0, unreadable: 0 });
  });
});
