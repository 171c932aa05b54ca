/** The rules as data: every phrase can match, and the cost is linear in the text. */
import { compile, createClassifier, emptyEncoded, hintsIn, RULES, WORDS } from '@desist/verdicts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const PHRASES = [...new Set(RULES.flatMap(({ text, and, unless }) => [...(text ?? []), ...(and ?? []), ...(unless ?? [])]))];

/** A text that has the phrase: the first of its alternatives, no words in its gaps. */
function textOf(phrase: string): string {
  return phrase
    .split(' ')
    .filter((piece) => !/^(?:\^|\$|\.\.\d*|\[.*\])$/.test(piece))
    .map((piece) => piece.split('|')[0] as string)
    .map((word) => (word.startsWith('@') ? (WORDS[word.slice(1)]?.find((one) => !one.startsWith('.')) ?? '') : word))
    .map((word) => (word.startsWith('.') ? `mx${word}.example` : word.startsWith('/') ? `https://a.example${word}` : word).replace('*', ''))
    .map((word) => ({ addr: 'a@b.example', fqdn: 'mx.a.example', ip: '192.0.2.1', url: 'https://a.example' })[word] ?? word)
    .join(' ');
}

describe('every phrase', () => {
  const phrases = compile(PHRASES, WORDS);
  const encoded = emptyEncoded();
  it('matches a text that is built from it', () => {
    const dead = PHRASES.filter((phrase, id) => {
      phrases.encode(textOf(phrase), encoded);
      phrases.find(encoded);
      return !phrases.has(id);
    });
    expect(dead).toEqual([]);
  });
});

describe('the phrase language', () => {
  const found = (phrase: string, text: string): boolean => {
    const phrases = compile([phrase], { box: ['user', 'mail*'] });
    const encoded = emptyEncoded();
    phrases.encode(text, encoded);
    return phrases.find(encoded) === 1 && phrases.has(0);
  };
  it.each([
    ['user unknown', 'User unknown', true],
    ['user unknown', 'user is unknown', false],
    ['user ..1 unknown', 'user is unknown', true],
    ['user ..1 unknown', 'user is really unknown', false],
    ['reject*', 'Rejected', true],
    ['reject*', 'object', false],
    ['@box full', 'MAILBOX FULL', true],
    ['user [is] full', 'user full', true],
    ['user [is] full', 'user is full', true],
    ['^ busy $', '451 busy', true],
    ['^ busy $', 'not busy', false],
    ['.spamhaus', 'see https://www.spamhaus.org/query', true],
    ['/6596', 'https://support.google.com/mail/answer/6596', true],
    ['用户不存在', '550 用户不存在', true],
    ['boite pleine', 'Boîte pleine', true],
    ['email', 'e-mail', true],
  ])('%s in "%s": %s', (phrase, text, expected) => {
    expect(found(phrase, text)).toBe(expected);
  });
});

describe('any text', () => {
  const { classify } = createClassifier();
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({ unit: 'grapheme', maxLength: 400 }),
    fc.array(fc.constantFrom(...PHRASES.map(textOf)), { maxLength: 8 }).map((parts) => parts.join(' ')),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => new TextDecoder('latin1').decode(bytes)),
  );

  it('has a verdict, the same with and without a cache, and never throws', () => {
    const forgetful = createClassifier([], undefined, 0);
    fc.assert(
      fc.property(anyText, fc.option(fc.constantFrom('4.2.1', '5.1.1', '5.7.1', 'x')), (text, enhanced) => {
        const reply = enhanced === null ? { text } : { text, enhanced };
        expect(classify(reply)).toEqual(forgetful.classify(reply));
        expect(classify(reply)).toEqual(classify(reply));
        hintsIn(text);
      }),
      { numRuns: 500 },
    );
  });

  it('numbers, addresses, hosts and ids do not change the verdict', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RULES.map(({ example }) => example)), fc.nat(999_999), (example, id) => {
        const before = classify({ text: `${example} (id ${id})` });
        const after = classify({ text: `${example} (id ${id + 1})` });
        expect(after).toEqual(before);
      }),
    );
  });
});

describe('time to classify', () => {
  const { classify } = createClassifier([], undefined, 0);
  const baits: readonly (readonly [string, (length: number) => string])[] = [
    ['one letter', (length) => 'a'.repeat(length)],
    ['words of the rules', (length) => 'user mailbox address not '.repeat(length / 25)],
    ['gaps that never close', (length) => 'mailbox is over the '.repeat(length / 20)],
    ['dots', (length) => 'a.'.repeat(length / 2)],
    ['sentences without spaces', (length) => 'ab.Cd'.repeat(length / 5)],
    ['at signs', (length) => '@a'.repeat(length / 2)],
    ['links', (length) => 'http://'.repeat(length / 7)],
    ['digits', (length) => '5.1.1-'.repeat(length / 6)],
    ['quotations', (length) => 'host said: 550 '.repeat(length / 15)],
    ['spaces', (length) => ' '.repeat(length)],
    ['Han', (length) => '用户不'.repeat(length / 3)],
    ['marks that combine', (length) => 'e\u0301\u0302'.repeat(length / 3)],
    ['line breaks', (length) => '550-user\r\n'.repeat(length / 10)],
    ['letters that become many', (length) => '\ufdfa'.repeat(length)],
    ['brackets', (length) => '<[("'.repeat(length / 4)],
    ['parties', (length) => 'client: ('.repeat(length / 9)],
    ['footers', (length) => 'please contact your '.repeat(length / 20)],
    ['prompts', (length) => '>>> <<< 5'.repeat(length / 9)],
    ['Exim and a code that never comes', (length) => `${'error from remote mail'.repeat(length / 22)}: 55`],
    ['quotations', (length) => 'server response was: '.repeat(length / 21)],
  ];

  /** Milliseconds of processor time: other work on the machine does not count. */
  function cost(text: string): number {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round += 1) {
      const before = process.cpuUsage();
      classify({ text });
      hintsIn(text);
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / 1_000);
    }
    return best;
  }

  it.each(baits)('is linear in the length: %s', (_, make) => {
    cost(make(8_192));
    // Eight times the text: quadratic would be 64 times the time. Other work on the machine only ever makes it look worse.
    let ratio = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 5 && ratio >= 28; attempt += 1) {
      ratio = Math.min(ratio, cost(make(65_536)) / Math.max(cost(make(8_192)), 0.05));
    }
    expect(ratio).toBeLessThan(28);
  });

  it('does not grow beyond 64 Ki', () => {
    expect(classify({ text: `${' '.repeat(70_000)}user unknown` }).category).toBe('unknown');
  });
});
