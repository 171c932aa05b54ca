/**
 * What a reply may contain besides words: a quotation, the name of a command, text for its reader. One pass over the text rules out the
 * expressions of read.ts that cannot match. Most replies have none of it.
 */

/** The bits of `signsIn`. */
export const QUOTES = 1;
export const NAMES_COMMAND = 2;
export const NAMES_PARTIES = 4;
export const ADDRESSES_READER = 8;
export const LABELS_CODE = 16;
export const OPENS_BRACKET = 32;
/** No hint but a fact: the text has a character that is not ASCII. */
export const FOREIGN = 64;

const DIGITS = '0123456789';

/**
 * Four characters each that whatever has the sign contains somewhere, in small letters: one of these characters in each place. Several
 * signs of a kind share an entry, because there are 32.
 */
const TRACES: readonly (readonly [number, string, string, string, string])[] = [
  // said: transfail: / me: / -> 5 / was: war: / returned '5 / because of 5 / deferred: 4
  [QUOTES, 'a', 'i', 'dl', ':'],
  [QUOTES, ' ', 'm', 'e', ':'],
  [QUOTES, '-', '>', ' ', '45'],
  [QUOTES, 'w', 'a', 'sr', ':'],
  [QUOTES, 'e', 'd', ' ', "'"],
  [QUOTES, 'o', 'f', ' ', '45'],
  [QUOTES, 'd', ':', ' ', '4'],
  // replied: responded: / minutes.<4 / lautete: fue: / foi: şöyleydi: / stata: / était : / <<< 5
  [QUOTES, 'id', 'e', 'd', ':'],
  [QUOTES, 's', '.', '<', '45'],
  [QUOTES, 'ef', 'tu', 'e', ':'],
  [QUOTES, 'fy', 'od', 'i', ':'],
  [QUOTES, 'a', 't', 'a', ':'],
  [QUOTES, 'i', 't', ' ', ':'],
  [QUOTES, '<', '<', '<', ' '],
  // error from remote mail / in reply to
  [QUOTES | NAMES_COMMAND, 't', 'e', ' ', 'm'],
  [NAMES_COMMAND, 'l', 'y', ' ', 't'],
  // status=550 / status: 550
  [LABELS_CODE, ':=', '45', DIGITS, DIGITS],
  [LABELS_CODE, ':=', ' ', '45', DIGITS],
  // client ( server:( / client: ( / client( server( / (client (server
  [NAMES_PARTIES, 'ne', 'tr', ' :', '('],
  [NAMES_PARTIES, 'tr', ':', ' ', '('],
  [NAMES_PARTIES, 'ev', 'ne', 'tr', '('],
  [NAMES_PARTIES, '(', 'cs', 'le', 'ir'],
  // for further, for support / for additional, for assistance / for more / for help / please provide, please contact / contact your
  [ADDRESSES_READER, 'r', ' ', 'fs', 'u'],
  [ADDRESSES_READER, 'r', ' ', 'a', 'ds'],
  [ADDRESSES_READER, 'r', ' ', 'm', 'o'],
  [ADDRESSES_READER, 'r', ' ', 'h', 'e'],
  [ADDRESSES_READER, 's', 'e', ' ', 'pc'],
  [ADDRESSES_READER, 't', ' ', 'y', 'o'],
  // if you, if this / we recommend, you should / sending
  [ADDRESSES_READER, 'i', 'f', ' ', 'yt'],
  [ADDRESSES_READER, 'wu', 'e ', ' s', 'rh'],
  [ADDRESSES_READER, 'd', 'i', 'n', 'g'],
  [OPENS_BRACKET, '[', 'i', 'n', 't'],
];

/** For each character the traces that have it in a place, a bit each. */
const tableOf = (place: 1 | 2 | 3 | 4): Int32Array =>
  Int32Array.from({ length: 128 }, (_, code) => {
    const character = String.fromCharCode(code).toLowerCase();
    return TRACES.reduce((bits, trace, index) => (trace[place].includes(character) ? bits | (1 << index) : bits), 0);
  });
const FIRST = tableOf(1);
const SECOND = tableOf(2);
const THIRD = tableOf(3);
const FOURTH = tableOf(4);

/** The signs in a text. None is missed; one that is reported wrongly costs time only. Without branches, which would be mispredicted. */
export function signsIn(text: string): number {
  let traces = 0;
  let characters = 0;
  let first = 0;
  let second = 0;
  let third = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    characters |= code;
    const fourth = code & 127;
    traces |= (FIRST[first] as number) & (SECOND[second] as number) & (THIRD[third] as number) & (FOURTH[fourth] as number);
    first = second;
    second = third;
    third = fourth;
  }
  let signs = characters > 127 ? FOREIGN : 0;
  for (let bits = traces; bits !== 0; bits &= bits - 1) signs |= (TRACES[31 - Math.clz32(bits & -bits)] as (typeof TRACES)[number])[0];
  return signs;
}
