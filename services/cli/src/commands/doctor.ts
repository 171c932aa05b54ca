/** `desist doctor`: reports what is wrong and how to fix it; resumes a stopped partition. */
import { hostname } from 'node:os';
import { openBackends, policiesOf, readSettings } from '@desist/runtime';
import type { Backends, Settings } from '@desist/runtime';
import { formatTime } from '@desist/formats/event';
import { EVERY_TENANT, LogError, StoreError, subscribersInTrouble } from '@desist/pipeline';
import type { NewAuditEntry } from '@desist/pipeline';
import { requireSchema } from '@desist/store-postgres';
import { createLogger } from '@desist/runtime';
import type { Client } from '../client.ts';
import { createClient } from '../client.ts';
import { defineCommand, flag, SERVICE_OPTIONS, value } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { faultFindings, webhookFindings } from '../faults.ts';
import type { WebhookInTrouble } from '../faults.ts';
import type { Finding } from '../findings.ts';
import { findings, show } from '../findings.ts';
import { userName } from '../operator.ts';
import { say, sayJson } from '../terminal.ts';
import type { Audit } from './republish.ts';
import type { Status } from './status.ts';

export const command = defineCommand({
  name: 'doctor',
  section: 'Services and set-up',
  summary: 'find problems and how to fix them; resume a stopped partition',
  options: {
    resume: value('PARTITION|all', 'resume a stopped partition, or all that are stopped'),
    acceptGap: flag('with --resume: continue without the records that the log has lost'),
    acceptLog: flag(
      'with --resume: accept the configured log although the checkpoint belongs to another one; with --accept-gap it is read from its beginning',
    ),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist doctor', 'desist doctor --resume 3 --accept-gap', 'desist doctor --resume all'],
  run: ({ options }) => runDoctor(createClient(options.url), options),
});

interface DoctorOptions {
  readonly json: boolean;
  /** Let this partition go on, or `all` that are stopped. */
  readonly resume?: string;
  /** ... and give up the records that retention has eaten. */
  readonly acceptGap: boolean;
  /** ... in the log that is configured now, whatever it was bound to before. */
  readonly acceptLog: boolean;
}

/** ms that host and database may differ: half of the default grace. */
const SKEW = 30_000;

async function runDoctor(client: Client, options: DoctorOptions): Promise<number> {
  const settings = readSettings(process.env);
  policiesOf(settings.policy, process.env['DESIST_POLICY']);
  if (options.resume !== undefined) return withBackends(settings, (backends) => resume(backends, options));
  if (options.acceptGap) throw new CommandError(EXIT.usage, '--accept-gap: say which partition, with --resume N or --resume all');
  if (options.acceptLog) throw new CommandError(EXIT.usage, '--accept-log: say which partition, with --resume N or --resume all');
  const found: Finding[] = [...(await examineService(client))];
  const embedded = settings.databaseUrl === null;
  // The embedded database is in use by the running service, which has been examined already.
  const running = !found.some(({ what }) => what.startsWith('no service'));
  if (embedded && running) return show([...found, ...(await examineStatus(client))], options.json);
  const { findings: more, reached } = await examineBackends(settings);
  const code = show([...found, ...more], options.json);
  return reached ? code : EXIT.missing;
}

async function examineService(client: Client): Promise<readonly Finding[]> {
  try {
    const { status, body } = await client.getStatus('/readyz');
    const problems = (body as { problems?: readonly string[]; detail?: string } | null)?.problems ?? [];
    if (status === 200)
      return problems.map((what): Finding => ({ severity: 'warning', what, fix: 'see `desist status` and the log lines of the service' }));
    return [
      { severity: 'error', what: `the service is not ready: ${problems.join('; ') || `status ${status}`}`, fix: 'see its log lines' },
    ];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ severity: 'warning', what: error.message, fix: 'start the service, or give its address with --url' }];
  }
}

/** What a running service tells of records and comparisons; nothing when this key may not see it. */
async function examineStatus(client: Client): Promise<readonly Finding[]> {
  const status = await client.getStatus('/v1/status');
  const comparisons = await client.getStatus('/v1/republish');
  const { faults = [], webhooks = [] } = status.status === 200 ? (status.body as Status) : {};
  const { items = [] } = comparisons.status === 200 ? (comparisons.body as { readonly items?: readonly Audit[] }) : {};
  return [...faultFindings(faults, Date.now()), ...webhookFindings(webhooks), ...auditFindings(items)];
}

