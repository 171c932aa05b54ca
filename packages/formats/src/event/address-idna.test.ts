/** Domains that are not plain ASCII (UTS 46), and host forms that a URL parser would change. */
import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAddress } from './address.ts';

function domainOf(domain: string): string | undefined {
  const address = normaliseAddress(`x@${domain}`);
  return address.ok ? address.domain : undefined;
}

describe('conversion of a domain to ASCII', () => {
  it.each([
    // As in IdnaTestV2.txt: mapped, normalised, not transitional.
    ['Bücher.Example', 'xn--bcher-kva.example'],
    ['bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['faß.de', 'xn--fa-hia.de'],
    ['βόλος.com', 'xn--nxasmm1c.com'],
    ['ශ්\u200dරී.com', 'xn--10cl1a0b660p.com'],
    ['日本語。ＪＰ', 'xn--wgv71a119e.jp'],
    ['日本語．jp', 'xn--wgv71a119e.jp'],
    ['ex\u00adample.com', 'example.com'],
    ['K\u212a.example', 'kk.example'],
    ['☕.example', 'xn--53h.example'],
    ['עברית.com', 'xn--5dbqzzl.com'],
    ['ü.example.', 'xn--tda.example'],
    ['xn--BCHER-kva.example', 'xn--bcher-kva.example'],
    // Not valid: nothing left, a bidirectional label with two directions, no code point, no Punycode.
    ['\u00ad', undefined],
    ['אa.com', undefined],
    ['a\ud800.com', undefined],
    ['ü.xn--0', undefined],
    ['..ü', undefined],
    // Characters that would end the host in a URL, or begin another part.
    ['ü%2e.example', undefined],
    ['ü.example:25', undefined],
    ['ü.example/x', undefined],
    ['ü.example?x', undefined],
    ['ü.example#x', undefined],
    ['ü.example\\x', undefined],
    ['ü@example.com', undefined],
    ['[::ü]', undefined],
    ['ü|.example', undefined],
    ['ü^.example', undefined],
    // The same in full width: mapped to the sign, and then refused.
    ['ü％41.example', undefined],
    ['ü＠example.com', undefined],
    ['ü：25', undefined],
    ['ü／x', undefined],
    ['', undefined],
    // Plain ASCII is never an IP address, whatever a URL parser would read.
    ['1.2', '1.2'],
    ['0x7f.1', '0x7f.1'],
    ['127.1', '127.1'],
    ['256.256.256.256', '256.256.256.256'],
    ['a_b.example', 'a_b.example'],
  ])('%j', (given, wanted) => {
    expect(domainOf(given)).toBe(wanted);
  });

  it('agrees with the conversion of Node', () => {
    const letters = [
      ...['a', 'Z', '0', '1', '.', '-', '--', 'xn--', 'xn--bcher-kva', '_', '!', '$', '&', "'", '*', '+', '=', '`', '{', '}', '~'],
      ...['ü', 'ß', 'ς', 'İ', 'ſ', 'א', 'ب', '日', '本', '☕', '😀', '\u0301', '\u00ad', '\u200c', '\u200d', '\ufeff', '\ud800'],
      ...['。', '．', '｡', '１', '２', '０ｘ', '％', '＠', '：', '／', '？', '＃', '℡', '⒈', '㎏', '\u180e'],
    ];
    const domain = fc.oneof(
      fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
    );
    fc.assert(
      fc.property(domain, (given) => {
        // Plain ASCII is not converted; these characters are refused earlier.
        // eslint-disable-next-line no-control-regex -- control characters are among them
        fc.pre(!/^[\w.-]*$/.test(given) && !/[\u0000-\u0020\u007f-\u00a0<>()[\],;:\\"/?#@%|^]/.test(given));
        const wanted = domainToASCII(given).replace(/\.$/, '');
        expect(domainOf(given)).toBe(wanted === '' || wanted.startsWith('.') || wanted.length > 255 ? undefined : wanted);
      }),
      { numRuns: 5_000 },
    );
  });
});
