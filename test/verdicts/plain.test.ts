/** The classifier is fast by tables, and means what the rules say: its verdicts are those of the rules applied plainly. */
import { readFileSync } from 'node:fs';
import { createClassifier, RULES, tokenise } from '@desist/verdicts';
import type { Reply } from '@desist/verdicts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { developmentSet, shippedSet } from './corpus.ts';
import { plainVerdict } from './plain/classify.ts';
import { plainTokens } from './plain/tokens.ts';

const linesOf = (file: string): readonly string[] =>
  readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
const golden = [
  'documented.tsv',
  'wordings.tsv',
  'kinds.tsv',
  'holdout.tsv',
  'holdout-2.tsv',
  'languages.tsv',
  'not-the-recipient.txt',
].flatMap((file) => linesOf(file).map((line) => line.split('\t').at(-1) as string));
const TEXTS: readonly string[] = [
  ...new Set([...(developmentSet() ?? shippedSet()).map(({ reply }) => reply.text), ...golden, ...RULES.map(({ example }) => example)]),
];
/** What the reader of replies looks for, and what tokens are made of. */
const PIECES: readonly string[] = [
  ...[
    'host mx.example said: ',
    ' (in reply to RCPT TO command)',
    '; For assistance, contact your postmaster',
    ' client: (192.0.2.1)',
    '[internal]',
  ],
  ...[
    ' -> 5',
    "returned '",
    'status=550 ',
    'because of 5',
    '<<< 5',
    'minutes.<4',
    'server response was: ',
    'last transfail: 4',
    'Deferred: 451 ',
  ],
  ...[
    ' error from remote mail server after RCPT TO:<a>: 550 ',
    'la réponse du serveur était : ',
    'we recommend that you ',
    'if you believe this ',
  ],
  ...[
    'e',
    'mail',
    'box',
    "'",
    'é',
    '用户',
    'İ',
    '\u212A',
    '\u017F',
    '.Foo',
    'gray',
    '550-5.1.1 ',
    '\r\n',
    '5.1.',
    '.',
    '@',
    '_1',
    '://a.b/c?d',
    'black',
    'list',
  ],
];

const mutated: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...TEXTS),
    fc.array(fc.tuple(fc.nat(4), fc.nat(), fc.oneof(fc.constantFrom(...PIECES), fc.constantFrom(...TEXTS)), fc.nat(6)), { maxLength: 5 }),
  )
  .map(([text, steps]) =>
    steps.reduce((before, [kind, place, piece, count]) => {
      const at = place % (before.length + 1);
      if (kind === 0) return before.slice(0, at) + piece + before.slice(at);
      if (kind === 1) return before.slice(0, at) + before.slice(at + 1 + count);
      if (kind === 2) return before.slice(0, at) + piece.slice(place % (piece.length + 1));
      return kind === 3 ? before.toUpperCase() : before.slice(at) + before.slice(0, at);
    }, text),
  );
const asked: fc.Arbitrary<Reply> = fc
  .record(
    {
      text: mutated,
      code: fc.constantFrom(0, 421, 450, 550, 554),
      enhanced: fc.constantFrom('5.1.1', '4.2.1', ' 5.7.1', 'x', '5.01.1'),
      phase: fc.constantFrom('rcpt', 'mail', 'end_of_data', 'connect'),
      provider: fc.constantFrom('gmail', 'yahoo', 'free', 'own.example'),
    },
    { requiredKeys: ['text'] },
  )
  .map((reply) => reply as Reply);

const { classify } = createClassifier([], undefined, 0);

it('every known reply has the verdict of the rules applied plainly', () => {
  for (const text of TEXTS) {
    expect([text, classify({ text })]).toEqual([text, plainVerdict({ text })]);
    expect(tokenise(text)).toEqual(plainTokens(text));
  }
});

it('so has every variant of one: cut, spliced, quoted, in capitals, in other scripts, with codes and phase', () => {
  fc.assert(
    fc.property(asked, (reply) => {
      expect(classify(reply)).toEqual(plainVerdict(reply));
      expect(tokenise(reply.text)).toEqual(plainTokens(reply.text));
    }),
    { numRuns: 1_500 },
  );
});
