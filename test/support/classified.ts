/** What scripted events are judged as, and what windows say of them: for properties that fold by themselves. */
import { baselineAnswer, DEFAULT_POLICY, HOUR } from '@desist/domain';
import { NO_REPLY, NO_REPLY_PERMANENT } from '@desist/verdicts';
import type { BaselineAnswer, DeliveryEvent } from '@desist/domain';
import type { Verdict } from '@desist/verdicts';
import { scriptedVerdict } from './oracle/events.ts';

export const PROVIDER = 'example';

/** Windows by their place in the week: some hold, some were failing, of some nothing is known. */
export function contrast(provider: string, closesAt: number): BaselineAnswer | undefined {
  const turn = (closesAt / (6 * HOUR)) % 4;
  return turn === 3 || provider !== PROVIDER ? undefined : baselineAnswer(DEFAULT_POLICY, closesAt, 40, turn * 40);
}

export function verdictOf(event: DeliveryEvent): Verdict {
  return scriptedVerdict(event) ?? (event.permanent === true && event.type !== 'expired' ? NO_REPLY_PERMANENT : NO_REPLY);
}
