/** A log that is read in pieces, with the reader's state saved as JSON between them, gives the same as in one piece, wherever it is divided. */
import { formatOf, isLineFormat } from '@desist/formats';
import type { LineFormat, NormaliseContext, Normalised } from '@desist/formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from './cases.ts';
import { CASES } from './payloads/index.ts';

const CONTEXT: NormaliseContext = {
  tenant: 'default',
  stream: 'default',
  referenceTime: Date.parse('2026-11-25T00:00:00Z'),
  timezone: 'UTC',
};
const RUNS = 300;

const queue = fc.constantFrom('4C1F0A2B33', '5D2A0B3C44');
const address = fc.constantFrom('a@example.com', 'b@example.com', 'c@example.com');
const host = fc.constantFrom('mail', 'mail2');

const postfixLine = fc
  .tuple(host, queue, address, fc.constantFrom('deferred', 'sent', 'bounced', 'expired', 'removed', 'client', 'other'))
  .map(([on, id, to, what]) => {
    const line = (program: string, rest: string): string => `Mar  1 10:00:00 ${on} postfix/${program}[7]: ${id}: ${rest}`;
    if (what === 'expired') return line('qmgr', 'from=<s@example.org>, status=expired, returned to sender');
    if (what === 'removed') return line('qmgr', 'removed');
    if (what === 'client') return line('smtpd', 'client=app[10.0.0.1]');
    if (what === 'other') return `Mar  1 10:00:00 ${on} dovecot: hello`;
    return line('smtp', `to=<${to}>, relay=mx.example.com[192.0.2.9]:25, delay=1, dsn=4.0.0, status=${what} (450 x)`);
  });

const eximLine = fc
  .tuple(
    fc.constantFrom('1tAbCd-0001Xy-2Z', '1tAbCe-0001Xy-2Z'),
    address,
    fc.constantFrom('<= <>', '<= s@example.org', '=>', '**', '==', 'Completed'),
  )
  .map(([id, to, what]) => {
    const rest =
      what.startsWith('<=') || what === 'Completed'
        ? `${what} P=esmtp`
        : `${what} ${to} R=r T=t${what === '==' ? ' defer (-44)' : ''}: 450 x`;
    return `2026-03-01 10:00:00 ${id} ${what === 'Completed' ? what : rest}`;
  });

const powermtaLine = fc.oneof(
  fc.constantFrom('type,timeLogged,rcpt,dsnStatus,dsnDiag', 'type,rcpt,timeLogged,dsnDiag,dsnStatus'),
  fc
    .tuple(fc.constantFrom('b', 'd', 't'), address, fc.constantFrom('smtp;550 no', '"smtp;550 no, really"', '"smtp;550-one', '"open'))
    .map(([type, to, diag]) => `${type},1772359200,${to},5.1.1,${diag}`),
  fc.constantFrom('550 two"', 'no row', 'd,1772359200,x,y,z,a@example.com,,failed,5.0.0,x'),
);

const harakaLine = fc
  .tuple(address, fc.constantFrom('rejected', 'deferred', 'said'))
  .map(([to, what]) => `2026-03-01T10:00:00.000Z [NOTICE] [U-1.1] [outbound] recipient <${to}> ${what}: 450 x`);

function atOnce(format: LineFormat, lines: readonly string[]): readonly Normalised[] {
  const reader = format.open(CONTEXT);
  return [...lines.flatMap((line) => reader.push(line)), ...reader.end()];
}

/** A new reader behind each line whose number is in `cuts`, from what the one before has put away. */
function inPieces(format: LineFormat, lines: readonly string[], cuts: ReadonlySet<number>): readonly Normalised[] {
  let reader = format.open(CONTEXT);
  const results = lines.flatMap((line, number) => {
    const found = reader.push(line);
    if (cuts.has(number)) reader = format.open(CONTEXT, JSON.parse(JSON.stringify(reader.state())));
    return found;
  });
  return [...results, ...reader.end()];
}

const LINES = { postfix: postfixLine, exim: eximLine, powermta: powermtaLine, haraka: harakaLine };

for (const [name, line] of Object.entries(LINES)) {
  const format = formatOf(name) as LineFormat;
  describe(`${name}, input divided at any place`, () => {
    it('gives the same result', () => {
      fc.assert(
        fc.property(fc.array(line, { maxLength: 40 }), fc.array(fc.nat({ max: 39 }), { maxLength: 8 }), (lines, cuts) => {
          const whole = atOnce(format, lines);
          expect(inPieces(format, lines, new Set(cuts))).toEqual(whole);
          expect(inPieces(format, lines, new Set(lines.keys()))).toEqual(whole);
        }),
        { numRuns: RUNS },
      );
    });

    it('gives for a payload what its lines give', () => {
      expect(isLineFormat(format)).toBe(true);
      for (const one of CASES.find((cases) => cases.format === name)?.cases ?? []) {
        const payload = Buffer.from(bytesOf(one)).toString('utf8');
        if (/^[{[]/.test(payload)) continue;
        const reader = format.open({ ...CONTEXT, ...one.context });
        expect([...payload.split('\n').flatMap((each) => reader.push(each)), ...reader.end()]).toEqual(
          format.normalise(bytesOf(one), { ...CONTEXT, ...one.context }),
        );
      }
    });
  });
}

describe('the order of lines', () => {
  it('an expiry names exactly the recipients whose last status under that queue id was deferred', () => {
    fc.assert(
      fc.property(fc.array(postfixLine, { maxLength: 60 }), (lines) => {
        const waiting = new Map<string, Set<string>>();
        const wanted = lines.flatMap((line) => {
          const [, on, id] = / (mail2?) postfix\/\w+\[7\]: (\w+): /.exec(line) ?? [];
          if (id === undefined) return [];
          const key = `${String(on)} ${id}`;
          const waits = waiting.get(key) ?? new Set<string>();
          waiting.set(key, waits);
          const to = /to=<(.+?)>/.exec(line)?.[1];
          if (line.includes('status=deferred')) waits.add(to as string);
          else if (to !== undefined) waits.delete(to);
          else {
            waiting.delete(key);
            return line.includes('expired') ? [...waits] : [];
          }
          return [];
        });
        const told = atOnce(formatOf('postfix') as LineFormat, lines).flatMap((one) =>
          one.kind === 'event' && one.event.type === 'expired' ? [one.event.recipient] : [],
        );
        expect(told).toEqual(wanted);
      }),
      { numRuns: RUNS },
    );
  });
});
