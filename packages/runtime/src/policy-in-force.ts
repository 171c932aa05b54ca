/**
 * The policy in force, as one process knows it. The database says which it is, so all engines fold under the same one, whatever their files say.
 *
 *   begin   the file of a process that starts is put in force if that was never done before: after a change of the file, a restart is a reload.
 *           A policy that was replaced does not come back by a start: of engines that are restarted one after the other, those with the file of
 *           yesterday take nothing back
 *   reload  the file is read again and put in force, whatever was before; with a mistake nothing is changed
 *   follow  every 2 s each process asks which policy is in force, and goes over to it
 *
 * An engine asks before it folds a partition, behind the claim (`latest`). So the policies of a partition's owners have revisions that never
 * fall.
 */
import type { PolicyReload, ShownPolicy } from '@desist/api';
import type { PolicySet } from '@desist/domain';
import { isSamePolicy, StoreError, versionsOf } from '@desist/pipeline';
import type { Logger, NewAuditEntry, NewPolicy, PolicyRevision, PolicyStore, Time } from '@desist/pipeline';
import { repeat } from './every.ts';
import type { Background } from './every.ts';
import { PolicyError, policiesOfTexts, readPolicyFileAt } from './policies.ts';
import type { PolicyFileOf, ReadPolicies } from './policies.ts';

export interface PolicyInForce {
  /** As this process knows them; those of its own file until the database was asked. */
  policies(): PolicySet;
  /** As the database says now. @throws StoreError `incompatible` when this version does not read them */
  latest(): Promise<PolicySet>;
  current(): ShownPolicy | null;
  /** Puts the file of this process in force, or takes over what is. For engines. @throws StoreError */
  begin(): Promise<void>;
  /** Reads the file again. @throws StoreError when nothing was changed, or nobody knows */
  reload(by: string | null, entry: NewAuditEntry): Promise<PolicyReload>;
  /** Takes over, at intervals, what is in force; `changed` is called when it is another policy. Until the signal aborts. */
  follow(changed: () => Promise<void>, background: Background): void;
  /** Why this process does not know what is in force. */
  problems(): readonly string[];
  /** That the file of this process is not what is in force. */
  warnings(): readonly string[];
}

export interface PolicyInForceOptions {
  readonly store: PolicyStore;
  readonly file: PolicyFileOf;
  /** No other process can use the database: its own file is all that there is. */
  readonly alone: boolean;
  /** Host of this process, for the audit trail. */
  readonly host: string;
  readonly time: Pick<Time, 'now'>;
  readonly logger: Logger;
}

/** ms */
const EVERY = 2_000;
/** ms between two looks at a file that is not what is in force. */
const LOOKS_EVERY = 10_000;

