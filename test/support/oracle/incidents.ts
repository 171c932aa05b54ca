/** What the oracle takes for held back: the events themselves against the terms, without a fact, a kept reply or a mark. */
import type { DeliveryEvent, Incident } from '@desist/domain';

/** `told`: in the order of the log. Of one incident the first telling of the highest revision says what is true. */
export function heldBackBy(told: readonly Incident[], providerOf: (domain: string) => string): (event: DeliveryEvent) => boolean {
  const latest = new Map<string, Incident>();
  for (const one of told) if (one.revision > (latest.get(one.id)?.revision ?? -1)) latest.set(one.id, one);
  const holding = [...latest.values()].filter(({ excludes }) => excludes);
  return (event) => holding.some(({ terms }) => isInside(event, terms, providerOf));
}

function isInside(event: DeliveryEvent, terms: Incident['terms'], providerOf: (domain: string) => string): boolean {
  const { occurredAt: at, smtp, recipient } = event;
  const domain = recipient.split('@')[1] ?? '';
  if (at < terms.from || at >= (terms.until ?? Number.POSITIVE_INFINITY)) return false;
  if (terms.tenant !== null && terms.tenant !== event.tenant) return false;
  if (terms.domain !== null && terms.domain !== domain) return false;
  if (terms.provider !== null && terms.provider !== providerOf(domain)) return false;
  if (terms.text !== null && smtp?.text?.toLowerCase().includes(terms.text.toLowerCase()) !== true) return false;
  const codes = [String(smtp?.code), smtp?.enhanced];
  return terms.code === null || terms.code.split(' ').every((code) => codes.includes(code));
}
