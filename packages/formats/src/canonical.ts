/** Canonical delivery events (CONTRACT 1.1), so that any consumer of a format also accepts them. Commands are ignored. */
import { COMMAND_TYPES } from '@desist/domain';
import type { DeliveryEvent } from '@desist/domain';
import { parseEvent } from './event/event.ts';
import { ignored, problem } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import type { Fields } from './json.ts';

/** The maximum date, so nothing is clamped here. The engine clamps future times to the record time, which does not exist yet. */
const NO_RECORD_TIME = 8.64e15;
const COMMANDS: ReadonlySet<unknown> = new Set(COMMAND_TYPES);

export const canonical = elementFormat({
  name: 'canonical',
  looksLike: ({ first }) =>
    typeof first['version'] === 'number' && typeof first['occurredAt'] === 'string' && typeof first['type'] === 'string',
  read,
});

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  if (COMMANDS.has(element['type'])) return ignored(`command: ${String(element['type'])}`);
  const { tenant, stream } = context;
  const parsed = parseEvent({ ...element, tenant: element['tenant'] ?? tenant, stream: element['stream'] ?? stream }, NO_RECORD_TIME);
  if (parsed.ok) return { kind: 'event', event: parsed.event as DeliveryEvent };
  const reason = parsed.reason === 'unreadable' ? 'unreadable' : 'invalid';
  return problem(reason, parsed.detail, raw());
}
