/** Determines the effects of a release by comparing the suppressions before and after it. */
import type { Client } from './client.ts';

export interface ActiveSuppression {
  readonly recipient: string;
  readonly scope: string;
  readonly reason: string;
}

export interface Effects {
  readonly lifted: readonly ActiveSuppression[];
  /** Suppressions in the scope of the release that are still active. The name is that of the JSON output. */
  readonly standing: readonly ActiveSuppression[];
  /** Recipients without suppressions. */
  readonly notListed: number;
  /** Entries of domains that block some of the recipients all the same. */
  readonly domains: readonly string[];
}

/** By recipient. */
type SuppressionsByRecipient = ReadonlyMap<string, readonly (ActiveSuppression & { readonly entry?: string })[]>;

/** The suppressions of these recipients in this scope; undefined when the service refuses to tell. */
export async function suppressionsOf(
  client: Client,
  recipients: readonly string[],
  { tenant, scope = '*' }: { readonly tenant?: string; readonly scope?: string },
): Promise<SuppressionsByRecipient | undefined> {
  const answer = await client.tryPost('/v1/check', { tenant, recipients, suppressions: true });
  if (answer.status !== 200) return undefined;
  const { results } = answer.body as {
    readonly results: readonly {
      readonly suppressions?: readonly (Omit<ActiveSuppression, 'recipient'> & { readonly entry?: string })[];
    }[];
  };
  return new Map(
    recipients.map((recipient, index) => {
      // An invalid address has no suppressions; the command itself refuses it.
      const suppressions = (results[index]?.suppressions ?? []).filter((one) => scope === '*' || one.scope === scope);
      return [
        recipient,
        suppressions.map(({ scope, reason, entry }) => ({ recipient, scope, reason, ...(entry === undefined ? {} : { entry }) })),
      ];
    }),
  );
}

export function effectsOf(before: SuppressionsByRecipient, after: SuppressionsByRecipient | undefined): Effects | undefined {
  if (after === undefined) return undefined;
  const isOwn = ({ entry }: { readonly entry?: string }): boolean => entry === undefined;
  const all = [...after.values()].flat();
  const active = all.filter(isOwn);
  const left = new Set(active.map(nameOf));
  const isListed = (of: SuppressionsByRecipient, recipient: string): boolean => of.get(recipient)?.some(isOwn) === true;
  return {
    lifted: [...before.values()]
      .flat()
      .filter(isOwn)
      .filter((one) => !left.has(nameOf(one))),
    standing: active,
    notListed: [...before.keys()].filter((recipient) => !isListed(before, recipient) && !isListed(after, recipient)).length,
    domains: [...new Set(all.flatMap(({ entry }) => entry ?? []))].sort(),
  };
}

const nameOf = ({ recipient, scope, reason }: ActiveSuppression): string => `${recipient} ${scope} ${reason}`;

export function mergedEffects(all: readonly Effects[]): Effects {
  return {
    lifted: all.flatMap(({ lifted }) => lifted),
    standing: all.flatMap(({ standing }) => standing),
    notListed: all.reduce((sum, { notListed }) => sum + notListed, 0),
    domains: [...new Set(all.flatMap(({ domains }) => domains))].sort(),
  };
}

/** `effects` is undefined when the service refused to tell. */
export function effectLines(effects: Effects | undefined, recipients: number): readonly string[] {
  if (effects === undefined)
    return [`release: ${recipients} done; what was lifted is unknown because this key may not read: see \`desist check\``];
  const { lifted, standing: active, notListed, domains } = effects;
  const needForce = active.filter(({ reason }) => reason === 'complaint' || reason === 'unsubscribe');
  const others = active.filter((one) => !needForce.includes(one));
  return [
    lifted.length === 0 ? 'release: nothing was lifted' : `release: lifted ${countsOf(lifted)}`,
    ...(needForce.length === 0 ? [] : [`  ${countsOf(needForce)} remain: only --force lifts what recipients asked for themselves`]),
    ...(others.length === 0 ? [] : [`  ${countsOf(others)} remain: they come from later events`]),
    ...(notListed === 0 ? [] : [`  ${notListed} not on the list`]),
    ...domains.map((entry) => `  entry ${entry} blocks all the same: \`desist release ${entry}\` lifts it`),
  ];
}

/** `2 hard_bounce, 1 complaint of 3 recipients` */
function countsOf(suppressions: readonly ActiveSuppression[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of suppressions) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const recipients = new Set(suppressions.map(({ recipient }) => recipient)).size;
  const list = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
  return `${list} of ${recipients} recipient${recipients === 1 ? '' : 's'}`;
}
