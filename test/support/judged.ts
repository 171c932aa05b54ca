/** What scripted events are judged as, and what windows say of them: for properties that fold by themselves. */
import { answerOf, DEFAULT_POLICY, HOUR, NO_REPLY, NO_REPLY_PERMANENT } from '@desist/domain';
import type { ContrastAnswer, DeliveryEvent, Verdict } from '@desist/domain';
import { scriptedVerdict } from './oracle/events.ts';

export const PROVIDER = 'example';

/** Windows by their place in the week: some hold, some were failing, of some nothing is known. */
export function contrast(provider: string, closesAt: number): ContrastAnswer | undefined {
  const turn = (closesAt / (6 * HOUR)) % 4;
  return turn === 3 || provider !== PROVIDER ? undefined : answerOf(DEFAULT_POLICY, closesAt, 40, turn * 40);
}

export function verdictOf(event: DeliveryEvent): Verdict {
  return scriptedVerdict(event) ?? (event.permanent === true && event.type !== 'expired' ? NO_REPLY_PERMANENT : NO_REPLY);
}