export function createPolicyInForce({ store, file, alone, host, time, logger }: PolicyInForceOptions): PolicyInForce {
  let known: { readonly policies: PolicySet; readonly stored: ShownPolicy | null } = { policies: file.read.policies, stored: null };
  /** What was read of this process's file last. */
  let own = file.read;
  /** Why what is in force is not known here. */
  let unreadable: string | undefined;
  let asking: Promise<unknown> = Promise.resolve();

  /** One question at a time: an answer is never older than the one before. */
  function refresh(): Promise<PolicySet> {
    const next = asking.then(ask, ask);
    asking = next.catch(() => undefined);
    return next;
  }

  async function ask(): Promise<PolicySet> {
    const now = await store.revisionInForce();
    if (now === null || isSame(now, known.stored)) return known.policies;
    const stored = await store.inForce();
    if (stored === null) return known.policies;
    try {
      const policies = policiesOfTexts(stored);
      // The same policies stay the same object: nothing is to go over to them.
      const isKnown = isSamePolicy(versionsOf(policies), versionsOf(known.policies));
      known = { policies: isKnown ? known.policies : policies, stored };
      unreadable = undefined;
      const { revision, version, by } = stored;
      logger.info({ revision, policy: version, shadow: stored.shadowVersion, by }, 'policy in force');
      return known.policies;
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      const problem = `this version cannot read the policy in force (revision ${stored.revision}), which another version has read: ${error.problems.join('; ')}`;
      if (unreadable !== problem)
        logger.error({ revision: stored.revision, problems: error.problems }, 'the policy in force cannot be read');
      unreadable = problem;
      throw new StoreError('incompatible', problem);
    }
  }

  function put(read: ReadPolicies, by: string | null): NewPolicy {
    const { policies, file: text, shadowFile } = read;
    return { ...versionsOf(policies), file: text, shadowFile, since: time.now(), by };
  }

  function differs(): boolean {
    const { stored } = known;
    return own.file !== null && stored !== null && !isSamePolicy(versionsOf(own.policies), stored);
  }

  let lookedAt = Number.NEGATIVE_INFINITY;

  /** While the file differs: somebody may have changed it since, and reloaded another process. */
  function lookAgain(now: number): void {
    if (!differs() || now - lookedAt < LOOKS_EVERY) return;
    lookedAt = now;
    try {
      own = readPolicyFileAt(file.path);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
    }
  }

  return {
    policies: () => known.policies,
    latest: refresh,
    current: () => known.stored,
    async begin() {
      const hasFile = own.file !== null;
      // Who has no file has no opinion.
      if (hasFile || alone || (await store.revisionInForce()) === null) {
        const by = `start of ${host}`;
        const policy = put(own, by);
        const outcome = await store.putInForce(policy, alone ? 'always' : 'new', entryOf(by, host, policy.since));
        if (outcome === 'superseded') {
          logger.warn(
            { policy: policy.version },
            'the policy file of this process was in force before and was replaced: `desist policy reload` brings it back',
          );
        }
      }
      await refresh();
    },
    async reload(by, entry) {
      if (file.path === undefined) return { kind: 'no_file' };
      let read: ReadPolicies;
      try {
        read = readPolicyFileAt(file.path);
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        logger.error({ problems: error.problems }, 'the policy file has mistakes: the policy in force stays');
        const mistakes = error.mistakes.map(({ file: name, problem, line, column }) => ({
          detail: name === file.path ? problem : `${name}: ${problem}`,
          ...(line === undefined ? {} : { line }),
          ...(column === undefined ? {} : { column }),
        }));
        return { kind: 'mistakes', mistakes };
      }
      const outcome = await store.putInForce(put(read, by), 'always', entry);
      own = read;
      await refresh();
      const { stored } = known;
      if (stored === null) throw new StoreError('unavailable', 'the policy in force is not known');
      if (outcome === 'same') logger.info({ policy: stored.version }, 'the policy file says what is in force');
      return { kind: 'in_force', changed: outcome === 'put', policy: stored };
    },
    follow(changed, background) {
      let followed: PolicySet | undefined;
      const work = async (): Promise<void> => {
        const policies = await refresh();
        lookAgain(background.time.monotonic());
        if (policies === followed) return;
        await changed();
        followed = policies;
      };
      repeat(EVERY, work, 'the policy in force could not be followed: what is known stays', background);
    },
    problems: () => (unreadable === undefined ? [] : [unreadable]),
    warnings() {
      const { stored } = known;
      if (!differs() || stored === null) return [];
      const { version } = own.policies;
      return [
        `the policy file of this process (${version}) is not the policy in force (revision ${stored.revision}, ${stored.version}): give it the file of the others, or put its own in force with \`desist policy reload\``,
      ];
    },
  };
}

function isSame(a: PolicyRevision, b: PolicyRevision | null): boolean {
  return b !== null && a.revision === b.revision && isSamePolicy(a, b);
}

/** For what no request asked for. */
export function entryOf(by: string, host: string, at: number): NewAuditEntry {
  return {
    ...{ at, action: 'policy_reloaded', tenant: null, outcome: 'done', keyId: null, keyName: null, keyOfTenant: false },
    ...{ by, from: host, address: null, target: null, note: null, detail: {} },
  };
}
