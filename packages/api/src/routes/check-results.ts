/** Serialises the answers of a check. */

export interface Answer {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  readonly state: string | null;
  readonly expiresAt: string | null;
  readonly forgotten?: true;
  readonly probation?: true;
  /** Only when requested; of all streams. */
  readonly suppressions?: readonly object[];
}

/** The usual answer, shared so that it is recognised by identity. */
export const FINE: Answer = { allowed: true, reasons: [], state: 'healthy', expiresAt: null };
const INVALID: Answer = { allowed: false, reasons: ['invalid_address'], state: null, expiresAt: null };

/**
 * One answer per recipient, in order. `indexes`: indexes of the recipients that are addresses; `answer`: the answer for the address
 * at this index of `indexes`. Nearly all of ten thousand answers differ only in the recipient, so their JSON is cached: serialising objects
 * took half of the request's time.
 */
export function writeResults(recipients: readonly unknown[], indexes: readonly number[], answer: (index: number) => Answer): string {
  const written = new Map<string, string>();
  const fine = jsonAfterRecipient(FINE);
  let index = 0;
  let text = '';
  for (const [place, recipient] of recipients.entries()) {
    const isAddress = indexes[index] === place;
    const one = isAddress ? answer(index) : INVALID;
    if (isAddress) index += 1;
    let rest = fine;
    if (one.suppressions !== undefined) {
      rest = jsonAfterRecipient(one);
    } else if (one !== FINE) {
      const key = `${one.state ?? ''} ${one.reasons.join()} ${one.expiresAt ?? ''} ${one.forgotten === true ? 'f' : ''}${one.probation === true ? 'p' : ''}`;
      rest = written.get(key) ?? jsonAfterRecipient(one);
      if (written.size < 1_000) written.set(key, rest);
    }
    text += `${place === 0 ? '' : ','}{"recipient":${asSent(recipient)}${rest}`;
  }
  return text;
}

/** An object that was sent instead of an address may be nested too deeply to be serialised. */
function asSent(recipient: unknown): string {
  return typeof recipient === 'object' ? 'null' : JSON.stringify(recipient);
}

/** The JSON of an answer after the recipient. */
function jsonAfterRecipient(answer: Answer): string {
  return `,${JSON.stringify(answer).slice(1)}`;
}
