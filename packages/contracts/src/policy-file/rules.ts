/** Rules between values. They are checked after inheritance; a violation is reported where the offending value was written. */
import { formatDuration } from '@desist/formats/event';
import type { Policy } from '@desist/domain';
import { valueOf, withValue } from './layer.ts';
import type { Resolved, Written } from './layer.ts';
import type { Problems } from './problems.ts';
import { FIELDS } from './schema.ts';

interface Rule {
  /** Ids of two fields: `less` must be at most `more` (`strict`: must be below it). */
  readonly less: string;
  readonly more: string;
  readonly strict?: boolean;
  readonly why: string;
}

const STAGES = 'the stages are persistent, soft bounce, suppressed, in this order';

const RULES: readonly Rule[] = [
  { less: 'deferral.persistentAfter', more: 'deferral.softBounceAfter', why: STAGES },
  { less: 'deferral.softBounceAfter', more: 'deferral.suppressAfter', why: STAGES },
  { less: 'deferral.persistentFailures', more: 'deferral.softBounceFailures', why: STAGES },
  { less: 'deferral.softBounceFailures', more: 'deferral.suppressFailures', why: STAGES },
  { less: 'deferral.evidenceSpan', more: 'deferral.suppressAfter', why: 'no suppression could be on time' },
  { less: 'deferral.atRiskBefore', more: 'deferral.suppressAfter', why: 'the warning would come before the first failure' },
  { less: 'giveUp.span', more: 'giveUp.remembered', strict: true, why: 'the first give-up would be forgotten before the last one counts' },
  { less: 'incidents.window', more: 'incidents.longest', why: 'it would be over before it could be noticed' },
  { less: 'incidents.window', more: 'incidents.baseline', why: 'there would be nothing before it to compare with' },
  { less: 'senderIncidents.window', more: 'senderIncidents.longest', why: 'it would be over before it could be noticed' },
  { less: 'senderIncidents.window', more: 'senderIncidents.baseline', why: 'there would be nothing before it to compare with' },
];

const KEYS: ReadonlyMap<string, string> = new Map(FIELDS.map(({ id, key }) => [id, key]));

/**
 * Reports violations by values of this level, one problem per value. If the level changed only one value of a rule
 * that its parent violates already, the parent's mistake is the one to fix.
 */
export function checkRules(level: Resolved, parent: Resolved, problems: Problems): void {
  const broken = new Map<Written, Rule[]>();
  for (const rule of RULES) {
    const values = [level.values.get(rule.less), level.values.get(rule.more)];
    const own = values.flatMap((value) => (value?.depth === level.depth && value.written !== undefined ? [value.written] : []));
    if (own.length === 0 || isKept(rule, level)) continue;
    if (own.length < 2 && !isKept(rule, parent)) continue;
    const at = own.reduce((a, b) => (b.offset > a.offset ? b : a));
    broken.set(at, [...(broken.get(at) ?? []), rule]);
  }
  for (const [at, rules] of broken) {
    const [first] = rules as [Rule, ...Rule[]];
    const id = level.values.get(first.less)?.written === at ? first.less : first.more;
    const wanted = rules.map((rule) => relation(rule, level, at)).join(' and ');
    const why = new Set(rules.map((rule) => rule.why));
    problems.add(at.offset, at.path, `is ${show(id, at.value)}, and must be ${wanted}`, [...why].join('; '));
  }
}

function isKept({ less, more, strict }: Rule, { values }: Resolved): boolean {
  const a = values.get(less)?.value;
  const b = values.get(more)?.value;
  // An unreadable value has been reported already.
  if (typeof a !== 'number' || typeof b !== 'number') return true;
  return strict === true ? a < b : a <= b;
}

function relation({ less, more, strict }: Rule, level: Resolved, at: Written): string {
  const isLess = level.values.get(less)?.written === at;
  const other = isLess ? more : less;
  const words = strict === true ? ['less than', 'more than'] : ['at most', 'at least'];
  const value = show(other, level.values.get(other)?.value);
  return `${words[isLess ? 0 : 1]} ${KEYS.get(other) ?? other} (${value}, ${origin(level, other)})`;
}

function show(id: string, value: unknown): string {
  return id.endsWith('Failures') ? String(value) : formatDuration(value as number);
}

function origin(level: Resolved, id: string): string {
  const value = level.values.get(id);
  if (value?.written === undefined) return 'the default';
  return value.depth === level.depth ? 'here' : `inherited from ${value.written.path}`;
}

/** The policy after the value `id` was changed: those that rules bind to it follow, and those that are bound to them. */
export function pulledAlong(policy: Policy, id: string): Policy {
  let changed = policy;
  const settled = new Set([id]);
  // Each round settles what hangs on what the rounds before have settled; a strict rule has no nearest value to follow to.
  for (let round = 0; round < RULES.length; round += 1) {
    for (const { less, more, strict } of RULES) {
      const [low, high] = [valueOf(changed, less), valueOf(changed, more)];
      if (strict === true || typeof low !== 'number' || typeof high !== 'number' || low <= high) continue;
      const follows = settled.has(more) ? less : more;
      if (settled.has(less) && settled.has(more)) continue;
      changed = withValue(changed, follows, follows === less ? high : low);
      settled.add(follows);
    }
  }
  return changed;
}
