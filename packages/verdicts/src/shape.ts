/** Reduces a reply to its wording, which many replies share. It contains nothing that identifies a mailbox, host or message. */
import { tokenise } from './tokens.ts';

const MOST_WORDS = 24;
const LONGEST_WORD = 24;
const READ = 2_048;

/** Example: `550 5.1.1 <bob@example.com> quux unknown in a1b2c3` becomes `addr quux unknown in #`. */
export function shapeOf(text: string): string {
  const { words } = tokenise(text.slice(0, READ));
  const shown = words.slice(0, MOST_WORDS).map((word) => (word.length > LONGEST_WORD || /\d/.test(word) ? '#' : word));
  return `${shown.join(' ')}${words.length > MOST_WORDS ? ' …' : ''}`;
}