/** A topic that is not as the table is, or may not be. */
function auditFindings(audits: readonly Pick<Audit, 'partition' | 'state' | 'reason' | 'problem'>[]): readonly Finding[] {
  return audits.flatMap(({ partition, state, reason, problem }): readonly Finding[] => {
    const fix = `\`desist republish --partition ${partition}\``;
    const what = `partition ${partition}: the comparison of the topic of suppressions with the table`;
    if (state === 'failed') return [{ severity: 'error', what: `${what} failed: ${problem ?? ''}`, fix: `fix the cause, then ${fix}` }];
    if (state === 'stopped' && reason !== 'requested')
      return [{ severity: 'error', what: `${what} was needed (${reason}) and was stopped`, fix }];
    if (problem !== null) return [{ severity: 'error', what: `${what}: ${problem}`, fix: `fix the cause, then ${fix}` }];
    if (state === 'done' || reason === 'requested') return [];
    return [
      {
        severity: 'warning',
        what: `${what} is under way, because the topic was found behind (${reason})`,
        fix: 'wait, or see `desist republish --status`',
      },
    ];
  });
}

/** A topic that ends before it did, or has fewer records than the list has recipients: made anew, or not the one that was configured. */
async function examineTopic({ audits, log, reader }: Backends): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { partition } of (await reader.status()).partitions) {
    const { end, records } = await log.publishedEnds(partition);
    const before = await audits.publishedEnd(partition);
    const listed = await audits.listedAtLeast(partition);
    const last = await audits.audit(partition);
    if (before !== null && end < before) {
      const what = `partition ${partition}: the topic of suppressions ends at ${end}, and ended at ${before}: it was made anew, or another one is configured`;
      found.push({
        severity: 'error',
        what,
        fix: `a running engine republishes it within a minute; at once: \`desist republish --partition ${partition}\``,
      });
    } else if (listed > records && last?.state !== 'done') {
      const what = `partition ${partition}: the topic of suppressions has ${records} records, and at least ${listed} recipients are on the list`;
      found.push({ severity: 'error', what, fix: `\`desist republish --partition ${partition}\`` });
    }
  }
  return found;
}

interface Examined {
  readonly findings: readonly Finding[];
  /** False: database or log is unavailable, so their content could not be examined. */
  readonly reached: boolean;
}

/** The command that lets a partition go on, and the one for all of them. */
function resumed(partition: number, flags: string): string {
  return `\`desist doctor --resume ${partition}${flags}\` (all that are stopped: \`desist doctor --resume all${flags}\`)`;
}

async function examineBackends(settings: Settings): Promise<Examined> {
  try {
    const found = await withBackends(settings, async (backends) => {
      const found = [...(await findings(backends))];
      if (found.some(({ severity }) => severity === 'error')) return found;
      for (const { partition, nextOffset, stopped, attempts, outbox, deadLetters } of (await backends.reader.status()).partitions) {
        if (stopped !== null) {
          const lost = isLost(nextOffset, await backends.log.bounds(partition));
          found.push({ severity: 'error', what: `partition ${partition} is stopped: ${stopped}`, fix: waysOut(partition, stopped, lost) });
        }
        if (attempts > 2) {
          found.push({
            severity: 'warning',
            what: `partition ${partition}: something kills the process (${attempts} attempts, none finished)`,
            fix: 'see the log lines',
          });
        }
        if (outbox + deadLetters > 10_000) {
          const what = `partition ${partition}: ${outbox} changes and ${deadLetters} dead letters wait to be published`;
          found.push({ severity: 'warning', what, fix: 'check that the log is reachable and that its topics are writable' });
        }
      }
      found.push(...(await examineTopic(backends)), ...auditFindings(await backends.audits.audits()));
      const { shown, more } = await troubled(backends.subscribers);
      found.push(...webhookFindings(shown));
      if (more > 0)
        found.push({
          severity: 'warning',
          what: `${more} more webhooks are in trouble`,
          fix: 'mend those that are named, then look again',
        });
      const faults = await backends.outcomes.recordFaults();
      found.push(
        ...faultFindings(
          faults.map((fault) => ({ ...fault, lastAt: formatTime(fault.lastAt) })),
          Date.now(),
        ),
      );
      const skew = Date.now() - (await backends.store.now());
      if (Math.abs(skew) > SKEW) {
        const what = `this host's clock and the database's differ by ${Math.round(skew / 1_000)} s: deadlines wait`;
        found.push({ severity: 'error', what, fix: 'synchronise both with NTP' });
      }
      return found;
    });
    return { findings: found, reached: true };
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof LogError)) throw error;
    const fix = 'check that it runs, and that DATABASE_URL and KAFKA_BROKERS are right';
    return { findings: [{ severity: 'error', what: error.message, fix }], reached: false };
  }
}

