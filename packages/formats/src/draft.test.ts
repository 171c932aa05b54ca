import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeEvent } from './event/event.ts';
import { bareAddress, eventOf } from './draft.ts';
import type { Draft } from './draft.ts';
import type { NormaliseContext, Normalised } from './format.ts';

const CONTEXT: NormaliseContext = { tenant: 'acme', stream: 'news', referenceTime: Date.parse('2026-11-25T00:00:00Z') };
const DRAFT: Draft = {
  type: 'bounced',
  recipient: 'Ann <A+x@Bücher.example>',
  time: ['ts', 1772359200],
  messageId: '<m-1@x>',
  text: ' 550 no such user ',
  permanent: true,
};
const make = (more: Partial<Draft> = {}, context = CONTEXT): Normalised => eventOf('ses', { ...DRAFT, ...more }, context, () => 'raw');
const idOf = (more: Partial<Draft>): string => {
  const made = make(more);
  return made.kind === 'event' ? made.event.id : made.kind;
};

describe('eventOf', () => {
  it('normalises the address, reads the reply, and sets the source', () => {
    expect(make({ id: 'e-1' })).toEqual({
      kind: 'event',
      event: {
        id: 'e-1',
        tenant: 'acme',
        stream: 'news',
        recipient: 'a+x@xn--bcher-kva.example',
        occurredAt: 1772359200000,
        type: 'bounced',
        messageId: 'm-1@x',
        smtp: { code: 550, text: '550 no such user' },
        source: 'ses',
        permanent: true,
      },
    });
    expect(make({}, { ...CONTEXT, source: 'eu' })).toMatchObject({ event: { source: 'eu' } });
  });

  it('derives an id that changes with the identifying values, and with nothing else', () => {
    const same = idOf({});
    expect(same).toMatch(/^[\w-]{22}$/);
    expect(idOf({ attempt: 3, remoteHost: 'mx', metadata: { desist_tenant: 'b' }, recipient: 'a+X@bücher.example' })).toBe(same);
    const others = [
      idOf({ identity: ['m-1'] }),
      idOf({ type: 'deferred' }),
      idOf({ recipient: 'b@example.com' }),
      idOf({ time: ['ts', 1772359201] }),
    ];
    expect(new Set([same, ...others]).size).toBe(5);
    // An id that is too long is not truncated, because two of them may differ only at the end.
    expect(idOf({ id: `${'x'.repeat(300)}1` })).not.toBe(idOf({ id: `${'x'.repeat(300)}2` }));
  });

  it('keeps the permanence of bounces, and never marks a temporary failure as permanent', () => {
    const permanence = (['bounced', 'deferred', 'expired', 'delivered', 'complained', 'rejected'] as const).map((type) => {
      const made = make({ type, permanent: true });
      return made.kind === 'event' ? made.event.permanent : made;
    });
    expect(permanence).toEqual([true, false, false, undefined, undefined, undefined]);
  });

  it('reports problems without the address', () => {
    expect(make({ recipient: null })).toEqual({
      kind: 'problem',
      reason: 'no_recipient',
      detail: 'bounced: the payload names no recipient',
      raw: 'raw',
    });
    for (const recipient of ['secret', 'secret@', 'secret\uFFFD@example.com', 7, {}, ['secret@example.com'], '"sec ret"@example.com']) {
      const made = make({ recipient });
      expect(made).toMatchObject({ kind: 'problem', reason: 'invalid' });
      expect(JSON.stringify(made)).not.toContain('secret');
    }
    expect(make({ time: ['ts', 'x'] })).toMatchObject({
      kind: 'problem',
      reason: 'invalid',
      detail: 'ts: not a time in a known form',
    });
  });

  it('never throws, and the log accepts each event unchanged', () => {
    const anything = fc.anything();
    const text = fc.option(fc.string({ unit: 'binary', maxLength: 9_000 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.record({
          recipient: fc.oneof(anything, fc.emailAddress()),
          id: text,
          messageId: text,
          text,
          code: anything,
          enhanced: anything,
          remoteHost: text,
          metadata: anything,
          source: fc.string({ unit: 'binary' }),
        }),
        ({ source, ...draft }) => {
          const made = make(draft, { ...CONTEXT, source });
          if (made.kind !== 'event') return;
          const { key, value } = encodeEvent(made.event);
          expect(decodeRecord({ key: Buffer.from(key), value: Buffer.from(value), recordTime: CONTEXT.referenceTime })).toEqual({
            ok: true,
            event: made.event,
            clamped: false,
          });
        },
      ),
    );
  });
});

describe('bareAddress', () => {
  it.each([
    ['a@example.com', 'a@example.com'],
    ['<a@example.com>', 'a@example.com'],
    ['"Doe, Ann" <A@example.com>', 'A@example.com'],
    ['Ann <mailto:a@example.com>', 'a@example.com'],
    ['a@example.com (Ann)', 'a@example.com'],
    ['<a@example.com', 'a@example.com'],
    ['  ', undefined],
    [7, undefined],
  ])('%s', (given, bare) => {
    expect(bareAddress(given)).toBe(bare);
  });
});
