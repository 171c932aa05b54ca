/** Nothing is answered in a way that makes a provider throw an event away. */
import { FORMAT_NAMES } from '@desist/formats';
import { describe, expect, test } from 'vitest';
import { answerTo, isRepeated, retrierOf } from './answers.ts';

/** Every status that a webhook can be refused with. */
const REFUSALS = [400, 401, 403, 404, 409, 413, 415, 421, 429, 500, 503];

describe('a refusal', () => {
  test.each(FORMAT_NAMES)('of %s has a status after which its provider repeats', (format) => {
    const retrier = retrierOf(format);
    for (const status of REFUSALS) {
      const answered = answerTo(format, status);
      expect(answered).toBeGreaterThanOrEqual(400);
      if (retrier === null) expect(answered).toBe(status);
      else expect(isRepeated(retrier, answered), `${status}`).toBe(true);
    }
    expect(answerTo(format, 200)).toBe(200);
  });

  test('is what HTTP means where the provider repeats after that', () => {
    expect(REFUSALS.map((status) => answerTo('mailgun', status))).toEqual(REFUSALS);
    expect(answerTo('mailgun', 406)).toBe(503);
    expect(answerTo('ses', 403)).toBe(503);
    expect(answerTo('ses', 503)).toBe(503);
    expect(answerTo('postmark', 403)).toBe(503);
    expect(answerTo('brevo', 503)).toBe(429);
    expect(answerTo('brevo', 404)).toBe(429);
    expect(answerTo('mapping', 404)).toBe(503);
    expect(answerTo('canonical', 404)).toBe(404);
    expect(answerTo('nonsense', 404)).toBe(503);
  });
});