async function troubled(store: Backends['subscribers']): Promise<{ readonly shown: readonly WebhookInTrouble[]; readonly more: number }> {
  const { shown, more } = await subscribersInTrouble(store);
  const values = shown.map(({ tenant, failingSince, nextTryAt, ...one }) => ({
    ...one,
    tenant: tenant === EVERY_TENANT ? null : tenant,
    state: one.state === 'active' ? 'failing' : one.state,
    failingSince: failingSince === null ? null : formatTime(failingSince),
    nextTryAt: nextTryAt === null ? null : formatTime(nextTryAt),
  }));
  return { shown: values, more };
}

/** What an operator may do about the reason of a stop. `lost`: the log does not have what comes next. */
function waysOut(partition: number, stopped: string, lost: boolean): string {
  if (stopped.includes('another log') || stopped.includes('is another one than was folded')) {
    const again = resumed(partition, '');
    const same = resumed(partition, ' --accept-log');
    const anew = resumed(partition, ' --accept-log --accept-gap');
    return `correct KAFKA_BROKERS or the topic's name, then ${again}; if this is the right log now and has the same offsets: ${same}; to read it from its beginning: ${anew}`;
  }
  return lost
    ? `restore the records, or accept the loss: ${resumed(partition, ' --accept-gap')}`
    : `fix the cause, then ${resumed(partition, '')}`;
}

/** The log does not have what comes next: it was deleted, or the topic is another one. */
function isLost(nextOffset: number, { low, high }: { readonly low: number; readonly high: number }): boolean {
  return low > nextOffset || high < nextOffset;
}

async function resume(backends: Backends, options: DoctorOptions): Promise<number> {
  await requireSchema(backends.db);
  for (const partition of await partitionsToResume(backends, options.resume)) await resumeOne(backends, partition, options);
  return EXIT.done;
}

async function partitionsToResume({ reader }: Backends, which: string | undefined): Promise<readonly number[]> {
  if (which !== 'all') {
    const partition = Number(which);
    if (Number.isInteger(partition) && partition >= 0) return [partition];
    throw new CommandError(EXIT.usage, `--resume: ${String(which)} is not a partition number, and not \`all\``);
  }
  const stopped = (await reader.status()).partitions.filter((one) => one.stopped !== null);
  if (stopped.length === 0)
    throw new CommandError(EXIT.usage, 'no partition is stopped: there is nothing to resume, and nothing was changed');
  return stopped.map(({ partition }) => partition);
}

async function resumeOne(
  { store, log }: Backends,
  partition: number,
  { acceptGap, acceptLog, json, resume: which }: DoctorOptions,
): Promise<void> {
  const { low, high } = await log.bounds(partition);
  const position = await store.position(partition);
  const hasGap = position !== null && isLost(position.nextOffset, { low, high });
  if (hasGap && !acceptGap) {
    const what = `partition ${partition} is at ${position.nextOffset}, and the log has ${low} to ${high}: it would stop again`;
    const flags = acceptLog ? ' --accept-log --accept-gap' : ' --accept-gap';
    throw new CommandError(EXIT.usage, `${what}. Restore the records, or accept the gap: \`desist doctor --resume ${partition}${flags}\``);
  }
  // Of all that are stopped only some may have a gap; another log is read from its beginning.
  const skipTo = acceptGap && (hasGap || acceptLog || which !== 'all') ? low : null;
  const entry: NewAuditEntry = {
    ...{ at: Date.now(), action: acceptLog ? 'log_accepted' : 'partition_resumed', tenant: null, outcome: 'done' },
    ...{ keyId: null, keyName: null, keyOfTenant: false, by: userName(), from: `desist doctor at ${hostname()}` },
    ...{ address: null, target: `partition ${partition}`, note: null, detail: { acceptGap, skipTo } },
  };
  const terms = { toleratedBelow: high, skipTo, log: acceptLog ? await log.identity() : null, entry };
  const resumed = await store.resume(partition, terms).catch((error: unknown) => {
    if (error instanceof StoreError && error.kind === 'refused') throw new CommandError(EXIT.usage, error.message);
    throw error;
  });
  if (resumed === null) throw new CommandError(EXIT.usage, `partition ${partition} was never read, so it is not stopped`);
  const { was, from, nextOffset } = resumed;
  if (json) return sayJson(resumed);
  say(`partition ${partition} resumes; it was stopped because: ${was}`);
  if (nextOffset < from) say(`  it is another log: its records are read from ${nextOffset} on`);
  if (nextOffset > from) say(`  records ${from} to ${nextOffset - 1} are given up`);
}

async function withBackends<T>(settings: Settings, work: (backends: Backends) => Promise<T>): Promise<T> {
  const logger = createLogger({ service: 'doctor', level: 'silent', stream: 2 });
  const backends = await openBackends({ settings, logger, name: 'desist-doctor', owner: 'doctor', connections: 2 });
  try {
    return await work(backends);
  } finally {
    await backends.close();
  }
}
